"""One GET from a real server: what is no document, too much, too slow or elsewhere is refused."""

import asyncio
import gzip
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from depesche import __version__, fetch
from depesche.brief import InputError
from tests.web import Answer, Web, web

HTML = {"Content-Type": "text/html; charset=ISO-8859-1"}


@pytest.fixture
def site() -> Iterator[Web]:
    with web() as running:
        yield running


def refused(url: str, **settings: bool) -> str:
    with pytest.raises(InputError) as caught:
        fetch.fetch(url, **settings)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_body_and_what_it_is_called(site: Web) -> None:
    site.answers["/a"] = Answer("<p>Über</p>".encode("latin-1"), HTML)
    found = fetch.fetch(f"{site.url}/a")
    assert found == fetch.Download(f"{site.url}/a", b"<p>\xdcber</p>", "text/html", "iso-8859-1")


def test_the_client_says_who_it_is(site: Web) -> None:
    site.answers["/a"] = Answer(b"a")
    fetch.fetch(f"{site.url}/a")
    assert site.requests[0][1]["User-Agent"] == f"depesche/{__version__}"


def test_the_final_address_counts(site: Web) -> None:
    site.answers["/a"] = Answer(headers={"Location": "/b?c=1"}, status=301)
    site.answers["/b?c=1"] = Answer(b"Text", HTML)
    assert fetch.fetch(f"{site.url}/a").url == f"{site.url}/b?c=1"


def test_a_cookie_is_kept_on_the_way(site: Web) -> None:
    """Some pages redirect to themselves until theirs comes back."""
    site.answers["/a"] = Answer(headers={"Location": "/b", "Set-Cookie": "seen=1"}, status=302)
    site.answers["/b"] = Answer(b"Text", HTML)
    fetch.fetch(f"{site.url}/a")
    assert site.requests[1][1]["Cookie"] == "seen=1"


def test_redirects_end(site: Web) -> None:
    site.answers["/a"] = Answer(headers={"Location": "/a"}, status=302)
    assert "redirects more than 5 times" in refused(f"{site.url}/a")
    assert len(site.requests) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://a/b"])
def test_a_redirect_leads_to_no_file(site: Web, target: str) -> None:
    site.answers["/a"] = Answer(headers={"Location": target}, status=302)
    assert "only http and https" in refused(f"{site.url}/a")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b", "http://", "http://[::", "a"])
def test_what_is_no_web_address(url: str) -> None:
    assert "http" in refused(url) or "URL" in refused(url)


def test_an_error_is_told(site: Web) -> None:
    assert refused(f"{site.url}/gone") == "the server answered 404 Not Found"


def test_an_unreachable_server() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), None)  # type: ignore[arg-type]
    server.server_close()
    assert "cannot be fetched" in refused(f"http://127.0.0.1:{server.server_port}/")
    assert "cannot be fetched" in refused("http://nirgends.invalid/")


@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "application/json", "application/zip"])
def test_what_is_no_document(site: Web, kind: str) -> None:
    site.answers["/a"] = Answer(b"a", {"Content-Type": kind})
    assert f"it is {kind}" in refused(f"{site.url}/a")


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "TEXT/HTML;charset=utf-8",
        "application/xhtml+xml",
        "application/pdf",
        "application/octet-stream",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
)
def test_what_may_be_a_document(site: Web, kind: str) -> None:
    site.answers["/a"] = Answer(b"a", {"Content-Type": kind})
    assert fetch.fetch(f"{site.url}/a").body == b"a"


def test_compression(site: Web) -> None:
    site.answers["/a"] = Answer(gzip.compress(b"Text"), {"Content-Encoding": "gzip"})
    assert fetch.fetch(f"{site.url}/a").body == b"Text"


def test_a_bomb_is_not_unpacked(site: Web) -> None:
    body = gzip.compress(b"\0" * 50_000_000)
    assert len(body) < 100_000
    site.answers["/a"] = Answer(body, {"Content-Encoding": "gzip"})
    assert "larger than 10 MB" in refused(f"{site.url}/a")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_an_encoding_that_was_not_asked_for(site: Web, encoding: str) -> None:
    """A bomb in a bomb unpacks to gigabytes before anyone can count."""
    site.answers["/a"] = Answer(b"a", {"Content-Encoding": encoding})
    assert "not asked for" in refused(f"{site.url}/a")


def test_a_damaged_body(site: Web) -> None:
    site.answers["/a"] = Answer(b"no gzip", {"Content-Encoding": "gzip"})
    assert "cannot be fetched" in refused(f"{site.url}/a")


