"""The samplers of one scene: each is made once and kept with its caches while it may be wanted."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from models.backend import Backend
from models.catalogue import make_sampler
from models.samplers.base import Picture, Sampler
from models.samplers.gradient import GradientSampler
from viewer.rendering.colour_maps import colour_table
from viewer.rendering.messages import SamplerSpec

SPARE = 2
"""Samplers that are kept besides those in use: the last ones come back at once."""

Left = Callable[[str, Sampler], None]
"""Told a name, and the sampler that gives way to another of that name."""


class KeptSamplers:
    """One sampler of each name, those used last: what is kept besides goes with its caches.

    Attributes:
        in_use: how many a request shows at once.
    """

    def __init__(self, backend: Backend, left: Left):
        self.in_use = 2
        self._backend, self._left = backend, left
        self._samplers: dict[str, Sampler] = {}
        self._openings: dict[str, int] = {}

    def of(self, picture: Picture, spec: SamplerSpec) -> Sampler:
        """The sampler of a name for the scene's picture, with a gradient map's colours and gain.

        What was opened again is made again, and replaces the one before if its file has changed.

        Raises:
            CheckpointError: if the name is neither known nor a usable file.
        """
        found = self._samplers.get(spec.name)
        if found is None or spec.opening > self._openings.get(spec.name, 0):
            made = self._make(picture, spec)
            if found is None or found.key != made.key:
                self._replace(spec.name)
                found = made
        self._keep(spec, found)
        return _toned(found, spec)

    def apart(self, picture: Picture, spec: SamplerSpec) -> Sampler:
        """A sampler that is not kept, for a picture that is no longer the scene's.

        Raises:
            CheckpointError: as `of`.
        """
        return _toned(make_sampler(spec.name, picture, self._backend), spec)

    def __iter__(self) -> Iterator[tuple[str, Sampler]]:
        """Those that are kept, by their names."""
        return iter(self._samplers.items())

    def path(self, name: str) -> str:
        """How a sampler's network is decoded; nothing for one that is not kept or has none."""
        found = self._samplers.get(name)
        return "" if found is None else found.path

    def key(self, name: str) -> Hashable:
        """The key of a sampler; nothing for one that is not kept."""
        found = self._samplers.get(name)
        return None if found is None else found.key

    def release(self) -> None:
        """Give all up, to be made again when wanted; a file opened before is still that."""
        self._samplers.clear()

    def clear(self) -> None:
        """Give all up for another scene."""
        self._samplers.clear()
        self._openings.clear()

    def _make(self, picture: Picture, spec: SamplerSpec) -> Sampler:
        inner = mapped(spec.name)
        if inner:
            return GradientSampler(self.of(picture, SamplerSpec(inner, opening=spec.opening)))
        return make_sampler(spec.name, picture, self._backend)

    def _replace(self, name: str) -> None:
        old = self._samplers.pop(name, None)
        if old is not None:
            self._left(name, old)

    def _keep(self, spec: SamplerSpec, sampler: Sampler) -> None:
        """Keep a sampler as the newest; those not used for long leave with their caches."""
        self._samplers.pop(spec.name, None)
        self._samplers[spec.name] = sampler
        self._openings[spec.name] = max(spec.opening, self._openings.get(spec.name, 0))
        while len(self._samplers) > self.in_use + SPARE:
            del self._samplers[next(iter(self._samplers))]


def mapped(name: str) -> str:
    """The sampler whose gradient map a name stands for; nothing if it is no map's."""
    kind, _, inner = name.partition(":")
    return inner if kind == "gradient" else ""


def _toned(sampler: Sampler, spec: SamplerSpec) -> Sampler:
    """A gradient map with its colours and gain; any other sampler as it is."""
    if isinstance(sampler, GradientSampler):
        return sampler.toned(spec.gain, colour_table(spec.colour_map))
    return sampler
