"""Downloads over https: an opener that knows nothing else, and its failures in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

TIMEOUT = 30.0
"""Seconds that a server may keep silent."""

CHUNK = 1 << 18
"""Most bytes that are read at once."""


class DownloadError(Exception):
    """A download failed; its text says why, as the middle of a sentence."""


class _Refusal(BaseHandler):
    """The end of every address, also of a redirection, that is not https."""

    def unknown_open(self, request: Request) -> NoReturn:
        """Refuse it."""
        raise DownloadError(_insecure(request.full_url))


def secure_opener(https: HTTPSHandler | None = None) -> OpenerDirector:
    """An opener that follows redirections and proxies, and speaks https alone."""
    opener = OpenerDirector()
    handlers = (
        ProxyHandler(),
        https or HTTPSHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
        HTTPRedirectHandler(),
        _Refusal(),
    )
    for handler in handlers:
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "liif-viewer")]
    return opener


class Download:
    """A file on its way.

    Attributes:
        size: bytes that the server announces, or None.
    """

    def __init__(self, response: HTTPResponse, host: str):
        self._response, self._host = response, host
        self.size = _announced(response.headers)

    def chunks(self) -> Iterator[bytes]:
        """The content, as it arrives.

        Raises:
            DownloadError: the connection failed, or a web page came instead of a file.
        """
        kind = self._response.headers.get_content_type()
        start = True
        while chunk := self._next():
            if start and (kind == "text/html" or chunk.lstrip()[:1] == b"<"):
                raise DownloadError(f"{self._host} sent a web page instead of the file")
            start = False
            yield chunk

    def _next(self) -> bytes:
        with _explained(self._host):
            return self._response.read1(CHUNK)


@contextmanager
def download(address: str, opener: OpenerDirector, timeout: float = TIMEOUT) -> Iterator[Download]:
    """Ask for a file.

    Raises:
        DownloadError: there is no way to it.
    """
    host = urlsplit(address).hostname or address
    with _explained(host):
        response = opener.open(address, timeout=timeout)
    with response:
        yield Download(response, urlsplit(response.url).hostname or host)


def _announced(headers: Message) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


@contextmanager
def _explained(host: str) -> Iterator[None]:
    try:
        yield
    except HTTPError as error:
        with error:
            raise DownloadError(_answer(error, host)) from error
    except URLError as error:
        raise DownloadError(_reason(error.reason, host)) from error
    except (HTTPException, OSError, ValueError) as error:
        raise DownloadError(_reason(error, host)) from error


def _answer(error: HTTPError, host: str) -> str:
    if error.code >= 400:
        return f"{host} answers {error.code} {error.reason}"
    # Redirections are followed as long as there is an address, of a usual kind, and an end.
    if "Location" not in error.headers:
        return f"{host} sends on to another address without naming it"
    if urlsplit(error.url).scheme != "https":
        return _insecure(error.url)
    return f"{host} sends from one address to the next without end"


def _insecure(address: str) -> str:
    place = urlsplit(address)
    return f"it leads to {place.scheme}://{place.netloc}, which is not https"


def _reason(error: BaseException | str, host: str) -> str:
    match error:
        case TimeoutError():
            return f"{host} does not answer"
        case socket.gaierror():
            return f"there is no way to {host}, perhaps no network"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} cannot be trusted"
        case OSError(strerror=str() as text):
            return f"the connection to {host} failed ({text.lower()})"
        case _:
            return f"the connection to {host} broke off"
