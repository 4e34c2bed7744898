"""The second step of signing in: what a password alone opens, and what passes."""

import asyncio
import re
from collections import Counter
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

import make
from accounts.contents import count
from accounts.people import V1, alive, csrf_of, elsewhere, form_in, signed_in
from accounts.second import app_of, code, codes_of, half_open
from connect.accounts.links import make_link
from connect.accounts.tables import (
    Account,
    ApiToken,
    Factor,
    LinkKind,
    RecoveryCode,
    RoleGrant,
    Session,
)
from connect.audit import AuditEvent
from connect.policy import Role
from connect.security import token_hash
from test_policy import address, routes

MINUTE = timedelta(minutes=1)


async def sign_in(client, account, **more):
    asked = {"email": account.email, "password": make.PASSWORD, **more}
    answer = await client.post(f"{V1}/tokens", json=asked)
    return answer.status_code, answer.json().get("code", "")


async def second_step(browser, otp):
    """Post a code on the page for it."""
    page = await browser.get("/second-factor")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    return await browser.post("/second-factor", data={"otp": otp, "csrf": csrf})


@pytest.mark.parametrize("role", [None, Role.INSTRUCTOR, Role.ADMIN])
async def test_s11_a_half_open_session_reaches_the_second_step_and_logout_alone(
    app, database, role
):
    account = await make.account()
    if role:
        await RoleGrant(account=account.id, role=role).save()
    await app_of(account)
    browser = await half_open(app, account)
    csrf = form_in((await browser.get("/second-factor")).text)["csrf"]
    here = [
        (method, path, handler_opt)
        for method, path, handler_opt in routes(app)
        # what knows no session: programs, files, and parts of packages by the token of a launch
        if not path.startswith(("/api/", "/static", "/media", "/p/", "/health", "/metrics"))
    ]

    answered = {}
    for method, path, _ in here:
        if path == "/logout":
            continue
        form = {} if method == "GET" else {"data": {"csrf": csrf}}
        with capture_logs():
            answer = await browser.request(method, address(path), **form)
        led = answer.headers.get("location", "").startswith("/second-factor?next=")
        if not (led or answer.status_code == 401):
            answered[method, path] = answer.status_code

    assert answered == {("GET", "/second-factor"): 200, ("POST", "/second-factor"): 422}
    assert len(here) > 80
    assert (await browser.post("/logout", data={"csrf": csrf})).status_code == 303
    assert await count("session") == 0


async def test_a_half_open_session_shows_nothing_of_its_owner(app, database):
    account = await make.account(legal_name="Canary Yellowbird")
    await app_of(account)
    browser = await half_open(app, account)

    pages = [await browser.get(path) for path in ("/second-factor", "/nothing/here")]

    assert all("Canary" not in page.text for page in pages)
    assert all(account.email not in page.text for page in pages)
    assert pages[0].headers["cache-control"] == "no-store"


async def test_s11_the_code_opens_a_new_session_and_the_half_open_one_is_gone(app, database, clock):
    account = await make.account()
    secret = await app_of(account)
    browser = await half_open(app, account)
    before = browser.cookies["connect"]

    answer = await second_step(browser, code(secret))

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.cookies["connect"] != before
    assert await alive(browser)
    assert not await alive(elsewhere(app, cookies={"connect": before}))
    assert await Session.count().where(Session.id_hash == token_hash(before)) == 0


async def test_the_second_step_leads_on_to_where_one_was_going(app, database, clock):
    account = await make.account()
    secret = await app_of(account)
    browser = await half_open(app, account)

    led = await browser.get("/transcript")
    page = await browser.get(led.headers["location"])
    csrf = form_in(page.text)["csrf"]
    asked = {"otp": code(secret), "csrf": csrf, "next": "/transcript"}
    passed = await browser.post("/second-factor", data=asked)

    assert 'name="next" value="/transcript"' in page.text
    assert passed.headers["location"] == "/transcript"


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_s24_the_second_step_leads_nowhere_else(app, database, clock, away):
    account = await make.account()
    secret = await app_of(account)
    browser = await half_open(app, account)
    csrf = form_in((await browser.get("/second-factor")).text)["csrf"]

    asked = {"otp": code(secret), "csrf": csrf, "next": away}
    answer = await browser.post("/second-factor", data=asked)

    assert answer.headers["location"] == "/"


