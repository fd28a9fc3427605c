"""What the sampler menus list: the catalogue, and the model files opened in this session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from models import catalogue
from models.backend import Backend
from viewer.rendering.loading import PATIENCE


class ModelInfo:
    """Descriptions of samplers by name. Files are described in a thread, as they must be read."""

    def __init__(self, backend: Backend, send: Callable[[object], None]):
        self._backend = backend
        self._send = send
        self._files: dict[str, catalogue.Description] = {}
        self._keys: dict[str, Hashable] = {}
        self._threads: list[threading.Thread] = []
        self._speaking = threading.Lock()  # held to settle between a description and `close`
        self._closed = False

    def descriptions(self, in_use: Iterable[str]) -> list[catalogue.Description]:
        """All samplers there are, and the gradient maps of those in use."""
        plain = {item.name: item for item in (*self._catalogue(), *self._files.values())}
        inner = (self.listed_name(name).removeprefix(catalogue.GRADIENT) for name in in_use)
        listed = (plain[name] for name in dict.fromkeys(inner) if name in plain)
        used = [item for item in listed if item.available]
        return [*plain.values(), *map(catalogue.gradient_of, used)]

    def _catalogue(self) -> list[catalogue.Description]:
        return [catalogue.describe(name, self._backend) for name in catalogue.names()]

    def listed_name(self, name: str) -> str:
        """The name under which menus list a sampler (``liif`` is the default model's)."""
        return catalogue.full_name(name, self._backend.device)

    def lasts(self, name: str | None) -> bool:
        """Whether a sampler (or "" for none) can be counted on in another session."""
        if not name:
            return name == ""
        inner = self.listed_name(name).removeprefix(catalogue.GRADIENT)
        return any(item.name == inner and item.available for item in self._catalogue())

    def title(self, name: str) -> str:
        """The short title of a sampler, "" for none."""
        return self._description(name).title if name else ""

    def _description(self, name: str) -> catalogue.Description:
        """What is known of a sampler; no file is read for it."""
        if name.startswith(catalogue.GRADIENT):
            inner = self._description(name.removeprefix(catalogue.GRADIENT))
            return catalogue.gradient_of(inner)
        return self._files.get(name) or catalogue.describe(name, self._backend)

    def add(self, path: Path) -> None:
        """List a model file at once, and describe it when it has been read."""
        name = str(path)
        if name not in self._files:
            title = f"LIIF · {catalogue.label(path)}"
            self.put(catalogue.Description(name, title, "continuous", path.name, ""))
        self._read(name)

    def follow(self, keys: Mapping[str, Hashable]) -> None:
        """Describe files again of which samplers are shown that have other keys than before."""
        for sampler, key in keys.items():
            name = sampler.removeprefix(catalogue.GRADIENT)
            if self._keys.setdefault(sampler, key) != key and name in self._files:
                self._read(name)
            self._keys[sampler] = key

    def _read(self, name: str) -> None:
        thread = threading.Thread(target=self._describe, args=(name,), name="model", daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]
        thread.start()

    def put(self, description: catalogue.Description) -> None:
        """Take a description, in place of the one before."""
        self._files[description.name] = description

    def remove(self, name: str) -> None:
        """List a file no longer."""
        self._files.pop(name, None)

    def join(self, timeout: float) -> None:
        """Wait for each of the threads."""
        for thread in self._threads:
            thread.join(timeout)

    def close(self, timeout: float = PATIENCE) -> None:
        """End the threads: none may speak to a window that is being destroyed."""
        with self._speaking:
            self._closed = True
        self.join(timeout)

    def _describe(self, name: str) -> None:
        try:
            description = catalogue.describe(name, self._backend)
        except Exception:
            return  # the compute thread meets it too, and says what is wrong
        with self._speaking:
            if not self._closed:
                # Under the name it was opened by; the catalogue follows links.
                self._send(replace(description, name=name))
