"""A person at a page, by mouse or by keyboard alone. The words are those that the page shows."""

import re
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page

import make

MOST_STEPS = 200  # of Tab, before something counts as out of reach


class Mouse:
    """Points and clicks."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def activate(self, target: Locator) -> None:
        """Follow a link, press a button, open a summary. One that waits can be pressed too."""
        await target.click(force=await target.get_attribute("aria-disabled") == "true")

    async def write(self, target: Locator, text: str) -> None:
        await target.fill(text)

    async def choose(self, target: Locator, words: str) -> None:
        """Choose from a list."""
        await target.select_option(label=words)

    async def tick(self, target: Locator) -> None:
        """A box or a circle; its label is what one sees and hits."""
        await self._page.locator(f'label[for="{await target.get_attribute("id")}"]').click()


# Where the focus is, seen from the element that is wanted; and whether one can see that it is.
WHERE = """wanted => {
  const here = document.activeElement;
  if (here === wanted) return "here";
  if (here.type === "radio" && wanted.type === "radio" && here.name === wanted.name) return "group";
  return wanted.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING ? "back" : "on";
}"""
RING = """() => {
  const here = document.activeElement;
  const label = here.id && document.querySelector(`label[for="${here.id}"]`);
  const styles = [getComputedStyle(here), getComputedStyle(here, "::after")];
  if (label) styles.push(getComputedStyle(label), getComputedStyle(label, "::before"));
  return styles.some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
}"""


class Keyboard:
    """Tab, Shift+Tab, Enter, Space and arrows; and the letters that one types."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def activate(self, target: Locator) -> None:
        await self._reach(target)
        await self._page.keyboard.press("Enter")

    async def write(self, target: Locator, text: str) -> None:
        await self._reach(target)
        await self._page.keyboard.press("Control+a")
        await self._page.keyboard.type(text)

    async def choose(self, target: Locator, words: str) -> None:
        await self._reach(target)
        options: list[str] = await target.evaluate("s => [...s.options].map((o) => o.text.trim())")
        away = options.index(words) - int(await target.evaluate("s => s.selectedIndex"))
        for _ in range(abs(away)):
            await self._page.keyboard.press("ArrowDown" if away > 0 else "ArrowUp")
        assert await target.evaluate("s => s.selectedOptions[0].text.trim()") == words

    async def tick(self, target: Locator) -> None:
        await self._reach(target, or_its_group=True)
        while await target.evaluate(WHERE) == "group":
            await self._page.keyboard.press("ArrowDown")
        if not await target.is_checked():
            await self._page.keyboard.press("Space")

    async def _reach(self, target: Locator, *, or_its_group: bool = False) -> None:
        wanted: Any = await target.element_handle()
        for _ in range(MOST_STEPS):
            where = await self._page.evaluate(WHERE, wanted)
            if where == "here" or (or_its_group and where == "group"):
                assert await self._page.evaluate(RING), f"the focus cannot be seen on {target}"
                return
            await self._page.keyboard.press("Shift+Tab" if where == "back" else "Tab")
        raise AssertionError(f"{target} is out of the keyboard's reach")


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, page: Page, url: str, hands: type[Mouse] | type[Keyboard] = Mouse) -> None:
        self.page = page
        self.url = url
        self.hands = hands(page)

    async def open(self, address: str) -> None:
        """Type an address, or open a link from a mail."""
        await self.page.goto(self.url + address)

    async def follow(self, words: str | re.Pattern[str], within: str = "body") -> None:
        """A link, and the page behind it."""
        link = self.page.locator(within).get_by_role("link", name=words, exact=True)
        async with self.page.expect_navigation():
            await self.hands.activate(link)

    async def send(self, words: str) -> None:
        """A button of a form, and the page that answers."""
        async with self.page.expect_navigation():
            await self.press(words)

    async def press(self, words: str) -> None:
        """A button that stays on the page."""
        await self.hands.activate(self.page.get_by_role("button", name=words, exact=True))

    async def write(self, label: str, text: str) -> None:
        await self.hands.write(self.page.get_by_label(label, exact=True), text)

    async def choose(self, label: str, words: str) -> None:
        await self.hands.choose(self.page.get_by_label(label, exact=True), words)

    async def tick(self, selector: str) -> None:
        await self.hands.tick(self.page.locator(selector))

    async def download(self, words: str) -> Path:
        """The file behind a link."""
        async with self.page.expect_download() as coming:
            await self.hands.activate(self.page.get_by_role("link", name=words, exact=True))
        return Path(await (await coming.value).path())

    async def sign_in(self, email: str, password: str = make.PASSWORD) -> None:
        """On the page for it."""
        await self.write("Email address", email)
        await self.write("Password", password)
        await self.send("Sign in")

    async def new_tab(self) -> "Person":
        """The same browser, another page."""
        return Person(await self.page.context.new_page(), self.url, type(self.hands))

    async def heading(self) -> str:
        """What the page says it is."""
        return " ".join((await self.page.locator("h1").inner_text()).split())
