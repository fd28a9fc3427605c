"""Every kind of picture opens with the samples that are in the file."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from itertools import accumulate
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import ImageError, endings, from_array, open_image, size_of


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png16(samples: np.ndarray, *extra: bytes) -> bytes:
    """A 16-bit PNG, unfiltered, written here and not by the code under test."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[samples.shape[2]]
    head = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], 16, colour_type, 0, 0, 0)
    body = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    chunks = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", zlib.compress(body))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.fixture
def wide(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 65536, (5, 7, 4), dtype=np.uint16)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_sixteen_bit_png_keeps_every_bit(count: int, wide: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    layers = wide[..., :count]
    path.write_bytes(png16(layers))
    picture = open_image(path).picture
    assert picture.pixels.dtype == np.uint16
    colour = np.repeat(layers[..., :1], 3, axis=2) if count < 3 else layers[..., :3]
    np.testing.assert_array_equal(picture.pixels, colour)
    if count in (2, 4):
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.alpha, layers[..., -1])
    else:
        assert picture.alpha is None


def test_a_colour_picture_that_happens_to_be_grey_keeps_alpha(
    wide: np.ndarray, tmp_path: Path
) -> None:
    wide[..., 1] = wide[..., 2] = wide[..., 0]
    (tmp_path / "a.png").write_bytes(png16(wide))
    picture = open_image(tmp_path / "a.png").picture
    np.testing.assert_array_equal(picture.pixels, wide[..., :3])
    np.testing.assert_array_equal(picture.alpha, wide[..., 3])


