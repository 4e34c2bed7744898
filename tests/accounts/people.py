"""People at the doors: what they type, from where, and the links in their mail."""

import itertools
import re
from typing import Any

from httpx import ASGITransport, AsyncClient

import make
from connect.accounts.tables import Account, Affiliation
from connect.config import settings

V1 = "/api/v1"
NEW_PASSWORD = "otter bridge trumpet 7"
WRONG = "wrong otter bridge trumpet"
PERSON = {
    "email": "ada@agency.example",
    "password": make.PASSWORD,
    "legal_name": "Ada Officer",
    "discipline": "law-enforcement",
    "state": "TX",
    "time_zone": "America/Chicago",
    "adult": True,
}
_places = itertools.count(1)


def elsewhere(app: Any, **options: Any) -> AsyncClient:
    """Somebody in a network of their own, who has not been here before."""
    number = next(_places)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    base = options.pop("base_url", settings().base_url)
    return AsyncClient(
        transport=ASGITransport(app, client=(address, 40000)), base_url=base, **options
    )


def link_in(body: str) -> str:
    """The token of the link in a mail."""
    found = re.search(r"/(?:verify-email|reset-password)/(\S+)", body)
    assert found is not None, body
    return found[1]


def form_in(html: str) -> dict[str, str]:
    """The hidden fields of the last form of a page."""
    form = html[html.rindex("<form") :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


async def csrf_of(client: AsyncClient) -> str:
    """What the forms of somebody who is signed in carry."""
    return form_in((await client.get("/account")).text)["csrf"]


async def try_token(client: AsyncClient, email: str, password: str = WRONG, **headers: str) -> int:
    """The status of signing in by the API."""
    asked = {"email": email, "password": password}
    return (await client.post(f"{V1}/tokens", json=asked, headers=headers)).status_code


async def try_page(client: AsyncClient, email: str, password: str = WRONG) -> int:
    """The status of signing in by the page."""
    asked = {"email": email, "password": password}
    return (await client.post("/login", data=asked)).status_code


async def signed_in(app: Any, account: Account) -> AsyncClient:
    """A browser in a network of its own in which *account* signed in."""
    browser = elsewhere(app)
    answer = await browser.post("/login", data={"email": account.email, "password": make.PASSWORD})
    assert answer.status_code == 303, answer.text
    return browser


async def alive(browser: AsyncClient) -> bool:
    """Whether its session is one."""
    return (await browser.get("/account")).status_code == 200


async def works_at() -> list[Any]:
    """The agencies of all affiliations there are."""
    return [row["agency"] for row in await Affiliation.select(Affiliation.agency)]
