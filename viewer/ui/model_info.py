"""What the sampler menus list: the catalogue, and the model files opened in this session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from models import catalogue
from models.backend import Backend
from models.checkpoints import CheckpointError


class ModelInfo:
    """Descriptions of samplers by name. Files are described in a thread, as they must be read."""

    def __init__(self, backend: Backend, send: Callable[[object], None]):
        self._backend = backend
        self._send = send
        self._files: dict[str, catalogue.Description] = {}
        self._threads: list[threading.Thread] = []

    def descriptions(self) -> list[catalogue.Description]:
        """All samplers there are, interpolators first."""
        plain = [catalogue.describe(name, self._backend) for name in catalogue.names()]
        maps = [catalogue.describe(f"gradient:{item.name}", self._backend) for item in plain]
        return [*plain, *self._files.values(), *maps]

    def listed_name(self, name: str) -> str:
        """The name under which menus list a sampler (``liif`` is the default model's)."""
        return catalogue.default_model(self._backend.device) if name == "liif" else name

    def title(self, name: str) -> str:
        """The short title of a sampler."""
        if name in self._files:
            return self._files[name].title
        return catalogue.describe(name, self._backend).title

    def add(self, path: Path) -> None:
        """List a model file at once, and describe it when it has been read."""
        name = str(path)
        if name not in self._files:
            self.put(
                catalogue.Description(name, f"LIIF · {path.stem}", "continuous", path.name, "")
            )
        thread = threading.Thread(target=self._describe, args=(name,), name="model", daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]
        thread.start()

    def put(self, description: catalogue.Description) -> None:
        """Take a description, in place of the one before."""
        self._files[description.name] = description

    def remove(self, name: str) -> None:
        """List a file no longer."""
        self._files.pop(name, None)

    def close(self, timeout: float = 10.0) -> None:
        """Wait for the threads: none may speak to a window that is being destroyed."""
        for thread in self._threads:
            thread.join(timeout)

    def _describe(self, name: str) -> None:
        try:
            description = catalogue.describe(name, self._backend)
            # Under the name it was opened by; the catalogue follows links.
            self._send(replace(description, name=name))
        except CheckpointError:
            return  # the compute thread says what is wrong with it