@pytest.mark.parametrize("count", [1, 3])
def test_sixteen_bit_png_with_a_transparent_colour(
    count: int, wide: np.ndarray, tmp_path: Path
) -> None:
    layers = wide[..., :count]
    key = chunk(b"tRNS", layers[2, 3].astype(">u2").tobytes())
    (tmp_path / "key.png").write_bytes(png16(layers, key))
    alpha = open_image(tmp_path / "key.png").picture.alpha
    assert alpha is not None
    np.testing.assert_array_equal(alpha == 0, (layers == layers[2, 3]).all(axis=2))


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("count", [1, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff_keeps_every_bit(
    order: str, count: int, compression: str | None, wide: np.ndarray, tmp_path: Path
) -> None:
    layers = wide[..., :count] if count > 1 else wide[..., 0]
    tifffile.imwrite(
        tmp_path / "deep.tif",
        layers,
        photometric="rgb" if count > 1 else "minisblack",
        compression=compression,
        byteorder=order,
        extrasamples=["unassalpha"] if count == 4 else None,
    )
    picture = open_image(tmp_path / "deep.tif").picture
    colour = np.repeat(wide[..., :1], 3, axis=2) if count == 1 else wide[..., :3]
    np.testing.assert_array_equal(picture.pixels, colour)
    assert (picture.alpha is not None) == (count == 4)
    if count == 4:
        np.testing.assert_array_equal(picture.alpha, wide[..., 3])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
def test_sixteen_bit_tiff_of_grey_and_alpha(
    kind: str, order: str, compression: str | None, wide: np.ndarray, tmp_path: Path
) -> None:
    """Pillow alone takes them for no pictures."""
    layers = wide[..., :2]
    layers[0, 0] = 40_000, 65535
    path = tmp_path / "deep.tif"
    tifffile.imwrite(
        path,
        layers,
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=[kind],
        byteorder=order,
        compression=compression,
    )
    assert size_of(path) == (7, 5)
    picture = open_image(path).picture
    assert picture.pixels[0, 0].tolist() == [40_000] * 3
    if kind != "assocalpha":
        np.testing.assert_array_equal(picture.pixels[..., 0], layers[..., 0])
    if kind == "unspecified":
        assert picture.alpha is None
    else:
        np.testing.assert_array_equal(picture.alpha, layers[..., 1])


def test_sixteen_bit_tiff_of_grey_and_alpha_in_separate_planes(
    wide: np.ndarray, tmp_path: Path
) -> None:
    planes = np.ascontiguousarray(np.moveaxis(wide[..., :2], 2, 0))
    tifffile.imwrite(
        tmp_path / "p.tif",
        planes,
        photometric="minisblack",
        planarconfig="separate",
        extrasamples=["unassalpha"],
    )
    picture = open_image(tmp_path / "p.tif").picture
    np.testing.assert_array_equal(picture.pixels[..., 0], planes[0])
    np.testing.assert_array_equal(picture.alpha, planes[1])


@pytest.mark.parametrize("number", [5, 32773])
def test_sixteen_bit_tiff_with_lzw_or_packbits(
    number: int, wide: np.ndarray, tmp_path: Path
) -> None:
    _, data = cv2.imencode(".tif", wide[..., 2::-1], [cv2.IMWRITE_TIFF_COMPRESSION, number])
    data.tofile(tmp_path / "deep.tif")
    picture = open_image(tmp_path / "deep.tif").picture
    np.testing.assert_array_equal(picture.pixels, wide[..., :3])


def test_sixteen_bit_tiff_in_separate_planes(wide: np.ndarray, tmp_path: Path) -> None:
    planes = np.moveaxis(wide[..., :3], 2, 0)
    tifffile.imwrite(tmp_path / "p.tif", planes, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(open_image(tmp_path / "p.tif").picture.pixels, wide[..., :3])


def lzw(data: bytes) -> bytes:
    """Codes of 9 bits, the table cleared before they would have to grow."""
    codes: list[int] = []
    for first in range(0, len(data), 200):
        codes += [256, *data[first : first + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    return bytes(int(bits[first : first + 8].ljust(8, "0"), 2) for first in range(0, len(bits), 8))


REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
PACKED = {1: bytes, 5: lzw, 8: zlib.compress}


def tiff(
    samples: np.ndarray,
    photometric: int,
    *extra: int,
    compression: int = 1,
    planes: bool = False,
    order: str = "<",
    fill: int = 1,
    predictor: int = 1,
    turned: int = 1,
) -> bytes:
    """A TIFF ``[H, W, C]`` in strips of two rows, written here: tifffile writes few of these."""
    height, width, count = samples.shape
    bits = samples.itemsize * 8
    stored = samples.copy()
    if predictor == 2:
        stored[:, 1:] -= samples[:, :-1]
    stored = stored.astype(stored.dtype.newbyteorder(order))
    parts = np.split(stored, count, axis=2) if planes else [stored]
    strips = [
        PACKED[compression](part[row : row + 2].tobytes())
        for part in parts
        for row in range(0, height, 2)
    ]
    if fill == 2:
        strips = [strip.translate(REVERSED) for strip in strips]
    *starts, end = accumulate(map(len, strips), initial=8)
    fields = {256: [width], 257: [height], 258: [bits] * count, 259: [compression]}
    fields |= {262: [photometric], 266: [fill], 273: starts, 274: [turned], 277: [count]}
    fields |= {278: [2], 279: [len(strip) for strip in strips], 284: [1 + planes]}
    fields |= {317: [predictor]} | ({338: list(extra)} if extra else {})
    entries, behind = b"", b""
    for tag, values in fields.items():
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            place = end + 6 + 12 * len(fields) + len(behind)
            packed, behind = struct.pack(f"{order}I", place), behind + packed
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + packed
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, end)
    directory = struct.pack(f"{order}H", len(fields)) + entries + bytes(4)
    return head + b"".join(strips) + directory + behind


def expected(samples: np.ndarray, photometric: int, *extra: int) -> tuple[np.ndarray, np.ndarray]:
    """Straight colours, as floating-point numbers, and alpha, full where there is none."""
    top = np.iinfo(samples.dtype).max
    colours = 3 if photometric == 2 else 1
    colour = samples[..., :colours].astype(float)
    alpha = samples[..., colours] if extra and extra[0] else np.full(samples.shape[:2], top)
    if photometric == 0:
        colour = top - colour
    if extra and extra[0] == 1:
        divided = np.floor(colour * top / np.maximum(alpha, 1)[..., None] + 0.5)
        colour = np.where(alpha[..., None] > 0, np.minimum(divided, top), 0)
    return np.broadcast_to(colour, (*colour.shape[:2], 3)), alpha


def check_tiff(path: Path, samples: np.ndarray, photometric: int, *extra: int) -> None:
    """It opens with the samples that were stored, a quarter turned."""
    picture = open_image(path).picture
    colour, alpha = expected(samples, photometric, *extra)
    assert picture.pixels.dtype == samples.dtype
    np.testing.assert_array_equal(picture.pixels, np.rot90(colour, -1))
    assert (picture.alpha is not None) == bool(extra and extra[0])
    if picture.alpha is not None:
        np.testing.assert_array_equal(picture.alpha, np.rot90(alpha, -1))


SEPARATE = [(0, ()), (2, ()), (1, (2,)), (0, (2,)), (1, (1,)), (0, (1,)), (2, (1,)), (2, (2,))]


@pytest.mark.parametrize(("photometric", "extra"), SEPARATE)
@pytest.mark.parametrize(("compression", "predictor"), [(1, 1), (8, 1), (8, 2), (5, 1), (5, 2)])
@pytest.mark.parametrize(
    ("bits", "order", "fill"), [(8, "<", 1), (8, ">", 1), (16, "<", 1), (16, ">", 1), (16, "<", 2)]
)
def test_planes_of_a_tiff_are_all_read(
    bits: int,
    order: str,
    fill: int,
    compression: int,
    predictor: int,
    photometric: int,
    extra: tuple[int, ...],
    wide: np.ndarray,
    tmp_path: Path,
) -> None:
    """OpenCV reads the first plane only; Pillow joins no planes to grey and alpha."""
    count = (3 if photometric == 2 else 1) + len(extra)
    samples = wide[..., :count] if bits == 16 else (wide[..., :count] >> 8).astype(np.uint8)
    (tmp_path / "p.tif").write_bytes(
        tiff(
            samples,
            photometric,
            *extra,
            compression=compression,
            planes=True,
            order=order,
            fill=fill,
            predictor=predictor,
            turned=6,
        )
    )
    check_tiff(tmp_path / "p.tif", samples, photometric, *extra)


@pytest.mark.parametrize(
    ("photometric", "extra", "planes"),
    [
        (0, (), False),
        (0, (), True),
        (1, (), True),
        (2, (), True),
        (1, (2,), False),
        (1, (1,), True),
    ],
)
@pytest.mark.parametrize("compression", [1, 8])
def test_bits_turned_round_are_turned_back(
    compression: int,
    photometric: int,
    extra: tuple[int, ...],
    planes: bool,
    wide: np.ndarray,
    tmp_path: Path,
) -> None:
    """Pillow alone mixes up eight bits in these combinations, each of which it knows by itself."""
    count = (3 if photometric == 2 else 1) + len(extra)
    samples = (wide[..., :count] >> 8).astype(np.uint8)
    data = tiff(samples, photometric, *extra, planes=planes, compression=compression, fill=2,
                turned=6)  # fmt: skip
    (tmp_path / "r.tif").write_bytes(data)
    check_tiff(tmp_path / "r.tif", samples, photometric, *extra)


def test_tiles_of_separate_planes_with_lzw(rng: np.random.Generator, tmp_path: Path) -> None:
    path = tmp_path / "t.tif"
    planes = rng.integers(0, 65536, (3, 40, 50), dtype=np.uint16)
    options = {"photometric": "rgb", "planarconfig": "separate", "tile": (16, 32)}
    tifffile.imwrite(path, planes, **options)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        tags, strips = page.tags, []
        for start, size in zip(page.dataoffsets, page.databytecounts, strict=True):
            strips.append(lzw(bytes(data[start : start + size])))
        places = [tags[name].valueoffset for name in ("TileOffsets", "TileByteCounts")]
        kinds = ["HI"[tags[name].dtype == 4] for name in ("TileOffsets", "TileByteCounts")]
        struct.pack_into("<H", data, tags["Compression"].valueoffset, 5)
    starts = [len(data) + sum(map(len, strips[:index])) for index in range(len(strips))]
    for values, place, kind in zip((starts, map(len, strips)), places, kinds, strict=True):
        numbers = list(values)
        struct.pack_into(f"<{len(numbers)}{kind}", data, place, *numbers)
    path.write_bytes(bytes(data) + b"".join(strips))
    np.testing.assert_array_equal(open_image(path).picture.pixels, np.moveaxis(planes, 0, 2))


@pytest.mark.parametrize("extra", [(0,), (1,), (2,)])
@pytest.mark.parametrize("compression", [1, 8])
def test_white_is_zero_with_alpha_is_inverted(
    compression: int, extra: tuple[int, ...], wide: np.ndarray, tmp_path: Path
) -> None:
    samples = (wide[..., :2] >> 8).astype(np.uint8)
    data = tiff(samples, 0, *extra, compression=compression, turned=6)
    (tmp_path / "w.tif").write_bytes(data)
    check_tiff(tmp_path / "w.tif", samples, 0, *extra)


HEADERS = [
    *((photometric, extra) for photometric in (0, 1) for extra in ((), (0,), (1,), (2,))),
    *((2, extra) for extra in ((), (0,), (1,), (2,), (0, 0), (1, 0), (2, 0))),
]


@pytest.mark.parametrize(("photometric", "extra"), HEADERS)
@pytest.mark.parametrize("fill", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planes", [False, True])
def test_every_header_of_sixteen_bit_tiffs_is_known(
    planes: bool,
    order: str,
    fill: int,
    photometric: int,
    extra: tuple[int, ...],
    rng: np.random.Generator,
    tmp_path: Path,
) -> None:
    count = (3 if photometric == 2 else 1) + len(extra)
    samples = rng.integers(0, 65536, (4, 6, count), dtype=np.uint16)
    data = tiff(samples, photometric, *extra, planes=planes, order=order, fill=fill, turned=6)
    (tmp_path / "h.tif").write_bytes(data)
    check_tiff(tmp_path / "h.tif", samples, photometric, *extra)


def test_twelve_bit_tiff_reaches_white(tmp_path: Path) -> None:
    """Written by hand, two samples in three bytes: few programs make them."""
    fields = {256: 2, 257: 2, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 2, 279: 6}
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items()]
    data = bytes.fromhex("000fff 800123")
    (tmp_path / "t.tif").write_bytes(
        b"II*\0"
        + struct.pack("<I", 14)
        + data
        + struct.pack("<H", len(fields))
        + b"".join(entries)
        + bytes(4)
    )
    pixels = open_image(tmp_path / "t.tif").picture.pixels
    np.testing.assert_array_equal(pixels[..., 0], [[0, 0xFFFF], [0x8008, 0x1231]])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_sixteen_bit_tiff_of_one_row_or_column(
    shape: tuple[int, int], tmp_path: Path, rng: np.random.Generator
) -> None:
    pixels = rng.integers(0, 65536, (*shape, 3), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "thin.tif", pixels, photometric="rgb")
    np.testing.assert_array_equal(open_image(tmp_path / "thin.tif").picture.pixels, pixels)


def test_white_is_zero_is_inverted(wide: np.ndarray, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "w.tif", wide[..., 0], photometric="miniswhite")
    pixels = open_image(tmp_path / "w.tif").picture.pixels
    np.testing.assert_array_equal(pixels[..., 0], 65535 - wide[..., 0])


def test_premultiplied_sixteen_bit_tiff_becomes_straight(tmp_path: Path) -> None:
    stored = np.array([[[100, 200, 300, 400], [7, 8, 9, 65535], [0, 0, 0, 0]]], np.uint16)
    tifffile.imwrite(tmp_path / "m.tif", stored, photometric="rgb", extrasamples=["assocalpha"])
    picture = open_image(tmp_path / "m.tif").picture
    expected = [[16384, 32768, 49151], [7, 8, 9], [0, 0, 0]]
    np.testing.assert_array_equal(picture.pixels[0], expected)
    np.testing.assert_array_equal(picture.alpha, stored[..., 3])


@pytest.mark.parametrize("top", [65535, 4095])
def test_deep_ppm(top: int, wide: np.ndarray, tmp_path: Path) -> None:
    stored = wide[..., :3] & top
    (tmp_path / "d.ppm").write_bytes(b"P6\n7 5\n%d\n" % top + stored.astype(">u2").tobytes())
    pixels = open_image(tmp_path / "d.ppm").picture.pixels
    np.testing.assert_array_equal(pixels, np.floor(stored * (65535 / top) + 0.5))


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "ppm", "tga", "gif"])
def test_eight_bit_rgb_is_exact(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    few = photo // 64 * 64  # no more colours than a GIF can hold
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(few).save(tmp_path / f"x.{suffix}", **options)
    opened = open_image(tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(opened.picture.pixels, few)
    assert opened.picture.pixels.dtype == np.uint8
    assert opened.picture.alpha is None
    assert (opened.name, opened.width, opened.height) == (f"x.{suffix}", 83, 60)
    assert opened.path == tmp_path / f"x.{suffix}"


def test_formats_have_the_names_people_use(photo: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(photo)
    names = {"a.jpg": "JPEG", "a.png": "PNG", "a.webp": "WebP", "a.tif": "TIFF", "a.gif": "GIF"}
    for name, title in names.items():
        image.save(tmp_path / name)
        assert open_image(tmp_path / name).format == title


def test_a_wrong_ending_does_not_matter(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "photo.jpg", format="PNG")
    opened = open_image(tmp_path / "photo.jpg")
    np.testing.assert_array_equal(opened.picture.pixels, photo)
    assert opened.format == "PNG"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_pillow_modes(mode: str, photo: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(photo).convert(mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.fromarray(photo[..., 1]))
    image.save(tmp_path / "m.png")
    picture = open_image(tmp_path / "m.png").picture
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    if mode in ("LA", "RGBA"):
        np.testing.assert_array_equal(picture.alpha, photo[..., 1])
    else:
        assert picture.alpha is None


def test_a_narrow_picture_is_not_cut_into_thousands_of_bands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (2, 20_000), (9, 8, 7)).save(tmp_path / "a.png")
    bands: list[int] = []
    crop = Image.Image.crop
    monkeypatch.setattr(
        Image.Image, "crop", lambda image, box: bands.append(box[3] - box[1]) or crop(image, box)
    )
    assert (open_image(tmp_path / "a.png").picture.pixels == (9, 8, 7)).all()
    assert bands == [20_000]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"])
def test_no_more_than_a_band_is_converted_at_a_time(
    mode: str, photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large picture would be there four times."""
    monkeypatch.setattr("viewer.imaging.decode._BAND", 64 * photo.shape[1])
    image = Image.fromarray(np.tile(photo, (4, 1, 1))).convert(mode[0] if mode == "PA" else mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.fromarray(np.tile(photo[..., 1], (4, 1))))
    options = {"transparency": bytes(range(255, -1, -1))} if mode == "PA" else {}
    path = tmp_path / ("m.tif" if mode == "CMYK" else "m.png")
    image.save(path, **options)
    with Image.open(path) as read:
        expected = np.asarray(read.convert("RGBA"))
    heights: list[int] = []
    for name in ("convert", "tobytes"):
        taken = getattr(Image.Image, name)
        monkeypatch.setattr(
            Image.Image,
            name,
            lambda image, *rest, taken=taken: heights.append(image.height) or taken(image, *rest),
        )
    picture = open_image(path).picture
    assert max(heights) < 100
    np.testing.assert_array_equal(picture.pixels, expected[..., :3])
    if mode in ("LA", "PA", "RGBA"):
        np.testing.assert_array_equal(picture.alpha, expected[..., 3])
    else:
        assert picture.alpha is None


@pytest.mark.parametrize("transparency", [2, bytes([255, 0, 128, 255])])
def test_palette_with_transparency(transparency: int | bytes, tmp_path: Path) -> None:
    image = Image.new("P", (4, 1))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    image.putdata([0, 1, 2, 3])
    image.save(tmp_path / "p.png", transparency=transparency)
    picture = open_image(tmp_path / "p.png").picture
    np.testing.assert_array_equal(picture.pixels[0, 3], [100, 110, 120])
    expected = [255, 255, 0, 255] if transparency == 2 else [255, 0, 128, 255]
    np.testing.assert_array_equal(picture.alpha, [expected])


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_a_transparent_colour(mode: str, tmp_path: Path) -> None:
    image = Image.new(mode, (2, 1))
    image.putpixel((1, 0), {"L": 77, "RGB": (1, 2, 3), "1": 255}[mode])
    image.save(tmp_path / "k.png", transparency={"L": 77, "RGB": (1, 2, 3), "1": 255}[mode])
    np.testing.assert_array_equal(open_image(tmp_path / "k.png").picture.alpha, [[255, 0]])


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_grey_of_few_bits(bits: int, tmp_path: Path) -> None:
    """Two pixels, both of one byte: the first is 0, the second the key."""
    top = 2**bits - 1
    key = max(top // 2, 1)
    row = bytes([0, key] if bits == 8 else [key << (8 - 2 * bits)])
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, bits, 0, 0, 0, 0))
    parts = [
        header,
        chunk(b"tRNS", struct.pack(">H", key)),
        chunk(b"IDAT", zlib.compress(b"\0" + row)),
    ]
    (tmp_path / "k.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b""))
    picture = open_image(tmp_path / "k.png").picture
    np.testing.assert_array_equal(picture.pixels[0, :, 0], [0, key * 255 // top])
    np.testing.assert_array_equal(picture.alpha, [[255, 0]])


def test_an_alpha_channel_that_hides_nothing_is_left_out(tmp_path: Path) -> None:
    Image.new("RGBA", (3, 2), (1, 2, 3, 255)).save(tmp_path / "o.png")
    assert open_image(tmp_path / "o.png").picture.alpha is None


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_the_first_of_several_frames(suffix: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 5), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **options)
    pixels = open_image(tmp_path / f"a.{suffix}").picture.pixels
    assert pixels.shape == (5, 9, 3)
    assert (pixels == (250, 0, 0)).all()


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_without_a_profile(suffix: str, tmp_path: Path) -> None:
    """Adobe writes inks inverted into JPEGs; both must come out as paper, cyan, black."""
    image = Image.new("CMYK", (48, 16))
    image.paste((255, 0, 0, 0), (16, 0, 32, 16))
    image.paste((0, 0, 0, 255), (32, 0, 48, 16))
    image.save(tmp_path / f"inks.{suffix}", **({"quality": 100} if suffix == "jpg" else {}))
    opened = open_image(tmp_path / f"inks.{suffix}")
    seen = opened.picture.pixels[8, [8, 24, 40]].astype(int)
    np.testing.assert_allclose(seen, [[255, 255, 255], [0, 255, 255], [0, 0, 0]], atol=3)
    assert opened.icc_profile is None


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_uses_its_own_profile(suffix: str, cmyk_tables: bytes, tmp_path: Path) -> None:
    image = Image.new("CMYK", (32, 16))
    image.paste((255, 0, 0, 0), (16, 0, 32, 16))
    image.save(tmp_path / f"inks.{suffix}", icc_profile=cmyk_tables)
    opened = open_image(tmp_path / f"inks.{suffix}")
    paper, violet = opened.picture.pixels[8, [8, 24]].astype(int)
    assert (paper > 250).all()
    assert opened.notes == ()
    assert violet[2] > violet[0] + 50 > violet[1] + 50  # Pillow's formula would give 0, 255, 255
    assert opened.icc_profile is None
    assert DisplayTransform(opened.icc_profile).identity


@pytest.mark.parametrize("kind", ["nonsense", "cut off", "of RGB"])
def test_cmyk_with_an_unusable_profile_opens_all_the_same(
    kind: str, cmyk_tables: bytes, display_p3: bytes, tmp_path: Path
) -> None:
    profiles = {"nonsense": b"nonsense" * 40, "cut off": cmyk_tables[:300], "of RGB": display_p3}
    Image.new("CMYK", (8, 8)).save(tmp_path / "inks.tif", icc_profile=profiles[kind])
    opened = open_image(tmp_path / "inks.tif")
    assert (opened.picture.pixels == 255).all()
    assert opened.icc_profile is None
    (note,) = opened.notes
    assert "profile cannot be used" in note
    assert "inks" in note


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    # L* a* b* of sRGB's grey 119, and of a strong red, after CIE's formulas for D50.
    stored = np.array([[[128, 0, 0], [138, 81, 70], [255, 0, 0]]], np.uint8)
    tifffile.imwrite(tmp_path / "lab.tif", np.repeat(stored, 4, axis=0), photometric="cielab")
    seen = open_image(tmp_path / "lab.tif").picture.pixels[0].astype(int)
    np.testing.assert_allclose(seen, [[119, 119, 119], [254, 0, 1], [255, 255, 255]], atol=6)


def test_rgb_keeps_its_profile_and_its_samples(
    photo: np.ndarray, display_p3: bytes, tmp_path: Path
) -> None:
    for name in ("a.png", "a.jpg", "a.tif", "a.webp"):
        Image.fromarray(photo).save(tmp_path / name, icc_profile=display_p3)
        opened = open_image(tmp_path / name)
        assert opened.icc_profile == display_p3
        assert opened.notes == ()
    np.testing.assert_array_equal(open_image(tmp_path / "a.png").picture.pixels, photo)


@pytest.mark.parametrize("deep", [False, True])
def test_grey_with_a_grey_profile_is_exact_and_shows_right(
    deep: bool, grey_gamma: bytes, tmp_path: Path
) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    path = tmp_path / "grey.png"
    if deep:
        packed = chunk(b"iCCP", b"grey\0\0" + zlib.compress(grey_gamma))
        path.write_bytes(png16(ramp[..., None].astype(np.uint16) * 257, packed))
    else:
        Image.fromarray(ramp).save(path, icc_profile=grey_gamma)
    opened = open_image(path)
    exact = ramp.astype(np.uint16) * 257 if deep else ramp
    np.testing.assert_array_equal(opened.picture.pixels[..., 1], exact)
    rgb = (opened.picture.pixels / np.iinfo(opened.picture.pixels.dtype).max).astype(np.float32)
    shown = DisplayTransform(opened.icc_profile).convert(rgb) * 255
    reference = ImageCms.profileToProfile(
        Image.fromarray(ramp), BytesIO(grey_gamma), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert reference is not None
    np.testing.assert_allclose(shown, np.asarray(reference), atol=1.2)
    assert abs(int(np.asarray(reference)[0, 128, 0]) - 128) > 20  # the profile does matter


def test_grey_with_an_rgb_profile(display_p3: bytes, tmp_path: Path) -> None:
    Image.new("L", (4, 4), 99).save(tmp_path / "g.png", icc_profile=display_p3)
    assert open_image(tmp_path / "g.png").icc_profile == display_p3


@pytest.mark.parametrize("length", [10, 200, 400])
def test_a_broken_profile_is_noted_and_left_out(
    length: int, photo: np.ndarray, display_p3: bytes, tmp_path: Path
) -> None:
    Image.fromarray(photo).save(tmp_path / "b.jpg", icc_profile=display_p3[:length])
    opened = open_image(tmp_path / "b.jpg")
    assert opened.icc_profile is None
    assert len(opened.notes) == 1
    assert "profile" in opened.notes[0]


def test_a_profile_for_other_samples_is_left_out(
    photo: np.ndarray, cmyk_tables: bytes, tmp_path: Path
) -> None:
    Image.fromarray(photo).save(tmp_path / "b.png", icc_profile=cmyk_tables)
    opened = open_image(tmp_path / "b.png")
    assert opened.icc_profile is None
    assert opened.notes


def test_from_array_copies_and_keeps_alpha(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 255, (3, 5, 4), dtype=np.uint8)
    before = pixels.copy()
    opened = from_array(pixels)
    pixels[:] = 0
    np.testing.assert_array_equal(opened.picture.pixels, before[..., :3])
    np.testing.assert_array_equal(opened.picture.alpha, before[..., 3])
    assert (opened.name, opened.path, opened.icc_profile) == ("clipboard", None, None)


def test_from_array_tells_of_a_profile_that_cannot_be_used() -> None:
    opened = from_array(np.zeros((3, 5, 3), np.uint8), icc_profile=b"no profile")
    assert opened.icc_profile is None
    assert "profile" in opened.notes[0]


@pytest.mark.parametrize(
    "pixels", [np.zeros((3, 3), np.uint8), np.zeros((3, 3, 3), np.float32), np.zeros((3, 3, 2))]
)
def test_from_array_refuses_other_shapes_and_types(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pixels are"):
        from_array(pixels)


def test_samples_can_be_given_to_torch(photo: np.ndarray, tmp_path: Path) -> None:
    """It warns about arrays that are read-only, and warnings are errors here."""
    import torch

    for mode in ("RGB", "RGBA", "L", "P"):
        Image.fromarray(photo).convert(mode).save(tmp_path / "t.png")
        torch.from_numpy(open_image(tmp_path / "t.png").picture.pixels)


def test_the_size_is_that_of_the_header(tmp_path):
    path = tmp_path / "wide.png"
    Image.new("RGB", (31, 7)).save(path)
    assert size_of(path) == (31, 7)


def test_a_file_without_a_header_has_no_size(tmp_path):
    path = tmp_path / "words.png"
    path.write_text("no picture")
    with pytest.raises(ImageError, match=r"words\.png"):
        size_of(path)


def test_endings_are_those_of_files_that_can_be_opened():
    assert {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"} <= endings()
    assert not {".txt", ".pdf", ".eps", ".svg", ""} & endings()


@pytest.mark.parametrize("length", [20, 40])
def test_the_size_of_a_file_that_is_cut_off_is_no_accident(tmp_path: Path, length: int) -> None:
    whole = BytesIO()
    Image.new("RGB", (31, 7)).save(whole, "PNG")
    path = tmp_path / "cut.png"
    path.write_bytes(whole.getvalue()[:length])
    with pytest.raises(ImageError, match=r"Cannot open cut\.png"):
        open_image(path)
    if length < 30:  # before the end of the header
        with pytest.raises(ImageError, match=r"Cannot open cut\.png"):
            size_of(path)


def test_a_png_with_a_large_profile_opens(tmp_path: Path, rng: np.random.Generator) -> None:
    """Printers' profiles have a few megabytes, and Pillow's own limit is one."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    large = srgb + rng.integers(0, 256, 3 << 20, dtype=np.uint8).tobytes()
    profile = struct.pack(">I", len(large)) + large[4:]
    path = tmp_path / "printed.png"
    Image.new("RGB", (3, 2), (1, 2, 3)).save(path, icc_profile=profile)
    opened = open_image(path)
    assert opened.picture.pixels.tolist() == [[[1, 2, 3]] * 3] * 2
    assert opened.icc_profile == profile
    assert size_of(path) == (3, 2)
