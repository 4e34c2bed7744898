"""A fresh proof before the most sensitive acts."""

from datetime import timedelta

import pytest

import make
from accounts.people import V1, WRONG, alive, csrf_of, elsewhere, form_in, signed_in
from accounts.second import app_of, code, codes_of, half_open
from accounts.test_factors import program_of
from connect.accounts.tables import ApiToken, Factor, RoleGrant, Session
from connect.errors import NotSignedIn, StepUpNeeded
from connect.policy import VISITOR, Actor, Role

MINUTE = timedelta(minutes=1)
LATE = 10 * MINUTE + timedelta(seconds=1)


@pytest.fixture
async def admin(database, clock):
    """An administrator who signs in with an app: account and secret."""
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.ADMIN).save()
    return account, await app_of(account)


async def sensitive(app, admin):
    """The acts that need a fresh proof, as (method, path, body)."""
    person = await make.account()
    (factor,) = await Factor.objects()
    return [
        ("PUT", f"/accounts/{person.id}/roles/analyst", None),
        ("DELETE", f"/accounts/{person.id}/roles/analyst", None),
        ("DELETE", f"/accounts/{person.id}/factors", None),
        ("POST", "/me/factors", {"kind": "totp"}),
        ("POST", "/me/recovery-codes", {}),
        ("DELETE", f"/me/factors/{factor.id}", None),
        ("DELETE", "/me/sessions", None),
    ]


async def test_what_is_sensitive_needs_a_proof_of_the_last_ten_minutes(app, admin, clock):
    account, secret = admin
    program = await program_of(app, account, otp=code(secret))
    acts = await sensitive(app, admin)

    clock.move(10 * MINUTE)
    in_time = await program.delete(f"{V1}/me/sessions")
    clock.move(timedelta(seconds=1))
    refused = [await program.request(m, V1 + path, json=body) for m, path, body in acts]
    proved = await program.post(f"{V1}/step-ups", json={"otp": code(secret)})
    done = [await program.request(m, V1 + path, json=body) for m, path, body in acts[:-2]]

    assert in_time.status_code == 204
    assert {(a.status_code, a.json()["code"]) for a in refused} == {(403, "step_up_needed")}
    assert proved.status_code == 201
    assert {a.status_code for a in done} == {204, 201}


@pytest.mark.parametrize("with_factor", [False, True])
async def test_a_proof_is_the_password_only_without_a_factor(app, database, clock, with_factor):
    account = await make.account()
    secret = await app_of(account) if with_factor else ""
    program = await program_of(app, account, otp=code(secret) if with_factor else "")
    clock.move(LATE)

    ways = (await program.get(f"{V1}/step-ups")).json()
    by_password = await program.post(f"{V1}/step-ups", json={"password": make.PASSWORD})
    wrong = await program.post(f"{V1}/step-ups", json={"password": WRONG, "otp": "000000"})
    token = await ApiToken.objects().first()

    assert ways["kinds"] == (["totp"] if with_factor else ["password"])
    assert by_password.status_code == (422 if with_factor else 201)
    assert wrong.status_code == 422
    assert [e["field"] for e in wrong.json()["errors"]] == ["otp" if with_factor else "password"]
    assert token.fresh_at == (None if with_factor else clock.now)


async def test_s9_proofs_are_limited_with_the_codes_of_signing_in(app, admin, clock):
    account, secret = admin
    program = await program_of(app, account, otp=code(secret))
    clock.move(LATE)

    statuses = [
        (await program.post(f"{V1}/step-ups", json={"otp": "000000"})).status_code
        for _ in range(11)
    ]
    door = await half_open(app, account)
    csrf = form_in((await door.get("/second-factor")).text)["csrf"]
    other = await door.post("/second-factor", data={"otp": code(secret), "csrf": csrf})

    assert statuses == [422] * 10 + [429]
    assert other.status_code == 429


async def test_passwords_of_a_step_up_are_limited(app, database, clock):
    program = await program_of(app, await make.account())

    statuses = [
        (await program.post(f"{V1}/step-ups", json={"password": WRONG})).status_code
        for _ in range(11)
    ]

    assert statuses == [422] * 10 + [429]


