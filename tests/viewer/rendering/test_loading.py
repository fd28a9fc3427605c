"""The loader: the newest wish wins, errors are sentences; and the base of placeholders."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from models.samplers.base import Picture
from tests.viewer.imaging.conftest import P3, SRGB_CURVE, matrix_profile
from tests.viewer.rendering.fakes import LONG, Gate, noise
from viewer.imaging.colour import DisplayTransform, to_display
from viewer.imaging.source import ImageError, SourceImage
from viewer.rendering.checker import over_checker
from viewer.rendering.loading import BASE_SIDE, Answer, Listed, Loaded, Loader, LoadFailed, base_of

SRGB = DisplayTransform(None)


class Desk:
    """A loader, what it answered and in which threads."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.threads: set[threading.Thread] = set()
        self.loader = Loader(self._hear)

    def _hear(self, answer: Answer) -> None:
        self.answers.append(answer)
        self.threads.add(threading.current_thread())

    def idle(self) -> None:
        assert self.loader.join(LONG)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.idle()
    assert made.loader.close(LONG)
    assert not any(thread.name == "loader" for thread in threading.enumerate())


def source_of(name: str, width: int = 4) -> SourceImage:
    return SourceImage(noise(width, 3), name)


def after(gate: Gate, name: str) -> Callable[[], SourceImage]:
    """An opener that waits."""

    def opener() -> SourceImage:
        gate()
        return source_of(name)

    return opener


def names(desk: Desk) -> list[str]:
    return [
        answer.scene.source.name if isinstance(answer, Loaded) else answer.name
        for answer in desk.answers
    ]


# -- opening ------------------------------------------------------------------------------


def test_a_file_is_opened_with_its_profile_and_its_base(desk, tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (30, 20), (200, 10, 20)).save(
        path, icc_profile=matrix_profile(P3, (SRGB_CURVE,) * 3)
    )
    desk.loader.open_path(path)
    desk.idle()
    (loaded,) = desk.answers
    assert isinstance(loaded, Loaded)
    source = loaded.scene.source
    assert (source.name, source.width, source.height, source.path) == ("red.png", 30, 20, path)
    assert not loaded.scene.transform.identity
    assert loaded.base.shape == (20, 30, 4)
    shown = to_display(
        np.full((1, 1, 3), (200, 10, 20), np.float32) / 255, None, loaded.scene.transform
    )
    np.testing.assert_array_equal(loaded.base, np.broadcast_to(shown, loaded.base.shape))


def test_a_folder_is_listed_and_so_is_what_lies_around_a_file(desk, tmp_path):
    paths = tuple(tmp_path / name for name in ("a2.png", "A10.png"))
    for path in paths:
        Image.new("RGB", (3, 2)).save(path)
    asked = (desk.loader.open_path, tmp_path), (desk.loader.list_around, tmp_path)
    for ask, path in (*asked, (desk.loader.list_around, paths[1])):
        ask(path)
        desk.idle()
        assert desk.answers.pop() == Listed(tmp_path, paths, desk.loader.wish)


def test_a_folder_without_pictures_is_named(desk, tmp_path):
    for ask in (desk.loader.open_path, desk.loader.list_around):
        ask(tmp_path)
        desk.idle()
        (failed,) = desk.answers
        assert isinstance(failed, LoadFailed)
        assert str(tmp_path) in failed.reason
        desk.answers.clear()


def test_opening_happens_in_a_thread_of_its_own(desk):
    threads: list[threading.Thread] = []

    def opener() -> SourceImage:
        threads.append(threading.current_thread())
        return source_of("x")

    desk.loader.open("x", opener)
    desk.idle()
    assert set(threads) == desk.threads
    assert threads[0] is not threading.current_thread()


def test_the_newest_wish_wins(desk):
    gate, opened = Gate(), []
    desk.loader.open("slow", after(gate, "slow"))
    gate.reached()

    def opener(name: str) -> Callable[[], SourceImage]:
        return lambda: opened.append(name) or source_of(name)

    for name in ("second", "third", "last"):
        desk.loader.open(name, opener(name))
    gate.open()
    desk.idle()
    assert names(desk) == ["last"]
    assert opened == ["last"]  # those in between were not even begun


