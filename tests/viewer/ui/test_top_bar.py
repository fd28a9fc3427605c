"""The top bar: what it tells, what it is told, and where things stand."""

import itertools
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.ui import theme
from viewer.ui.top_bar import MODES, TopBar


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def bar(qtbot: QtBot) -> TopBar:
    widget = TopBar()
    qtbot.addWidget(widget)
    widget.resize(1440, 45)
    widget.set_has_picture(True)
    widget.show()
    return widget


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("width", "modes"), [(980, 382), (1000, 402), (1281, 456), (1440, 456), (2560, 456)]
)
def test_the_modes_stand_in_the_windows_middle(bar: TopBar, width: int, modes: int) -> None:
    bar.resize(width, 45)
    box = bar.modes.geometry()
    assert abs(box.left() + box.width() / 2 - width / 2) <= 0.5
    assert (box.width(), box.height(), box.top()) == (modes, 28, 8)


def test_in_a_narrow_window_nothing_overlaps(bar: TopBar) -> None:
    bar.resize(bar.minimumSizeHint().width(), 45)
    order = [bar.open, bar.recent, bar.modes, bar.gradient, bar.region, bar.export]
    boxes = [widget.geometry() for widget in order]
    assert all(a.right() < b.left() + 4 for a, b in itertools.pairwise(boxes))
    assert boxes[1].right() < boxes[2].left()
    assert boxes[-1].right() < bar.width()


def test_in_a_window_between_they_are_as_wide_as_they_can(bar: TopBar) -> None:
    bar.resize(800, 45)
    assert bar.modes.width() == 380
    widths = [bar.modes.button(mode.key).width() for mode in MODES]
    assert max(widths) - min(widths) <= 1
    bar.resize(bar.minimumSizeHint().width() + 40, 45)
    room = bar.gradient.geometry().left() - bar.recent.geometry().right() - 1
    assert bar.modes.width() == room - 2 * 8


def test_the_tools_end_at_the_margin(bar: TopBar) -> None:
    assert bar.width() - 1 - bar.export.geometry().right() == 16


def test_each_mode_is_told_once(bar: TopBar, qtbot: QtBot) -> None:
    heard: list[str] = []
    bar.set_mode("diff")
    bar.mode_chosen.connect(heard.append)
    for mode in MODES:
        click(qtbot, bar.modes.button(mode.key))
    click(qtbot, bar.modes.button("grid"))
    assert heard == ["single", "split", "side", "flip", "diff", "grid"]


def test_setting_tells_nothing(bar: TopBar, qtbot: QtBot) -> None:
    signals = (bar.mode_chosen, bar.gradient_toggled, bar.region_toggled)
    heard: list[object] = []
    for signal in signals:
        signal.connect(heard.append)
    bar.set_mode("side")
    bar.set_gradient(True)
    bar.set_region(True)
    assert heard == []
    assert bar.modes.current == "side"
    assert bar.modes.button("side").isChecked()
    click(qtbot, bar.gradient)
    assert heard == [False]


def test_the_tools_tell(bar: TopBar, qtbot: QtBot) -> None:
    heard: list[object] = []
    bar.gradient_toggled.connect(lambda on: heard.append(("gradient", on)))
    bar.region_toggled.connect(lambda on: heard.append(("region", on)))
    bar.export_requested.connect(lambda: heard.append("export"))
    bar.open_requested.connect(lambda: heard.append("open"))
    for button in (bar.gradient, bar.region, bar.export, bar.open):
        click(qtbot, button)
    assert heard == [("gradient", True), ("region", True), "export", "open"]


def test_without_a_picture_only_opening_is_possible(bar: TopBar) -> None:
    bar.set_has_picture(False)
    enabled = [
        widget.isEnabled()
        for widget in (bar.open, bar.recent, bar.modes, bar.gradient, bar.region, bar.export)
    ]
    assert enabled == [True, True, False, False, False, False]


def test_tags_in_the_name_of_a_recent_file_are_told_as_they_are(bar: TopBar) -> None:
    bar.set_recent([Path("/pictures/<b>.jpg")])
    assert bar.recent_menu.actions()[0].toolTip() == "<qt>/pictures/&lt;b&gt;.jpg</qt>"


def test_recent_files_are_offered_by_name_and_folder(bar: TopBar) -> None:
    paths = [Path("/pictures/a & b.jpg"), Path("/pictures/" + "very-long-" * 30 + "/dog.jpg")]
    heard: list[Path] = []
    bar.recent_requested.connect(heard.append)
    bar.set_recent(paths)
    actions = bar.recent_menu.actions()
    assert actions[0].text() == f"a && b.jpg\t{paths[0].parent}"
    assert "…" in actions[1].text()
    assert actions[1].toolTip() == str(paths[1])
    for action in actions:
        action.trigger()
    assert heard == paths


def test_no_recent_files_is_said(bar: TopBar) -> None:
    bar.set_recent([])
    [action] = bar.recent_menu.actions()
    assert not action.isEnabled()
    assert "No recent" in action.text()


def test_the_menu_opens_below_open(bar: TopBar, qtbot: QtBot) -> None:
    click(qtbot, bar.recent)
    assert bar.recent_menu.isVisible()
    assert bar.recent_menu.pos() == bar.open.mapToGlobal(QPoint(0, 32))
    bar.recent_menu.hide()


def test_a_click_takes_no_focus_but_tab_does(bar: TopBar, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    other = QLineEdit()
    column.addWidget(other)
    column.addWidget(bar)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    other.setFocus()
    for button in bar.findChildren(QAbstractButton):
        if button is not bar.recent:
            click(qtbot, button)
    assert other.hasFocus()
    qtbot.keyClick(other, Qt.Key.Key_Tab)
    assert bar.open.hasFocus()
    bar.setParent(None)


def test_the_focus_is_visible(bar: TopBar, qtbot: QtBot) -> None:
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    bar.gradient.setFocus(Qt.FocusReason.TabFocusReason)
    focused = bar.gradient.grab().toImage()
    assert focused.pixelColor(focused.width() // 2, 0) == theme.ACTION
    bar.export.setFocus(Qt.FocusReason.TabFocusReason)
    rest = bar.gradient.grab().toImage()
    assert rest.pixelColor(rest.width() // 2, 0) == theme.LINE


def test_arrow_keys_go_through_the_modes(bar: TopBar, qtbot: QtBot) -> None:
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    bar.set_mode("split")
    bar.modes.button("split").setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(bar.mode_chosen) as told:
        qtbot.keyClick(bar.modes.button("split"), Qt.Key.Key_Right)
    assert told.args == ["side"]


def test_tab_stops_at_the_chosen_mode_alone(bar: TopBar, qtbot: QtBot) -> None:
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    for mode in ("single", "diff"):
        bar.set_mode(mode)
        bar.recent.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(bar.recent, Qt.Key.Key_Tab)
        assert bar.modes.button(mode).hasFocus()
        qtbot.keyClick(bar.modes.button(mode), Qt.Key.Key_Tab)
        assert bar.gradient.hasFocus()
    click(qtbot, bar.modes.button("side"))
    qtbot.keyClick(bar.gradient, Qt.Key.Key_Backtab)
    assert bar.modes.button("side").hasFocus()


def test_everything_has_a_name_for_screen_readers(bar: TopBar) -> None:
    for button in bar.findChildren(QAbstractButton):
        assert button.accessibleName() or button.text()
