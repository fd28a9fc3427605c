"""Caches that forget what was not used for longest."""

from __future__ import annotations

import torch

from models.samplers.cache import ByteCache


def of(size):
    return torch.zeros(size, dtype=torch.uint8)


def test_the_least_recently_used_tile_leaves_first():
    cache = ByteCache(30)
    for key in "abc":
        cache.put(key, of(10))
    assert cache.get("a") is not None
    cache.put("d", of(10))
    assert [key in cache for key in "abcd"] == [True, False, True, True]
    assert cache.get("b") is None


def test_a_tile_that_is_replaced_is_counted_once():
    cache = ByteCache(30)
    for _ in range(9):
        cache.put("a", of(10))
    cache.put("b", of(10))
    cache.put("c", of(10))
    assert all(key in cache for key in "abc")


def test_a_tile_over_the_budget_is_kept_alone():
    cache = ByteCache(30)
    cache.put("a", of(10))
    cache.put("b", of(31))
    assert "a" not in cache
    assert "b" in cache
    cache.put("c", of(10))
    assert "b" not in cache


def test_what_is_not_wanted_any_more_can_be_forgotten():
    cache = ByteCache(100)
    for name in ("a", "b", "c"):
        cache.put((name, 1), of(10))
    cache.discard(lambda key: key[0] in "ac")
    assert cache.nbytes == 10
    assert ("b", 1) in cache
    assert ("a", 1) not in cache


def test_a_cache_knows_its_bytes_and_can_forget_them():
    cache = ByteCache(100)
    assert cache.nbytes == 0
    cache.put("a", of(10))
    cache.put("b", of(20))
    cache.put("a", of(30))
    assert cache.nbytes == 50
    cache.clear()
    assert cache.nbytes == 0
    assert "a" not in cache
