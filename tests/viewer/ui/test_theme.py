"""The look: colours, style sheet, icons, and lines on whole device pixels."""

import re
from importlib import resources

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from viewer.ui import theme, widgets_paint

ICONS = sorted(
    entry.name.removesuffix(".svg")
    for entry in resources.files("resources.icons").iterdir()
    if entry.name.endswith(".svg")
)


def test_the_sides_have_their_colours_for_ever() -> None:
    colours = [theme.side_colour(side).name() for side in "abcd"]
    assert colours == ["#6aa9ff", "#ffb454", "#6fd08c", "#d98cf0"]


def test_an_unknown_side_is_an_error() -> None:
    with pytest.raises(KeyError):
        theme.side_colour("e")


def test_applying_gives_13_px_type_and_our_colours(qapp: QApplication) -> None:
    theme.apply_theme(qapp)
    assert qapp.font().pixelSize() == 13
    assert qapp.palette().window().color() == theme.WINDOW
    assert qapp.style().name() == "fusion" or qapp.styleSheet()


def test_the_style_sheet_names_only_known_colours_and_files(qapp: QApplication) -> None:
    theme.apply_theme(qapp)
    sheet = qapp.styleSheet()
    assert "@" not in sheet
    for name in re.findall(r"icons/([\w-]+)\.svg", sheet):
        assert name in ICONS


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something(name: str) -> None:
    image = theme.icon_image(name, 32, "#ff0000")
    assert image.size() == QSize(32, 32)
    assert any(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32))


def test_an_icon_takes_the_colour_asked_for() -> None:
    image = theme.icon_image("close", 32, "#ff0000")
    assert image.pixelColor(16, 16) == QColor("#ff0000")


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("no-such-icon")


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_an_icon_has_exact_pixels_at_every_ratio(qapp: QApplication, ratio: float) -> None:
    assert qapp is not None
    pixmap = theme.icon("close").pixmap(QSize(16, 16), ratio)
    assert pixmap.size() == QSize(round(16 * ratio), round(16 * ratio))


def test_the_application_icon_is_sharp_when_large(qapp: QApplication) -> None:
    assert qapp is not None
    assert QSize(256, 256) in theme.application_icon().availableSizes()


@pytest.mark.parametrize(("value", "reduced"), [("1", True), ("yes", True), ("0", False)])
def test_the_environment_rules_motion(
    monkeypatch: pytest.MonkeyPatch, value: str, reduced: bool
) -> None:
    monkeypatch.setenv(theme.REDUCED_MOTION_VARIABLE, value)
    assert theme.reduced_motion() is reduced


def test_without_a_wish_things_move(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    assert qapp is not None
    monkeypatch.delenv(theme.REDUCED_MOTION_VARIABLE, raising=False)
    assert theme.reduced_motion() is False


def test_sized_fonts_are_copies_with_tabular_figures(qapp: QApplication) -> None:
    font = QFont(qapp.font())
    small = theme.sized(font, 12, tabular=True)
    assert small.pixelSize() == 12
    assert [tag.toString() for tag in small.featureTags()] == ["tnum"]
    assert font.featureTags() == []


def nearest(colour: QColor, known: list[QColor], tolerance: int) -> QColor:
    """The known colour that this one is; fails if it is none of them."""
    for one in known:
        levels = zip(colour.getRgb(), one.getRgb(), strict=True)
        if all(abs(int(a) - int(b)) <= tolerance for a, b in levels):
            return one
    raise AssertionError(f"{colour.name()} is a mixture")


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0])
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_frames_and_rules_are_sharp_at_every_ratio(ratio: float, offset: int) -> None:
    image = QImage(120, 120, QImage.Format.Format_RGB32)
    image.fill(theme.PANEL)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    painter.translate(offset, offset)
    widgets_paint.frame(painter, QRectF(3, 3, 40, 20), 4, theme.WINDOW, theme.TEXT)
    widgets_paint.rule(painter, QRectF(0, 30, 50, widgets_paint.hairline(painter)), theme.ACTION)
    painter.end()
    column = round((offset + 20) * ratio)
    known = [theme.PANEL, theme.WINDOW, theme.TEXT, theme.ACTION]
    # Antialiasing has 1/256 pixel to be wrong by; a blurred line would differ by 50 and more.
    seen = [nearest(image.pixelColor(column, y), known, 4) for y in range(image.height())]
    assert seen.count(theme.TEXT) == 2 * int(ratio)
    assert seen.count(theme.ACTION) == int(ratio)


def test_text_that_does_not_fit_is_elided_not_cut() -> None:
    image = QImage(60, 20, QImage.Format.Format_RGB32)
    image.fill(theme.PANEL)
    painter = QPainter(image)
    widgets_paint.text(painter, QRectF(0, 0, 50, 20), "a very long name", theme.TEXT)
    painter.end()
    beyond = {image.pixelColor(x, y).name() for x in range(51, 60) for y in range(20)}
    assert beyond == {theme.PANEL.name()}
