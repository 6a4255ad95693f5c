"""The furniture of news pages, which models learned by heart and pages still carry."""

import re

_FURNITURE = re.compile(
    r"""
      \b(?:click|tap)\ here\b | \bscroll\ down\b | \ball\ rights\ reserved\b | \bread\ more\b
    | \bcontributed\ to\ this\ (?:report|story|article)\b | \bsign\ up\ (?:for|to)\ (?:our|the)\b
    | \b(?:opinions|views)\ expressed\ (?:in\ this|here|are)\b | \bcnn\ student\ news\b
    | \bback\ to\ (?:mail\ online|the\ (?:home|page))\b | \bfollow\ (?:us|@\w+)\b
    | \bsubscribe\ to\b | \bour\ newsletter\b | \b(?:the\ daily|weekly)\ newsquiz\b
    | ^(?:read|see|watch)\ also\b | ^also\ read\b | ^more\ (?:on\ th|about\ th)
    | ^(?:sources?|photos?|images?|videos?)\ ?:
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A page may well say one of these, but not a model of a page that does not.
_HABITS = re.compile(
    r"""
      \bi-?report(?:er)?s?\b | \bcnn\.com\b | \bmail\ ?online\b | \byou\ came\ from\b
    | \bsamaritans\b | \bfor\ confidential\ (?:support|help|advice)\b | \b08457\b
    | \bsuicide\ prevention\ (?:life|hot|help)?line\b | \b1-800-\d{3}\b
    | \bthe\ (?:video|photos?|pictures?|images?|clip|gallery)\ (?:was|were)\b
    | \b(?:e-?mail|send|share|submit)\ (?:us\ )?your\b | \bfacebook\ page\b
    | \bwhat\ do\ you\ think\b | \bfor\ (?:more|the\ latest)\b.*\b(?:visit|go\ to|see)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"\w+")


def is_furniture(sentence: str) -> bool:
    """Whether a sentence of an article is about the page rather than the story."""
    return bool(_FURNITURE.search(sentence))


def is_invented(line: str, source: str) -> bool:
    """Whether a model's line is a page's furniture that the source knows nothing of."""
    found = _FURNITURE.search(line) or _HABITS.search(line)
    return found is not None and not _words(found[0]) <= _words(source)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
