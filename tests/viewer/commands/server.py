"""A web server on this machine alone, and an opener that takes it for one that speaks https."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import HTTPSHandler, OpenerDirector, Request

from viewer.commands.download import secure_opener

LOOPBACK = "127.0.0.1"


class _PlainOnLoopback(HTTPSHandler):
    """Asks https addresses of this machine in plain http: there is no certificate for it."""

    def https_open(self, request: Request) -> HTTPResponse:
        assert request.host.startswith(LOOPBACK), "tests ask nobody else"
        return self.do_open(HTTPConnection, request)


def loopback_opener() -> OpenerDirector:
    """The program's own opener, but for how it asks this machine."""
    return secure_opener(_PlainOnLoopback())


class Server:
    """Answers by path.

    Attributes:
        content: what ``/file`` and its variants send.
        asked: the paths that were asked for.
        reached: set when a handler waits.
        go_on: what waiting handlers wait for.
        close: ends it, so that nobody listens at its address any more.
    """

    def __init__(self, content: bytes):
        self.content = content
        self.asked: list[str] = []
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.port = 0

        self.close: Callable[[], None] = lambda: None

    def address(self, path: str) -> str:
        return f"https://{LOOPBACK}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: _HTTPServer

    def do_GET(self) -> None:
        owner = self.server.owner
        owner.asked.append(self.path)
        answers: dict[str, Callable[[bytes], None]] = {
            "/file": self._file,
            "/moved": lambda _: self._move(owner.address("/file")),
            "/insecure": lambda _: self._move(f"http://{LOOPBACK}:{owner.port}/file"),
            "/to-a-file": lambda _: self._move("file:///etc/hostname"),
            "/nowhere": lambda _: self._move(None),
            "/circle": lambda _: self._move(owner.address("/circle")),
            "/page": lambda _: self._file(b"<!DOCTYPE html><p>Too many requests", "text/html"),
            "/page-as-file": lambda _: self._file(b"\n<html><p>Sign in"),
            "/no-length": lambda content: self._file(content, length=None),
            "/cut": lambda content: self._file(content[:-7], length=len(content)),
            "/cut-unannounced": lambda content: self._file(content[:-7], length=None),
            "/longer": lambda content: self._file(content + b"!", length=None),
            "/altered": lambda content: self._file(content[:-1] + b"\xff"),
            "/stalls": self._stall,
        }
        answer = answers.get(self.path)
        if answer is None:
            self.send_error(404)
        else:
            answer(owner.content)

    def log_message(self, *_: object) -> None:
        pass

    def _file(
        self, content: bytes, kind: str = "application/binary", length: int | None = -1
    ) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(len(content) if length < 0 else length))
        self.end_headers()
        self.wfile.write(content)

    def _move(self, address: str | None) -> None:
        self.send_response(302)
        if address is not None:
            self.send_header("Location", address)
        self.end_headers()

    def _stall(self, content: bytes) -> None:
        self._file(content[: len(content) // 2], length=len(content))
        self.server.owner.reached.set()
        self.server.owner.go_on.wait(60)


class _HTTPServer(ThreadingHTTPServer):
    owner: Server

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """A server while this lasts."""
    owner = Server(content)
    with _HTTPServer((LOOPBACK, 0), _Handler) as server:
        server.owner, owner.port = owner, server.server_port
        server.daemon_threads = False
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="server"
        )

        def close() -> None:
            owner.go_on.set()
            server.shutdown()
            thread.join()
            server.server_close()

        owner.close = close
        thread.start()
        try:
            yield owner
        finally:
            close()