async def test_a_half_open_session_lasts_ten_minutes(app, database, clock):
    account = await make.account()
    await app_of(account)
    browser = await half_open(app, account)

    clock.move(10 * MINUTE - timedelta(seconds=1))
    before = await browser.get("/second-factor")
    clock.move(timedelta(seconds=1))
    after = await browser.get("/second-factor")

    assert before.status_code == 200
    assert (after.status_code, after.headers["location"]) == (303, "/login")


async def test_the_second_step_needs_the_token_of_its_form(app, database, clock):
    account = await make.account()
    secret = await app_of(account)
    browser = await half_open(app, account)

    answer = await browser.post("/second-factor", data={"otp": code(secret), "csrf": "x"})

    assert answer.status_code == 403
    assert await browser.get("/second-factor")


async def test_a_token_needs_the_code_too(client, clock):
    account = await make.account()
    secret = await app_of(account)

    without = await sign_in(client, account)
    wrong = await sign_in(client, account, otp="000000")
    right = await sign_in(client, account, otp=code(secret))

    assert without == (401, "otp_needed")
    assert wrong == (401, "wrong_otp")
    assert right == (201, "")
    assert (await ApiToken.objects().first()).factor_at == clock.now


async def test_a_wrong_password_is_told_before_any_code(client, clock):
    account = await make.account()
    secret = await app_of(account)
    asked = {"email": account.email, "password": "wrong otter bridge trumpet"}

    answers = [
        await client.post(f"{V1}/tokens", json=asked | more)
        for more in ({}, {"otp": "000000"}, {"otp": code(secret)})
    ]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(401, "wrong_password")}


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 201), (0, 201), (1, 201), (2, 401)])
async def test_a_code_counts_one_step_before_and_after(client, clock, steps, status):
    account = await make.account()
    secret = await app_of(account)

    assert (await sign_in(client, account, otp=code(secret, steps=steps)))[0] == status


async def test_s9_a_code_is_good_once_and_ends_those_before_it(client, clock):
    account = await make.account()
    secret = await app_of(account)
    now = code(secret)

    first = await sign_in(client, account, otp=now)
    again = await sign_in(client, account, otp=now)
    earlier = await sign_in(client, account, otp=code(secret, steps=-1))
    later = await sign_in(client, account, otp=code(secret, steps=1))

    assert [first[0], again[0], earlier[0], later[0]] == [201, 401, 401, 201]


async def test_s9_of_ten_uses_of_one_code_at_once_one_holds(client, clock):
    account = await make.account()
    secret = await app_of(account)

    found = await asyncio.gather(
        *(sign_in(client, account, otp=code(secret)) for _ in range(5)),
    )

    assert Counter(status for status, _ in found) == {201: 1, 401: 4}


async def test_a_recovery_code_stands_in_once_and_its_owner_is_told(client, clock, work, mailbox):
    account = await make.account()
    await app_of(account)
    first, second, *_ = await codes_of(account)

    used = await sign_in(client, account, otp=first)
    again = await sign_in(client, account, otp=first)
    typed = await sign_in(client, account, otp=second.lower().replace("-", " "))
    await work()

    assert (used[0], again, typed[0]) == (201, (401, "wrong_otp"), 201)
    assert [mail.subject for mail in mailbox] == [
        "A recovery code of your account at Connect was used"
    ] * 2
    assert {body for mail in mailbox for body in re.findall(r"You have \d left", mail.body)} == {
        "You have 8 left",
        "You have 9 left",
    }
    assert await AuditEvent.count().where(AuditEvent.act == "recovery_code.used") == 2


