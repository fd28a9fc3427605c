"""The words of a command line in an order that argparse understands."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice

TAKES_VALUE = ("--device", "--precision", "--threads")
"""Common options whose next word is their value and not a file."""


def options_in(words: Sequence[str]) -> Sequence[str]:
    """The words that can be options: those before ``--``."""
    return words[: list(words).index("--")] if "--" in words else words


def arrange(words: Sequence[str], commands: Collection[str]) -> list[str]:
    """The words as argparse understands them: with a command, and a region never like an option."""
    words = _joined(words)
    first = _first_file(words)
    head, tail = words[:first], words[first:]
    if tail[:1] == ["view"]:
        tail = tail[1:]
    elif (tail and tail[0] in commands) or (not tail and {"-h", "--help"} & set(head)):
        return words
    return ["view", *head, *_files_last(tail)]


def _joined(words: Sequence[str]) -> list[str]:
    """``--region -5,0,20,20`` as one word, since argparse would take the value for an option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in ("--region", "--inset") and re.match(r"-[\d.]", word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _first_file(words: Sequence[str]) -> int:
    """Index of the first word that is neither a common option nor its value."""
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] != "--":
        index += 2 if words[index] in TAKES_VALUE else 1
    return min(index, len(words))


def _files_last(words: Sequence[str]) -> list[str]:
    """Options and their values first, then the files: argparse does not take them mixed."""
    flags: list[str] = []
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            files.extend(rest)
        elif word in TAKES_VALUE:
            flags.extend([word, *islice(rest, 1)])
        elif word.startswith("-"):
            flags.append(word)
        else:
            files.append(word)
    return [*flags, *(["--", *files] if files else [])]
