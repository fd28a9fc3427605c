"""The inspector: samplers, gradient map, difference, region."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QStandardItemModel, QTextDocument, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QListView,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from models import catalogue
from models.catalogue import Description
from models.samplers.grid import Region
from tests.viewer.ui.driver import rgb_of
from viewer.ui import theme
from viewer.ui.inspector import Inspector
from viewer.ui.settings import GradientSettings
from viewer.ui.widgets_choices import ChoiceRows
from viewer.ui.widgets_region import edited, output_size

REGION = Region(72.0, 50.0, 145.0, 103.25)


LIST = [
    Description("nearest", "Nearest", "interpolation", "the nearest source pixel", ""),
    Description("bicubic", "Bicubic", "interpolation", "Keys, 1981 · a = −0.5 · interpolation", ""),
    Description("wdsr-liif", "LIIF · WDSR light", "continuous", "Chen et al., 2021", "×1–×30"),
    Description("edsr-liif", "LIIF · EDSR", "continuous", "", "", False, "not installed"),
    Description("gradient:bicubic", "Gradient of Bicubic", "gradient", "Ma et al., 2020", ""),
]


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    widget = Inspector()
    qtbot.addWidget(widget)
    widget.resize(280, 826)
    widget.set_samplers(LIST)
    widget.set_choice("a", "bicubic")
    widget.set_choice("b", "wdsr-liif")
    widget.set_region(REGION, True, 8.0)
    widget.show()
    return widget


@pytest.fixture
def heard(inspector: Inspector) -> list[tuple[object, ...]]:
    log: list[tuple[object, ...]] = []
    inspector.sampler_chosen.connect(lambda side, name: log.append(("sampler", side, name)))
    inspector.open_model_requested.connect(lambda side: log.append(("open", side)))
    inspector.gradient_changed.connect(lambda settings: log.append(("gradient", settings)))
    inspector.difference_changed.connect(lambda factor: log.append(("difference", factor)))
    inspector.region_edited.connect(lambda region: log.append(("region", region)))
    inspector.region_cleared.connect(lambda: log.append(("cleared",)))
    inspector.aspect_locked.connect(lambda on: log.append(("lock", on)))
    inspector.snap_changed.connect(lambda on: log.append(("snap", on)))
    return log


def pick(inspector: Inspector, side: str, words: str) -> None:
    """Take an entry as the open list does."""
    box = inspector.samplers[side].box
    row = box.findText(words)
    box.setCurrentIndex(row)
    box.activated.emit(row)


def type_in(qtbot: QtBot, field: QLineEdit, words: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, words)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def turn(widget: QWidget, delta: int) -> bool:
    """Send a wheel event; whether the widget took it."""
    centre = QPointF(widget.rect().center())
    none = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    place = widget.mapToGlobal(centre)
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(centre, place, QPoint(), QPoint(0, delta), *none, phase, False)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_the_list_has_headings_and_ends_with_open_model(inspector: Inspector) -> None:
    box = inspector.samplers["b"].box
    words = [box.itemText(row) for row in range(box.count())]
    assert words == [
        "Interpolation", "Nearest", "Bicubic",
        "Continuous", "LIIF · WDSR light", "LIIF · EDSR",
        "Gradient", "Gradient of Bicubic",
        "Open model…",
    ]  # fmt: skip
    usable = [bool(box.model().flags(box.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled)
              for row in range(box.count())]  # fmt: skip
    assert usable == [False, True, True, False, True, False, False, True, True]


def test_setting_tells_nothing(inspector: Inspector, heard: list[tuple[object, ...]]) -> None:
    inspector.set_choice("a", "nearest")
    inspector.set_samplers(LIST[:3])
    inspector.set_gradient(GradientSettings(True, "a", 0.7, 16.0, "viridis"))
    inspector.set_difference(16.0)
    inspector.set_mode("diff")
    inspector.set_region(REGION, False, 2.0)
    assert heard == []
    assert inspector.samplers["a"].box.current == "nearest"
    assert inspector.samplers["b"].box.current == "wdsr-liif"


def test_choosing_a_sampler_is_told_with_its_side(
    inspector: Inspector, heard: list[tuple[object, ...]]
) -> None:
    pick(inspector, "b", "Nearest")
    pick(inspector, "b", "Nearest")
    pick(inspector, "a", "Gradient of Bicubic")
    assert heard == [("sampler", "b", "nearest"), ("sampler", "a", "gradient:bicubic")]
    assert inspector.samplers["b"].lines() == ["the nearest source pixel"]


def test_open_model_is_told_and_the_choice_stays(
    inspector: Inspector, heard: list[tuple[object, ...]]
) -> None:
    pick(inspector, "b", "Open model…")
    assert heard == [("open", "b")]
    box = inspector.samplers["b"].box
    assert (box.current, box.currentText()) == ("wdsr-liif", "LIIF · WDSR light")


def test_two_lines_say_where_a_sampler_comes_from(inspector: Inspector) -> None:
    assert inspector.samplers["a"].lines() == ["Keys, 1981 · a = −0.5 · interpolation"]
    assert inspector.samplers["b"].lines() == ["Chen et al., 2021", "×1–×30"]


def test_an_opened_file_is_listed_by_name_with_its_path_elided(inspector: Inspector) -> None:
    path = "/models/" + "folder/" * 20 + "mine.safetensors"
    inspector.set_choice("b", path)
    panel = inspector.samplers["b"]
    assert panel.box.currentText() == "mine.safetensors"
    assert panel.lines() == [path]
    assert panel.box.currentIndex() < panel.box.findText("Open model…")
    label = panel._lines[0]
    [shown] = label.shown_lines()
    assert shown.startswith("/models")
    assert shown.endswith("safetensors")
    assert label.toolTip() == path
    inspector.set_samplers([*LIST, Description(path, "Mine", "continuous", "somebody", "")])
    assert panel.box.currentText() == "Mine"
    assert panel.box.findText("Opened") < 0


def test_arrow_keys_choose_without_giving_a_command(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    box = inspector.samplers["b"].box
    for _ in range(4):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert heard == [("sampler", "b", "gradient:bicubic"), ("sampler", "b", "wdsr-liif")]
    for key in (Qt.Key.Key_End, Qt.Key.Key_O, Qt.Key.Key_Home):
        qtbot.keyClick(box, key)
    assert heard[2:] == [("sampler", "b", "gradient:bicubic"), ("sampler", "b", "nearest")]


def test_a_wheel_over_a_box_changes_nothing_without_focus(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    box = inspector.samplers["b"].box
    turn(box, 120)
    assert heard == []
    inspector.activateWindow()
    qtbot.waitUntil(inspector.isActiveWindow)
    box.setFocus()
    turn(box, 120)
    assert heard == [("sampler", "b", "bicubic")]


def test_the_list_opens_and_a_click_takes_an_entry(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    box = inspector.samplers["a"].box
    box.showPopup()
    view = box.view()
    assert view.isVisible()
    place = view.visualRect(box.model().index(box.findText("Nearest"), 0)).center()
    qtbot.mouseMove(view.viewport(), place)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not view.isVisible())
    assert heard == [("sampler", "a", "nearest")]


def test_the_gradients_place_switches_it(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    place = inspector.gradient.place
    assert place.currentText() == "off"
    assert not inspector.gradient.opacity.isEnabled()
    qtbot.keyClick(place, Qt.Key.Key_Down)
    assert heard == [("gradient", GradientSettings(True, "a"))]
    assert inspector.gradient.opacity.isEnabled()
    qtbot.keyClick(place, Qt.Key.Key_Up)
    assert heard[-1] == ("gradient", GradientSettings(False, "a"))


def test_opacity_and_gain_can_be_typed(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    inspector.set_gradient(GradientSettings(enabled=True))
    type_in(qtbot, inspector.gradient.opacity.field, "75")
    type_in(qtbot, inspector.gradient.gain.field, "x16")
    last = heard[-1][1]
    assert isinstance(last, GradientSettings)
    assert (last.opacity, last.gain) == (0.75, 16.0)
    assert inspector.gradient.opacity.slider.level() == pytest.approx(0.75)
    assert inspector.gradient.gain.slider.level() == pytest.approx(16.0)


def test_the_gains_slider_is_logarithmic(inspector: Inspector) -> None:
    slider = inspector.gradient.gain.slider
    levels = []
    for share in (0, 0.5, 1):
        slider.setValue(round(share * slider.maximum()))
        levels.append(slider.level())
    assert levels == pytest.approx([0.25, 4.0, 64.0])


def test_a_slider_follows_click_drag_wheel_keys_and_double_click(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    inspector.set_gradient(GradientSettings(enabled=True))
    slider = inspector.gradient.opacity.slider
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert inspector.gradient.settings.opacity == pytest.approx(0.5, abs=0.01)
    qtbot.mouseMove(slider, QPoint(slider.width() + 50, 4))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert inspector.gradient.settings.opacity == 1.0
    turn(slider, -240)
    assert inspector.gradient.settings.opacity == pytest.approx(0.98)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert inspector.gradient.settings.opacity == pytest.approx(0.99)
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert inspector.gradient.settings.opacity == 0.4
    assert heard[-1] == ("gradient", GradientSettings(enabled=True))


def test_parts_of_a_notch_add_up(inspector: Inspector) -> None:
    inspector.set_gradient(GradientSettings(enabled=True))
    slider = inspector.gradient.opacity.slider
    for _ in range(3):
        turn(slider, 40)
    assert inspector.gradient.settings.opacity == pytest.approx(0.41)


def test_colours_are_chosen(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    inspector.set_gradient(GradientSettings(enabled=True))
    qtbot.keyClick(inspector.gradient.colours, Qt.Key.Key_Down)
    assert heard == [("gradient", GradientSettings(enabled=True, colour_map="viridis"))]


def test_the_difference_shows_only_in_its_mode(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    assert not inspector.difference.isVisible()
    inspector.set_mode("diff")
    assert inspector.difference.isVisible()
    inspector.set_difference(8.0)
    type_in(qtbot, inspector.difference.factor.field, "×32")
    assert heard == [("difference", 32.0)]


def test_the_region_is_shown_with_its_output_size(inspector: Inspector) -> None:
    texts = [field.text() for field in inspector.region.fields.values()]
    assert texts == ["72.0", "50.0", "145.0", "103.2"]
    assert inspector.region.output.text() == "1160 × 826 px · ×8.00"


def test_a_visible_region_cannot_be_cleared_but_a_drawn_one_can(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    assert not inspector.region.clear.isVisible()
    inspector.set_region(REGION, False, 8.0)
    assert inspector.region.clear.isVisible()
    qtbot.mouseClick(inspector.region.clear, Qt.MouseButton.LeftButton)
    assert heard == [("cleared",)]


def test_one_number_changes_one_number(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    type_in(qtbot, inspector.region.fields["x"], "80")
    # The height keeps what its text does not show.
    assert heard == [("region", Region(80.0, 50.0, 145.0, 103.25))]


def test_with_the_aspect_locked_width_changes_height(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    inspector.region.lock.click()
    type_in(qtbot, inspector.region.fields["width"], "290")
    assert heard == [("lock", True), ("region", Region(72.0, 50.0, 290.0, 206.5))]
    assert inspector.region.fields["height"].text() == "206.5"


def test_with_snap_edges_are_whole(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    inspector.region.snap.click()
    type_in(qtbot, inspector.region.fields["width"], "0.2")
    assert heard == [("snap", True), ("region", Region(72, 50, 1, 103))]


def test_a_locked_aspect_does_not_drift_while_edges_are_whole(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    """Every typed width is rounded with its height; the next height is not made from those."""
    inspector.region.lock.click()
    inspector.region.snap.click()
    for width in ("3", "7", "290"):
        type_in(qtbot, inspector.region.fields["width"], width)
    # ⌊290 · 103.25 / 145 + 1/2⌋
    assert heard[-1] == ("region", Region(72, 50, 290, 207))


def test_a_zero_width_is_refused_visibly(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    field = inspector.region.fields["width"]
    type_in(qtbot, field, "-5")
    assert field.warning
    assert heard == [("region", Region(72.0, 50.0, 0.1, 103.25))]


def test_without_a_picture_the_region_is_empty(inspector: Inspector) -> None:
    inspector.set_region(None)
    assert {field.text() for field in inspector.region.fields.values()} == {""}
    assert not any(field.isEnabled() for field in inspector.region.fields.values())
    assert inspector.region.output.text() == ""


positive = st.floats(0.5, 1e4)


@given(positive, positive, positive)
def test_a_locked_aspect_is_kept(width: float, height: float, value: float) -> None:
    ratio = width / height
    after = edited(Region(0, 0, width, height), "height", value, ratio=ratio, snapped=False)
    assert after.height == value
    assert after.width / after.height == pytest.approx(width / height, rel=1e-9)


@given(st.floats(-10, 1e4), positive, positive)
def test_a_snapped_region_is_whole_and_not_empty(x: float, width: float, value: float) -> None:
    after = edited(Region(x, x, width, width), "width", value, ratio=1.0, snapped=True)
    assert all(number == int(number) for number in after)
    assert after.width >= 1
    assert after.height >= 1


@pytest.mark.parametrize(
    ("scale", "words"),
    [(8.0, "1160 × 826 px · ×8.00"), (0.5, "73 × 52 px · ×0.5"), (1e-3, "1 × 1 px · ×0.001")],
)
def test_output_sizes(scale: float, words: str) -> None:
    assert output_size(REGION, scale) == words


def test_a_low_window_scrolls_and_the_wheel_scrolls_it(
    inspector: Inspector, heard: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    inspector.set_gradient(GradientSettings(enabled=True))
    inspector.resize(280, 300)
    bar = inspector.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    # Left to the scrolling area: Qt hands a wheel event that is not accepted to the parents.
    assert not turn(inspector.gradient.opacity.slider, -120)
    assert not turn(inspector.gradient.opacity.field, -120)
    assert heard == []


def test_the_column_keeps_its_margins(inspector: Inspector) -> None:
    box = inspector.samplers["a"].box
    left = box.mapTo(inspector, QPoint(0, 0)).x()
    assert (left, box.width(), box.height()) == (16, 248, 30)
    assert box.mapTo(inspector, QPoint(0, 0)).y() == 39
    field = inspector.region.fields["height"]
    assert field.mapTo(inspector, QPoint(0, 0)).x() + field.width() == 16 + 248
    assert (field.width(), field.height()) == (100, 24)


def test_clicks_give_focus_to_number_fields_only(inspector: Inspector) -> None:
    click = Qt.FocusPolicy.ClickFocus.value
    for kind in (QAbstractButton, QComboBox, QSlider):
        for widget in inspector.findChildren(kind):
            assert not widget.focusPolicy().value & click
    for field in inspector.findChildren(QLineEdit):
        assert field.focusPolicy().value & click


@pytest.mark.parametrize("mode", ["diff", "grid"])
def test_tab_follows_the_eye(inspector: Inspector, mode: str) -> None:
    inspector.set_mode(mode)
    inspector.set_gradient(GradientSettings(enabled=True))
    inspector.set_region(REGION, False, 8.0)
    QApplication.processEvents()
    stops = [widget for widget in focus_chain(inspector) if widget.isVisibleTo(inspector)]
    places = [QRect(stop.mapTo(inspector, QPoint()), stop.size()) for stop in stops]
    assert {inspector.gradient.colours, inspector.region.clear} <= set(stops)
    for before, after in pairwise(places):
        assert after.top() > before.bottom() or after.left() > before.right()


def focus_chain(window: QWidget) -> list[QWidget]:
    """The widgets that Tab reaches, in its order."""
    chain, widget = [], window.nextInFocusChain()
    while widget is not window:
        if widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            chain.append(widget)
        widget = widget.nextInFocusChain()
    return chain


def test_everything_has_a_name_for_screen_readers(inspector: Inspector) -> None:
    for kind in (QComboBox, QSlider, QLineEdit):
        for widget in inspector.findChildren(kind):
            assert widget.accessibleName()
    for button in inspector.findChildren(QAbstractButton):
        assert button.accessibleName() or button.text()


ABSENT = "bring the official file: edsr.pth (18.9 MB), with Open model…"

MANY = [
    Description("gradient:x", "Gradient of X", "gradient", "Ma et al., 2020", ""),
    Description("net", "Net ×4", "fixed-scale", "Yu et al., 2018 · 0.6 M", "×4 · 1 MFLOP a pixel"),
    Description("odd", "Odd", "something else", "nobody", ""),
    Description("edsr", "LIIF · EDSR", "continuous", "Chen, 2021", "×1 · 2 MFLOP", False, ABSENT),
    Description("light", "LIIF · light", "continuous", "Chen, 2021 · 0.3 M", "×1 · 0.1 MFLOP"),
    Description("bicubic", "Bicubic", "interpolation", "Keys, 1981", "any · 4 × 4 pixels"),
]


@pytest.fixture
def menu(inspector: Inspector, qtbot: QtBot) -> Iterator[QListView]:
    """The open list of D's samplers."""
    inspector.set_mode("grid")
    inspector.set_samplers(MANY)
    inspector.set_choice("d", "light")
    box = inspector.samplers["d"].box
    box.showPopup()
    view = box.view()
    assert isinstance(view, QListView)
    qtbot.waitUntil(view.isVisible)
    yield view
    box.hidePopup()


