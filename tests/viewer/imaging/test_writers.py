"""From rows to a verified file under its name, in every format, or to one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from viewer.imaging import child, encode, writers
from viewer.imaging.source import open_image
from viewer.imaging.target import Target
from viewer.imaging.writers import FORMATS, ImageError, Writer, check_limits, format_for

SUFFIXES = [each.extensions[0] for each in writers.ALL_FORMATS]
STREAMED = [".png", ".tif"]
CHILD = [suffix for suffix in SUFFIXES if suffix not in STREAMED]


def begin(path: Path, samples: np.ndarray, **options: object) -> Writer:
    height, width, channels = samples.shape
    arguments = {"icc_profile": None, "exif": None, **options}
    return writers.open_writer(
        path,
        width,
        height,
        channels,
        samples.itemsize * 8,
        **arguments,  # type: ignore[arg-type]
    )


def write(path: Path, samples: np.ndarray, band: int = 16, **options: object) -> None:
    writer = begin(path, samples, **options)
    for first in range(0, len(samples), band):
        writer.write(samples[first : first + band])
    writer.finish()


def sentence(caught: pytest.ExceptionInfo[ImageError]) -> str:
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


@pytest.mark.parametrize(("suffix", "options"), [(".png", {}), (".tif", {}), (".TIFF", {}),
                                                 (".webp", {"quality": 100})])  # fmt: skip
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("depth", [8, 16])
def test_lossless_round_trip(
    depth: int,
    channels: int,
    suffix: str,
    options: dict[str, int],
    tmp_path: Path,
    rng: np.random.Generator,
) -> None:
    if depth not in FORMATS[suffix.lower()].depths:
        return
    kind = np.uint8 if depth == 8 else np.uint16
    samples = rng.integers(0, 2**depth, (37, 29, channels)).astype(kind)
    write(tmp_path / f"a{suffix}", samples, **options)
    picture = open_image(tmp_path / f"a{suffix}").picture
    assert picture.pixels.dtype == kind
    np.testing.assert_array_equal(picture.pixels, samples[..., :3])
    if channels == 4:
        np.testing.assert_array_equal(picture.alpha, samples[..., 3])
    assert [each.name for each in tmp_path.iterdir()] == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", CHILD)
def test_lossy_formats_come_near(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    errors = []
    for quality in (40, 95):
        path = tmp_path / f"q{quality}{suffix}"
        write(path, photo, quality=quality)
        seen = open_image(path).picture.pixels.astype(int)
        errors.append(float(np.abs(seen - photo).mean()))
    assert errors[1] < errors[0]
    assert errors[1] < 4
    assert (tmp_path / f"q40{suffix}").stat().st_size < (tmp_path / f"q95{suffix}").stat().st_size


@pytest.mark.parametrize("suffix", [s for s in CHILD if s != ".webp"])
def test_colour_is_not_subsampled(suffix: str, tmp_path: Path) -> None:
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = (255, 0, 0)
    stripes[:, 1::2] = (0, 0, 255)
    write(tmp_path / f"s{suffix}", stripes)
    seen = open_image(tmp_path / f"s{suffix}").picture.pixels.astype(int)
    assert np.abs(seen - stripes).mean() < 12  # at half resolution it would be about 64


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_profile_exif_and_resolution_go_along(
    suffix: str, photo: np.ndarray, display_p3: bytes, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[271], exif[274] = "Liife", 1
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    path = tmp_path / f"a{suffix}"
    write(path, photo, icc_profile=display_p3, exif=block, dpi=(240.0, 240.0))
    opened = open_image(path)
    assert opened.icc_profile == display_p3
    assert opened.exif is not None
    again = Image.Exif()
    again.load(opened.exif)
    assert again[271] == "Liife"
    if suffix in (".png", ".tif", ".jpg"):
        assert opened.dpi == pytest.approx((240, 240), abs=0.05)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_texts_beyond_ascii_keep_their_bytes(
    suffix: str, photo: np.ndarray, tmp_path: Path
) -> None:
    """Also when an export is exported again."""
    exif = Image.Exif()
    exif[315], exif[274] = "J## of Z##", 1
    artist = "Jö of Zü".encode()
    block = exif.tobytes().removeprefix(b"Exif\0\0").replace(b"J## of Z##", artist)
    for name in ("a", "b"):
        path = tmp_path / f"{name}{suffix}"
        write(path, photo, exif=block)
        assert artist in path.read_bytes()
        again = open_image(path).exif
        assert again is not None
        assert artist in again
        block = again


def test_a_profile_of_many_segments_in_a_jpeg(
    photo: np.ndarray, display_p3: bytes, tmp_path: Path
) -> None:
    profile = display_p3 + bytes(200_000)
    write(tmp_path / "a.jpg", photo, icc_profile=profile)
    assert open_image(tmp_path / "a.jpg").icc_profile == profile


def test_exif_too_long_for_a_jpeg_is_left_out(photo: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[270] = "x" * 70_000
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    write(tmp_path / "a.jpg", photo, exif=block)
    assert open_image(tmp_path / "a.jpg").exif is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_pixel(suffix: str, tmp_path: Path) -> None:
    write(tmp_path / f"dot{suffix}", np.full((1, 1, 3), 200, np.uint8))
    opened = open_image(tmp_path / f"dot{suffix}")
    assert (opened.width, opened.height) == (1, 1)


@pytest.mark.parametrize("suffix", CHILD)
def test_the_child_starts_from_any_folder(
    suffix: str, photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from one with files called like the libraries it needs."""
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("json.py", "PIL.py", "struct.py", "viewer.py"):
        (trap / name).write_text("raise SystemExit('caught')\n")
    monkeypatch.chdir(trap)
    write(Path(f"here{suffix}"), photo)
    assert open_image(trap / f"here{suffix}").width == 83


