"""A real Chromium, and what tests of pages look at in it."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)

# Texts that want to be more than text.
EVIL = (
    "</title></style></script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "' onmouseover='alert(3)' autofocus onfocus='alert(4)",
    "<svg onload=alert(5)>{{ 7 * 7 }}<!--",
    "<a href='javascript:alert(6)'>click</a><base href=https://evil.example/>",
)

# Of each element with a text: its contrast, and what it is.
CONTRASTS = """() => {
    const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) =>
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = e => {
        const colour = parse(getComputedStyle(e).backgroundColor);
        return colour[3] === 0 ? behind(e.parentElement) : colour;
    };
    return [...document.querySelectorAll("main *, #hint")].flatMap(e => {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) return [];
        if (!e.checkVisibility()) return [];
        const [a, b] = [parse(getComputedStyle(e).color), behind(e)].map(luminance);
        return [[(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.className || e.tagName]];
    });
}"""


class Tabs:
    """Opens pages, and notes all that they ask for and complain of."""

    def __init__(self, browser: "Browser") -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def open(self, path: Path, width: int = 1280, **options: Any) -> "Page":
        """The page of a file; `options` are those of a context of the browser."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 800}, reduced_motion="reduce", **options
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.goto(path.as_uri())
        return page

    def close(self) -> None:
        """Close them all."""
        for context in self._contexts:
            context.close()


def lit(page: "Page") -> set[str]:
    """The ids of what is lit."""
    return set(page.eval_on_selector_all(".lit", "found => found.map(e => e.id)"))


def glows(page: "Page", selector: str) -> bool:
    """Whether it has a background of its own."""
    background = page.eval_on_selector(selector, "e => getComputedStyle(e).backgroundColor")
    return str(background) != "rgba(0, 0, 0, 0)"
