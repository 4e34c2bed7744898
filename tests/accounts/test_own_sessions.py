"""One's own sessions: seen, named, ended."""

from datetime import timedelta

import pytest

import make
from accounts.people import alive, csrf_of, elsewhere, form_in
from accounts.second import app_of, code, half_open
from connect.accounts.rules import browser_of
from connect.accounts.tables import Session
from connect.policy import Role
from connect.security import token_hash

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.4 Safari"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 "
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (f"{MAC}/605.1.15", "Safari on Mac"),
        (f"{IPHONE}CriOS/142.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"{ANDROID}537.36", "Chrome on Android"),
        (EDGE, "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        ("curl/8.5.0", "An unknown browser"),
        ("<script>alert(1)</script>" * 50, "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(header, words):
    assert browser_of(header) == words


async def entered(app, account, agent=FIREFOX):
    """A browser in which *account* signed in, and its form's token."""
    browser = elsewhere(app, headers={"User-Agent": agent})
    asked = {"email": account.email, "password": make.PASSWORD}
    assert (await browser.post("/login", data=asked)).status_code == 303
    return browser


async def test_sessions_are_listed_with_network_browser_and_times(app, api, database, clock):
    account = await make.account()
    began = clock.now
    page = await entered(app, account)
    clock.move(timedelta(minutes=1))
    await entered(app, await make.account())

    items = (await (await api(make.actor_of(account))).get("/me/sessions")).json()["items"]
    (row,) = await Session.objects().where(Session.account == account.id)

    assert items == [
        {
            "id": token_hash(page.cookies["connect"]),
            "network": row.network,
            "browser": "Firefox on Windows",
            "made_at": began.isoformat().replace("+00:00", "Z"),
            "last_seen_at": began.isoformat().replace("+00:00", "Z"),
            "is_this": False,
        }
    ]
    assert row.network.startswith("10.")


@pytest.mark.parametrize("rows", [1, 3])
async def test_the_list_takes_as_many_queries_for_three_as_for_one(
    app, api, database, queries, clock, rows
):
    account = await make.account()
    program = await api(make.actor_of(account))
    for _ in range(rows):
        await entered(app, account)
    queries.clear()

    answer = await program.get("/me/sessions")

    assert len(answer.json()["items"]) == rows
    assert len(queries) == 3


async def test_the_list_comes_in_pieces(app, api, database, clock):
    account = await make.account()
    program = await api(make.actor_of(account))
    for seconds in (1, 0, 0, 1):  # three in the same moment
        clock.move(timedelta(seconds=seconds))
        await entered(app, account)
    whole = [row["id"] for row in (await program.get("/me/sessions")).json()["items"]]

    pieces, after = [], ""
    for _ in range(5):
        piece = (await program.get("/me/sessions", params={"limit": 1, "after": after})).json()
        pieces += [row["id"] for row in piece["items"]]
        after = piece["next"]
        if not after:
            break

    assert pieces == whole
    assert len(set(pieces)) == 4


@pytest.mark.parametrize("after", ["x", "WyJ4IiwiYSJd", "WyIyMDI2LTAzLTAyVDE1OjAwOjAwIiwiYSJd"])
async def test_a_cursor_of_nobodys_is_refused(api, database, after):
    program = await api(await make.learner())

    assert (await program.get("/me/sessions", params={"after": after})).status_code == 422


async def test_s11_one_session_is_ended_on_the_very_next_request(app, database, clock):
    account = await make.account()
    here, there = await entered(app, account), await entered(app, account)
    ended = token_hash(there.cookies["connect"])

    asked = {"csrf": await csrf_of(here), "session": ended}
    answer = await here.post("/account/sessions", data=asked)

    assert answer.headers["location"] == "/account/sessions?notice=ended"
    assert [await alive(here), await alive(there)] == [True, False]


async def test_s11_all_other_sessions_are_ended_on_the_very_next_request(app, database, clock):
    account = await make.account()
    here, *others = [await entered(app, account) for _ in range(3)]
    stranger = await entered(app, await make.account())

    answer = await here.post("/account/sessions", data={"csrf": await csrf_of(here)})

    assert answer.headers["location"] == "/account/sessions?notice=others"
    assert [await alive(browser) for browser in (here, *others, stranger)] == [
        True,
        False,
        False,
        True,
    ]


async def test_the_api_ends_one_session_or_all(app, api, database, clock):
    account = await make.account()
    program = await api(make.actor_of(account))
    first, second, third = [await entered(app, account) for _ in range(3)]

    one = await program.delete(f"/me/sessions/{token_hash(first.cookies['connect'])}")
    left = [await alive(browser) for browser in (first, second, third)]
    rest = await program.delete("/me/sessions")

    assert (one.status_code, rest.status_code) == (204, 204)
    assert left == [False, True, True]
    assert [await alive(browser) for browser in (second, third)] == [False, False]
    assert (await program.get("/me")).status_code == 200


async def test_a_stranger_ends_no_session_of_mine(app, api, browser, database, clock):
    account = await make.account()
    mine = await entered(app, account)
    known = token_hash(mine.cookies["connect"])
    program, page = await api(await make.learner()), await browser(await make.learner())

    by_api = await program.delete(f"/me/sessions/{known}")
    by_page = await page.post("/account/sessions", data={"csrf": page.csrf, "session": known})
    await program.delete("/me/sessions")

    assert (by_api.status_code, by_page.status_code) == (404, 404)
    assert await alive(mine)


async def test_what_is_half_open_or_over_is_not_listed(app, browser, database, clock):
    staff = await make.staff(Role.REGISTRAR)
    old = await browser(staff)
    clock.move(timedelta(minutes=61))
    new = await browser(staff)
    page = (await new.get("/account/sessions")).text

    assert not await alive(old)
    assert page.count("Last seen") == 1

    account = await make.account()
    secret = await app_of(account)
    waiting, passing = await half_open(app, account), await half_open(app, account)
    form = form_in((await passing.get("/second-factor")).text)
    csrf = form["csrf"]
    await passing.post("/second-factor", data={"csrf": csrf, "otp": code(secret)})

    assert (await passing.get("/account/sessions")).text.count("Last seen") == 1
    assert not await alive(waiting)
