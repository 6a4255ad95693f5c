"""Documents from the web: each GET is bounded in time, size and redirects, and many are polite."""

import asyncio
import email.utils
import ipaddress
import re
import socket
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depesche import __version__
from depesche.brief import InputError

if TYPE_CHECKING:
    import ssl

    import httpx

MAX_BYTES = 10_000_000  # of the body, unpacked
MAX_REDIRECTS = 5
SECONDS_TOTAL = 60.0  # for a document, however often it is tried
SECONDS_SILENT = 15.0  # for a connection, or between two pieces of an answer

AT_ONCE = 16  # documents
AT_ONCE_OF_HOST = 2
PAUSES = (1.0, 4.0)  # seconds before a document is tried again
MAX_PAUSE = 30.0  # that a server may ask for
DEAD_AFTER = 3  # documents of a host that failed one after the other; no more are asked for
SECONDS_OF_HOST = 600.0  # for all its documents together; no more are asked for, either


@dataclass(frozen=True)
class Kind:
    """What is asked for: the Accept header, and the media types taken.

    Everything else is no such document; what these really hold is seen from the content.
    """

    accept: str
    media_types: re.Pattern[str]


DOCUMENT = Kind(
    "text/html, application/xhtml+xml, text/*, application/pdf;q=0.9, */*;q=0.5",
    re.compile(
        r"|text/.+|(application|binary)/octet-stream|application/(xhtml\+xml|pdf"
        r"|vnd\.openxmlformats-officedocument\.wordprocessingml\.document)"
    ),
)
# Feeds come under every name there is.
FEED = Kind(
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.5",
    re.compile(".*"),
)


class PassingError(InputError):
    """A document that could not be fetched now, but perhaps `after` some seconds or more."""

    def __init__(self, message: str, after: float = 0) -> None:
        super().__init__(message)
        self.after = after


@dataclass(frozen=True)
class Download:
    """What a server answered: the final URL, the body, and what the header calls it.

    `media_type` is in lower case and without parameters, "" where the header has none. `etag` and
    `modified` are what to ask with whether it has changed since.
    """

    url: str
    body: bytes
    media_type: str
    charset: str | None
    etag: str | None = None
    modified: str | None = None


@dataclass
class _Host:
    """What is known of a host: who may ask it now, and how it has answered."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_OF_HOST))
    failed: int = 0  # documents one after the other
    reason: str = ""
    seconds: float = 0


def fetch(url: str, *, allow_private: bool = True) -> Download:
    """Get a document.

    Args:
        url: http or https.
        allow_private: whether the server may be on this machine or its network. Where it may not,
            each hop's name is resolved once, and only an address that was checked is connected to.

    Raises:
        InputError: the URL is none, cannot be reached, answers with an error, redirects too often,
            is too large, too slow, or no document.
    """
    private = None if allow_private else ""
    return asyncio.run(_bounded(_Request(url, DOCUMENT, private), pauses=()))


class Fetcher:
    """Gets many documents of an event loop, politely.

    A host is asked for few documents at a time. What fails in a way that may pass is tried again,
    after a pause, or after the one that the server asks for; a host that fails again and again is
    not asked any more.
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        """Where not `allow_private`, only what `named` says may be at a private address."""
        self._allow_private = allow_private
        self._hosts: dict[str, _Host] = defaultdict(_Host)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._context: ssl.SSLContext | None = None

    async def get(
        self, url: str, kind: Kind = DOCUMENT, *, known: Download | None = None, named: bool = False
    ) -> Download:
        """Get a document.

        Args:
            url: http or https.
            kind: what it should be.
            known: what the server sent before; returned if that has not changed.
            named: whether the user gave the URL: then its host may be at a private address, though
                no other one that it redirects to.

        Raises:
            PassingError: it failed, though the same request may succeed later.
            InputError: as `fetch`.
        """
        import httpx

        self._context = self._context or httpx.create_ssl_context()
        name = host_of(url)
        private = None if self._allow_private else name if named else ""
        request = _Request(url, kind, private, known, self._context)
        host = self._hosts[name]
        async with host.turn, self._turn:
            if host.failed >= DEAD_AFTER:
                raise PassingError(f"not asked for, as its server failed before: {host.reason}")
            if host.seconds > SECONDS_OF_HOST:
                told = f"its server took {SECONDS_OF_HOST:.0f} s for others"
                raise PassingError(f"not asked for, as {told}")
            start = time.monotonic()
            try:
                found = await _bounded(request, PAUSES)
            except PassingError as error:
                host.failed, host.reason = host.failed + 1, str(error)
                raise
            finally:
                host.seconds += time.monotonic() - start
            host.failed = 0
            return found