def index_of(view: QListView, words: str) -> QModelIndex:
    box = view.model()
    rows = [box.index(row, 0) for row in range(box.rowCount())]
    return next(index for index in rows if index.data() == words)


def lengthen(inspector: Inspector, count: int) -> None:
    """Open the list of D with so many absent samplers more."""
    box = inspector.samplers["d"].box
    box.hidePopup()
    many = [replace(MANY[3], name=str(number), title=str(number)) for number in range(count)]
    inspector.set_samplers([*MANY, *many])
    box.showPopup()


def shot(view: QListView, words: str) -> NDArray[np.uint8]:
    """The pixels of a row."""
    place = view.visualRect(index_of(view, words))
    return rgb_of(view.viewport().grab(place).toImage())


class TestMenu:
    def test_groups_stand_in_their_order_whatever_the_lists(self, menu: QListView) -> None:
        model = menu.model()
        words = [model.index(row, 0).data() for row in range(model.rowCount())]
        assert words == [
            "Off",
            "Interpolation", "Bicubic",
            "Continuous", "LIIF · EDSR", "LIIF · light",
            "Fixed-scale", "Net ×4",
            "Gradient", "Gradient of X",
            "Something else", "Odd",
            "Open model…",
        ]  # fmt: skip

    def test_a_row_says_what_a_sampler_is_in_a_second_line(self, menu: QListView) -> None:
        described = Qt.ItemDataRole.AccessibleDescriptionRole
        assert index_of(menu, "Net ×4").data(described) == (
            "Yu et al., 2018 · 0.6 M · 1 MFLOP a pixel"
        )
        heights = {words: menu.visualRect(index_of(menu, words)).height()
                   for words in ("Off", "Bicubic", "Net ×4", "Open model…")}  # fmt: skip
        assert heights["Net ×4"] == heights["Bicubic"] == heights["Off"] + 16
        row = shot(menu, "Net ×4")
        lines = (row != row[0, 0]).any(axis=(1, 2))
        assert np.count_nonzero(np.diff(lines.astype(int)) == 1) == 2

    def test_what_is_absent_is_greyed_and_says_how_to_get_it(self, menu: QListView) -> None:
        absent = index_of(menu, "LIIF · EDSR")
        assert not absent.flags() & Qt.ItemFlag.ItemIsEnabled
        assert ABSENT in absent.data(Qt.ItemDataRole.ToolTipRole)
        assert ABSENT in absent.data(Qt.ItemDataRole.AccessibleDescriptionRole)
        grey, plain = shot(menu, "LIIF · EDSR"), shot(menu, "LIIF · light")
        assert (
            menu.visualRect(absent).height()
            > menu.visualRect(index_of(menu, "LIIF · light")).height()
        )
        assert grey[:20].max() < plain[:20].max(), "the title"
        assert grey[40:].max() > grey[:38].max(), "how to get it is read"

    def test_a_click_on_what_is_absent_takes_nothing(
        self, menu: QListView, heard: list[tuple[object, ...]], qtbot: QtBot
    ) -> None:
        place = menu.visualRect(index_of(menu, "LIIF · EDSR")).center()
        qtbot.mouseMove(menu.viewport(), place)
        qtbot.mouseClick(menu.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert heard == []

    def test_keys_in_the_list_skip_headings_and_what_is_absent(
        self, menu: QListView, heard: list[tuple[object, ...]], qtbot: QtBot
    ) -> None:
        seen = []
        for _ in range(3):
            qtbot.keyClick(menu, Qt.Key.Key_Up)
            seen.append(menu.currentIndex().data())
        assert seen == ["Bicubic", "Off", "Off"]
        qtbot.keyClick(menu, Qt.Key.Key_Return)
        assert heard == [("sampler", "d", "")]

    def test_esc_changes_nothing(
        self, menu: QListView, heard: list[tuple[object, ...]], qtbot: QtBot
    ) -> None:
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not menu.isVisible())
        assert heard == []

    @pytest.mark.parametrize("key", [Qt.Key.Key_Up, Qt.Key.Key_End])
    def test_it_opens_at_the_choice_whatever_row_was_left_with_esc(
        self,
        inspector: Inspector,
        menu: QListView,
        heard: list[tuple[object, ...]],
        qtbot: QtBot,
        key: Qt.Key,
    ) -> None:
        qtbot.keyClick(menu, key)
        qtbot.keyClick(menu, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not menu.isVisible())
        inspector.samplers["d"].box.showPopup()
        assert menu.currentIndex().data() == "LIIF · light"
        qtbot.keyClick(menu, Qt.Key.Key_Return)
        assert heard == []

    @pytest.mark.parametrize(
        ("key", "end"),
        [
            (Qt.Key.Key_Home, "Bicubic"),
            (Qt.Key.Key_PageUp, "Bicubic"),
            (Qt.Key.Key_End, "Odd"),
            (Qt.Key.Key_PageDown, "Odd"),
        ],
    )
    def test_keys_to_its_ends_go_past_headings_and_what_is_absent(
        self, menu: QListView, qtbot: QtBot, key: Qt.Key, end: str
    ) -> None:
        model = menu.model()
        assert isinstance(model, QStandardItemModel)
        for words in ("Off", "Open model…"):
            model.item(index_of(menu, words).row()).setEnabled(False)
        qtbot.keyClick(menu, key)
        assert menu.currentIndex().data() == end

    @pytest.mark.parametrize(
        ("key", "start", "end"),
        [
            (Qt.Key.Key_PageDown, "Bicubic", "Open model…"),
            (Qt.Key.Key_PageUp, "Open model…", "Off"),
        ],
    )
    def test_pages_go_past_any_run_of_what_is_absent(
        self,
        inspector: Inspector,
        menu: QListView,
        qtbot: QtBot,
        key: Qt.Key,
        start: str,
        end: str,
    ) -> None:
        lengthen(inspector, 40)
        menu.setCurrentIndex(index_of(menu, start))
        rows = [menu.currentIndex().row()]
        while menu.currentIndex().data() != end:
            qtbot.keyClick(menu, key)
            rows.append(menu.currentIndex().row())
            assert len(set(rows)) == len(rows), "a key that does nothing"
        assert rows == sorted(rows, reverse=key == Qt.Key.Key_PageUp)
        qtbot.keyClick(menu, key)
        assert menu.currentIndex().data() == end

    def test_it_ends_below_the_right_edge_of_its_box(
        self, inspector: Inspector, menu: QListView
    ) -> None:
        box, popup = inspector.samplers["d"].box, menu.window()
        for corner in ((400, 5), (0, 5)):
            box.hidePopup()
            inspector.move(*corner)
            box.showPopup()
            assert popup.width() > box.width(), "else there is nothing to align"
            right = box.mapToGlobal(QPoint(box.width(), 0)).x()
            edge = box.screen().geometry().left()
            assert popup.geometry().left() == max(right - popup.width(), edge)

    def test_the_tool_tip_has_all_of_a_note_and_is_broken_into_lines(
        self, inspector: Inspector, menu: QListView
    ) -> None:
        note = f"get <x> & {ABSENT} " * 9
        inspector.set_samplers([replace(MANY[3], note=note)])
        tip = index_of(menu, "LIIF · EDSR").data(Qt.ItemDataRole.ToolTipRole)
        assert tip.startswith("<qt>"), "only rich text is broken"
        page = QTextDocument()
        page.setHtml(tip)
        assert page.toPlainText().split() == note.split()

    def test_a_list_that_scrolls_ends_with_its_last_row(
        self, inspector: Inspector, menu: QListView
    ) -> None:
        lengthen(inspector, 20)
        bar = menu.verticalScrollBar()
        assert bar.maximum() > 0
        bar.setValue(bar.maximum())
        last = menu.visualRect(index_of(menu, "Open model…"))
        assert menu.viewport().height() - last.bottom() - 1 == 0

    def test_notes_of_any_length_stay_within_three_lines(
        self, inspector: Inspector, menu: QListView
    ) -> None:
        height = menu.visualRect(index_of(menu, "LIIF · EDSR")).height()
        box = inspector.samplers["d"].box
        box.hidePopup()
        inspector.set_samplers([*MANY[:3], replace(MANY[3], note=f"{ABSENT} " * 9), *MANY[4:]])
        box.showPopup()
        long = menu.visualRect(index_of(menu, "LIIF · EDSR")).height()
        assert height < long == 28 + 16 + 3 * 16


