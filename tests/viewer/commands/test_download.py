from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.error import URLError
from urllib.request import HTTPSHandler

import pytest

from tests.viewer.commands.server import LOOPBACK, Server, loopback_opener, serving
from viewer.commands.download import DownloadError, download, secure_opener

CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(CONTENT) as server:
        yield server


def get(address: str, timeout: float = 20.0) -> bytes:
    with download(address, loopback_opener(), timeout) as coming:
        return b"".join(coming.chunks())


def test_the_content_comes_in_pieces_with_its_size_told_before(server):
    with download(server.address("/file"), loopback_opener()) as coming:
        assert coming.size == len(CONTENT)
        pieces = list(coming.chunks())
    assert b"".join(pieces) == CONTENT
    assert len(pieces) > 1


def test_a_size_that_is_not_told_is_none(server):
    with download(server.address("/no-length"), loopback_opener()) as coming:
        assert coming.size is None
        assert b"".join(coming.chunks()) == CONTENT


def test_redirections_are_followed(server):
    assert get(server.address("/moved")) == CONTENT
    assert server.asked == ["/moved", "/file"]


@pytest.mark.parametrize("path", ["http", "ftp", "file"])
def test_nothing_but_https_is_spoken(server, path):
    address = f"{path}://{LOOPBACK}:{server.port}/file"
    with (
        pytest.raises(DownloadError, match=f"leads to {path}://.*, which is not https"),
        download(address, secure_opener()),
    ):
        pass
    assert server.asked == []


def test_a_redirection_to_an_address_without_https_is_refused(server):
    with pytest.raises(DownloadError, match=r"leads to http://127\.0\.0\.1.*not https"):
        get(server.address("/insecure"))
    assert server.asked == ["/insecure"]


def test_a_redirection_to_a_file_is_refused(server):
    with pytest.raises(DownloadError, match="it leads to file://, which is not https"):
        get(server.address("/to-a-file"))
    assert server.asked == ["/to-a-file"]


def test_a_plain_server_behind_an_https_address_is_refused(server):
    with (
        pytest.raises(DownloadError, match=f"the connection to {LOOPBACK} failed"),
        download(server.address("/file"), secure_opener()),
    ):
        pass
    assert server.asked == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nothing", "answers 404 Not Found"),
        ("/nowhere", "sends on to another address without naming it"),
        ("/circle", "sends from one address to the next"),
        ("/page", "sent a web page instead of the file"),
        ("/page-as-file", "sent a web page instead of the file"),
    ],
)
def test_what_is_no_file_is_told(server, path, words):
    with pytest.raises(DownloadError, match=f"{LOOPBACK} {words}") as told:
        get(server.address(path))
    assert "\n" not in str(told.value)


def test_a_server_that_falls_silent_is_not_waited_for(server):
    with pytest.raises(DownloadError, match="does not answer"):
        get(server.address("/stalls"), timeout=0.05)


def test_a_server_that_is_not_there_is_told():
    with serving(b"") as gone:
        address = gone.address("/file")
    with pytest.raises(DownloadError, match=f"the connection to {LOOPBACK} failed .*refused"):
        get(address)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (URLError(OSError(-2, "Name or service not known")), "failed .name or service not known"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "certificate of a.example cannot be"),
        (TimeoutError("timed out"), "a.example does not answer"),
    ],
)
def test_failures_of_the_network_are_put_into_words(error, words):
    class Fails(HTTPSHandler):
        def https_open(self, _request):
            raise error

    with (
        pytest.raises(DownloadError, match=words),
        download("https://a.example/file", secure_opener(Fails())),
    ):
        pass
