"""What headless commands share."""

from __future__ import annotations

import sys

import pytest

from viewer.commands.options import CommonOptions
from viewer.commands.work import say


def test_where_stderr_is_closed_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script that closes it reads JSON from the other stream."""
    monkeypatch.setattr(sys, "stderr", None)
    say("reduced", CommonOptions())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("quiet", "said"), [(False, "liif-viewer: reduced\n"), (True, "")])
def test_otherwise_it_is_said_there(
    capsys: pytest.CaptureFixture[str], quiet: bool, said: str
) -> None:
    say("reduced", CommonOptions(quiet=quiet))
    assert capsys.readouterr() == ("", said)
