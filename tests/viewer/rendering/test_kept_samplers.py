"""Samplers of a scene: made once, kept while wanted, replaced when their file has changed."""

from __future__ import annotations

import pytest

from models.checkpoints import CheckpointError
from models.samplers.base import Sampler
from models.samplers.gradient import GradientSampler
from tests.viewer.rendering.fakes import BACKEND, Shop, noise
from viewer.rendering.kept_samplers import SPARE, KeptSamplers
from viewer.rendering.messages import SamplerSpec

PICTURE = noise(20, 16)


class Kept(KeptSamplers):
    """With notes of what gave way."""

    def __init__(self) -> None:
        self.gone: list[tuple[str, Sampler]] = []
        super().__init__(BACKEND, lambda name, old: self.gone.append((name, old)))

    def get(self, name: str, opening: int = 0) -> Sampler:
        return self.of(PICTURE, SamplerSpec(name, opening=opening))


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_sampler_is_made_once(shop: Shop, kept: Kept):
    assert kept.get("x") is kept.get("x")
    assert shop.orders == ["x"]


def test_those_used_last_are_kept(shop: Shop, kept: Kept):
    kept.in_use = 1
    names = [f"sampler {number}" for number in range(SPARE + 2)]
    for name in names:
        kept.get(name)
    kept.get(names[1])
    assert shop.orders == names
    kept.get(names[0])
    assert shop.orders == [*names, names[0]]
    kept.get(names[1])
    assert shop.orders == [*names, names[0]], "what was used is newer than what was made after it"
    assert not kept.gone, "nothing took their place"


def test_one_whose_file_has_changed_gives_way_when_it_is_opened_again(shop: Shop, kept: Kept):
    old = kept.get("x", opening=1)
    del shop.made["x"]
    shop.changed["x"] = " trained on"
    assert kept.get("x", opening=1) is old, "it was not opened again"
    new = kept.get("x", opening=2)
    assert new is not old
    assert kept.gone == [("x", old)]
    assert kept.get("x", opening=1) is new, "an older request does not bring it back"


def test_one_that_is_opened_again_unchanged_stays_with_its_caches(shop: Shop, kept: Kept):
    old = kept.get("x", opening=1)
    del shop.made["x"]
    assert kept.get("x", opening=2) is old
    assert kept.get("x", opening=2) is old
    assert shop.orders == ["x", "x"]
    assert not kept.gone


def test_a_map_is_made_of_the_kept_sampler(shop: Shop, kept: Kept):
    found = kept.get("gradient:x")
    assert isinstance(found, GradientSampler)
    assert found.inner is kept.get("x")
    assert shop.orders == ["x"]


def test_a_map_that_is_opened_again_is_one_of_the_new_weights(shop: Shop, kept: Kept):
    """Also where its sampler is not shown beside it."""
    old = kept.get("gradient:x", opening=1)
    shop.changed["x"] = " trained on"
    assert kept.get("gradient:x", opening=2).key != old.key


@pytest.mark.usefixtures("shop")
def test_one_that_cannot_be_made_leaves_what_there_was(kept: Kept):
    first = kept.get("x")
    with pytest.raises(CheckpointError, match="bad is no model"):
        kept.get("bad")
    assert kept.get("x") is first


def test_what_is_released_is_made_again_of_the_file_that_was_opened_last(shop: Shop, kept: Kept):
    kept.get("x", opening=2)
    kept.release()
    kept.get("x", opening=1)
    kept.get("x", opening=2)
    assert shop.orders == ["x", "x"]
    kept.clear()
    kept.get("x")
    kept.get("x", opening=1)
    assert shop.orders == ["x"] * 4, "another scene knows of no openings"


def test_one_that_is_apart_is_not_kept(shop: Shop, kept: Kept):
    other = noise(20, 16, seed=9)
    assert kept.apart(other, SamplerSpec("x")).picture is other
    assert kept.get("x").picture is PICTURE
    assert shop.orders == ["x", "x"]


def test_a_map_that_is_apart_has_its_gain_and_colours_too(kept: Kept):
    made = kept.apart(PICTURE, SamplerSpec("gradient:bicubic", 3.0, "inferno"))
    assert isinstance(made, GradientSampler)
    assert made.gain == 3.0
    assert made.key == kept.of(PICTURE, SamplerSpec("gradient:bicubic", 3.0, "inferno")).key
    assert made.key != kept.of(PICTURE, SamplerSpec("gradient:bicubic", 3.0)).key


@pytest.mark.usefixtures("shop")
def test_only_what_is_kept_tells_what_it_is_and_how_it_is_decoded(kept: Kept, monkeypatch):
    monkeypatch.setattr(type(kept.get("x")), "path", "fused")
    assert (kept.path("x"), kept.path("y")) == ("fused", "")
    assert (kept.key("x"), kept.key("y")) == ("x", None)
