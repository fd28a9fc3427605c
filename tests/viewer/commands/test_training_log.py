import math
from dataclasses import replace

import pytest

from models.training.loop import Line
from viewer.commands.curves import HEIGHT, LOSS, WIDTH, draw
from viewer.commands.training_log import COLUMNS, TrainingLog, read

LINE = Line(10, 1.5, 0.1, 1e-3, 0.25, 6.5)


def test_lines_come_back(tmp_path):
    log = TrainingLog(tmp_path / "log.csv")
    lines = [LINE, replace(LINE, iteration=20, psnr=31.25)]
    for line in lines:
        log.add(line)
    assert log.lines == read(tmp_path / "log.csv") == lines
    assert (tmp_path / "log.csv").read_text().splitlines()[0] == ",".join(COLUMNS)


def test_a_log_goes_on_from_its_checkpoint(tmp_path):
    log = TrainingLog(tmp_path / "log.csv")
    for iteration in (10, 20, 30):
        log.add(replace(LINE, iteration=iteration))
    for name in ("log.csv", "elsewhere.csv"):
        again = TrainingLog(tmp_path / name, tmp_path / "log.csv", 20)
        assert [each.iteration for each in again.lines] == [10, 20]
        again.add(replace(LINE, iteration=40))
        assert [each.iteration for each in read(tmp_path / name)] == [10, 20, 40]


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path):
    path = tmp_path / "log.csv"
    TrainingLog(path).add(LINE)
    path.write_text(path.read_text() + "20,3.")
    assert read(path) == [LINE]
    assert read(tmp_path / "none.csv") == []


def test_curves_have_a_panel_for_each_quantity():
    lines = [replace(LINE, iteration=each, loss=1.0 / each) for each in range(1, 50)]
    image = draw(lines, "tiny")
    assert image.size == (WIDTH, 2 * HEIGHT)
    assert LOSS in {colour for _, colour in image.getcolors(1 << 16)}
    assert draw([replace(LINE, psnr=30.0)], "tiny").size == (WIDTH, 3 * HEIGHT)
    assert draw([], "tiny").size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("psnr", [math.inf, math.nan])
def test_what_is_no_number_is_not_drawn(psnr):
    """A resumed run reads back what its log holds."""
    lines = [replace(LINE, psnr=psnr), replace(LINE, loss=math.nan, rate=math.inf)]
    assert draw(lines, "tiny").size == (WIDTH, 2 * HEIGHT)


def test_a_falling_loss_is_drawn_falling():
    """The curve's first column is higher up than its last."""
    lines = [replace(LINE, iteration=each, loss=1.0 / each) for each in range(1, 50)]
    pixels = draw(lines, "tiny").load()
    where = [(x, y) for x in range(WIDTH) for y in range(40, HEIGHT - 20) if pixels[x, y] == LOSS]
    assert min(where)[1] < max(where)[1] - 50
