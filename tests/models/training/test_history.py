from models.training import history
from models.training.loop import started
from tests.models.training.pictures import TINY


def test_runs_add_up():
    first = history.record(TINY, started(TINY), "liif-viewer train tiny", "CPU, bf16", "3 pictures")
    told = history.of_metadata(history.to_metadata([first]))
    assert [each["config"] for each in told] == ["tiny"]
    again = history.of_metadata(history.to_metadata([*told, first]))
    assert len(again) == 2
    assert again[0]["learning_rate"] == TINY.learning_rate


def test_a_history_written_by_hand():
    assert history.of_metadata({"training": '{"minutes": 105}'}) == ({"minutes": 105},)
    assert history.of_metadata({"training": "long ago"}) == ()
    assert history.of_metadata({"training": "3"}) == ()
    assert history.of_metadata({}) == ()
