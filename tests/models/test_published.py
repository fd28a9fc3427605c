from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from models import catalogue, published
from models.published import PUBLISHED, find

EACH = pytest.mark.parametrize("wanted", PUBLISHED, ids=lambda wanted: wanted.name)


def test_names_and_files_are_told_apart():
    assert len({each.name for each in PUBLISHED}) == len(PUBLISHED)
    assert len({each.short for each in PUBLISHED}) == len(PUBLISHED)
    assert len({each.file for each in PUBLISHED}) == len(PUBLISHED)
    assert len({each.title for each in PUBLISHED}) == len(PUBLISHED)


def test_no_model_of_ours_has_the_full_name_of_a_published_one():
    assert not {each.name for each in PUBLISHED} & {entry.name for entry in catalogue.ENTRIES}


@EACH
def test_what_is_said_can_be_true(wanted):
    assert re.fullmatch(r"[\w.-]+\.pth?", wanted.file)
    assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{8}|", wanted.sha256)
    assert wanted.size is None or wanted.size >= 4 * wanted.parameters
    assert wanted.group in ("continuous", "fixed-scale")
    assert wanted.licence
    assert wanted.origin
    if wanted.address:
        address = urlsplit(wanted.address)
        assert address.scheme == "https"
        assert address.path.endswith(f"/{wanted.file}")
        assert wanted.sha256, "nothing is fetched that cannot be checked"


@EACH
def test_each_is_found_by_both_its_names(wanted):
    assert find(wanted.name) is wanted
    assert find(wanted.name.removesuffix("-official")) is wanted


def test_other_names_find_none():
    assert find("bicubic") is None
    assert find("") is None
    assert find("-official") is None


def test_a_file_fits_by_size_and_by_as_many_digits_as_are_known():
    whole = published.PUBLISHED[0]
    assert whole.fits(18_890_445, whole.sha256)
    assert not whole.fits(18_890_446, whole.sha256)
    assert not whole.fits(18_890_445, whole.sha256[:-1] + "0")
    part = find("edsr-liif-mmagic")
    assert part.sha256 == "ab7ce3fc"
    assert part.fits(1, "ab7ce3fc" + "0" * 56)
    assert not part.fits(1, "ab7ce3fd" + "0" * 56)
