"""The inspector: samplers, gradient map, difference, region."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from models.catalogue import Description
from models.samplers.grid import Region
from viewer.ui import theme
from viewer.ui.inspector import Inspector
from viewer.ui.settings import GradientSettings
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
    after = edited(Region(0, 0, width, height), "height", value, locked=True, snapped=False)
    assert after.height == value
    assert after.width / after.height == pytest.approx(width / height, rel=1e-9)


@given(st.floats(-10, 1e4), positive, positive)
def test_a_snapped_region_is_whole_and_not_empty(x: float, width: float, value: float) -> None:
    after = edited(Region(x, x, width, width), "width", value, locked=True, snapped=True)
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


def test_everything_has_a_name_for_screen_readers(inspector: Inspector) -> None:
    for kind in (QComboBox, QSlider, QLineEdit):
        for widget in inspector.findChildren(kind):
            assert widget.accessibleName()
    for button in inspector.findChildren(QAbstractButton):
        assert button.accessibleName() or button.text()
