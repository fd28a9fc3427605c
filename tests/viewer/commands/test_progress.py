from __future__ import annotations

import io
import sys
import threading

import pytest

from viewer.commands.progress import Progress, duration


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.2, "1 s"), (59.5, "1:00 min"), (65, "1:05 min"), (7400, "2:03:20 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_terminal_shows_percent_and_time_left(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    threads = threading.active_count()
    with Progress("out.png", quiet=False) as progress:
        progress.update(0.25, None)
        progress.update(0.5, 65.0)
        progress._bar.refresh()
    shown = terminal.getvalue()
    assert "out.png" in shown
    assert "50 %" in shown
    assert "1:05 min left" in shown
    assert threading.active_count() == threads


@pytest.mark.parametrize(("stream", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_nothing_is_written_elsewhere(monkeypatch, stream, quiet):
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress("out.png", quiet) as progress:
        progress.update(0.5, 1.0)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_line_is_said_whether_or_not_there_is_a_bar(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress("out.png", quiet=False) as progress:
        progress.say("first")
        progress.close()
        progress.update(0.5, 1.0)
        progress.say("second")
    lines = [line.rpartition("\r")[2] for line in stream.getvalue().split("\n")]
    assert lines == ["first", "second", ""]


def test_with_no_stream_for_errors_there_is_no_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    with Progress("x", quiet=False) as progress:
        assert not progress.visible
        progress.say("nobody hears this")
    assert capsys.readouterr().out == ""