def test_a_relative_path_is_meant_where_it_was_given(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    writer = begin(Path("x.png"), photo)
    monkeypatch.chdir(tmp_path / "b")
    writer.write(photo)
    writer.finish()
    assert (tmp_path / "a" / "x.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
def test_files_get_the_usual_permissions(photo: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write(tmp_path / "a.png", photo)
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(photo: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    write(tmp_path / "real" / "a.png", photo[::-1].copy())
    (tmp_path / "a.png").symlink_to(tmp_path / "real" / "a.png")
    write(tmp_path / "a.png", photo, overwrite=True)
    assert (tmp_path / "a.png").is_symlink()
    np.testing.assert_array_equal(open_image(tmp_path / "real" / "a.png").picture.pixels, photo)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_nowhere_names_the_folder_that_is_missing(
    photo: np.ndarray, tmp_path: Path
) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "gone" / "a.png")
    with pytest.raises(ImageError) as caught:
        begin(tmp_path / "a.png", photo)
    assert f"there is no folder {(tmp_path / 'gone').resolve()};" in sentence(caught)


# What cannot be begun.


def refused(path: Path, samples: np.ndarray, **options: object) -> str:
    with pytest.raises(ImageError) as caught:
        begin(path, samples, **options)
    return sentence(caught)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_places_that_do_not_work(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / f"folder{suffix}").mkdir()
    assert "no folder" in refused(tmp_path / "gone" / f"a{suffix}", photo)
    assert "no folder" in refused(tmp_path / "file" / f"a{suffix}", photo)
    assert "is a folder" in refused(tmp_path / f"folder{suffix}", photo, overwrite=True)
    assert "too long" in refused(tmp_path / ("n" * 300 + suffix), photo)
    assert "valid" in refused(tmp_path / f"a\0b{suffix}", photo)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", f"folder{suffix}"]


def test_a_folder_that_may_not_be_written_to(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's answer is imitated: tests may run as root, who may write anywhere."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "permission" in refused(tmp_path / "a.png", photo)


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_is_not_replaced(photo: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "null.png").symlink_to("/dev/null")
    assert "device" in refused(tmp_path / "null.png", photo, overwrite=True)
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_existing_file_is_kept_unless_overwriting(
    suffix: str, photo: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"precious")
    assert "already" in refused(path, photo)
    assert path.read_bytes() == b"precious"
    write(path, photo, overwrite=True)
    assert open_image(path).width == 83


def test_names_without_a_format(tmp_path: Path) -> None:
    for name in ("picture", "picture.xyz", "picture.png.txt"):
        with pytest.raises(ImageError) as caught:
            format_for(tmp_path / name)
        assert name in sentence(caught)
        assert ".webp" in str(caught.value)
    assert format_for(Path("A.JPEG")).name == "JPEG"
    assert set(SUFFIXES) >= {".png", ".tif", ".jpg", ".webp"}


@pytest.mark.parametrize(
    ("suffix", "side"), [(".jpg", 65_500), (".webp", 16_383), (".png", 2**31 - 1)]
)
def test_limits_of_a_side(suffix: str, side: int) -> None:
    check_limits(FORMATS[suffix], side, 8, 8, False)
    for width, height in ((side + 1, 8), (8, side + 1)):
        with pytest.raises(ImageError) as caught:
            check_limits(FORMATS[suffix], width, height, 8, False)
        assert f"{side:,}" in sentence(caught)


def test_a_png_of_sixteen_bits_has_a_smaller_limit() -> None:
    """This program, as most, could not open a larger one."""
    png = FORMATS[".png"]
    check_limits(png, 1_000_000, 8, 16, False)
    check_limits(png, 1_000_001, 8, 8, False)
    check_limits(FORMATS[".tif"], 1_000_001, 8, 16, False)
    for width, height in ((1_000_001, 8), (8, 1_000_001)):
        with pytest.raises(ImageError) as caught:
            check_limits(png, width, height, 16, True)
        assert "1,000,000 pixels a side" in sentence(caught)
        assert "8 bits, or TIFF" in sentence(caught)


@pytest.mark.skipif(".avif" not in FORMATS, reason="no AVIF here")
def test_limit_of_an_area() -> None:
    check_limits(FORMATS[".avif"], 32_768, 8_192, 8, True)
    with pytest.raises(ImageError, match="megapixels"):
        check_limits(FORMATS[".avif"], 32_768, 8_193, 8, True)


@pytest.mark.parametrize("suffix", CHILD)
def test_sixteen_bits_are_refused_with_a_way_out(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        begin(tmp_path / f"a{suffix}", np.zeros((4, 4, 3), np.uint16))
    assert "PNG or TIFF" in sentence(caught)


def test_nothing_to_write() -> None:
    with pytest.raises(ImageError, match="empty"):
        check_limits(FORMATS[".png"], 0, 5, 8, False)


def test_jpeg_wants_flattened_samples(tmp_path: Path) -> None:
    check_limits(FORMATS[".jpg"], 4, 4, 8, True)
    with pytest.raises(ValueError, match="flatten"):
        begin(tmp_path / "a.jpg", np.zeros((4, 4, 4), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("samples", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3), np.uint32)])
def test_senseless_arguments(samples: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"channels|bits"):
        begin(tmp_path / "a.png", samples)
    with pytest.raises(ValueError, match="quality"):
        begin(tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8), quality=0)


# What fails on the way.


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "rows",
    [np.zeros((4, 82, 3), np.uint8), np.zeros((4, 83, 4), np.uint8), np.zeros((83, 3), np.uint8),
     np.zeros((4, 83, 3), np.uint16), np.zeros((61, 83, 3), np.uint8)],
)  # fmt: skip
def test_wrong_rows(suffix: str, rows: np.ndarray, photo: np.ndarray, tmp_path: Path) -> None:
    writer = begin(tmp_path / f"a{suffix}", photo)
    with pytest.raises(ValueError, match="rows"):
        writer.write(rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_rows(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    writer = begin(tmp_path / f"a{suffix}", photo)
    writer.write(photo[:30])
    with pytest.raises(ValueError, match="30 of 60"):
        writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_finished_writer_is_closed(photo: np.ndarray, tmp_path: Path) -> None:
    with begin(tmp_path / "a.png", photo) as writer:
        writer.write(photo)
        writer.finish()
        for again in (writer.finish, lambda: writer.write(photo[:0])):
            with pytest.raises(ValueError, match="finished"):
                again()
    writer.abort()
    assert open_image(tmp_path / "a.png").width == 83


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """No file may become larger than this, for us and for our children."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("limit", [2_000, 200_000])
def test_a_full_disk_leaves_the_old_file(
    suffix: str, limit: int, tmp_path: Path, rng: np.random.Generator
) -> None:
    samples = rng.integers(0, 256, (500, 400, 3), dtype=np.uint8)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"precious")
    with small_disk(limit), pytest.raises(ImageError) as caught:
        write(path, samples, overwrite=True)
    assert path.name in sentence(caught)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", STREAMED)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.9])
def test_a_damaged_file_does_not_get_its_name(
    suffix: str,
    place: float,
    photo: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync = Target.sync

    def damage(target: Target) -> None:
        sync(target)
        size = target.file.seek(0, 2)
        target.file.seek(int(place * size))
        target.file.write(b"\xa5\x5a\x13")
        target.file.flush()

    monkeypatch.setattr(Target, "sync", damage)
    with pytest.raises(ImageError) as caught:
        write(tmp_path / f"a{suffix}", photo)
    assert "write it again" in sentence(caught)
    assert list(tmp_path.iterdir()) == []


def test_the_child_compares_what_it_wrote(photo: np.ndarray, tmp_path: Path) -> None:
    picture = Image.fromarray(photo)
    picture.save(tmp_path / "same.png")
    changed = photo.copy()
    changed[59, 82, 2] ^= 1
    Image.fromarray(changed).save(tmp_path / "other.png")
    Image.fromarray(photo[:-1]).save(tmp_path / "less.png")
    with (tmp_path / "same.png").open("rb") as file:
        encode.compare(file, picture, lossless=True)
    with (tmp_path / "other.png").open("rb") as file:
        encode.compare(file, picture, lossless=False)
        with pytest.raises(ValueError, match="pixels"):
            encode.compare(file, picture, lossless=True)
    with (tmp_path / "less.png").open("rb") as file, pytest.raises(ValueError, match="size"):
        encode.compare(file, picture, lossless=False)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_read_back_to_its_end_but_small(
    progressive: bool, mode: str, photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As large as it was written it would take as much memory as all else together."""
    picture, path = Image.fromarray(photo).convert(mode), tmp_path / "a.jpg"
    picture.save(path, progressive=progressive)
    whole, sizes = path.read_bytes(), []
    load = JpegImageFile.load
    monkeypatch.setattr(JpegImageFile, "load", lambda read: sizes.append(read.size) or load(read))
    encode.compare(BytesIO(whole), picture, lossless=False)
    assert sizes == [(11, 8)]
    for share in (0.5, 0.9, 0.98):
        with pytest.raises(OSError, match="truncated"):
            encode.compare(BytesIO(whole[: int(share * len(whole))]), picture, lossless=False)


def test_a_jpeg_of_few_pixels_is_read_back(photo: np.ndarray) -> None:
    for shape in ((1, 1), (3, 60), (8, 7)):
        picture, file = Image.fromarray(photo[: shape[0], : shape[1]]), BytesIO()
        picture.save(file, "JPEG")
        encode.compare(file, picture, lossless=False)


def test_what_the_child_says_reaches_the_person(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "_options", lambda *_: {"quality": "best"})
    with pytest.raises(ImageError) as caught:
        write(tmp_path / "a.jpg", photo)
    assert "encoder failed" in sentence(caught)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
@pytest.mark.parametrize("suffix", CHILD)
def test_what_the_system_refuses_the_child_has_its_usual_words(
    suffix: str, photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that may write no files stands for a full disk."""
    limited = tmp_path / "limited.py"
    limited.write_text(
        "import resource, runpy\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        f"runpy.run_path({str(child._PROGRAM)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(child, "_PROGRAM", limited)
    with pytest.raises(ImageError, match="larger than the disk allows"):
        write(tmp_path / f"a{suffix}", photo)
    assert list(tmp_path.iterdir()) == [limited]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o444])
def test_a_file_that_is_replaced_keeps_its_mode(
    suffix: str, mode: int, photo: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / f"a{suffix}"
    path.touch()
    path.chmod(mode)
    writer = begin(path, photo, overwrite=True)
    begun = {each.stat().st_mode & 0o777 for each in tmp_path.glob(".liif-*.part")}
    assert begun == {mode}
    writer.write(photo)
    writer.finish()
    assert path.stat().st_mode & 0o777 == mode
    assert path.stat().st_size > 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_writers_of_one_name(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    first, second = begin(path, photo), begin(path, photo)
    second.write(photo)
    first.write(photo)
    first.finish()
    kept = path.read_bytes()
    with pytest.raises(ImageError, match="already"):
        second.finish()
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]


def test_a_failing_move_leaves_nothing(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begin(tmp_path / "a.png", photo)
    writer.write(photo)

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(ImageError, match="input/output"):
        writer.finish()
    assert list(tmp_path.iterdir()) == []
