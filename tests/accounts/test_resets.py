"""Forgotten passwords: the mailed link, its single use, its end, and where it leads."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

import make
from accounts.contents import contents, count
from accounts.people import NEW_PASSWORD, V1, alive, elsewhere, link_in, signed_in, try_token
from connect.accounts.links import make_link
from connect.accounts.tables import Account, AccountStatus, LinkKind

MINUTE = timedelta(minutes=1)


async def ask(client, email):
    return await client.post(f"{V1}/password-resets", json={"email": email})


async def put(client, token, password=NEW_PASSWORD):
    return await client.put(f"{V1}/password-resets/{token}", json={"password": password})


async def press(client, token, password=NEW_PASSWORD):
    return await client.post(
        f"/reset-password/{token}",
        data={"password": password},
        headers={"Accept": "application/json"},
    )


async def test_s13_a_new_password_is_set_by_the_mailed_link_and_all_else_ends(
    app, client, api, work, mailbox
):
    account = await make.account()
    page, program = await signed_in(app, account), await api(make.actor_of(account))
    older = await make_link(LinkKind.RESET, account.id)
    asked = await ask(client, account.email.upper())
    await work()

    answer = await put(client, link_in(mailbox[-1].body))

    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not await alive(page)
    assert (await program.get("/me")).status_code == 401
    assert (await put(client, older)).json()["code"] == "link_used_up"
    assert await try_token(client, account.email, make.PASSWORD) == 401
    assert await try_token(client, account.email, NEW_PASSWORD) == 201


@pytest.mark.parametrize("door", [put, press])
async def test_s13_of_twenty_at_once_one_uses_the_link(client, door):
    account = await make.account()
    token = await make_link(LinkKind.RESET, account.id)

    answers = await asyncio.gather(
        *(door(client, token, f"{NEW_PASSWORD}{number}") for number in range(20))
    )

    done = 204 if door is put else 303
    assert Counter(answer.status_code for answer in answers) == {done: 1, 409: 19}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"link_used_up"}
    assert await count("audit_event") == 1


@pytest.mark.parametrize("door", [put, press])
async def test_s13_it_works_for_an_hour(client, clock, door):
    account = await make.account()
    tokens = [await make_link(LinkKind.RESET, account.id) for _ in range(2)]

    clock.move(60 * MINUTE - timedelta(seconds=1))
    assert (await door(client, tokens[0])).status_code in (204, 303)
    tokens[1] = await make_link(LinkKind.RESET, account.id)
    clock.move(60 * MINUTE)
    late = await door(client, tokens[1])

    assert (late.status_code, late.json()["code"]) == (409, "link_used_up")


@pytest.mark.parametrize("token", ["x", "x" * 200, "%00", "%F0%9F%A6%A6"])
async def test_s13_a_made_up_link_sets_nothing(client, token):
    await make.account()
    before = await contents()

    answer = await put(client, token)

    assert answer.status_code == (404 if token == "%00" else 409)
    assert await contents() == before


@pytest.mark.parametrize("kind", [LinkKind.PROVE, LinkKind.SETUP])
async def test_s13_another_kind_of_link_sets_no_password(client, kind):
    account = await make.account()
    token = await make_link(kind, account.id)

    answer = await put(client, token)

    assert (answer.status_code, answer.json()["code"]) == (409, "link_used_up")
    assert await try_token(client, account.email, make.PASSWORD) == 201


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.CLOSED])
async def test_s13_whoever_was_suspended_or_closed_comes_in_by_no_link(
    client, work, mailbox, status
):
    account = await make.account()
    token = await make_link(LinkKind.RESET, account.id)
    await Account.update({Account.status: status}).where(Account.id == account.id)

    answer = await put(client, token)
    await ask(client, account.email)
    await work()

    assert (answer.status_code, answer.json()["code"]) == (409, "link_used_up")
    assert mailbox == []


async def test_s13_a_password_that_is_too_easy_leaves_the_link_for_another_try(client):
    account = await make.account(legal_name="Officer Lovelace")
    token = await make_link(LinkKind.RESET, account.id)

    by_api = await put(client, token, "officer lovelace 9")
    by_page = await press(client, token, "officer lovelace 9")

    assert (by_api.status_code, [e["field"] for e in by_api.json()["errors"]]) == (
        422,
        ["password"],
    )
    assert by_page.status_code == 422
    assert (await put(client, token)).status_code == 204


async def test_s13_it_proves_the_address_too(client):
    account = await make.account(status="pending_email", proved_at=None)
    token = await make_link(LinkKind.RESET, account.id)

    await put(client, token)

    (row,) = await Account.select()
    assert row["status"] == "active_unverified"
    assert row["proved_at"] is not None


async def test_s13_opening_the_page_spends_nothing(client):
    account = await make.account()
    token = await make_link(LinkKind.RESET, account.id)
    before = await contents()

    opened = [(await client.get(f"/reset-password/{token}")).status_code for _ in range(3)]

    assert opened == [200, 200, 200]
    assert await contents() == before
    assert (await put(client, token)).status_code == 204


async def test_s13_an_address_gets_three_mails_an_hour_however_many_ask(
    app, client, work, mailbox, clock
):
    account = await make.account()
    for _ in range(20):
        async with elsewhere(app) as somebody:
            assert (await ask(somebody, account.email)).status_code == 202
    await asyncio.gather(work(), work())
    first = len(mailbox)
    clock.move(60 * MINUTE)
    await ask(client, account.email)
    await work()

    assert (first, len(mailbox)) == (3, 4)


async def test_s13_one_network_asks_thirty_times_a_minute(client, clock):
    await make.account()

    statuses = [(await ask(client, f"person{n}@agency.example")).status_code for n in range(32)]
    by_page = await client.post("/reset-password", data={"email": "ada@agency.example"})

    assert Counter(statuses) == {202: 30, 429: 2}
    assert by_page.status_code == 429


HEADERS = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1:8000.evil.example"},
    {"Host": "127.0.0.1:8000@evil.example"},
    {"Host": "evil.example:8000"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Server": "evil.example"},
    {"X-Host": "evil.example"},
    {"X-Original-Host": "evil.example"},
    {"X-HTTP-Host-Override": "evil.example"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "666"},
    {"Host": "localhost:8000", "Origin": "http://localhost:8000"},
]


async def test_s13_the_link_leads_to_the_configured_place_whatever_the_headers_say(
    client, work, mailbox
):
    found, expected = [], []
    for headers in HEADERS:
        account = await make.account()
        asked = {"email": account.email}
        by_api = await client.post(f"{V1}/password-resets", json=asked, headers=headers)
        by_page = await client.post("/reset-password", data=asked, headers=headers)
        found.append((by_api.status_code, by_page.status_code))
        expected.append((421, 421) if "evil" in headers.get("Host", "") else (202, 200))
    await work()

    assert found == expected
    assert len(mailbox) == 2 * expected.count((202, 200))
    for mail in mailbox:
        assert f"\nhttp://127.0.0.1:8000/reset-password/{link_in(mail.body)}\n" in mail.body
        assert "evil" not in mail.body


async def test_s13_the_page_tells_the_browser_to_keep_the_link_to_itself(client):
    answer = await client.get("/reset-password/some-token")

    assert answer.headers["referrer-policy"] == "same-origin"
    assert "http" not in answer.headers.get("link", "")
