"""The place a file is written to: a temporary neighbour that takes its name when all is well."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from viewer.imaging.errors import ImageError, because


class Target:
    """A file being written.

    Attributes:
        path: where it will be, absolute and with links followed.
        name: its last part, for messages.
        file: the temporary neighbour, open for writing and reading.

    Raises:
        ImageError: the folder is missing or may not be written to, the path is a folder, or a
            file is there already and `overwrite` is off.
    """

    def __init__(self, path: Path, overwrite: bool):
        self.name = path.name
        self._overwrite = overwrite
        try:
            self.path = path.resolve()
            self._check(path)
            self._temporary = self.path.with_name(f".liif-{secrets.token_hex(8)}.part")
            # "x": never onto a file of somebody else. The usual permissions, unlike tempfile's.
            self.file: BinaryIO = self._temporary.open("x+b")
            self._keep_mode()
        except OSError as error:
            raise ImageError(f"Cannot write {path}: {because(error)}.") from error
        except (ValueError, RuntimeError) as error:
            raise ImageError(f"Cannot write {path}: the path is not a valid one.") from error

    def _check(self, path: Path) -> None:
        if not self.path.parent.is_dir():
            raise ImageError(
                f"Cannot write {path}: there is no folder {self.path.parent}; "
                "create it or choose one."
            )
        if self.path.is_dir():
            raise ImageError(f"Cannot write {path}: it is a folder; add a file name.")
        if self.path.exists() and not self.path.is_file():
            raise ImageError(f"Cannot write {path}: it is a device; choose another name.")
        if self.path.exists() and not self._overwrite:
            raise self._taken()

    def _keep_mode(self) -> None:
        """Who may read a file that is replaced may read the new one, from its first byte on."""
        if os.name == "nt":
            return  # a mode holds no more there than that a file may not be replaced
        with contextlib.suppress(OSError):  # there is none, or the disk knows no modes
            self._temporary.chmod(self.path.stat().st_mode & 0o777)

    def _taken(self) -> ImageError:
        return ImageError(
            f"Cannot write {self.name}: there is such a file already; choose another "
            "name, or replace it (--overwrite)."
        )

    def sync(self) -> None:
        """Everything on the disk, so that a full or failing one is noticed now."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def commit(self) -> None:
        """Gives the file its name. Raises ImageError if somebody else took it meanwhile."""
        self.file.close()
        if not self._overwrite:
            self._reserve()
        try:
            self._temporary.replace(self.path)
        except OSError:
            if not self._overwrite:
                self.path.unlink(missing_ok=True)
            raise

    def _reserve(self) -> None:
        """An empty file under the name: making it fails, in one step, if there is one."""
        try:
            self.path.open("xb").close()
        except FileExistsError as error:
            raise self._taken() from error

    def discard(self) -> None:
        """Removes the temporary file. It may still be open: `close` follows when it is free."""
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file, and removes it where the system did not let `discard` do so."""
        with contextlib.suppress(OSError):
            self.file.close()
        self.discard()
