"""The boxes of AVIF and JPEG 2000 are read as they are nested, and damage is no accident."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from viewer.imaging import boxes

PIXI = struct.pack(">I4B", 0, 3, 10, 10, 10)
OTHER = struct.pack(">I4B", 0, 3, 8, 8, 8)
NCLX = b"nclx" + struct.pack(">3HB", 12, 13, 0, 0x80)


def box(kind: bytes, *contents: bytes, long: bool = False) -> bytes:
    body = b"".join(contents)
    if long:
        return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body
    return struct.pack(">I4s", 8 + len(body), kind) + body


def avif(version: int = 0, flags: int = 0, long: bool = False) -> bytes:
    """Two items; the second is the picture, its properties are numbers 3 and 1."""
    number, link = "I" if version else "H", "H" if flags else "B"
    essential = 0x8000 if flags else 0x80
    table = struct.pack(">BxxBI", version, flags, 2)
    for item, links in ((1, [2]), (2, [3 | essential, 1])):
        table += struct.pack(f">{number}B{len(links)}{link}", item, len(links), *links)
    primary = struct.pack(f">B3x{number}", version, 2)
    properties = box(b"ipco", box(b"pixi", PIXI), box(b"pixi", OTHER), box(b"colr", NCLX))
    inside = [box(b"iprp", properties, box(b"ipma", table)), box(b"pitm", primary)]
    return box(b"ftyp", b"avif") + box(b"meta", bytes(4), *inside, long=long) + box(b"mdat", b"?")


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("flags", [0, 1])
@pytest.mark.parametrize("version", [0, 1])
def test_properties_are_those_of_the_picture(
    version: int, flags: int, long: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.avif").write_bytes(avif(version, flags, long))
    assert boxes.avif_properties(tmp_path / "a.avif") == [(b"colr", NCLX), (b"pixi", PIXI)]
    assert boxes.avif_depths(tmp_path / "a.avif") == {10}


@pytest.mark.parametrize(("third", "bits"), [(0x0C, 8), (0x4C, 10), (0x6C, 12)])
def test_the_depth_may_stand_with_the_codec(third: int, bits: int, tmp_path: Path) -> None:
    codec = bytes([0x81, 0x20, third, 0])
    properties = box(b"ipco", box(b"av1C", codec))
    links = box(b"ipma", struct.pack(">IIHBB", 0, 1, 1, 1, 1))
    item = box(b"pitm", struct.pack(">IH", 0, 1))
    (tmp_path / "a.avif").write_bytes(box(b"meta", bytes(4), item, box(b"iprp", properties, links)))
    assert boxes.avif_depths(tmp_path / "a.avif") == {bits}


def test_every_cut_and_every_wrong_byte_is_survived(tmp_path: Path) -> None:
    path, data = tmp_path / "a.avif", avif()
    for place in range(len(data)):
        for damaged in (data[:place], data[:place] + b"\xff" + data[place + 1 :]):
            path.write_bytes(damaged)
            boxes.avif_properties(path)
            boxes.avif_depths(path)
            boxes.jpeg2000_depths(path)
            boxes.jpeg2000_colour(path)


def test_a_million_boxes_do_not_keep_the_program_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "_MOST", 20)
    last = box(b"jp2h", box(b"colr", b"x"))
    for count, found in ((19, b"x"), (20, b"")):
        (tmp_path / "a.jp2").write_bytes(box(b"free", b"") * count + last)
        assert boxes.jpeg2000_colour(tmp_path / "a.jp2") == found


def test_a_box_may_reach_to_the_end(tmp_path: Path) -> None:
    """The second channel has a sign."""
    marker = b"\xff\x4f\xff\x51" + bytes(36) + struct.pack(">H6B", 2, 11, 1, 1, 0x87, 1, 1)
    header = box(b"jp2h", box(b"colr", b"x"))
    (tmp_path / "a.jp2").write_bytes(header + struct.pack(">I4s", 0, b"jp2c") + marker)
    assert boxes.jpeg2000_depths(tmp_path / "a.jp2") == {12, 8}
    assert boxes.jpeg2000_colour(tmp_path / "a.jp2") == b"x"
