from models.backend import Backend
from tests.models.pictures import CPU
from viewer.rendering.responsiveness import large_scene, measure
from viewer.rendering.view import Size


def test_the_picture_is_the_photograph_mirrored():
    pixels = large_scene(Size(1000, 700)).source.picture.pixels
    assert pixels.shape == (700, 1000, 3)
    assert (pixels[:, 0:450] == pixels[:, 900:450:-1]).all()
    assert pixels.std() > 20


def test_every_case_has_its_delays():
    scene = large_scene(Size(900, 300))
    delays = measure(Backend(CPU), scene, Size(96, 64), repeats=2)
    assert list(delays) == ["reduced", "fresh", "pan", "zoom"]
    assert delays.pop("reduced").first is None
    for delay in delays.values():
        assert delay.first is not None
        assert 0 < delay.first <= delay.final