async def test_a_recovery_code_is_a_proof_too(app, admin, clock):
    account, secret = admin
    codes = await codes_of(account)
    program = await program_of(app, account, otp=code(secret))
    clock.move(LATE)

    answers = [await program.post(f"{V1}/step-ups", json={"otp": codes[0]}) for _ in range(2)]

    assert [a.status_code for a in answers] == [201, 422]


async def test_a_page_leads_to_the_proof_and_back(app, admin, clock):
    account, secret = admin
    person = await make.account()
    browser = await half_open(app, account)
    csrf = form_in((await browser.get("/second-factor")).text)["csrf"]
    await browser.post("/second-factor", data={"otp": code(secret), "csrf": csrf})
    clock.move(LATE)
    address = f"/admin/people/{person.id}"
    asked = {"csrf": await csrf_of(browser), "role": "analyst"}

    led = await browser.post(f"{address}/roles", data=asked)
    shown = await browser.get(led.headers["location"])
    hidden = form_in(shown.text)
    wrong = await browser.post("/step-up", data=hidden | {"otp": "000000"})
    before = browser.cookies["connect"]
    back = await browser.post("/step-up", data=hidden | {"otp": code(secret)})
    done = await browser.post(
        f"{address}/roles", data={"csrf": await csrf_of(browser), "role": "analyst"}
    )

    assert (led.status_code, led.headers["location"]) == (303, f"/step-up?next={address}")
    assert (shown.status_code, wrong.status_code) == (200, 422)
    assert (back.status_code, back.headers["location"]) == (303, address)
    assert browser.cookies["connect"] != before
    assert not await alive(elsewhere(app, cookies={"connect": before}))
    assert (done.status_code, done.headers["location"]) == (303, f"{address}?notice=saved")


async def test_a_proof_does_not_prolong_a_session(app, database, clock):
    account = await make.account()
    browser = await signed_in(app, account)
    began = await Session.objects().first()
    clock.move(LATE)
    page = await browser.get("/step-up?next=/account/factors")

    asked = form_in(page.text) | {"password": make.PASSWORD}
    await browser.post("/step-up", data=asked)

    (now,) = await Session.objects()
    assert (now.made_at, now.expires_at) == (began.made_at, began.expires_at)
    assert (now.fresh_at, now.id_hash == began.id_hash) == (clock.now, False)


async def test_who_is_fresh_is_not_asked(browser, clock):
    page = await browser(await make.learner())

    answer = await page.get("/step-up?next=/account/factors")

    assert (answer.status_code, answer.headers["location"]) == (303, "/account/factors")


@pytest.mark.parametrize(
    ("referer", "next_page"),
    [
        ("http://127.0.0.1:8000/account/factors?notice=x", "/account/factors"),
        ("https://evil.example/account/factors", "/account"),
        ("", "/account"),
        ("nonsense", "/account"),
    ],
)
async def test_s24_a_refused_form_leads_back_to_its_own_page_only(
    browser, clock, referer, next_page
):
    page = await browser(await make.learner())
    clock.move(LATE)

    answer = await page.post(
        "/account/factors", data={"csrf": page.csrf, "kind": "totp"}, headers={"Referer": referer}
    )

    assert answer.headers["location"] == f"/step-up?next={next_page}"


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_s24_a_proof_leads_nowhere_else(browser, clock, away):
    page = await browser(await make.learner())
    clock.move(LATE)

    asked = {"csrf": page.csrf, "password": make.PASSWORD, "next": away}
    answer = await page.post("/step-up", data=asked)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_proof_is_of_the_account_that_asks(app, admin, clock):
    account, secret = admin
    other = await make.account()
    await app_of(other)
    program = await program_of(app, account, otp=code(secret))
    theirs = await codes_of(other)
    clock.move(LATE)

    answer = await program.post(f"{V1}/step-ups", json={"otp": theirs[0]})

    assert answer.status_code == 422


def test_without_a_proof_nobody_is_fresh():
    from uuid import uuid4

    with pytest.raises(NotSignedIn):
        VISITOR.must_be_fresh()
    with pytest.raises(StepUpNeeded):
        Actor(account_id=uuid4()).must_be_fresh()
