"""Work in steps, for samplers: each step in inference mode, and what is left undone goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from models.networks.encoder import Steps
from models.samplers.grid import Tile

KEPT = 4
"""Tiles that may be left undone; each holds what its network computed last."""


class Unfinished:
    """Work on tiles that was left before its end goes on there when it is asked for again.

    While a view moves, requests follow each other faster than a tile is encoded: begun anew for
    each of them, none would ever be finished. What goes through must not refer to the owner of
    this, or neither would be freed with its last user.
    """

    def __init__(self) -> None:
        self._begun: dict[Tile, Steps] = {}

    def go_on(self, tile: Tile, begin: Callable[[Tile], Steps]) -> Iterator[None]:
        """The steps of a tile that are still to be done."""
        steps = self._begun.pop(tile, None) or begin(tile)
        self._begun[tile] = steps
        while len(self._begun) > KEPT:
            del self._begun[next(iter(self._begun))]
        try:
            yield from in_inference_mode(steps)
        except Exception:
            self._begun.pop(tile, None)
            raise
        self._begun.pop(tile, None)


def in_inference_mode(steps: Steps) -> Iterator[None]:
    """Steps that each run in inference mode, leaving the caller's own mode alone between them."""
    while True:
        with torch.inference_mode():
            try:
                next(steps)
            except StopIteration:
                return
        yield