class TestSides:
    def test_c_and_d_show_in_the_grid_only(self, inspector: Inspector) -> None:
        for mode, shown in (("split", "ab"), ("grid", "abcd"), ("diff", "ab")):
            inspector.set_mode(mode)
            visible = [side for side, panel in inspector.samplers.items() if panel.isVisible()]
            assert "".join(visible) == shown

    def test_only_c_and_d_can_be_off(self, inspector: Inspector) -> None:
        assert [side for side, panel in inspector.samplers.items()
                if panel.box.findText("Off") >= 0] == ["c", "d"]  # fmt: skip
        inspector.set_choice("c", "")
        panel = inspector.samplers["c"]
        assert (panel.box.currentText(), panel.lines()) == ("Off", [])
        inspector.set_choice("c", "bicubic")
        assert panel.box.currentText() == "Bicubic"


def test_what_the_catalogue_says_of_a_sampler_is_nowhere_cut_in_the_list(
    inspector: Inspector,
) -> None:
    inspector.set_samplers([catalogue.describe(name) for name in catalogue.names()])
    box = inspector.samplers["b"].box
    box.showPopup()
    rows, model = box.itemDelegate(), box.model()
    assert isinstance(rows, ChoiceRows)
    assert isinstance(model, QStandardItemModel)
    widths = [rows.natural_width(model.item(row)) for row in range(model.rowCount())]
    assert max(widths) <= rows.width
    box.hidePopup()