def test_an_answer_that_breaks_off_is_not_taken_for_whole(site: Web) -> None:
    site.answers["/a"] = Answer(b"Nur der Anfang", {"Content-Length": "1000"})
    assert "cannot be fetched" in refused(f"{site.url}/a")


def test_an_endless_body_ends(site: Web) -> None:
    site.answers["/for-ever"] = Answer(headers={"Content-Type": "text/html"})
    assert "larger than 10 MB" in refused(f"{site.url}/for-ever")


@pytest.mark.parametrize("path", ["/drip", "/headers-for-ever"])
def test_a_server_that_drips_ends(site: Web, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, but never the last."""
    monkeypatch.setattr(fetch, "SECONDS_TOTAL", 0.5)
    site.answers["/drip"] = Answer(b"x" * 1000, HTML, drip=0.05)
    start = time.monotonic()
    assert "took more than" in refused(site.url + path)
    assert time.monotonic() - start < 5


def test_a_silent_server_ends(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS_SILENT", 0.2)
    site.answers["/a"] = Answer(b"x", HTML, drip=2)
    assert "was silent" in refused(f"{site.url}/a")


def test_this_machine_and_its_network_can_be_left_out(site: Web) -> None:
    """A feed must not make the machine ask its own services."""
    assert "private address" in refused(f"{site.url}/a", allow_private=False)
    by_name = site.url.replace("127.0.0.1", "localhost")
    assert "private address" in refused(f"{by_name}/a", allow_private=False)
    assert site.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_private_addresses(address: str, public: bool) -> None:
    assert fetch._is_public(address) is public


def test_the_address_that_was_checked_is_the_one_asked(
    site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a name could be public when looked up and private when connected to."""
    monkeypatch.setattr(fetch, "_is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 0))])
    port = site.url.rpartition(":")[2]
    site.answers["/a"] = Answer(headers={"Location": "/b"}, status=302)
    site.answers["/b"] = Answer(b"Text", HTML)
    found = fetch.fetch(f"http://weserbote.example:{port}/a", allow_private=False)
    assert found.url == f"http://weserbote.example:{port}/b"
    assert [headers["Host"] for _, headers in site.requests] == [f"weserbote.example:{port}"] * 2


def test_every_hop_is_checked(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_is_public", lambda address: address == "127.0.0.1")
    site.answers["/a"] = Answer(headers={"Location": "http://[::1]:1/b"}, status=302)
    assert "private address" in refused(f"{site.url}/a", allow_private=False)


# Many documents


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PAUSES", (0.01, 0.01))


def get(url: str, *, private: bool = True, **settings: object) -> fetch.Download:
    async def one() -> fetch.Download:
        return await fetch.Fetcher(allow_private=private).get(url, **settings)  # type: ignore[arg-type]

    return asyncio.run(one())


def test_what_has_not_changed_is_not_sent_again(site: Web) -> None:
    site.answers["/a"] = Answer(b"Text", {"ETag": '"1"', "Last-Modified": "gestern"})
    known = get(f"{site.url}/a")
    assert (known.etag, known.modified) == ('"1"', "gestern")
    assert get(f"{site.url}/a", known=known) is known
    assert site.requests[1][1]["If-Modified-Since"] == "gestern"
    site.answers["/a"] = Answer(b"Neu", {"ETag": '"2"'})
    assert get(f"{site.url}/a", known=known).body == b"Neu"


def test_what_was_elsewhere_then_is_asked_for_anew(site: Web) -> None:
    """Another page may have the same tag."""
    site.answers["/a"] = Answer(headers={"Location": "/b"}, status=302)
    site.answers["/b"] = Answer(b"B", {"ETag": '"1"'})
    known = fetch.Download(f"{site.url}/c", b"C", "", None, '"1"')
    assert get(f"{site.url}/a", known=known).body == b"B"


def test_an_answer_that_nothing_has_changed_to_who_has_nothing(site: Web) -> None:
    site.answers["/a"] = Answer(status=304)
    with pytest.raises(InputError, match="304"):
        get(f"{site.url}/a")


@pytest.mark.parametrize("status", [500, 502, 503, 429])
@pytest.mark.usefixtures("quick")
def test_what_may_pass_is_tried_again(site: Web, status: int) -> None:
    good = Answer(b"Text", HTML)
    site.answers["/a"] = Answer(status=status, then=Answer(status=status, then=good))
    assert get(f"{site.url}/a").body == b"Text"
    assert len(site.requests) == 3


@pytest.mark.usefixtures("quick")
def test_what_does_not_pass_is_given_up(site: Web) -> None:
    site.answers["/a"] = Answer(status=503)
    with pytest.raises(fetch.PassingError, match="503"):
        get(f"{site.url}/a")
    assert len(site.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_what_will_not_pass_is_not_tried_again(site: Web, status: int) -> None:
    site.answers["/a"] = Answer(status=status)
    with pytest.raises(InputError) as caught:
        get(f"{site.url}/a")
    assert not isinstance(caught.value, fetch.PassingError)
    assert len(site.requests) == 1


def test_a_server_may_say_when_to_come_again(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("depesche.fetch.asyncio.sleep", sleep)
    again = Answer(status=503, headers={"Retry-After": "bald"}, then=Answer(b"Text"))
    site.answers["/a"] = Answer(status=429, headers={"Retry-After": "7"}, then=again)
    assert get(f"{site.url}/a").body == b"Text"
    assert pauses == [7, 4]


@pytest.mark.parametrize("wait", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT", "9" * 400])
def test_a_server_that_says_not_today(site: Web, wait: str) -> None:
    """Neither is it asked again nor does everyone else wait."""
    site.answers["/a"] = Answer(status=503, headers={"Retry-After": wait})
    with pytest.raises(fetch.PassingError):
        get(f"{site.url}/a")
    assert len(site.requests) == 1


@pytest.mark.usefixtures("quick")
def test_a_dead_server_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty articles of it would otherwise each take their time."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), None)  # type: ignore[arg-type]
    server.server_close()
    tried = []
    attempt = fetch._attempt

    async def counted(request: fetch._Request) -> fetch.Download:
        tried.append(request.url)
        return await attempt(request)

    monkeypatch.setattr(fetch, "_attempt", counted)

    async def many() -> list[BaseException]:
        fetcher = fetch.Fetcher(allow_private=True)
        urls = [f"http://127.0.0.1:{server.server_port}/{n}" for n in range(40)]
        return await asyncio.gather(*map(fetcher.get, urls), return_exceptions=True)  # type: ignore[return-value]

    failures = asyncio.run(many())
    assert all(isinstance(failure, fetch.PassingError) for failure in failures)
    assert len(set(tried)) <= fetch.DEAD_AFTER + fetch.AT_ONCE_OF_HOST


def test_a_server_that_is_always_slow_has_an_end(
    site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of articles, each nearly a minute late, would take the whole day."""
    monkeypatch.setattr(fetch, "SECONDS_OF_HOST", 0.2)
    for path in "ab":
        site.answers[f"/{path}"] = Answer(b"Text", HTML, drip=0.1)

    async def one_by_one() -> None:
        fetcher = fetch.Fetcher(allow_private=True)
        await fetcher.get(f"{site.url}/a")
        with pytest.raises(fetch.PassingError, match="for others"):
            await fetcher.get(f"{site.url}/b")

    asyncio.run(one_by_one())


def test_a_host_is_asked_for_few_documents_at_a_time(
    site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = {"127.0.0.1": 0, "localhost": 0}, {"127.0.0.1": 0, "localhost": 0}
    together = 0

    async def attempt(request: fetch._Request) -> fetch.Download:
        nonlocal together
        host = fetch.host_of(request.url)
        running[host] += 1
        most[host] = max(most[host], running[host])
        together = max(together, sum(running.values()))
        await asyncio.sleep(0.01)
        running[host] -= 1
        return fetch.Download(request.url, b"", "", None)

    monkeypatch.setattr(fetch, "_attempt", attempt)

    async def many() -> None:
        fetcher = fetch.Fetcher()
        await asyncio.gather(*(fetcher.get(f"http://{h}/{n}") for h in running for n in range(9)))

    asyncio.run(many())
    assert most == {"127.0.0.1": 2, "localhost": 2}
    assert together == 4


def test_a_feed_may_have_any_media_type(site: Web) -> None:
    for kind in ("application/rss+xml", "application/octet-stream", "image/png", "text/html"):
        site.answers["/a"] = Answer(b"<rss/>", {"Content-Type": kind})
        assert get(f"{site.url}/a", kind=fetch.FEED).body == b"<rss/>"
    assert "application/atom+xml" in site.requests[0][1]["Accept"]


def test_only_what_the_user_named_may_be_private(site: Web) -> None:
    """A feed on an intranet is read; one on the web that leads there is not."""
    site.answers["/feed"] = Answer(headers={"Location": "/a"}, status=302)
    site.answers["/a"] = Answer(b"Text")
    assert get(f"{site.url}/feed", private=False, named=True).body == b"Text"
    with pytest.raises(InputError, match="private address"):
        get(f"{site.url}/a", private=False)
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    site.answers["/feed"] = Answer(headers={"Location": f"{elsewhere}/a"}, status=302)
    with pytest.raises(InputError, match=r"localhost \(.*\) is a private address; --allow-private"):
        get(f"{site.url}/feed", private=False, named=True)
