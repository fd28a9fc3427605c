"""The window while opening: files, drops, pastes, recent files, the ones to step through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QByteArray, QMimeData, QSettings, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import Gate, Window, image_of
from viewer.imaging.source import SourceImage, from_array
from viewer.rendering import loading
from viewer.ui.preferences import Preferences

Bytes = NDArray[np.uint8]


@pytest.fixture
def album(tmp_path: Path) -> list[Path]:
    """Three small files, each of one colour."""
    paths = [tmp_path / f"{name}.png" for name in ("red", "green", "blue")]
    for path, colour in zip(paths, np.eye(3, dtype=np.uint8) * 200, strict=True):
        Image.fromarray(np.tile(colour, (30, 40, 1))).save(path)
    return paths


def shows(window: Window, name: str) -> bool:
    scene = window.canvas.scene
    return scene is not None and scene.source.name == name


def recent(window: Window) -> list[str]:
    """File names in the menu of recent pictures."""
    return [action.text().split("\t")[0] for action in window.parts.top.recent_menu.actions()]


def held(release: threading.Event, source: SourceImage) -> Callable[[], SourceImage]:
    """An opener that takes as long as the test wants."""

    def opener() -> SourceImage:
        release.wait(30)
        return source

    return opener


class TestFiles:
    def test_an_answer_on_its_way_to_an_older_wish_is_not_taken_for_the_newest(
        self, window: Window, album: list[Path]
    ) -> None:
        red, green, blue = album
        opening = window.main.opening
        opening.open_paths([red, green])
        window.until(lambda: shows(window, red.name))
        opening.step(1)
        assert opening.loader.join(30)  # the answer waits in the queue of events
        failures: list[object] = []
        opening.failed.connect(failures.append)
        opening.open_path(blue.with_name("absent.png"))
        window.until(lambda: bool(failures))
        assert shows(window, red.name)
        opening.step(1)
        window.until(lambda: shows(window, green.name))

    def test_a_file_is_shown_whole_with_its_name_and_size(
        self, window: Window, album: list[Path]
    ) -> None:
        assert window.parts.stack.currentWidget() is window.parts.empty
        assert not window.parts.top.export.isEnabled()
        window.open(album[0])
        status = window.parts.status
        assert window.parts.stack.currentWidget() is window.canvas
        assert (status.name.text(), status.size_text.text()) == ("red.png", "40 × 30")
        assert window.main.windowTitle() == "red.png — LIIF Viewer"
        assert window.canvas.camera.fits
        assert (window.frame()[:, :60] == (200, 0, 0)).all()
        assert window.focus is window.canvas
        assert window.parts.top.export.isEnabled()

    def test_the_dialog_of_ctrl_o_opens_them(
        self, window: Window, album: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = [str(path) for path in album[1:]]
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (names, ""))
        window.key("Ctrl+O")
        window.until(lambda: shows(window, "green.png"))
        window.key("PgDown")
        window.until(lambda: shows(window, "blue.png"))

    def test_it_begins_with_the_folder_of_the_last_picture_but_not_of_the_sample(
        self, window: Window, album: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[str] = []
        monkeypatch.setattr(
            QFileDialog, "getOpenFileNames", lambda *asked: begun.append(asked[2]) or ([], "")
        )
        for path in (None, album[0]):
            if path is not None:
                window.open(path)
            window.parts.empty.sample_requested.emit()
            window.until(lambda: shows(window, "cat.png"))
            window.key("Ctrl+O")
        assert begun == ["", str(album[0].parent)]
        window.at_rest()

    def test_the_title_says_the_name_as_it_is(self, window: Window, picture: Bytes) -> None:
        window.open(from_array(picture, "x[*]y.png"))
        assert window.main.windowHandle().title().startswith("x[*]y.png — LIIF Viewer")

    def test_a_closed_dialog_changes_nothing(
        self, window: Window, album: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        window.main.open_paths(album)
        window.until(lambda: shows(window, "red.png"))
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
        window.click(window.parts.top.open)
        window.key("PgDown")
        window.until(lambda: shows(window, "green.png"))

    def test_the_empty_window_offers_the_dialog_and_the_sample(
        self, window: Window, album: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(album[2])], ""))
        window.parts.empty.open_requested.emit()
        window.until(lambda: shows(window, "blue.png"))
        window.parts.empty.sample_requested.emit()
        window.until(lambda: shows(window, "cat.png"))
        window.at_rest()

    def test_orientation_is_applied(self, window: Window, picture: Bytes, tmp_path: Path) -> None:
        upside = Image.fromarray(picture)
        exif = upside.getexif()
        exif[0x0112] = 6  # the camera was turned by a quarter
        upside.save(tmp_path / "turned.png", exif=exif)
        window.open(tmp_path / "turned.png")
        scene = window.canvas.scene
        assert scene is not None
        np.testing.assert_array_equal(scene.source.picture.pixels, np.rot90(picture, -1))
        assert window.parts.status.size_text.text() == "56 × 120"

    def test_opening_says_so_and_keeps_the_old_picture_meanwhile(
        self, window: Window, picture: Bytes
    ) -> None:
        window.open(picture)
        pixels, release = window.pixels(), threading.Event()
        slow = from_array(255 - picture, "slow")
        window.main.opening.began.emit("slow")
        window.main.opening.loader.open("slow", held(release, slow))
        assert "opening slow" in window.state
        np.testing.assert_array_equal(window.pixels(), pixels)
        release.set()
        window.until(lambda: shows(window, "slow"))
        window.at_rest()

    def test_it_is_said_no_longer_once_the_picture_is_shown(
        self, window: Window, picture: Bytes, gate: Gate
    ) -> None:
        """Also where the new picture is as far as the old one was: not one tile is done."""
        gate.close()
        for name in ("first", "second"):
            window.main.opening.began.emit(name)
            window.main.opening.loader.open(name, lambda name=name: from_array(picture, name))
            window.until(lambda name=name: shows(window, name))
            assert window.state.startswith("refining 0 %")
        gate.open()
        window.at_rest()

    def test_the_newest_wish_wins(self, window: Window, picture: Bytes) -> None:
        """The first answer comes after the second was wished for: it must not be shown."""
        release, loader = threading.Event(), window.main.opening.loader
        shown: list[str] = []
        window.main.opening.loaded.connect(lambda new: shown.append(new.scene.source.name))
        loader.open("first", held(release, from_array(picture, "first")))
        loader.open("second", lambda: from_array(picture, "second"))
        release.set()
        window.until(lambda: shows(window, "second"))
        window.at_rest()
        assert shown == ["second"]

    def test_another_picture_resets_view_and_region(
        self, window: Window, picture: Bytes, album: list[Path]
    ) -> None:
        window.open(picture)
        window.key("R")
        window.drag(100, 50)
        window.wheel(5)
        window.open(album[0])
        assert window.canvas.camera.fits
        assert window.canvas.region_tool.region is None
        assert window.canvas.region_tool.active

    def test_another_picture_keeps_the_comparison(
        self, window: Window, picture: Bytes, album: list[Path]
    ) -> None:
        window.open(picture)
        window.key("Alt+3")
        window.main.set_sampler("a", "lanczos")
        before = window.comparison
        window.open(album[0])
        assert window.comparison == before


class TestFailures:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b"This is no picture.", "not a picture"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "known kind"),
        ],
    )
    def test_a_bad_file_is_named_with_the_reason_and_the_old_picture_stays(
        self, tall_window: Window, picture: Bytes, tmp_path: Path, content: bytes, reason: str
    ) -> None:
        window, bad = tall_window, tmp_path / "bad.png"
        bad.write_bytes(content)
        window.open(picture)
        pixels, state, title = window.pixels(), window.state, window.main.windowTitle()
        window.main.open_path(bad)
        window.until(lambda: bool(window.message))
        assert "bad.png" in window.message
        assert reason in window.message
        assert shows(window, "test")
        window.at_rest()
        window.key("Esc")
        assert window.message == ""
        window.at_rest()
        np.testing.assert_array_equal(window.pixels(), pixels)
        assert (window.state, window.main.windowTitle()) == (state, title)

    def test_half_a_file_is_one(self, tall_window: Window, picture: Bytes, tmp_path: Path) -> None:
        window, half = tall_window, tmp_path / "half.png"
        Image.fromarray(picture).save(half)
        half.write_bytes(half.read_bytes()[:600])
        window.main.open_path(half)
        window.until(lambda: bool(window.message))
        assert "half.png" in window.message
        assert window.parts.stack.currentWidget() is window.parts.empty

    def test_another_one_can_be_chosen_from_the_message(
        self,
        tall_window: Window,
        album: list[Path],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        window = tall_window
        window.main.open_path(tmp_path / "absent.png")
        window.until(lambda: "absent.png" in window.message)
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(album[0])], ""))
        window.click(window.parts.messages.action)
        window.until(lambda: shows(window, "red.png"))
        assert window.message == ""

    def test_the_next_good_file_takes_the_message_away(
        self, tall_window: Window, album: list[Path], tmp_path: Path
    ) -> None:
        window = tall_window
        window.main.open_path(tmp_path / "absent.png")
        window.until(lambda: "absent.png" in window.message)
        window.open(album[0])
        assert window.message == ""


class TestPlaylist:
    def test_pages_go_round_through_the_files_opened_together(
        self, window: Window, album: list[Path]
    ) -> None:
        window.main.open_paths(album)
        window.until(lambda: shows(window, "red.png"))
        for key, name in (
            ("PgDown", "green"), ("PgDown", "blue"), ("PgDown", "red"), ("PgUp", "blue"),
        ):  # fmt: skip
            window.key(key)
            window.until(lambda name=name: shows(window, f"{name}.png"))
        window.at_rest()

    def test_a_bad_file_among_them_does_not_end_the_walk(
        self, window: Window, album: list[Path]
    ) -> None:
        album[1].write_bytes(b"nothing")
        window.main.open_paths(album)
        window.until(lambda: shows(window, "red.png"))
        window.key("PgDown")
        window.until(lambda: "green.png" in window.message)
        window.key("PgDown")
        window.until(lambda: shows(window, "blue.png"))

    def test_a_file_that_was_named_twice_does_not_end_it_either(
        self, window: Window, album: list[Path]
    ) -> None:
        window.main.open_paths([album[0], album[0], album[1]])
        window.until(lambda: shows(window, "red.png"))
        for name in ("green", "red"):
            window.key("PgDown")
            window.until(lambda name=name: shows(window, f"{name}.png"))
        window.at_rest()

    @pytest.mark.parametrize("others", [["absent.png"], ["absent.png", "absent too.png"]])
    def test_a_list_of_which_nothing_opens_leaves_the_old_one(
        self, window: Window, album: list[Path], tmp_path: Path, others: list[str]
    ) -> None:
        window.main.open_paths(album)
        window.until(lambda: shows(window, "red.png"))
        window.main.open_paths([tmp_path / name for name in others])
        for name in others:
            window.until(lambda name=name: name in window.message)
            window.key("PgDown")
        window.until(lambda: shows(window, "green.png"))
        window.at_rest()

    def test_a_bad_file_beside_them_leaves_the_walk_where_it_was(
        self, window: Window, album: list[Path], tmp_path: Path
    ) -> None:
        window.main.open_paths(album)
        window.until(lambda: shows(window, "red.png"))
        window.main.open_path(tmp_path / "absent.png")
        window.until(lambda: "absent.png" in window.message)
        window.key("PgDown")
        window.until(lambda: shows(window, "green.png"))
        window.at_rest()

    def test_a_bad_first_one_is_stepped_past(
        self, window: Window, album: list[Path], tmp_path: Path
    ) -> None:
        window.open(album[2])
        window.main.open_paths([tmp_path / "absent.png", *album[:2]])
        window.until(lambda: "absent.png" in window.message)
        window.key("PgDown")
        window.until(lambda: shows(window, "red.png"))
        window.at_rest()

    def test_a_file_opened_otherwise_is_not_one_of_them(
        self, window: Window, album: list[Path]
    ) -> None:
        window.main.open_paths([album[1], album[2]])
        window.until(lambda: shows(window, "green.png"))
        window.open(album[0])
        window.key("PgDown")  # from the last in its folder to the first
        window.until(lambda: shows(window, "blue.png"))
        window.at_rest()


class TestFolder:
    """One picture was opened: the others of its folder are before it and after it."""

    @pytest.fixture
    def folder(self, album: list[Path]) -> Path:
        """Shots 2, 10 and 11, and things that are none."""
        folder = album[0].parent / "shots"
        folder.mkdir()
        for path, name in zip(album, ("IMG10.png", "img2.png", "img11.png"), strict=True):
            path.rename(folder / name)
        (folder / "img3.txt").write_text("no picture")
        (folder / "img4.png").mkdir()
        return folder

    def go(self, window: Window, *steps: tuple[str, str]) -> None:
        for key, name in steps:
            window.key(key)
            window.until(lambda name=name: shows(window, name))
        window.at_rest()

    def test_pages_go_round_through_it_as_people_count(self, window: Window, folder: Path) -> None:
        window.main.open_paths([folder / "img2.png"])
        window.until(lambda: shows(window, "img2.png"))
        self.go(
            window,
            ("PgDown", "IMG10.png"), ("PgDown", "img11.png"), ("PgDown", "img2.png"),
            ("PgUp", "img11.png"), ("PgUp", "IMG10.png"),
        )  # fmt: skip

    def test_it_is_read_anew_for_each_step(self, window: Window, folder: Path) -> None:
        window.open(folder / "img2.png")
        self.go(window, ("PgDown", "IMG10.png"))
        (folder / "img11.png").rename(folder / "img9.png")
        (folder / "IMG10.png").rename(folder / "img12.png")
        self.go(window, ("PgDown", "img12.png"), ("PgUp", "img9.png"))

    def test_a_file_of_another_ending_has_its_place_too(self, window: Window, folder: Path) -> None:
        (folder / "IMG10.png").rename(folder / "img7.old")
        window.open(folder / "img7.old")
        self.go(window, ("PgUp", "img2.png"), ("PgDown", "img11.png"))

    def test_a_bad_one_is_named_and_stepped_past(self, window: Window, folder: Path) -> None:
        (folder / "IMG10.png").write_bytes(b"nothing")
        window.open(folder / "img2.png")
        window.key("PgDown")
        window.until(lambda: "IMG10.png" in window.message)
        self.go(window, ("PgDown", "img11.png"))
        assert window.message == ""

    @pytest.mark.parametrize("name", ["IMG10.png", "IMG10.old", ".hidden.png"])
    def test_one_alone_says_so(self, tall_window: Window, folder: Path, name: str) -> None:
        window = tall_window
        for other in ("img2.png", "img11.png"):
            (folder / other).unlink()
        (folder / "IMG10.png").rename(folder / name)
        window.open(folder / name)
        scene = window.canvas.scene
        window.key("PgUp")
        window.until(lambda: bool(window.message))
        assert window.message == f"{name} is the only picture in its folder"
        window.at_rest()
        assert window.canvas.scene is scene
        assert window.state.startswith("final")

    def test_one_that_is_being_opened_is_opened_if_it_has_no_other(
        self, window: Window, folder: Path
    ) -> None:
        window.open(folder / "img2.png")
        alone = folder / "img4.png" / "alone.png"
        (folder / "img11.png").rename(alone)
        window.main.open_path(alone)
        self.go(window, ("PgDown", "alone.png"))

    def test_a_folder_that_has_gone_is_named(self, tall_window: Window, folder: Path) -> None:
        window = tall_window
        window.open(folder / "img2.png")
        folder.rename(folder.with_name("elsewhere"))
        window.key("PgDown")
        window.until(lambda: str(folder) in window.message)
        folder.with_name("elsewhere").rename(folder)
        self.go(window, ("PgDown", "IMG10.png"))

    def test_the_window_does_not_wait_for_it_and_counts_presses_meanwhile(
        self, window: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, release = loading.pictures_in, threading.Event()

        def slowly(folder: Path, known: Path | None = None) -> list[Path]:
            release.wait(30)
            return read(folder, known)

        window.open(folder / "img2.png")
        monkeypatch.setattr(loading, "pictures_in", slowly)
        for key in ("PgDown", "PgDown", "PgDown", "PgUp"):
            window.key(key)
        window.at_rest()
        assert "opening shots" in window.state
        release.set()
        window.until(lambda: shows(window, "img11.png"))
        window.at_rest()

    def test_presses_go_on_from_the_newest_wish(self, window: Window, folder: Path) -> None:
        """Also where that one is not shown yet."""
        window.open(folder / "IMG10.png")
        window.main.open_path(folder / "img11.png")
        self.go(window, ("PgDown", "img2.png"))

    def test_neither_a_pasted_picture_nor_the_sample_has_a_next(
        self, window: Window, folder: Path, picture: Bytes
    ) -> None:
        window.open(folder / "img2.png")
        for name, begin in (
            ("dropped picture", lambda: window.drop(pixels_as_data(picture))),
            ("cat.png", window.main.opening.open_sample),
        ):
            begin()
            window.until(lambda name=name: shows(window, name))
            wish = window.main.opening.loader.wish
            window.key("PgDown")
            assert window.main.opening.loader.wish == wish
        window.at_rest()

    def test_a_folder_opens_its_first_picture(self, window: Window, folder: Path) -> None:
        window.drop(files(folder))
        window.until(lambda: shows(window, "img2.png"))
        self.go(window, ("PgDown", "IMG10.png"), ("PgUp", "img2.png"))
        assert recent(window) == ["img2.png", "IMG10.png"]

    def test_presses_count_from_its_first_picture(self, window: Window, folder: Path) -> None:
        window.drop(files(folder))
        self.go(window, ("PgDown", "IMG10.png"))

    def test_a_folder_among_files_is_its_pictures(
        self, window: Window, folder: Path, picture: Bytes
    ) -> None:
        last = folder.with_name("last.png")
        Image.fromarray(picture).save(last)
        window.drop(files(folder, last))
        window.until(lambda: shows(window, "img2.png"))
        self.go(
            window,
            ("PgUp", "last.png"), ("PgUp", "img11.png"), ("PgUp", "IMG10.png"),
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("key", "names"),
        [
            ("PgUp", ["img11.png", "IMG10.png", "img2.png", "alone.png"]),
            ("PgDown", ["img2.png", "IMG10.png", "img11.png", "alone.png"]),
        ],
    )
    def test_a_folder_is_entered_from_the_side_one_comes_from(
        self, window: Window, folder: Path, picture: Bytes, key: str, names: list[str]
    ) -> None:
        alone = folder.with_name("alone.png")
        Image.fromarray(picture).save(alone)
        window.drop(files(alone, folder))
        window.until(lambda: shows(window, "alone.png"))
        self.go(window, *((key, name) for name in names))

    @pytest.mark.parametrize("shown", [False, True])
    def test_one_whose_first_is_bad_is_gone_through_all_the_same(
        self, window: Window, folder: Path, picture: Bytes, shown: bool
    ) -> None:
        if shown:
            other = folder.with_name("other.png")
            Image.fromarray(picture).save(other)
            window.open(other)
        (folder / "img2.png").write_bytes(b"nothing")
        for _ in range(2):  # what failed before is forgotten
            window.drop(files(folder))
            window.until(lambda: "img2.png" in window.message)
            self.go(window, ("PgDown", "IMG10.png"), ("PgDown", "img11.png"))
        (folder / "IMG10.png").rename(folder / "img9.png")
        self.go(window, ("PgUp", "img9.png"))

    def test_from_a_bad_file_in_the_empty_window_its_folder_is_gone_through(
        self, window: Window, folder: Path
    ) -> None:
        for name in ("img2.png", "IMG10.png"):
            (folder / name).write_bytes(b"nothing")
        window.drop(files(folder / "img2.png"))
        window.until(lambda: "img2.png" in window.message)
        window.key("PgDown")
        window.until(lambda: "IMG10.png" in window.message)
        self.go(window, ("PgDown", "img11.png"))

    def test_one_without_pictures_says_so(self, tall_window: Window, folder: Path) -> None:
        window = tall_window
        window.open(folder / "img2.png")
        window.drop(files(folder / "img4.png"))
        window.until(lambda: "There is no picture in the folder" in window.message)
        assert shows(window, "img2.png")
        self.go(window, ("PgDown", "IMG10.png"))


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def pixels_as_data(pixels: Bytes) -> QMimeData:
    data = QMimeData()
    data.setImageData(image_of(pixels))
    return data


def words(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


class TestDrops:
    def test_files_are_opened_and_stepped_through(self, window: Window, album: list[Path]) -> None:
        assert window.drop(files(*album[:2]))
        window.until(lambda: shows(window, "red.png"))
        window.key("PgDown")
        window.until(lambda: shows(window, "green.png"))

    def test_a_picture_from_another_program_is_opened(self, window: Window, picture: Bytes) -> None:
        assert window.drop(pixels_as_data(picture))
        window.until(lambda: shows(window, "dropped picture"))
        scene = window.canvas.scene
        assert scene is not None
        np.testing.assert_array_equal(scene.source.picture.pixels, picture)
        window.at_rest()

    @pytest.mark.parametrize("text", ["a sentence", "https://example.org/cat.png"])
    def test_anything_else_is_refused(self, window: Window, text: str) -> None:
        assert not window.drop(words(text))
        data = QMimeData()
        data.setData("application/x-thing", QByteArray(b"thing"))
        assert not window.drop(data)


class TestModels:
    @pytest.fixture
    def model(self, tiny_model: Path, tmp_path: Path) -> Path:
        path = tmp_path / "mine.safetensors"
        path.write_bytes(tiny_model.read_bytes())
        return path

    @pytest.mark.parametrize(
        ("mode", "at", "side"),
        [
            ("Alt+2", (100, 100), "a"),
            ("Alt+2", (400, 100), "b"),
            ("Alt+5", (100, 100), "b"),
            ("Alt+6", (100, 200), "c"),
            ("Alt+2", (600, 100), "b"),
        ],
        ids=["A's half", "B's half", "the difference", "C's pane", "the inspector"],
    )
    def test_one_that_is_dropped_is_for_the_side_below(
        self,
        window: Window,
        picture: Bytes,
        model: Path,
        mode: str,
        at: tuple[float, float],
        side: str,
    ) -> None:
        window.open(picture)
        window.key(mode)
        before = window.comparison
        assert window.drop(files(model), at)
        others = [other for other in "abcd" if other != side]
        assert window.comparison.sampler(side) == str(model)
        assert all(window.comparison.sampler(each) == before.sampler(each) for each in others)
        window.at_rest()
        assert window.message == ""
        assert shows(window, "test")

    def test_in_the_empty_window_it_is_for_b(self, window: Window, model: Path) -> None:
        assert window.drop(files(model))
        assert window.comparison.b == str(model)
        assert window.message == ""

    def test_pictures_that_come_with_it_are_opened(
        self, window: Window, album: list[Path], model: Path
    ) -> None:
        window.main.open_paths([model, *album[:2]])
        window.until(lambda: shows(window, "red.png"))
        assert window.comparison.b == str(model)
        window.key("PgUp")
        window.until(lambda: shows(window, "green.png"))
        window.at_rest()

    def test_what_is_wrong_with_one_outlasts_the_picture_that_comes_with_it(
        self, tall_window: Window, tmp_path: Path, picture: Bytes
    ) -> None:
        window, broken = tall_window, tmp_path / "broken.pth"
        broken.write_bytes(b"no model")
        window.open(picture)
        release, opening = threading.Event(), window.main.opening
        window.drop(files(broken))
        opening.loader.open("slow", held(release, from_array(picture, "slow")))
        window.until(lambda: "broken.pth" in window.message)
        release.set()
        window.until(lambda: shows(window, "slow"))
        assert "broken.pth" in window.message
        window.at_rest()

    def test_the_path_of_one_is_pasted_for_b(self, window: Window, model: Path) -> None:
        QGuiApplication.clipboard().setMimeData(words(str(model)))
        window.key("Ctrl+V")
        assert window.comparison.b == str(model)
        assert window.message == ""


class TestPastes:
    @pytest.fixture(autouse=True)
    def _empty_clipboard(self, qapp: QGuiApplication) -> None:
        qapp.clipboard().clear()

    def paste(self, window: Window, data: QMimeData) -> None:
        QGuiApplication.clipboard().setMimeData(data)
        window.key("Ctrl+V")

    def test_a_picture_is_opened(self, window: Window, picture: Bytes) -> None:
        self.paste(window, pixels_as_data(picture))
        window.until(lambda: shows(window, "clipboard"))
        scene = window.canvas.scene
        assert scene is not None
        np.testing.assert_array_equal(scene.source.picture.pixels, picture)
        assert recent(window) == ["No recent pictures"]
        window.at_rest()

    def test_copied_files_are_opened(self, window: Window, album: list[Path]) -> None:
        self.paste(window, files(*album))
        window.until(lambda: shows(window, "red.png"))

    def test_the_path_of_a_file_is_enough(self, window: Window, album: list[Path]) -> None:
        self.paste(window, words(f'"{album[1]}"\n'))
        window.until(lambda: shows(window, "green.png"))

    def test_without_a_picture_it_says_what_to_do(
        self, tall_window: Window, picture: Bytes
    ) -> None:
        self.paste(tall_window, words("a sentence"))
        assert "no picture on the clipboard" in tall_window.message
        self.paste(tall_window, pixels_as_data(picture))
        tall_window.until(lambda: shows(tall_window, "clipboard"))
        assert tall_window.message == ""

    def test_what_was_copied_can_be_pasted(self, window: Window, picture: Bytes) -> None:
        window.open(picture)
        window.wheel(1.3)
        window.at_rest()
        pixels = window.pixels()
        window.key("Ctrl+C")
        copied = QGuiApplication.clipboard().image()
        assert (copied.width(), copied.height()) == (520, 224)
        window.key("Ctrl+V")
        window.until(lambda: shows(window, "clipboard"))
        scene = window.canvas.scene
        assert scene is not None
        np.testing.assert_array_equal(scene.source.picture.pixels, pixels)
        window.at_rest()

    def test_without_a_picture_nothing_is_copied(self, window: Window) -> None:
        window.key("Ctrl+C")
        assert QGuiApplication.clipboard().image() == QImage()


class TestRecent:
    def test_files_are_listed_newest_first_and_opened_again(
        self, window: Window, album: list[Path]
    ) -> None:
        for path in (*album, album[0]):
            window.open(path)
        assert recent(window) == ["red.png", "blue.png", "green.png"]
        window.parts.top.recent_menu.actions()[2].trigger()
        window.until(lambda: shows(window, "green.png"))
        assert recent(window)[0] == "green.png"
        window.at_rest()

    def test_they_are_there_in_the_next_session(
        self, make_window: MakeWindow, settings: QSettings, album: list[Path]
    ) -> None:
        first = make_window()
        first.open(album[1])
        assert Preferences(settings).recent == [album[1]]
        assert recent(make_window()) == ["green.png"]

    def test_one_that_has_gone_is_forgotten(self, tall_window: Window, album: list[Path]) -> None:
        window = tall_window
        window.open(album[0])
        window.open(album[1])
        album[0].unlink()
        window.parts.top.recent_menu.actions()[1].trigger()
        window.until(lambda: "red.png" in window.message)
        assert recent(window) == ["green.png"]

    def test_one_that_cannot_be_read_now_stays(self, window: Window, album: list[Path]) -> None:
        window.open(album[0])
        album[0].write_bytes(b"")
        window.main.open_path(album[0])
        window.until(lambda: "red.png" in window.message)
        assert recent(window) == ["red.png"]
