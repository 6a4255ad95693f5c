"""Links that lead to one article are told from those that do not."""

import pytest

from depesche.daily.links import cleaned, identity, is_url, site


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b?utm_source=x&id=3&fbclid=7#top", "https://a.example/b?id=3"),
        ("https://a.example/b?wt_zmc=a.b&GEPC=s5", "https://a.example/b"),
        ("https://a.example/b?ref=rss", "https://a.example/b"),
        ("https://a.example/b?ref=main&source=Amt&state=5", None),
        ("https://a.example/?p=12&rss=1", "https://a.example/?p=12"),
        ("http://[", None),
    ],
)
def test_what_only_tracks_is_dropped(url: str, expected: str | None) -> None:
    assert cleaned(url) == (expected or url)


def test_what_leads_to_one_article() -> None:
    one = {"http://www.A.example/b/", "https://a.example/b", "https://a.example/b?utm_source=rss"}
    assert len(set(map(identity, one))) == 1
    other = {"https://a.example/b?id=1", "https://a.example/b?id=2", "https://a.example/B", "x"}
    assert len(set(map(identity, other))) == 4


def test_the_site_of_a_link() -> None:
    assert site("https://www.Bote.example?p=1") == "bote.example"
    assert site("nowhere") == site("http://[") == ""


def test_links_to_the_web() -> None:
    assert is_url("HTTPS://bote.example")
    assert not is_url("javascript:alert(1)")
    assert not is_url("feeds/bote.xml")
