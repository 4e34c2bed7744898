"""A site that runs, a browser, and people who use the one with the other."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Request, async_playwright

from browser.album import WIDE, Album
from browser.hands import Keyboard, Mouse, Person
from browser.served import Site
from connect.accounts.authentication import cookie_name
from connect.accounts.queries import account_of
from connect.accounts.sign_in import open_session
from connect.config import settings
from connect.policy import Actor

CHROMIUM = os.environ.get("CONNECT_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox"] if os.geteuid() == 0 else []
PATIENCE = 10_000  # milliseconds for what a page is waited for; it takes a few on a quiet machine
LARGEST_PAGE = 60_000  # bytes of HTML
NewPerson = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Any:
    """SQLite, unless a test names another: what differs between engines shows below the pages."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database")


@pytest.fixture
async def site(app: Any, database: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    site = Site(app)
    monkeypatch.setenv("CONNECT_BASE_URL", site.url)
    settings.cache_clear()
    await site.start()
    yield site
    await site.stop()
    settings.cache_clear()


class Watch:
    """What goes wrong in any browser, whether or not a person would see it."""

    def __init__(self, url: str) -> None:
        self.refusals: set[int] = set()  # status codes that the test brings about on purpose
        self.also: set[str] = set()  # addresses that count as the site's
        self.is_away = False  # the server, on purpose
        self.faults: list[str] = []
        self._url = url

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda e: self.faults.append(f"script error: {e.error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._url}/", "data:", "blob:", *self.also)):
            self.faults.append(f"left the site: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        """A violation of the Content-Security-Policy is told here too."""
        told = message.text.startswith("Failed to load resource")
        refused = told and any(f"status of {code} " in message.text for code in self.refusals)
        away = told and self.is_away and "ERR_" in message.text
        if message.type in ("error", "warning") and not (refused or away):
            self.faults.append(f"console: {message.text} at {message.location}")


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    watch = Watch(site.url)
    yield watch
    assert watch.faults == []
    assert {path: size for path, size in site.pages.items() if size > LARGEST_PAGE} == {}


@pytest.fixture
async def person(chromium: Browser, site: Site, watch: Watch) -> AsyncIterator[NewPerson]:
    """``await person()`` is somebody with a fresh browser.

    Named: ``actor`` who is signed in, ``script=False``, ``keyboard=True`` for no mouse.
    """
    contexts: list[BrowserContext] = []

    async def come(
        actor: Actor | None = None, *, script: bool = True, keyboard: bool = False
    ) -> Person:
        context = await chromium.new_context(
            viewport=WIDE, java_script_enabled=script, reduced_motion="reduce"
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(PATIENCE)
        watch.over(context)
        if actor:
            account = await account_of(actor)
            secret = await open_session(account, "192.0.2.9", with_factor=True)
            await context.add_cookies([{"name": cookie_name(), "value": secret, "url": site.url}])
        return Person(await context.new_page(), site.url, Keyboard if keyboard else Mouse)

    yield come
    for context in contexts:
        await context.close()


@pytest.fixture(scope="session")
def album() -> Album:
    """Where the pages of all tests are looked at, so that titles are compared across them."""
    return Album()