def host_of(url: str) -> str:
    """The host that a URL names, "" where it names none."""
    import httpx

    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, UnicodeError):
        return ""


@dataclass(frozen=True)
class _Request:
    """A document to get; `private` is the one host that may be private, None for all."""

    url: str
    kind: Kind
    private: str | None
    known: Download | None = None
    context: "ssl.SSLContext | bool" = True


async def _bounded(request: _Request, pauses: tuple[float, ...]) -> Download:
    """The document, asked for again after each pause while it fails in a way that may pass."""
    try:
        async with asyncio.timeout(SECONDS_TOTAL):
            for pause in pauses:
                try:
                    return await _attempt(request)
                except PassingError as error:
                    if error.after > MAX_PAUSE:
                        raise
                    await asyncio.sleep(max(pause, error.after))
            return await _attempt(request)
    except TimeoutError:
        raise PassingError(f"the server took more than {SECONDS_TOTAL:.0f} s") from None


async def _attempt(request: _Request) -> Download:
    import httpx

    try:
        return await _follow(request)
    except httpx.TimeoutException:
        raise PassingError(f"the server was silent for {SECONDS_SILENT:.0f} s") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise InputError(f"it is no valid URL: {error}") from None
    except (httpx.HTTPError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PassingError(f"it cannot be fetched: {reason}") from None


async def _follow(request: _Request) -> Download:
    """The document at the end of the redirects."""
    import httpx

    url = httpx.URL(request.url)
    headers = {
        "User-Agent": f"depesche/{__version__}",
        "Accept": request.kind.accept,
        "Accept-Encoding": "gzip",
    }
    # No connection is used twice: two hosts may have one address, and not one certificate.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        headers=headers, timeout=SECONDS_SILENT, limits=limits, verify=request.context
    ) as client:
        for _ in range(MAX_REDIRECTS + 1):
            if url.scheme not in ("http", "https") or not url.host:
                raise InputError(f"only http and https URLs are read, not {url}")
            hop = client.build_request("GET", url, headers=_condition(request.known, url))
            if request.private not in (None, url.host):
                await _pin(hop)
            response = await client.send(hop, stream=True)
            try:
                if response.status_code == 304 and request.known:
                    return request.known
                if not response.has_redirect_location:
                    return await _receive(response, url, request.kind)
                url = url.join(response.headers["Location"])
            finally:
                await response.aclose()
    raise InputError(f"it redirects more than {MAX_REDIRECTS} times")


def _condition(known: Download | None, url: "httpx.URL") -> dict[str, str]:
    """The headers that ask for a document only if it has changed."""
    if not known or str(url) != known.url:
        return {}
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in headers.items() if value}


async def _pin(request: "httpx.Request") -> None:
    """Replace the request's host by an address that is public, so that nothing is looked up twice.

    The Host header and the name that the certificate must have stay as they are.
    """
    host = request.url.host
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not _is_public(address):
            shown = host if host == address else f"{host} ({address})"
            raise InputError(f"{shown} is a private address; --allow-private lets feeds link there")
    request.url = request.url.copy_with(host=addresses[0])
    request.extensions["sni_hostname"] = host


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


async def _receive(response: "httpx.Response", url: "httpx.URL", kind: Kind) -> Download:
    """The body of an answer, unless it is an error, no document or too large."""
    if not response.is_success:
        status = f"the server answered {response.status_code} {response.reason_phrase}".strip()
        if response.status_code in (408, 425, 429) or response.is_server_error:
            raise PassingError(status, _seconds(response.headers.get("Retry-After", "")))
        raise InputError(status)
    headers = response.headers
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind.media_types.fullmatch(media_type):
        raise InputError(f"it is {media_type}, not a text, HTML, PDF or DOCX")
    # Other encodings, or one in another, could unpack a single piece to gigabytes.
    encoding = headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise InputError(f"its content encoding {encoding} was not asked for")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_BYTES:
            raise InputError(f"it is larger than {MAX_BYTES // 1_000_000} MB")
    return Download(
        str(url),
        bytes(body),
        media_type,
        response.charset_encoding,
        headers.get("ETag"),
        headers.get("Last-Modified"),
    )


def _seconds(retry_after: str) -> float:
    """How long a server asks to wait: it gives seconds or a date."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (ValueError, OverflowError, OSError):  # no date, or one that no clock can hold
        return 0
