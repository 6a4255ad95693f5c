"""A reader gets each story once, the important ones first, and learns what is left out."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from depesche.brief import Item
from depesche.daily.digest import compose, from_json, key, publisher, to_json
from depesche.daily.news import Digest, Entry, Miss, News, Report
from depesche.stories import WINDOW, Story
from tests.test_stories import GOSLAR, LATER, LINDAU, VOTE

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
PAPERS = ("Abendblatt", "Bote", "Courier")


def report(story: Story, paper: str = "Abendblatt", hour: float | None = 6, **about: Any) -> Report:
    """A report of `story` by `paper`, so many hours into the day."""
    published = None if hour is None else MIDNIGHT + timedelta(hours=hour)
    url = f"https://{paper.lower()}.example/{len(story.text)}"
    item = Item(url, "", f"{story.title} (deutsch)", url, published)
    texts = [*story.text.split(". ")]
    brief = {
        "id": url,
        "title": {"de": item.title, "en": story.title},
        "url": url,
        "published": published and published.isoformat(),
        "brief": [{"text": texts[0], "evidence": [0]}],
        "sentences": [{"de": f"{text} (deutsch)", "en": text} for text in texts],
        "warnings": [],
        "recipe": {},
    }
    return Report(News(item, f"{paper} online", publisher=paper, **about), brief)


def frame(day: int = 22) -> Digest:
    since = MIDNIGHT + timedelta(days=day - 22)
    return Digest(since.date(), since, since + timedelta(days=1), ())


def titles(entries: Sequence[Entry]) -> list[str]:
    return [entry.lead.brief["title"]["en"] for entry in entries]


def long(story: Story) -> Story:
    return replace(story, text=story.text + " He said nothing more about it." * 20)


def test_a_story_of_several_publishers_is_one_entry_and_the_most_reported_comes_first() -> None:
    reports = [
        *map(report, LINDAU, PAPERS, (2.0, 3.0, 4.0)),
        *map(report, GOSLAR, PAPERS, (8.0, 9.0)),
        report(VOTE[0], hour=10),
    ]
    digest = compose(frame(), reports, [])
    assert [1 + len(entry.others) for entry in digest.entries] == [3, 2, 1]
    first = digest.entries[0]
    assert [publisher(one) for one in (first.lead, *first.others)] == [*PAPERS]
    assert (first.told, first.update, digest.omitted, digest.repeats) == (None, (), 0, ())
    for seed in range(3):
        shuffled = random.Random(seed).sample(reports, len(reports))
        assert compose(frame(), shuffled, []) == digest


def test_two_articles_of_one_publisher_count_once() -> None:
    once = [report(story, "Bote", 2.0) for story in LINDAU]
    digest = compose(frame(), [*once, report(VOTE[0], hour=3)], [])
    assert titles(digest.entries)[0] == VOTE[0].title


def test_the_lead_is_a_whole_article_before_a_teaser_or_a_flash_and_then_the_earliest() -> None:
    teaser = report(long(LINDAU[0]), "Abendblatt", 1, excerpt="the article is paid for")
    flash = report(LINDAU[1], "Bote", 2)
    article, later = report(long(LINDAU[2]), "Courier", 3), report(long(LINDAU[1]), "Echo", 4)

    def lead(*reports: Report) -> Report:
        (entry,) = compose(frame(), reports, []).entries
        return entry.lead

    assert lead(teaser, flash, article, later) == article
    assert lead(teaser, flash) == flash
    (entry,) = compose(frame(), [teaser, flash, article, later], []).entries
    assert entry.others == (teaser, flash, later)


def test_the_readers_categories_and_freshness_decide_between_stories_of_one_publisher() -> None:
    reports = [
        report(LINDAU[0], hour=9, category="sport"),
        report(GOSLAR[0], hour=8, category="politics"),
        report(VOTE[0], hour=1, category="politics"),
    ]
    by_time = [LINDAU[0].title, GOSLAR[0].title, VOTE[0].title]
    assert titles(compose(frame(), reports, []).entries) == by_time
    found = titles(compose(frame(), reports, [], ["politics", "sport"]).entries)
    assert found == [GOSLAR[0].title, LINDAU[0].title, VOTE[0].title], "fresh news is not buried"


def test_what_is_beyond_the_most_is_counted_and_may_come_tomorrow() -> None:
    reports = [report(LINDAU[0]), report(GOSLAR[0], hour=5), report(VOTE[0], hour=None)]
    digest = compose(frame(), reports, [], most=1)
    assert (titles(digest.entries), digest.undated) == ([LINDAU[0].title], ())
    assert digest.omitted == 2
    assert titles(compose(frame(23), reports[1:2], [digest]).entries) == [GOSLAR[0].title]


def test_what_says_no_date_is_apart_even_if_it_tells_a_story_of_the_day() -> None:
    digest = compose(frame(), [report(LINDAU[0]), report(LINDAU[1], "Bote", None)], [])
    assert titles(digest.entries) == [LINDAU[0].title]
    assert titles(digest.undated) == [LINDAU[1].title]
    assert not digest.entries[0].others


def test_a_story_of_yesterday_comes_again_only_with_what_is_new() -> None:
    yesterday = compose(frame(21), [report(LINDAU[0], hour=-4), report(VOTE[0], hour=-5)], [])
    again = report(replace(VOTE[0], text=VOTE[0].text.replace("said", "told us")), "Bote", 2)
    old = report(replace(LINDAU[0], text=LINDAU[0].text.replace("said", "told us")), "Bote", 5)
    arrest = report(LATER, "Courier", 7)
    digest = compose(frame(), [report(LINDAU[0], hour=-4), old, arrest, again], [yesterday])
    (entry,) = digest.entries
    assert (entry.lead, entry.told) == (arrest, date(2026, 11, 21))
    assert {"Bregenz", "52"} <= set(entry.update)
    assert entry.others == (old,)
    assert {repeat.title for repeat in digest.repeats} == {LINDAU[0].title, VOTE[0].title}
    assert {repeat.told for repeat in digest.repeats} == {date(2026, 11, 21)}


def test_a_digest_is_not_earlier_than_itself_or_an_earlier_day() -> None:
    today = compose(frame(), [report(LINDAU[0])], [])
    tomorrow = compose(frame(23), [report(LINDAU[0])], [])
    assert compose(frame(), [report(LINDAU[0])], [today, tomorrow]) == today


def test_an_undated_article_is_told_once_however_long_its_feed_keeps_it() -> None:
    """Also when the digest that had it is long out of sight."""
    article = report(VOTE[0], hour=None)
    digests = [compose(frame(1), [article], [])]
    for day in range(2, 12):
        digests.append(compose(frame(day), [article], digests[-1:]))
    assert [len(digest.undated) for digest in digests] == [1] + [0] * 10
    assert digests[-1].repeats[0].told == date(2026, 11, 1)
    assert day > WINDOW.days


def test_an_article_that_was_rewritten_is_told_again_if_it_says_more() -> None:
    old = report(LINDAU[0])
    longer = f"{LINDAU[0].text} On Tuesday police arrested a man from Bregenz, aged 52."
    new = report(replace(LINDAU[0], text=longer))
    assert key(old) != key(new)
    (entry,) = compose(frame(23), [new], [compose(frame(), [old], [])]).entries
    assert entry.update


def test_one_article_from_two_feeds_is_one_report() -> None:
    twice = [report(VOTE[0]), report(VOTE[0])]
    (entry,) = compose(frame(), twice, []).entries
    assert not entry.others


def test_every_report_is_told_or_named_as_told_before_or_counted() -> None:
    """Over many days, whatever comes when: nothing is dropped silently, and nothing told twice."""
    draw = random.Random(0)
    stories = [*LINDAU, *GOSLAR, *VOTE, LATER]
    past: list[Digest] = []
    seen: dict[str, date] = {}
    for day in range(1, 15):
        drawn = [(draw.choice(stories), draw.choice(PAPERS)) for _ in range(draw.randrange(9))]
        hour = 24.0 * (day - 22)
        reports = [report(s, paper, draw.choice([hour, hour + 7, None])) for s, paper in drawn]
        digest = compose(frame(day), reports, past)
        entries = [*digest.entries, *digest.undated]
        told = {key(r) for entry in entries for r in (entry.lead, *entry.others)}
        again = {repeat.key for repeat in digest.repeats}
        assert told | again == set(map(key, reports))
        assert told.isdisjoint(again)
        assert told.isdisjoint(seen)
        assert all(repeat.told in {d.day for d in past} for repeat in digest.repeats)
        fewer = compose(frame(day), reports, past, most=2)
        assert len(fewer.entries) + len(fewer.undated) + fewer.omitted == len(entries)
        seen |= dict.fromkeys(told, digest.day)
        past.append(digest)
    assert any(entry.told for digest in past for entry in digest.entries)


def test_a_digest_survives_json() -> None:
    yesterday = compose(frame(21), [report(LINDAU[0], hour=-4)], [])
    whole = replace(
        frame(),
        sources={"Zeitung": 3, "Abendblatt": 0},
        misses=(Miss("Zeitung", "404", "Ein Artikel", "https://zeitung.example/1"), Miss("B", "x")),
        recipe={"words": 60, "model": {"name": "mini"}},
    )
    reports = [
        *map(report, LINDAU, PAPERS, (1.0, 2.0, None)),
        report(VOTE[1], image="https://b.example/x.jpg", author="A. Beh", section="Ort"),
        report(LINDAU[0], hour=-4),
    ]
    digest = compose(whole, reports, [yesterday], ["politics"], most=9)
    text = json.dumps(to_json(digest))
    assert from_json(json.loads(text)) == digest
    assert [*from_json(json.loads(text)).sources] == ["Zeitung", "Abendblatt"]
    assert json.dumps(to_json(from_json(json.loads(text)))) == text


def test_a_day_without_news_is_a_digest_too() -> None:
    assert compose(frame(), [], [compose(frame(21), [report(VOTE[0])], [])]) == frame()