def test_many_wishes_are_one_thread(desk):
    """PgDown held while a large picture is being opened."""
    gate, before = Gate(), threading.active_count()
    desk.loader.open("slow", after(gate, "slow"))
    gate.reached()
    for number in range(50):
        desk.loader.open(f"{number}", lambda number=number: source_of(f"{number}"))
    assert threading.active_count() == before
    gate.open()
    desk.idle()
    assert names(desk) == ["49"]


def test_the_thread_keeps_nothing_of_what_it_opened(desk):
    source = source_of("x")
    left = weakref.ref(source)
    desk.loader.open("x", lambda source=source: source)
    del source
    desk.idle()
    desk.answers.clear()
    gc.collect()
    assert left() is None


def test_two_pictures_are_never_opened_at_once(desk):
    gate, begun = Gate(), threading.Event()
    desk.loader.open("slow", after(gate, "slow"))
    gate.reached()

    def opener() -> SourceImage:
        begun.set()
        return source_of("next")

    desk.loader.open("next", opener)
    assert not desk.loader.join(0.01)
    assert not begun.is_set()
    gate.open()
    desk.idle()
    assert begun.is_set()


def test_pictures_opened_in_turn_all_arrive(desk):
    for name in ("one", "two", "three"):
        desk.loader.open(name, lambda name=name: source_of(name))
        desk.idle()
    assert names(desk) == ["one", "two", "three"]


def test_a_late_failure_does_not_speak_into_a_newer_wish(desk):
    gate = Gate()

    def opener() -> SourceImage:
        gate()
        raise ImageError("slow.png cannot be read.")

    desk.loader.open("slow.png", opener)
    gate.reached()
    desk.loader.open("next", lambda: source_of("next"))
    gate.open()
    desk.idle()
    assert names(desk) == ["next"]


# -- cancelling ---------------------------------------------------------------------------


def test_after_a_cancel_no_answer_comes(desk):
    gate = Gate()
    desk.loader.open("x", after(gate, "x"))
    gate.reached()
    desk.loader.cancel()
    gate.open()
    desk.idle()
    assert desk.answers == []


def test_after_a_cancel_another_picture_can_be_opened(desk):
    gate = Gate()
    desk.loader.open("x", after(gate, "x"))
    gate.reached()
    desk.loader.cancel()
    desk.loader.open("y", lambda: source_of("y"))
    gate.open()
    desk.idle()
    assert names(desk) == ["y"]


def test_cancelling_nothing_and_waiting_for_nothing(desk):
    desk.loader.cancel()
    assert desk.loader.join(0.0)
    assert desk.answers == []


def test_waiting_ends_when_its_time_is_up(desk):
    gate = Gate()
    desk.loader.open("x", after(gate, "x"))
    assert not desk.loader.join(0.0)
    gate.open()
    assert desk.loader.join(LONG)


def test_closed_while_a_picture_is_being_opened_the_thread_ends_after_it(desk):
    gate = Gate()
    desk.loader.open("x", after(gate, "x"))
    gate.reached()
    desk.loader.open("y", lambda: source_of("y"))
    assert not desk.loader.close(0.01)
    gate.open()
    assert desk.loader.close(LONG)
    desk.loader.open("z", lambda: source_of("z"))
    desk.idle()
    assert desk.answers == []


# -- failures -----------------------------------------------------------------------------


def one_sentence(reason: str) -> bool:
    return "\n" not in reason and len(reason) > 20


def test_a_missing_file_is_named(desk, tmp_path):
    desk.loader.open_path(tmp_path / "gone.png")
    desk.idle()
    (failed,) = desk.answers
    assert isinstance(failed, LoadFailed)
    assert failed.name == "gone.png"
    assert "gone.png" in failed.reason
    assert one_sentence(failed.reason)


def test_a_damaged_file_is_named(desk, tmp_path):
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    desk.loader.open_path(path)
    desk.idle()
    (failed,) = desk.answers
    assert isinstance(failed, LoadFailed)
    assert "torn.png" in failed.reason
    assert one_sentence(failed.reason)


