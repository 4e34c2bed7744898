"""Second factors: setting one up, taking it away, roles that sleep without one."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

import make
from accounts.environment import environment
from accounts.people import V1, alive, csrf_of, elsewhere, form_in, signed_in
from accounts.second import app_of, code, codes_of
from connect.accounts.tables import Factor, RecoveryCode, RoleGrant
from connect.audit import AuditEvent
from connect.policy import UNPRIVILEGED, Role

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


async def program_of(app, account, **more):
    """A program that signed in by the API just now."""
    client = elsewhere(app)
    asked = {"email": account.email, "password": make.PASSWORD, **more}
    answer = await client.post(f"{V1}/tokens", json=asked)
    assert answer.status_code == 201, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


async def begun(program, kind="totp"):
    answer = await program.post(f"{V1}/me/factors", json={"kind": kind, "name": "Work phone"})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def confirmed(program):
    """An authenticator app that was set up; the answer and its secret."""
    made = await begun(program)
    answer = await program.post(
        f"{V1}/me/factors/{made['id']}/confirmation", json={"otp": code(made["secret"])}
    )
    assert answer.status_code == 200, answer.text
    return answer.json(), made["secret"]


async def test_an_authenticator_app_is_set_up_by_the_api(app, database, clock):
    account = await make.account(email="ada@agency.example")
    program = await program_of(app, account)

    made = await begun(program)
    before = (await program.get(f"{V1}/me/factors")).json()["items"]
    answer, secret = await confirmed(program)
    program.headers["Authorization"] = f"Bearer {answer['token']}"
    after = (await program.get(f"{V1}/me/factors")).json()["items"]

    uri = urlsplit(made["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == (
        "otpauth",
        "totp",
        "/Connect:ada%40agency.example",
    )
    assert parse_qs(uri.query) == {"secret": [made["secret"]], "issuer": ["Connect"]}
    assert made["secret"] != secret  # begun anew, the first is given up
    assert before == []
    assert [(row["kind"], row["name"]) for row in after] == [("totp", "Work phone")]
    assert len(answer["recovery_codes"]) == 10
    assert await Factor.count() == 1


async def test_an_authenticator_app_is_set_up_by_the_page(app, database, clock):
    browser = await signed_in(app, await make.account())
    csrf = await csrf_of(browser)

    led = await browser.post("/account/factors", data={"csrf": csrf, "kind": "totp", "name": ""})
    shown = await browser.get(led.headers["location"])
    secret = shown.text.split('class="code">')[1].split("<")[0].replace(" ", "")
    wrong = await browser.post(led.headers["location"], data={"csrf": csrf, "otp": "000000"})
    before = browser.cookies["connect"]
    done = await browser.post(led.headers["location"], data={"csrf": csrf, "otp": code(secret)})

    assert 'src="data:image/svg+xml' in shown.text
    assert (wrong.status_code, done.status_code) == (422, 200)
    assert done.text.count('<span class="code">') == 10
    assert browser.cookies["connect"] != before
    assert not await alive(elsewhere(app, cookies={"connect": before}))
    assert (await browser.post("/logout", data=form_in(done.text))).status_code == 303
    assert (await browser.get(led.headers["location"])).status_code == 303  # signed out


async def test_the_page_offers_passkeys_where_browsers_keep_them(browser):
    page = await browser(await make.learner())

    numbers = (await page.get("/account/factors")).text
    with environment(base_url="http://localhost:8000"):
        named = (await page.get("/account/factors")).text

    assert ("Passkeys need a site with a host name" in numbers, 'value="passkey"' in numbers) == (
        True,
        False,
    )
    assert ("Passkeys need a site with a host name" in named, 'value="passkey"' in named) == (
        False,
        True,
    )


async def test_s11_a_new_factor_ends_every_way_in_on_the_very_next_request(app, database, clock):
    account = await make.account()
    page, other = await signed_in(app, account), await program_of(app, account)
    program = await program_of(app, account)

    answer, _ = await confirmed(program)

    assert not await alive(page)
    assert [(await p.get(f"{V1}/me")).status_code for p in (other, program)] == [401, 401]
    program.headers["Authorization"] = f"Bearer {answer['token']}"
    assert (await program.get(f"{V1}/me")).status_code == 200


async def test_the_code_that_confirmed_a_factor_is_spent(app, database, clock):
    account = await make.account()
    _, secret = await confirmed(await program_of(app, account))
    asked = {"email": account.email, "password": make.PASSWORD, "otp": code(secret)}

    answer = await elsewhere(app).post(f"{V1}/tokens", json=asked)

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_otp")


async def test_of_two_confirmations_at_once_one_holds(app, database, clock):
    program = await program_of(app, await make.account())
    made = await begun(program)
    address = f"{V1}/me/factors/{made['id']}/confirmation"

    answers = await asyncio.gather(
        *(program.post(address, json={"otp": code(made["secret"])}) for _ in range(4))
    )

    assert sorted(a.status_code for a in answers)[0] == 200
    assert [a.status_code for a in answers].count(200) == 1
    assert await RecoveryCode.count() == 10


async def test_a_factor_that_was_not_confirmed_asks_nobody_for_a_code(app, database, clock):
    account = await make.account()
    made = await begun(await program_of(app, account))

    assert (await program_of(app, account)) is not None
    clock.move(timedelta(minutes=31))
    program = await program_of(app, account)
    late = await program.post(
        f"{V1}/me/factors/{made['id']}/confirmation", json={"otp": code(made["secret"])}
    )
    assert late.status_code == 404


async def test_giving_a_factor_up_stands_in_the_trail(api, clock):
    program = await api(await make.learner())
    made = (await program.post("/me/factors", json={"kind": "totp"})).json()

    gone = await program.delete(f"/me/factors/{made['id']}")

    acts = await AuditEvent.select(AuditEvent.act).where(AuditEvent.subject == made["id"])
    assert gone.status_code == 204
    assert {row["act"] for row in acts} == {"factor.begun", "factor.given_up"}


async def test_a_stranger_neither_sees_confirms_nor_removes_a_factor(app, database, clock):
    account, stranger = await make.account(), await make.account()
    made = await begun(await program_of(app, account))
    there, page = await program_of(app, stranger), await signed_in(app, stranger)
    kept = await Factor.select()

    answers = [
        await there.post(
            f"{V1}/me/factors/{made['id']}/confirmation", json={"otp": code(made["secret"])}
        ),
        await there.delete(f"{V1}/me/factors/{made['id']}"),
        await page.get(f"/account/factors/{made['id']}"),
    ]

    assert [a.status_code for a in answers] == [404, 404, 404]
    assert await Factor.select() == kept


async def test_wrong_codes_do_not_confirm_and_are_limited(app, database, clock):
    program = await program_of(app, await make.account())
    made = await begun(program)
    address = f"{V1}/me/factors/{made['id']}/confirmation"

    statuses = [
        (await program.post(address, json={"otp": "000000"})).status_code for _ in range(11)
    ]

    assert statuses == [422] * 10 + [429]
    assert await Factor.count().where(Factor.confirmed_at.is_not_null()) == 0


async def test_removing_the_last_factor_ends_everything_and_its_codes(
    app, database, clock, work, mailbox
):
    account = await make.account()
    answer, _ = await confirmed(await program_of(app, account))
    program = elsewhere(app, headers={"Authorization": f"Bearer {answer['token']}"})
    (factor,) = (await program.get(f"{V1}/me/factors")).json()["items"]

    gone = await program.delete(f"{V1}/me/factors/{factor['id']}")
    await work()

    assert gone.status_code == 204
    assert (await program.get(f"{V1}/me")).status_code == 401
    assert await RecoveryCode.count() == 0
    assert {mail.subject for mail in mailbox} == {
        "A second factor was added to your account at Connect",
        "A second factor was removed from your account at Connect",
    }
    assert all("Work phone" in mail.body for mail in mailbox)
    assert await program_of(app, account)


async def test_new_recovery_codes_end_the_old_ones(app, database, clock, work, mailbox):
    account = await make.account()
    answer, _ = await confirmed(await program_of(app, account))
    program = elsewhere(app, headers={"Authorization": f"Bearer {answer['token']}"})

    made = await program.post(f"{V1}/me/recovery-codes")
    old = {"email": account.email, "password": make.PASSWORD, "otp": answer["recovery_codes"][0]}
    refused = await elsewhere(app).post(f"{V1}/tokens", json=old)
    await work()

    assert made.status_code == 201
    assert len({*made.json()["codes"], *answer["recovery_codes"]}) == 20
    assert refused.status_code == 401
    assert await program_of(app, account, otp=made.json()["codes"][0])
    assert "New recovery codes were made for your account at Connect" in {
        mail.subject for mail in mailbox
    }


async def test_there_are_no_recovery_codes_without_a_factor(api, database):
    answer = await (await api(await make.learner())).post("/me/recovery-codes")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_factor")


async def test_an_answer_that_holds_a_secret_is_not_given_twice(api, database):
    program = await api(await make.learner())
    key = {"Idempotency-Key": "one"}

    first = await program.post("/me/factors", json={"kind": "totp"}, headers=key)
    second = await program.post("/me/factors", json={"kind": "totp"}, headers=key)

    assert (first.status_code, second.json()["code"]) == (201, "already_done")


@pytest.mark.parametrize("role", sorted({*Role} - UNPRIVILEGED))
async def test_a_privileged_role_sleeps_a_day_after_it_was_granted(app, database, clock, role):
    account = await make.account()
    await RoleGrant(account=account.id, role=role).save()

    clock.move(DAY - timedelta(seconds=1))
    before = (await (await program_of(app, account)).get(f"{V1}/me")).json()["roles"]
    clock.move(timedelta(seconds=1))
    program = await program_of(app, account)
    asleep = (await program.get(f"{V1}/me")).json()["roles"]
    answer, _ = await confirmed(program)
    program.headers["Authorization"] = f"Bearer {answer['token']}"
    awake = (await program.get(f"{V1}/me")).json()["roles"]

    assert before == awake == [{"role": role, "agency_id": None}]
    assert asleep == []


@pytest.mark.parametrize("role", sorted(UNPRIVILEGED - {Role.ANYONE, Role.LEARNER}))
async def test_other_roles_never_sleep(app, database, clock, role):
    account = await make.account()
    await RoleGrant(account=account.id, role=role).save()

    clock.move(400 * DAY)

    me = (await (await program_of(app, account)).get(f"{V1}/me")).json()
    assert me["roles"] == [{"role": role, "agency_id": None}]


async def test_who_is_refused_for_a_role_that_sleeps_is_told_the_way(app, database, clock):
    account = await make.account()
    for role in (Role.REGISTRAR, Role.ANALYST):
        await RoleGrant(account=account.id, role=role).save()
    clock.move(2 * DAY)
    program, page = await program_of(app, account), await signed_in(app, account)

    refused = await program.get(f"{V1}/accounts")
    plain = await program.get(f"{V1}/audit")
    shown = await page.get("/admin/people")
    home = await page.get("/")

    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")
    assert "/api/v1/me/factors" in refused.json()["detail"]
    assert (plain.status_code, plain.json()["code"]) == (403, "forbidden")
    assert shown.status_code == 403
    assert 'href="/account/factors"' in shown.text
    banner = " ".join(home.text.split())
    assert "Set up a second factor</a> to go on as analyst and registrar." in banner


async def test_the_first_administrator_works_with_a_password_alone_for_a_day(app, client, clock):
    from connect.accounts.actions import make_administrator

    account = await make_administrator(
        email="chief@agency.example", name="Chief Example", password=make.PASSWORD
    )

    program = await program_of(app, account)

    assert (await program.get(f"{V1}/accounts")).status_code == 200


async def test_an_administrator_who_lost_everything_comes_back_by_the_command_line(
    app, client, clock
):
    from connect.accounts.actions import make_administrator

    given = {"email": "chief@agency.example", "name": "Chief", "password": make.PASSWORD}
    account = await make_administrator(**given)
    await app_of(account)

    await make_administrator(**given)

    assert await program_of(app, account)


@pytest.mark.parametrize(
    ("by", "of", "status"),
    [
        (Role.REGISTRAR, None, 204),
        (Role.REGISTRAR, Role.PRESENTER, 204),
        (Role.REGISTRAR, Role.ANALYST, 403),
        (Role.REGISTRAR, Role.ADMIN, 403),
        (Role.ADMIN, Role.ADMIN, 204),
        (Role.AUDITOR, None, 403),
    ],
)
async def test_lost_factors_are_reset_from_above(api, app, work, mailbox, clock, by, of, status):
    program = await api(await make.staff(by))
    account = await make.account()
    if of:
        await RoleGrant(account=account.id, role=of).save()
    secret = await app_of(account)
    await codes_of(account)
    person = await program_of(app, account, otp=code(secret))

    answer = await program.delete(f"/accounts/{account.id}/factors")
    await work()

    done = status == 204
    assert answer.status_code == status
    assert await Factor.exists() is (not done)
    assert await RecoveryCode.exists() is (not done)
    assert (await person.get(f"{V1}/me")).status_code == (401 if done else 200)
    assert await AuditEvent.exists().where(AuditEvent.act == "factors.reset") is done
    assert [m.subject for m in mailbox] == (
        ["The second factors of your account at Connect were reset"] if done else []
    )


async def test_nobody_resets_ones_own_factors(api, browser, clock):
    admin = await make.staff(Role.ADMIN)
    program, page = await api(admin), await browser(admin)

    answer = await program.delete(f"/accounts/{admin.id}/factors")
    by_page = await page.post(f"/admin/people/{admin.id}/factors", data={"csrf": page.csrf})

    assert (answer.status_code, answer.json()["code"]) == (403, "not_above_them")
    assert by_page.status_code == 403


async def test_a_reset_stands_on_the_persons_page(browser, clock):
    page = await browser(await make.staff(Role.REGISTRAR))
    account = await make.account()
    await app_of(account)
    address = f"/admin/people/{account.id}"

    before = (await page.get(address)).text
    answer = await page.post(f"{address}/factors", data={"csrf": page.csrf})
    after = (await page.get(answer.headers["location"])).text

    assert "Reset second factors" in before
    assert answer.headers["location"] == f"{address}?notice=reset"
    assert "Reset second factors" not in after
    assert await Factor.count() == 0