async def test_somebody_elses_code_does_not_help(client, clock):
    account, other = await make.account(), await make.account()
    await app_of(account)
    secret = await app_of(other)
    codes = await codes_of(other)

    assert (await sign_in(client, account, otp=code(secret)))[0] == 401
    assert (await sign_in(client, account, otp=codes[0]))[0] == 401


async def test_s9_wrong_codes_count_with_wrong_passwords_at_every_door(app, client, clock):
    account = await make.account()
    secret = await app_of(account)

    statuses = [(await sign_in(client, account, otp="000000"))[0] for _ in range(12)]
    clock.move(timedelta(seconds=60))
    right = await sign_in(client, account, otp=code(secret))
    elsewhere_too = await half_open(app, account)
    by_page = await second_step(elsewhere_too, code(secret))

    assert Counter(statuses) == {401: 10, 429: 2}
    assert right == (429, "too_many")
    assert by_page.status_code == 429  # codes of one account are counted over all networks
    clock.move(15 * MINUTE)
    assert (await sign_in(client, account, otp=code(secret)))[0] == 201


async def test_s9_a_right_password_forgives_no_wrong_codes(client, clock):
    account = await make.account()
    await app_of(account)

    found = [await sign_in(client, account, otp=otp) for otp in ["", "000000"] * 7]

    assert Counter(status for status, _ in found) == {401: 10, 429: 4}


async def test_s9_guesses_by_page_stop_after_ten(app, database, clock):
    account = await make.account()
    await app_of(account)
    browser = await half_open(app, account)

    statuses = [(await second_step(browser, f"{n:06}")).status_code for n in range(12)]

    assert Counter(statuses) == {422: 9, 429: 3}  # the password's try counts too


async def test_s9_an_owner_is_told_of_wrong_codes_once(client, clock, work, mailbox):
    account = await make.account()
    await app_of(account)

    for _ in range(8):
        await sign_in(client, account, otp="000000")
    await work()

    assert [(mail.to, mail.subject) for mail in mailbox] == [
        (account.email, "Somebody gave wrong codes for your account at Connect")
    ]


async def test_s9_after_a_hundred_wrong_codes_in_a_row_a_new_password_is_needed(app, client, clock):
    account = await make.account()
    secret = await app_of(account)
    await Account.update({Account.code_tries: 99}).where(Account.id == account.id)

    last = await sign_in(client, account, otp="000000")
    locked = await sign_in(client, account, otp=code(secret))
    by_page = await second_step(await half_open(app, account), code(secret))
    token = await make_link(LinkKind.RESET, account.id)
    await client.put(f"{V1}/password-resets/{token}", json={"password": make.PASSWORD})
    after = await sign_in(client, account, otp=code(secret))

    assert (last, locked, after) == ((401, "wrong_otp"), (403, "codes_locked"), (201, ""))
    assert by_page.status_code == 422
    assert "Too many wrong codes" in by_page.text
    assert (await Account.objects().first()).code_tries == 0


async def test_a_password_alone_opens_an_account_without_a_factor(app, client, clock):
    account = await make.account()

    assert await alive(await signed_in(app, account))
    assert await sign_in(client, account) == (201, "")
    assert await sign_in(client, account, otp="123456") == (201, "")


async def test_a_new_password_does_not_pass_the_second_step(app, database, clock):
    account = await make.account()
    secret = await app_of(account)
    browser = await half_open(app, account)
    await second_step(browser, code(secret))
    waiting = await half_open(app, account)
    asked = {"current": make.PASSWORD, "new": "otter bridge trumpet 7"}

    await browser.post("/account/password", data=asked | {"csrf": await csrf_of(browser)})

    answer = await waiting.get("/second-factor")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_secrets_of_factors_and_codes_are_not_readable_in_the_database(client, clock):
    account = await make.account()
    secret = await app_of(account)
    codes = await codes_of(account)

    rows = str(await Factor.select()) + str(await RecoveryCode.select())

    assert secret not in rows
    assert not any(c in rows or c.replace("-", "") in rows for c in codes)
    assert len(set(codes)) == 10
    assert {len(c.replace("-", "")) for c in codes} == {24}