@pytest.mark.parametrize(
    ("error", "said", "logged"),
    [
        (ImageError("The clipboard holds no picture; copy one."), "The clipboard holds", False),
        (MemoryError(), "big.png does not fit into memory", False),
        (RuntimeError("a defect"), "big.png could not be opened: unexpected RuntimeError", True),
    ],
)
def test_every_failure_is_answered_with_a_sentence(desk, caplog, error, said, logged):
    def opener() -> SourceImage:
        raise error

    desk.loader.open("big.png", opener)
    desk.idle()
    (failed,) = desk.answers
    assert isinstance(failed, LoadFailed)
    assert failed.name == "big.png"
    assert failed.reason.startswith(said)
    assert one_sentence(failed.reason)
    assert [record.message for record in caplog.records] == ["opening big.png failed"] * logged


def test_after_a_failure_another_picture_can_be_opened(desk, tmp_path):
    desk.loader.open_path(tmp_path / "gone.png")
    desk.idle()
    desk.loader.open("y", lambda: source_of("y"))
    desk.idle()
    assert names(desk) == ["gone.png", "y"]


# -- the base -----------------------------------------------------------------------------


def test_the_base_of_a_small_picture_is_the_picture():
    picture = noise(50, 30)
    expected = to_display(picture.pixels.astype(np.float32) / np.float32(255), None, SRGB)
    np.testing.assert_array_equal(base_of(picture, SRGB), expected)
    np.testing.assert_array_equal(expected[..., 2::-1], picture.pixels)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(100, 60, (50, 30)), (60, 100, (30, 50)), (50, 50, (50, 50)), (1000, 1, (50, 1)),
     (1, 1000, (1, 50)), (51, 7, (50, 7))],
)  # fmt: skip
def test_a_larger_picture_is_reduced_to_a_longest_side(width, height, expected):
    base = base_of(noise(width, height), SRGB, side=50)
    assert base.shape == (expected[1], expected[0], 4)
    assert (base[..., 3] == 255).all()
    assert base.flags.c_contiguous


def test_the_default_side_bounds_its_memory():
    base = base_of(noise(2 * BASE_SIDE, 10), SRGB)
    assert base.shape == (5, BASE_SIDE, 4)


def test_a_reduced_pixel_is_the_mean_of_its_pixels():
    picture = noise(40, 20)
    blocks = picture.pixels.reshape(10, 2, 20, 2, 3).mean(axis=(1, 3))
    shown = base_of(picture, SRGB, side=20)[..., 2::-1]
    assert np.abs(shown.astype(float) - blocks).max() <= 1.0


def test_16_bits_give_the_same_base():
    picture = noise(30, 20)
    deep = Picture(picture.pixels.astype(np.uint16) * 257)
    np.testing.assert_array_equal(base_of(deep, SRGB), base_of(picture, SRGB))


def test_transparent_parts_show_the_board():
    picture = noise(32, 24, alpha=True)
    picture.alpha[:8] = 0
    picture.alpha[8:16] = 255
    base = base_of(picture, SRGB)
    clear = over_checker(np.zeros((24, 32, 4), np.uint8))
    np.testing.assert_array_equal(base[:8], clear[:8])
    np.testing.assert_array_equal(base[8:16, :, 2::-1], picture.pixels[8:16])
    assert (base[..., 3] == 255).all()


def test_what_cannot_be_seen_does_not_bleed_into_a_reduced_base():
    """Bright colour without alpha beside opaque black: the mean is half black, half nothing."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:, ::2] = 255
    alpha = np.zeros((4, 4), np.uint8)
    alpha[:, 1::2] = 255
    base = base_of(Picture(pixels, alpha), SRGB, side=2)
    half = over_checker(np.full((2, 2, 4), (0, 0, 0, 128), np.uint8))
    assert np.abs(base.astype(int) - half).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(1, 700), (700, 1), (1, 1)])
def test_a_transparent_picture_may_be_a_line(width, height):
    picture = noise(width, height, alpha=True)
    base = base_of(picture, SRGB)
    samples = picture.pixels / 255.0 * (picture.alpha / 255.0)[..., None]
    expected = to_display(samples.astype(np.float32), picture.alpha / np.float32(255), SRGB)
    assert np.abs(base.astype(int) - over_checker(expected)).max() <= 1
