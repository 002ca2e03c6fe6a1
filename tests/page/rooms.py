"""Pages in a real browser, each in a window that lets nothing pass but the page's own address."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser import NAMES

#: Milliseconds after which what never comes is given up: no speed is measured, and the machine may be busy.
PATIENCE = 120_000
_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: What a page makes itself and no network sees.
_OWN = ("data:", "blob:", "about:")


def may_ask(url: str, address: str) -> bool:
    """Whether a page opened from an address may ask for another: a file for itself alone, a server for what it has."""
    if url.startswith(_OWN):
        return True
    mine, theirs = urlsplit(address), urlsplit(url)
    same = (mine.scheme, mine.netloc) == (theirs.scheme, theirs.netloc)
    return same and (mine.scheme != "file" or mine.path == theirs.path)


@dataclass
class Room:
    """Opens pages, and remembers what none of them may do."""

    browser: Any
    complaints: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def open(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        motion: bool = False,
        language: str = "en-GB",
    ) -> Any:
        """Open an address in a window of its own and wait until the page stands."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            reduced_motion="no-preference" if motion else "reduce",
            accept_downloads=True,
        )
        self.contexts.append(context)

        def judge(route: Any) -> None:
            if may_ask(route.request.url, address):
                route.continue_()
            else:
                self.complaints.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", judge)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page


def launched() -> Iterator[Any]:
    """A browser, where one is installed."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -e '.[test]'"
    )
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser is installed (one of {', '.join(NAMES)}; on Debian: apt-get install chromium)")
    with playwright.sync_playwright() as engine:
        one = engine.chromium.launch(executable_path=found, args=_FLAGS)
        yield one
        one.close()


def entered(browser: Any) -> Iterator[Room]:
    """A room in which nothing was asked of the network, and nothing failed."""
    made = Room(browser)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == [], made.complaints


def predict_and_break(page: Any) -> None:
    """Draw a curve with the mouse, then break the country."""
    button = page.get_by_role("button", name="Break it", exact=True)
    assert button.is_disabled(), "it breaks before anything was expected"
    pad = page.locator(".act .pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 80, steps=4)
    page.mouse.move(x + box["width"] * 0.6, y + 20, steps=6)
    page.mouse.up()
    button.click()
    page.wait_for_selector(".results:not([hidden])")


def walk(page: Any) -> None:
    """Go through a lesson; what is asked must be answered before the next step opens."""
    while (onward := page.locator(".lessons button.primary")).is_visible():
        step = page.locator(".lesson-step").last
        kinds = step.get_attribute("class")
        if "bet" in kinds:
            assert onward.is_disabled()
            step.locator("input[type=radio]").first.check()
        if "predict" in kinds:
            assert onward.is_disabled()
            step.locator(".sliders summary").click()
            step.locator(".sliders input").first.press("ArrowLeft")
        count = page.locator(".lesson-step").count()
        onward.click()
        assert page.locator(".lesson-step").count() == count + 1
