"""Tests of the bar that follows an export."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.ui import export_progress, theme
from viewer.ui.export_progress import ExportProgress

FILE = Path("folder") / "dog_x8_liif.png"


@pytest.fixture(scope="module", autouse=True)
def _look(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def bar(qtbot: QtBot) -> ExportProgress:
    bar = ExportProgress()
    bar.resize(600, export_progress.HEIGHT)
    qtbot.addWidget(bar)
    return bar


def test_it_is_there_only_during_and_after_an_export(bar: ExportProgress) -> None:
    assert not bar.isVisible()
    bar.start(FILE)
    assert bar.isVisible()
    assert bar.words.text() == "Exporting dog_x8_liif.png"
    assert bar.numbers.text() == "0 %"
    assert bar.cancel.isVisible()
    assert not bar.close_button.isVisible()


@pytest.mark.parametrize(
    ("fraction", "left", "expected"),
    [
        (0.0, None, "0 %"),
        (0.57, 8.3, "57 % · 8 s left"),
        (0.5, 0.2, "50 % · 1 s left"),
        (0.1, 150.0, "10 % · 2.5 min left"),
        (1.0, 0.0, "99 % · 1 s left"),
        (-3.0, None, "0 %"),
        (7.0, None, "99 %"),
    ],
)
def test_progress_in_numbers(
    bar: ExportProgress, fraction: float, left: float | None, expected: str
) -> None:
    bar.start(FILE)
    bar.set_progress(fraction, left)
    assert bar.numbers.text() == expected


def test_progress_as_a_line(bar: ExportProgress) -> None:
    bar.start(FILE)
    bar.set_progress(0.5, None)
    image = bar.grab().toImage()
    colours = [QColor(image.pixel(round(x * image.width()), 0)) for x in (0.02, 0.48, 0.52, 0.98)]
    assert colours == [theme.ACTION, theme.ACTION, theme.LINE, theme.LINE]


def test_cancel_is_asked_for_once(bar: ExportProgress, qtbot: QtBot) -> None:
    bar.start(FILE)
    with qtbot.waitSignal(bar.cancel_requested):
        qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    assert bar.state == "cancelling"
    assert bar.words.text() == "Cancelling dog_x8_liif.png"
    with qtbot.assertNotEmitted(bar.cancel_requested):
        qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    bar.set_progress(0.9, 1.0)
    assert bar.numbers.text() == "0 %"


def test_keys_ask_for_the_cancel_once_too(bar: ExportProgress, qtbot: QtBot) -> None:
    asked: list[bool] = []
    bar.cancel_requested.connect(lambda: asked.append(True))
    bar.start(FILE)
    for _ in range(3):
        qtbot.keyClick(bar.cancel, Qt.Key.Key_Space)
    assert asked == [True]
    assert not bar.cancel.isEnabled()
    bar.set_cancelled()
    bar.start(FILE)
    qtbot.keyClick(bar.cancel, Qt.Key.Key_Space)
    assert asked == [True, True]


def test_a_button_that_goes_leaves_the_keyboard_to_the_window(qtbot: QtBot) -> None:
    """Qt would hand it to the next field, where the window's keys are text."""
    window, bar, field = QWidget(), ExportProgress(), QLineEdit()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.addWidget(bar)
    column.addWidget(field)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    bar.start(FILE)
    bar.cancel.setFocus()
    bar.cancel.click()
    assert window.hasFocus()
    bar.set_done(FILE)
    bar.close_button.setFocus()
    bar.dismiss()
    assert window.hasFocus()


def test_escape_does_not_cancel(bar: ExportProgress, qtbot: QtBot) -> None:
    bar.start(FILE)
    with qtbot.assertNotEmitted(bar.cancel_requested):
        QTest.keyClick(bar, Qt.Key.Key_Escape)
    assert bar.state == "running"
    assert bar.isVisible()


def test_a_cancel_that_fails_is_told(bar: ExportProgress, qtbot: QtBot) -> None:
    bar.start(FILE)
    qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    bar.set_error("Cannot write dog.png: the disk is full.")
    assert bar.state == "failed"
    assert not bar.cancel.isVisible()
    assert bar.accessibleName() == "Cannot write dog.png: the disk is full."


def test_what_comes_late_opens_no_bar(bar: ExportProgress, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(bar.dismissed):
        bar.set_progress(0.5, 3.0)
        bar.set_cancelled()
        bar.dismiss()
    assert bar.state == "idle"
    assert not bar.isVisible()


@pytest.mark.parametrize("asked", [True, False])
def test_a_cancelled_export_leaves_no_bar(bar: ExportProgress, qtbot: QtBot, asked: bool) -> None:
    bar.start(FILE)
    if asked:
        qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.dismissed):
        bar.set_cancelled()
    assert not bar.isVisible()


def test_a_file_that_was_complete_before_the_cancel_is_told(
    bar: ExportProgress, qtbot: QtBot
) -> None:
    bar.start(FILE)
    qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    bar.set_done(FILE)
    assert bar.words.text() == "Saved dog_x8_liif.png"
    assert bar.folder.text() == "Show in folder"
    assert bar.folder.isVisible()
    assert not bar.numbers.isVisible()


def test_a_saved_file_can_be_shown(
    bar: ExportProgress, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(export_progress, "show_in_folder", opened.append)
    bar.start(FILE)
    assert not bar.folder.isVisible()
    bar.set_done(FILE)
    assert not bar.cancel.isVisible()
    qtbot.mouseClick(bar.folder, Qt.MouseButton.LeftButton)
    assert opened == [FILE]


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_the_folder_is_shown_by_the_system(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def start(program: str, arguments: list[str]) -> None:
        started.append(" ".join([program, *arguments]))

    monkeypatch.setattr(export_progress.sys, "platform", system)
    monkeypatch.setattr(export_progress.QProcess, "startDetached", start)
    monkeypatch.setattr(
        export_progress.QDesktopServices, "openUrl", lambda url: started.append(url.toLocalFile())
    )
    export_progress.show_in_folder(FILE)
    expected = {
        "linux": "folder",
        "win32": f"explorer /select,{FILE}",
        "darwin": f"open -R {FILE}",
    }
    assert started == [expected[system]]


def test_a_failure_is_told_in_its_own_sentence(bar: ExportProgress) -> None:
    bar.start(FILE)
    bar.set_error("Cannot write dog.png: the disk is full.")
    assert bar.state == "failed"
    assert bar.words.text() == "Cannot write dog.png: the disk is full."
    assert not bar.folder.isVisible()
    assert bar.close_button.isVisible()


def test_the_outcome_can_be_closed(bar: ExportProgress, qtbot: QtBot) -> None:
    bar.start(FILE)
    bar.dismiss()
    assert bar.isVisible()
    bar.set_done(FILE)
    with qtbot.waitSignal(bar.dismissed):
        QTest.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_the_next_export_takes_the_bar_over(bar: ExportProgress) -> None:
    bar.start(FILE)
    bar.set_progress(0.8, 3.0)
    bar.set_done(FILE)
    bar.start(Path("other.png"))
    assert bar.state == "running"
    assert bar.numbers.text() == "0 %"
    assert not bar.folder.isVisible()


def test_no_button_takes_the_focus_by_a_click(bar: ExportProgress) -> None:
    for button in (bar.cancel, bar.folder, bar.close_button):
        assert button.focusPolicy() == Qt.FocusPolicy.TabFocus
