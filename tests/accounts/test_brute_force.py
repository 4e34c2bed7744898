"""Guessing passwords: how many tries are looked at, whatever way they come."""

import asyncio
from collections import Counter
from datetime import timedelta

from httpx import ASGITransport, AsyncClient

import make
from accounts.people import (
    NEW_PASSWORD,
    V1,
    WRONG,
    alive,
    signed_in,
    try_page,
    try_token,
)

VERIFIED = 401  # a wrong password was looked at; 429: it was not
MINUTE = timedelta(minutes=1)


async def test_s9_of_fifty_wrong_tries_at_once_ten_are_looked_at(client, clock):
    account = await make.account()

    statuses = await asyncio.gather(
        *(try_token(client, account.email) for _ in range(25)),
        *(try_page(client, account.email) for _ in range(25)),
    )

    looked_at = Counter(status != 429 for status in statuses)
    assert looked_at == {True: 10, False: 40}


async def test_s9_in_no_quarter_of_an_hour_more_than_ten_are_looked_at(client, clock):
    account = await make.account()
    moments = []
    for _ in range(100):
        if await try_token(client, account.email) == VERIFIED:
            moments.append(clock.now)
        clock.move(timedelta(seconds=25))

    windows = [sum(then <= m < then + 15 * MINUTE for m in moments) for then in moments]
    assert max(windows) == 10
    assert len(moments) == 30  # the window slides on


async def test_s9_the_right_password_does_not_help_while_tries_are_used_up(client, clock):
    account = await make.account()
    for _ in range(10):
        await try_token(client, account.email)

    refused = await client.post(
        f"{V1}/tokens", json={"email": account.email, "password": make.PASSWORD}
    )
    clock.move(15 * MINUTE)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert refused.headers["retry-after"] == "900"
    assert await try_token(client, account.email, make.PASSWORD) == 201


async def test_s9_the_owner_gets_in_from_elsewhere_meanwhile(app, client, clock):
    account = await make.account()
    for _ in range(11):
        await try_token(client, account.email)

    assert await alive(await signed_in(app, account))


async def test_s9_a_right_password_forgives_the_wrong_ones_before(client, clock):
    account = await make.account()

    statuses = []
    for _ in range(3):
        statuses += [await try_token(client, account.email) for _ in range(8)]
        statuses.append(await try_token(client, account.email, make.PASSWORD))

    assert Counter(statuses) == {401: 24, 201: 3}


async def test_s9_one_password_sprayed_over_many_accounts_is_stopped_at_thirty(client, clock):
    accounts = [await make.account() for _ in range(40)]

    statuses = [await try_token(client, account.email) for account in accounts]
    clock.move(MINUTE)
    later = await try_token(client, accounts[0].email)

    assert Counter(statuses) == {401: 30, 429: 10}
    assert later == 401


async def test_s9_a_forged_forwarding_header_gets_no_further_tries(client, clock):
    account = await make.account()

    statuses = [
        await try_token(
            client,
            account.email,
            **{
                "X-Forwarded-For": f"203.0.113.{number}",
                "X-Real-IP": f"203.0.113.{number}",
                "Forwarded": f"for=203.0.113.{number}",
                "True-Client-IP": f"203.0.113.{number}",
            },
        )
        for number in range(50)
    ]

    assert Counter(statuses) == {401: 10, 429: 40}


async def test_s9_neighbors_in_one_ipv6_network_share_its_tries(app, database, clock):
    account = await make.account()
    statuses = []
    for number in range(15):
        transport = ASGITransport(app, client=(f"2001:db8:1:2::{number:x}", 40000))
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            statuses.append(await try_token(client, account.email))

    assert Counter(statuses) == {401: 10, 429: 5}


async def test_s9_an_address_counts_as_one_however_it_is_typed(client, clock):
    account = await make.account(email="ada@agency.example")
    typed = ["ada@agency.example", " Ada@agency.example", "ADA@AGENCY.EXAMPLE "]

    statuses = [await try_token(client, typed[number % 3]) for number in range(15)]

    assert account.email == "ada@agency.example"
    assert Counter(statuses) == {401: 10, 429: 5}


async def test_s9_guessing_the_present_password_of_an_open_session_is_limited(api, clock):
    program = await api(await make.learner())
    asked = {"current": WRONG, "new": NEW_PASSWORD}

    statuses = [(await program.put("/me/password", json=asked)).status_code for _ in range(12)]

    assert Counter(statuses) == {422: 10, 429: 2}
