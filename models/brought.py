"""The folder of brought model files: published files that a person fetched or put there by hand."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from models.checkpoints import CheckpointError, load_checkpoint
from models.families.base import parameters_of
from models.homes import expanded
from models.kinds import named
from models.networks.network import Network
from models.published import Published

VARIABLE = "LIIF_VIEWER_MODELS"
"""The environment variable that names another folder."""


def folder(
    environment: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    home: Path | None = None,
) -> Path:
    """Where brought files belong: the user's data folder as each system has it."""
    if environment.get(VARIABLE):
        return Path(expanded(environment[VARIABLE])).absolute()
    home = home or _home()
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_DATA_HOME", ""))
        if not base.is_absolute():  # such values are void, says the XDG specification
            base = home / ".local" / "share"
    return base / "liif-viewer" / "models"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a process may run as nobody
        return Path(tempfile.gettempdir())


def place(wanted: Published) -> Path:
    """Where a published file belongs, there or not."""
    return folder() / wanted.file


def find(wanted: Published) -> Path | None:
    """The file, if one of that name is there and may be looked at."""
    path = place(wanted)
    try:
        return path if path.is_file() else None
    except OSError:
        return None  # `trouble` says why


def trouble(wanted: Published) -> str:
    """Why nobody can tell whether a file is there, in a clause, or ""."""
    path = place(wanted)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"{path} cannot be looked at: {error.strerror or error}"
    return ""


def sound(wanted: Published) -> bool:
    """Whether the file that is there is the published one, as far as its hash is known.

    Raises:
        OSError: it cannot be read.
    """
    state = place(wanted).stat()
    return _fits(wanted, place(wanted), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=32)
def _fits(wanted: Published, path: Path, size: int, changed: int) -> bool:  # noqa: ARG001
    if wanted.size not in (None, size):
        return False
    with path.open("rb") as file:
        return wanted.fits(size, hashlib.file_digest(file, "sha256").hexdigest())


def checked(wanted: Published) -> Path:
    """The published file, sound.

    Raises:
        CheckpointError: one sentence, if it is not there or is another file.
    """
    path = find(wanted)
    if path is None:
        raise CheckpointError(trouble(wanted) or f"{wanted.name} has no file yet; {how(wanted)}")
    try:
        if sound(wanted):
            return path
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    raise CheckpointError(f"{path} is not the published file; {how(wanted, again=True)}")


def load(wanted: Published) -> Network:
    """The network of a published file; where no hash is known, it has to be the published kind.

    Raises:
        CheckpointError: as `checked`, or the file holds another network, or none.
    """
    network = load_checkpoint(checked(wanted)).network
    holds = named(network), parameters_of(network)
    if not wanted.sha256 and holds != (wanted.network, wanted.parameters):
        raise CheckpointError(
            f"{place(wanted)} holds {_sized(*holds)}, but {wanted.name} is "
            f"{_sized(wanted.network, wanted.parameters)}; {how(wanted, again=True)}"
        )
    return network


def _sized(network: str, parameters: int) -> str:
    return f"{network} of {parameters:,} parameters"


def how(wanted: Published, again: bool = False) -> str:
    """How a person gets a file: the second half of a sentence."""
    path = place(wanted)
    if wanted.address:
        overwrite = " --overwrite" if again else ""
        return (
            f"`liif-viewer models --fetch {wanted.name}{overwrite}` gets it, or by hand: "
            f"{wanted.address} saved as {path}"
        )
    return f"get {wanted.origin}, and save it as {path}"
