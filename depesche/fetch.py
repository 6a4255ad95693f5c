"""A document from the web: one GET, bounded in time, size and redirects."""

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depesche import __version__
from depesche.brief import InputError

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 10_000_000  # of the body, unpacked
MAX_REDIRECTS = 5
SECONDS_TOTAL = 60.0
SECONDS_SILENT = 15.0  # for a connection, or between two pieces of an answer

# Everything else is no document; what these really hold is seen from the content.
MEDIA_TYPES = re.compile(
    r"|text/.+|(application|binary)/octet-stream|application/(xhtml\+xml|pdf"
    r"|vnd\.openxmlformats-officedocument\.wordprocessingml\.document)"
)


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
    import httpx

    try:
        return asyncio.run(asyncio.wait_for(_fetch(url, allow_private), SECONDS_TOTAL))
    except TimeoutError:
        raise InputError(f"the server took more than {SECONDS_TOTAL:.0f} s") from None
    except httpx.TimeoutException:
        raise InputError(f"the server was silent for {SECONDS_SILENT:.0f} s") from None
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InputError(f"it is no valid URL: {error}") from None
    except (httpx.HTTPError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise InputError(f"it cannot be fetched: {reason}") from None


async def _fetch(address: str, allow_private: bool) -> Download:
    import httpx

    url = httpx.URL(address)
    headers = {
        "User-Agent": f"depesche/{__version__}",
        "Accept": "text/html, application/xhtml+xml, text/*, application/pdf;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip",
    }
    async with httpx.AsyncClient(headers=headers, timeout=SECONDS_SILENT) as client:
        for _ in range(MAX_REDIRECTS + 1):
            if url.scheme not in ("http", "https") or not url.host:
                raise InputError(f"only http and https URLs are read, not {url}")
            request = client.build_request("GET", url)
            if not allow_private:
                await _pin(request)
            response = await client.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    return await _receive(response, url)
                url = url.join(response.headers["Location"])
            finally:
                await response.aclose()
    raise InputError(f"it redirects more than {MAX_REDIRECTS} times")


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
            raise InputError(f"{host} is a private address ({address})")
    request.url = request.url.copy_with(host=addresses[0])
    request.extensions["sni_hostname"] = host


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


async def _receive(response: "httpx.Response", url: "httpx.URL") -> Download:
    """The body of an answer, unless it is an error, no document or too large."""
    if response.is_error:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        raise InputError(f"the server answered {status}")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not MEDIA_TYPES.fullmatch(media_type):
        raise InputError(f"it is {media_type}, not a text, HTML, PDF or DOCX")
    # Other encodings, or one in another, could unpack a single piece to gigabytes.
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise InputError(f"its content encoding {encoding} was not asked for")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_BYTES:
            raise InputError(f"it is larger than {MAX_BYTES // 1_000_000} MB")
    return Download(str(url), bytes(body), media_type, response.charset_encoding)
