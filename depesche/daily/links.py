"""Links to articles: whether two lead to the same one, and without what tracks their readers."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

# Parameters that say where a reader comes from, not what is read.
_TRACKING = re.compile(
    r"(utm_\w+|wt_?z?mc|wt\.z?mc|at_\w+|pk_\w+|mtm_\w+|mc_[ce]id|xtor|cmpid|\w{1,3}clid|igshid|gepc"
    r"|rss)(=.*)?|(ref|source|src|from)=(rss|feed|newsletter)\b.*",
    re.IGNORECASE,
)


def is_url(address: str) -> bool:
    """Whether an address is a link to the web."""
    return address.lower().startswith(("http://", "https://"))


def cleaned(url: str) -> str:
    """A link without its fragment and what only tracks its reader."""
    parts = _split(url)
    query = "&".join(p for p in parts.query.split("&") if not _TRACKING.fullmatch(p))
    return urlunsplit(parts._replace(query=query, fragment=""))


def identity(url: str) -> str:
    """What all links to one article have in common."""
    parts = _split(cleaned(url))
    return f"{site(url)}{parts.path.rstrip('/')}?{parts.query}".rstrip("?")


def site(url: str) -> str:
    """The host that a link names, "" where it names none."""
    return _split(url).netloc.lower().removeprefix("www.")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")
