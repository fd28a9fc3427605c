"""Pictures by drop and paste: which data are pictures, and their samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPointF, QUrl
from PySide6.QtGui import QColor, QColorSpace, QImage

from viewer.imaging.colour import DisplayTransform, to_display
from viewer.imaging.source import SourceImage
from viewer.imaging.writers import FORMATS
from viewer.ui.incoming import FILTER, is_model, local_paths, opener_of, samples_of

Kind = QImage.Format

pytestmark = pytest.mark.usefixtures("qapp")


def data(urls: list[str] | None = None, text: str | None = None) -> QMimeData:
    made = QMimeData()
    if urls is not None:
        made.setUrls([QUrl(url) for url in urls])
    if text is not None:
        made.setText(text)
    return made


class TestPaths:
    def test_files_of_this_machine_in_their_order(self, tmp_path: Path) -> None:
        paths = [tmp_path / name for name in ("b.png", "a b.png", "größe.png")]
        urls = [QUrl.fromLocalFile(str(path)).toString() for path in paths]
        assert local_paths(data([urls[0], "https://example.org/x.png", *urls[1:]])) == paths

    def test_text_that_is_too_long_for_a_name_is_no_path(self) -> None:
        assert local_paths(data(text="слова " * 60)) == []

    def test_text_that_is_the_path_of_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a picture.png"
        path.touch()
        address = QUrl.fromLocalFile(str(path)).toString(
            QUrl.ComponentFormattingOption.FullyEncoded
        )
        for text in (str(path), f'"{path}"', f"  {path}\n", f"file://{path}", address):
            assert local_paths(data(text=text)) == [path]

    def test_any_other_text_is_none(self, tmp_path: Path) -> None:
        absent, folder = str(tmp_path / "absent.png"), str(tmp_path)
        for text in ("", "words", absent, folder, f"{folder}\n{folder}", "x" * 100_000, "a\0b"):
            assert local_paths(data(text=text)) == []
        assert local_paths(QMimeData()) == []


def painted(kind: Kind, colour: QColor) -> QImage:
    """A picture whose rows are not whole words, with one pixel of another colour."""
    image = QImage(5, 3, kind)
    image.fill(QColor(0, 0, 0))
    image.setPixelColor(3, 1, colour)
    return image


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("mine.safetensors", True),
        ("OLD.PTH", True),
        ("a.pt", True),
        ("pth", False),
        ("a.png", False),
    ],
)
def test_models_are_told_by_their_endings(name: str, model: bool) -> None:
    assert is_model(Path("folder.pt") / name) is model


def test_a_folder_is_no_model_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "models.pt"
    folder.mkdir()
    assert not is_model(folder)


class TestSamples:
    @pytest.mark.parametrize("kind", [Kind.Format_RGB888, Kind.Format_RGB32, Kind.Format_BGR888])
    def test_opaque_pictures(self, kind: Kind) -> None:
        samples = samples_of(painted(kind, QColor(10, 20, 30)))
        assert samples.shape == (3, 5, 3)
        assert samples.dtype == np.uint8
        assert samples[1, 3].tolist() == [10, 20, 30]
        assert samples.sum() == 60

    def test_grey_and_palettes_become_rgb(self) -> None:
        for kind in (Kind.Format_Grayscale8, Kind.Format_Indexed8):
            image = painted(Kind.Format_RGB32, QColor(90, 90, 90)).convertToFormat(kind)
            assert samples_of(image)[1, 3].tolist() == [90, 90, 90]

    @pytest.mark.parametrize(
        "kind", [Kind.Format_ARGB32, Kind.Format_RGBA8888, Kind.Format_ARGB32_Premultiplied]
    )
    def test_alpha_is_straight(self, kind: Kind) -> None:
        samples = samples_of(painted(kind, QColor(200, 100, 0, 51)))
        assert samples.shape == (3, 5, 4)
        assert np.abs(samples[1, 3].astype(int) - [200, 100, 0, 51]).max() <= 2
        assert samples[0, 0].tolist() == [0, 0, 0, 255]

    def test_sixteen_bits_are_kept(self) -> None:
        colour = QColor.fromRgba64(1000, 40_000, 65_535)
        samples = samples_of(painted(Kind.Format_RGBX64, colour))
        assert samples.dtype == np.uint16
        assert samples[1, 3].tolist() == [1000, 40_000, 65_535]
        deep = samples_of(painted(Kind.Format_RGBA64, colour))
        assert deep[1, 3].tolist() == [1000, 40_000, 65_535, 65_535]

    def test_they_do_not_depend_on_the_image(self) -> None:
        image = painted(Kind.Format_RGBA8888, QColor(1, 2, 3))
        samples = samples_of(image)
        image.fill(QColor(9, 9, 9))
        assert samples[1, 3].tolist() == [1, 2, 3, 255]


SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)


def opened(image: QImage) -> SourceImage:
    """What becomes of a pasted image."""
    made = QMimeData()
    made.setImageData(image)
    opener = opener_of(made, "clipboard")
    assert opener is not None
    return opener()


def shown(source: SourceImage) -> NDArray[np.uint8]:
    """RGB as it comes to the screen."""
    samples = source.picture.pixels.astype(np.float32) / 255
    return to_display(samples, None, DisplayTransform(source.icc_profile))[..., 2::-1]


class TestOpener:
    def test_a_picture_is_opened_under_the_name_it_is_given(self) -> None:
        made = QMimeData()
        made.setImageData(painted(Kind.Format_RGB32, QColor(10, 20, 30)))
        opener = opener_of(made, "clipboard")
        assert opener is not None
        source = opener()
        assert (source.name, source.path) == ("clipboard", None)
        assert source.picture.pixels[1, 3].tolist() == [10, 20, 30]

    @pytest.mark.parametrize("name", ["AdobeRgb", "DisplayP3", "ProPhotoRgb", "Bt2020"])
    def test_another_colour_space_is_shown_as_qt_would(self, name: str) -> None:
        image = painted(Kind.Format_RGB32, QColor(96, 128, 120))
        image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace[name]))
        source = opened(image)
        assert source.picture.pixels[1, 3].tolist() == [96, 128, 120], "not rounded twice"
        expected = image.convertedToColorSpace(SRGB).pixelColor(3, 1)
        difference = shown(source)[1, 3].astype(int) - expected.getRgb()[:3]
        assert np.abs(difference).max() <= 1
        assert np.abs(np.array(expected.getRgb()[:3]) - [96, 128, 120]).max() > 3

    def test_srgb_needs_no_profile(self) -> None:
        image = painted(Kind.Format_RGB32, QColor(10, 20, 30))
        for space in (QColorSpace(), SRGB):
            image.setColorSpace(space)
            assert opened(image).icc_profile is None

    def test_greys_of_another_curve_become_those_of_srgb(self) -> None:
        image = painted(Kind.Format_RGB32, QColor(100, 100, 100))
        image = image.convertToFormat(Kind.Format_Grayscale8)
        curve = QColorSpace.TransferFunction.Gamma
        image.setColorSpace(QColorSpace(QPointF(0.3127, 0.3290), curve, 1.8))
        source = opened(image)
        assert source.icc_profile is None
        # 255 · encoded((100/255)^1.8), by the curve of sRGB
        light = (100 / 255) ** 1.8
        expected = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
        assert source.picture.pixels[1, 3].tolist() == [round(expected)] * 3

    def test_nothing_else_is(self) -> None:
        empty = QMimeData()
        empty.setImageData(QImage())
        for made in (QMimeData(), data(text="words"), data(["file:///x.png"]), empty):
            assert opener_of(made, "clipboard") is None


def test_the_open_dialog_offers_every_format_that_is_written() -> None:
    assert all(f"*{suffix} " in FILTER.replace(")", " ") for suffix in FORMATS)
