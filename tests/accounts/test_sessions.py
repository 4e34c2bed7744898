"""Sessions: where they come from, what carries them, when they end."""

import asyncio
from datetime import timedelta

import pytest

import make
from accounts.contents import contents, count
from accounts.environment import environment
from accounts.people import (
    NEW_PASSWORD,
    V1,
    WRONG,
    alive,
    csrf_of,
    elsewhere,
    signed_in,
    try_page,
    try_token,
)
from connect.accounts import links, sign_in
from connect.accounts.sign_in import (
    WrongPassword,
    change_password,
    check_password,
    open_session,
)
from connect.accounts.tables import Account, AccountStatus, RoleGrant, Session
from connect.db import transaction
from connect.errors import Invalid
from connect.policy import Role
from connect.security import token_hash

MINUTE = timedelta(minutes=1)


async def test_s11_a_chosen_session_is_never_taken_up(client, app):
    account = await make.account()
    chosen = "C" * 43
    client.cookies.set("connect", chosen)
    victim = await client.post("/login", data={"email": account.email, "password": make.PASSWORD})
    attacker = elsewhere(app, cookies={"connect": chosen})

    assert victim.status_code == 303
    assert victim.cookies["connect"] != chosen
    assert not await alive(attacker)
    assert await Session.count().where(Session.id_hash == token_hash(chosen)) == 0


async def test_s11_each_sign_in_makes_a_new_session_of_256_bits(app, database):
    account = await make.account()

    secrets = [(await signed_in(app, account)).cookies["connect"] for _ in range(3)]

    assert len(set(secrets)) == 3
    assert {len(secret) for secret in secrets} == {43}


async def test_s11_only_hashes_of_sessions_and_tokens_are_stored(app, client):
    account = await make.account()
    session = (await signed_in(app, account)).cookies["connect"]
    asked = {"email": account.email, "password": make.PASSWORD}
    token = (await client.post(f"{V1}/tokens", json=asked)).json()["token"]

    stored = str(await contents())

    assert token.startswith("connect_")
    for secret in (session, token):
        assert secret not in stored
        assert token_hash(secret) in stored


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (
            "https://connect.example",
            "__Host-connect=SECRET; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax; Secure",
        ),
        (
            "http://127.0.0.1:8000",
            "connect=SECRET; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax",
        ),
    ],
)
async def test_s11_the_cookie_is_kept_from_scripts_and_other_sites(app, database, base, expected):
    account = await make.account()
    with environment(base_url=base):
        client = elsewhere(app)
        answer = await client.post(
            "/login", data={"email": account.email, "password": make.PASSWORD}
        )
        secret = answer.cookies[expected.partition("=")[0]]
        out = await client.post("/logout", data={"csrf": await csrf_of(client)})

    assert answer.headers.get_list("set-cookie") == [expected.replace("SECRET", secret)]
    assert len(secret) == 43
    assert out.headers.get_list("set-cookie") == [
        expected.replace("SECRET", '""').replace("2592000", "0")
    ]


async def test_s11_with_https_only_the_cookie_of_this_host_counts(app, database):
    account = await make.account()
    with environment(base_url="https://connect.example"):
        client = await signed_in(app, account)
        secret = client.cookies["__Host-connect"]

        assert await alive(client)
        assert not await alive(elsewhere(app, cookies={"connect": secret}))


async def test_s11_signing_out_ends_this_session_and_no_other(app, database):
    account = await make.account()
    here, there = await signed_in(app, account), await signed_in(app, account)
    secret = here.cookies["connect"]

    answer = await here.post("/logout", data={"csrf": await csrf_of(here)})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not await alive(elsewhere(app, cookies={"connect": secret}))
    assert await alive(there)


