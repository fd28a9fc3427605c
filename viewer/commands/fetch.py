"""Fetching published model files: checked before they take their name, or not there at all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

from models import brought, published
from models.catalogue import entry
from models.checkpoints import load_checkpoint
from models.published import Published
from viewer.commands import download
from viewer.commands.download import Download, DownloadError
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions
from viewer.commands.progress import Progress
from viewer.commands.work import say
from viewer.imaging.errors import because
from viewer.imaging.target import Target
from viewer.rendering.remaining import Remaining

LARGEST = 1 << 31
"""Bytes at which a download ends whose size nobody has told."""


class FetchError(ValueError):
    """A file cannot be fetched; its text is one sentence."""


def fetch(name: str, common: CommonOptions, interrupts: Interrupts) -> Published:
    """Get a published file into the folder of brought files, unless it is there already.

    Raises:
        FetchError, ImageError: one sentence.
        CheckpointError: the file is the published one, but of no use to this program.
        KeyboardInterrupt: nothing is left of the file.
    """
    wanted = _wanted(name)
    if _is_there(wanted, common.overwrite):
        say(f"{brought.place(wanted)} is there already", common)
    else:
        _download(wanted, common, interrupts)
        say(f"{wanted.name} is now {brought.place(wanted)}", common)
    load_checkpoint(brought.checked(wanted))
    return wanted


def _wanted(name: str) -> Published:
    wanted = published.find(name)
    if entry(name) is not None and not (wanted and wanted.address):
        raise FetchError(f"{name} comes with the program; there is nothing to fetch")
    fetchable = [each.name for each in published.PUBLISHED if each.address]
    if wanted is None:
        raise FetchError(f"{name!r} is no published model; to fetch are {', '.join(fetchable)}")
    return wanted


def _is_there(wanted: Published, overwrite: bool) -> bool:
    path = brought.find(wanted)
    if path is None:
        return False
    try:
        sound = brought.sound(wanted)
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {because(error)}") from error
    if not sound and not overwrite:
        raise FetchError(
            f"{path} is there already but is not the published file; remove it or add --overwrite"
        )
    return sound


def _download(wanted: Published, common: CommonOptions, interrupts: Interrupts) -> None:
    if not wanted.address:
        raise FetchError(f"{wanted.name} cannot be fetched; {brought.how(wanted)}")
    path = brought.place(wanted)
    _make_folder(path.parent)
    # What is written is the published file to the bit, so it may replace another of its name.
    target = Target(path, overwrite=True)
    given_up = threading.Event()

    def give_up() -> None:
        given_up.set()
        target.close()

    with interrupts.stops(give_up):
        try:
            _fill(target, wanted, given_up, common.quiet)
        except DownloadError as error:
            if not given_up.is_set():
                raise FetchError(_by_hand(wanted, str(error))) from error
        except (OSError, ValueError) as error:  # a closed file makes a ValueError
            if not given_up.is_set():
                raise _unwritable(path, error) from error
        finally:
            target.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(path: Path, error: Exception) -> Exception:
    if not isinstance(error, OSError):
        return error
    return FetchError(
        f"Cannot write {path}: {because(error)} (the environment variable {brought.VARIABLE} "
        "names one)"
    )


def _by_hand(wanted: Published, reason: str) -> str:
    return (
        f"Cannot fetch {wanted.file}: {reason}; try again, or get {wanted.address} by other means "
        f"and save it as {brought.place(wanted)}"
    )


def _fill(target: Target, wanted: Published, given_up: threading.Event, quiet: bool) -> None:
    """Write the file and, if it is the published one, give it its name."""
    digest = hashlib.sha256()
    size = 0
    with (
        Progress(wanted.file, quiet) as progress,
        download.download(wanted.address, download.secure_opener()) as coming,
    ):
        for chunk in _watched(coming, wanted, progress):
            if given_up.is_set():
                return
            target.file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    _check(wanted, size, coming.size, digest.hexdigest())
    target.sync()
    target.commit()


def _watched(coming: Download, wanted: Published, progress: Progress) -> Iterator[bytes]:
    """The chunks, shown on the way; ends at once where it cannot be the published file."""
    whole = wanted.size or coming.size
    remaining, size = Remaining(), 0
    for chunk in coming.chunks():
        if coming.size not in (None, whole):
            raise DownloadError(f"it has {coming.size:,} bytes there instead of {whole:,}")
        size += len(chunk)
        if size > (whole or LARGEST):
            raise DownloadError(f"it has more than {whole or LARGEST:,} bytes there")
        fraction = size / whole if whole else 0.0
        progress.update(fraction, remaining.update(fraction), f"{size / 1e6:.1f} MB")
        yield chunk


def _check(wanted: Published, size: int, announced: int | None, sha256: str) -> None:
    whole = wanted.size or announced
    if size < (whole or 1):
        raise DownloadError(f"the connection ended after {size:,} of {whole or 0:,} bytes")
    if not wanted.fits(size, sha256):
        raise DownloadError(
            f"what came is another file (its SHA-256 begins with {sha256[:8]} and not with "
            f"{wanted.sha256[:8]})"
        )