@pytest.mark.parametrize("door", ["api", "page"])
async def test_s11_a_new_password_ends_all_else_on_the_very_next_request(app, client, api, door):
    account = await make.account()
    actor = make.actor_of(account)
    here, there = await signed_in(app, account), await signed_in(app, account)
    programs = [await api(actor) for _ in range(2)]
    asked = {"current": make.PASSWORD, "new": NEW_PASSWORD}

    if door == "page":
        answer = await here.post("/account/password", data=asked | {"csrf": await csrf_of(here)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?notice=password")
    else:
        answer = await programs[0].put("/me/password", json=asked)
        assert answer.status_code == 204

    assert await alive(here) is (door == "page")
    assert not await alive(there)
    assert [(await program.get("/me")).status_code for program in programs] == [401, 401]
    assert await try_token(client, account.email, make.PASSWORD) == 401
    assert await try_token(client, account.email, NEW_PASSWORD) == 201


async def test_s11_a_new_password_is_told_to_its_owner(browser, work, mailbox):
    actor = await make.learner(email="ada@agency.example")
    page = await browser(actor)
    asked = {"current": make.PASSWORD, "new": NEW_PASSWORD, "username": "ada@agency.example"}

    await page.post("/account/password", data=asked | {"csrf": page.csrf})
    await work()

    assert [(mail.to, mail.subject) for mail in mailbox] == [
        ("ada@agency.example", "Your password at Connect was changed")
    ]


@pytest.mark.parametrize(
    ("current", "new", "fields"),
    [
        (WRONG, NEW_PASSWORD, ["current"]),
        (make.PASSWORD, "too short", ["new"]),
        (WRONG, "too short", ["current", "new"]),
        (make.PASSWORD, "officer lovelace 99", ["new"]),
    ],
)
async def test_s11_a_refused_new_password_tells_every_reason_and_ends_nothing(
    api, browser, current, new, fields
):
    actor = await make.learner(legal_name="Officer Lovelace")
    program, page = await api(actor), await browser(actor)

    by_api = await program.put("/me/password", json={"current": current, "new": new})
    by_page = await page.post(
        "/account/password", data={"current": current, "new": new, "csrf": page.csrf}
    )

    assert by_api.status_code == by_page.status_code == 422
    assert sorted(error["field"] for error in by_api.json()["errors"]) == fields
    assert (await program.get("/me")).status_code == 200
    assert await alive(page)


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.CLOSED])
async def test_s11_who_is_suspended_or_closed_is_out_by_every_door(app, client, api, status):
    account = await make.account()
    page, program = await signed_in(app, account), await api(make.actor_of(account))

    await Account.update({Account.status: status}).where(Account.id == account.id)

    assert not await alive(page)
    assert (await program.get("/me")).status_code == 401
    by_api = await client.post(
        f"{V1}/tokens", json={"email": account.email, "password": make.PASSWORD}
    )
    assert (by_api.status_code, by_api.json()["code"]) == (401, "wrong_password")
    assert await try_page(client, account.email, make.PASSWORD) == 422


async def test_s11_whoever_verified_an_old_password_gets_in_no_more_once_it_was_changed(database):
    account = await make.account()
    verified = await check_password(account.email, make.PASSWORD, "192.0.2.1")
    await change_password(make.actor_of(account), make.PASSWORD, NEW_PASSWORD)

    with pytest.raises(WrongPassword):
        async with transaction():
            await open_session(verified, "192.0.2.1")
    with pytest.raises(WrongPassword):
        await sign_in.make_token(verified, name="", scopes=[], days=1)

    assert (await count("session"), await count("api_token")) == (0, 0)


async def test_s11_of_two_changes_of_a_password_at_once_one_holds(database):
    actor = await make.learner()

    outcomes = await asyncio.gather(
        *(change_password(actor, make.PASSWORD, f"{NEW_PASSWORD}{n}") for n in range(2)),
        return_exceptions=True,
    )

    assert sorted(type(outcome) for outcome in outcomes if outcome) in (
        [WrongPassword],
        [Invalid],
    )
    assert outcomes.count(None) == 1


async def test_s11_a_learner_stays_signed_in_for_thirty_days(app, database, clock):
    page = await signed_in(app, await make.account())

    clock.move(timedelta(days=30) - timedelta(seconds=1))
    before = await alive(page)
    clock.move(timedelta(seconds=1))

    assert (before, await alive(page)) == (True, False)


@pytest.mark.parametrize("role", [Role.PRESENTER, Role.EXECUTIVE])
async def test_s11_a_role_that_reads_nobody_elses_data_keeps_the_long_session(browser, clock, role):
    page = await browser(await make.staff(role))

    clock.move(timedelta(days=29))

    assert await alive(page)


async def test_s11_a_role_that_sleeps_keeps_the_short_session(app, database, clock):
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.REGISTRAR).save()
    clock.move(timedelta(days=2))
    page = await signed_in(app, account)

    clock.move(61 * MINUTE)

    assert not await alive(page)


async def test_s11_staff_are_out_after_an_hour_of_silence(browser, clock):
    page = await browser(await make.staff(Role.REGISTRAR))
    for _ in range(4):
        clock.move(50 * MINUTE)
        assert await alive(page)

    clock.move(61 * MINUTE)

    assert not await alive(page)


async def test_s11_staff_are_out_after_a_day_however_busy(browser, clock):
    page = await browser(await make.staff(Role.REGISTRAR))
    for _ in range(24):
        clock.move(60 * MINUTE)
        assert await alive(page)

    clock.move(timedelta(seconds=1))

    assert not await alive(page)


async def test_s11_a_get_notes_that_somebody_was_here_once_in_five_minutes(browser, clock):
    page = await browser(await make.learner())
    seen = []
    for _ in range(12):
        await page.get("/account")
        seen.append((await Session.select())[0]["last_seen_at"])
        clock.move(MINUTE)

    began = seen[0]
    assert [(moment - began) // MINUTE for moment in seen] == [0] * 6 + [6] * 6


async def test_s11_what_ended_a_day_ago_is_swept(browser, api, clock):
    await browser(await make.learner())
    await api(await make.learner())
    await links.make_link(links.LinkKind.SETUP, None)
    clock.move(timedelta(days=2))
    await sign_in.sweep()
    once = [await count(name) for name in ("session", "api_token", "one_time_link")]

    clock.move(timedelta(days=30))
    await sign_in.sweep()

    assert once == [1, 1, 1]
    assert [await count(name) for name in ("session", "api_token", "one_time_link")] == [0, 0, 0]
