"""Suspended, asked to be verified again, 18 or over, registered on a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

import make
from accounts.contents import contents
from accounts.people import PERSON, V1, alive, signed_in
from connect.accounts.actions import prove_address
from connect.accounts.affiliations import affiliate, change_affiliation
from connect.accounts.links import LinkUsedUp, make_link
from connect.accounts.queries import account_of, registered_on
from connect.accounts.roles import LastAdministrator, NotAbove
from connect.accounts.rules import is_reverify_due, months_before, status_of
from connect.accounts.sign_in import reset_password
from connect.accounts.states import (
    NotInUse,
    NotOneself,
    NotSuspended,
    end_old_verifications,
    lift_suspension,
    suspend,
)
from connect.accounts.tables import Account, LinkKind
from connect.accounts.verification import request_by_registrar
from connect.catalog.content import Audience
from connect.errors import Forbidden, Invalid
from connect.learning.actions import NotVerified, enroll
from connect.policy import Role

WHY = "The same person signs in from two countries."


async def fresh(account):
    return await Account.objects().get(Account.id == account.id)


async def verified(**changes):
    from connect.clock import now

    return await make.account(
        **{"status": "active_verified", "verified_at": now(), "discipline": "educator", **changes}
    )


async def test_every_way_in_ends_at_once_and_none_opens(app, api, client, work, mailbox):
    account = await make.account()
    browser, program = await signed_in(app, account), await api(make.actor_of(account))
    links = [await make_link(kind, account.id) for kind in (LinkKind.PROVE, LinkKind.RESET)]
    registrar = await api(await make.staff(Role.REGISTRAR))

    done = await registrar.post(f"/accounts/{account.id}/suspension", json={"reason": WHY})
    await work()
    told = list(mailbox)

    assert (done.status_code, done.json()) == (200, {"status": "suspended"})
    assert not await alive(browser)
    assert (await program.get("/me")).status_code == 401
    password = {"email": account.email, "password": make.PASSWORD}
    assert (await client.post(f"{V1}/tokens", json=password)).status_code == 401
    assert (await client.post("/login", data=password)).status_code == 422
    with pytest.raises(LinkUsedUp):
        await prove_address(links[0])
    with pytest.raises(LinkUsedUp):
        await reset_password(links[1], "otter bridge trumpet 7")
    later = await make_link(LinkKind.RESET, account.id)
    with pytest.raises(LinkUsedUp):
        await reset_password(later, "otter bridge trumpet 7")
    await client.post(f"{V1}/password-resets", json={"email": account.email})
    await client.post(f"{V1}/accounts", json=PERSON | {"email": account.email})
    await work()
    assert [mail.to for mail in mailbox] == [account.email] == [mail.to for mail in told]
    assert WHY in told[0].body
    assert WHY not in str((await contents())["audit_event"])


@pytest.mark.parametrize(
    ("proved", "was_verified", "reverify", "status"),
    [
        (False, False, False, "pending_email"),
        (True, False, False, "active_unverified"),
        (True, True, False, "active_verified"),
        (True, False, True, "reverify_due"),
    ],
)
async def test_who_is_let_in_again_is_what_it_was(
    database, clock, proved, was_verified, reverify, status
):
    at = {True: clock.now, False: None}
    account = await make.account(
        status=status,
        proved_at=at[proved],
        verified_at=at[was_verified],
        reverify_since=at[reverify],
    )
    registrar = await make.staff(Role.REGISTRAR)

    await suspend(registrar, account.id, reason=WHY)
    await lift_suspension(registrar, account.id)

    assert (await fresh(account)).status == status
    assert (await fresh(account)).suspension_reason == ""
    assert status_of(proved=proved, verified=was_verified, reverify=reverify) == status


async def test_who_may_not_suspend_whom(database):
    registrar, admin = await make.staff(Role.REGISTRAR), await make.staff(Role.ADMIN)
    other_admin, person = await make.staff(Role.ADMIN), await make.account()

    with pytest.raises(NotOneself):
        await suspend(registrar, registrar.id, reason=WHY)
    with pytest.raises(NotAbove):
        await suspend(registrar, admin.id, reason=WHY)
    with pytest.raises(Forbidden):
        await suspend(make.actor_of(person), admin.id, reason=WHY)
    with pytest.raises(Invalid):
        await suspend(registrar, person.id, reason=" ")
    with pytest.raises(NotSuspended):
        await lift_suspension(registrar, person.id)
    await suspend(admin, other_admin.id, reason=WHY)
    with pytest.raises(NotInUse):
        await suspend(admin, other_admin.id, reason=WHY)
    with pytest.raises(LastAdministrator):
        await suspend(other_admin, admin.id, reason=WHY)  # while that one's own word still counts


async def test_who_suspends_staff_lets_them_in_again(database):
    registrar, admin = await make.staff(Role.REGISTRAR), await make.staff(Role.ADMIN)
    other = await make.staff(Role.REGISTRAR)
    await suspend(admin, other.id, reason=WHY)

    with pytest.raises(NotAbove):
        await lift_suspension(registrar, other.id)
    with pytest.raises(NotOneself):
        await lift_suspension(other, other.id)
    kept_out = await Account.objects().get(Account.id == other.id)
    await lift_suspension(admin, other.id)

    assert kept_out.status == "suspended"
    assert (await account_of(other)).status == "active_unverified"


async def test_a_decision_on_a_request_does_not_let_a_suspended_person_in(database):
    account, registrar = await make.account(), await make.staff(Role.REGISTRAR)
    actor = make.actor_of(account)
    case = await request_by_registrar(actor, explanation="x", agency=None, document=None)
    await suspend(registrar, account.id, reason=WHY)
    from connect.accounts.verification import decide_case

    await decide_case(registrar, case.id, approve=True, reason="")

    assert (await fresh(account)).status == "suspended"
    await lift_suspension(registrar, account.id)
    assert (await fresh(account)).status == "active_verified"


async def test_the_page_suspends_and_lifts(browser):
    account = await make.account()
    page = await browser(await make.staff(Role.REGISTRAR))
    address = f"/admin/people/{account.id}/suspension"

    empty = await page.post(address, data={"csrf": page.csrf, "reason": ""})
    done = await page.post(address, data={"csrf": page.csrf, "reason": WHY})
    shown = await page.get(f"/admin/people/{account.id}")
    lifted = await page.post(address, data={"csrf": page.csrf, "act": "lift"})

    assert (empty.status_code, done.status_code, lifted.status_code) == (422, 303, 303)
    assert WHY in shown.text
    assert (await fresh(account)).status == "active_unverified"


async def test_a_verification_runs_out_after_24_months(database, clock, work, mailbox, api):
    old, young = await verified(), await verified()
    await Account.update({Account.verified_at: clock.now + timedelta(days=40)}).where(
        Account.id == young.id
    )
    clock.set(datetime(2028, 3, 3, tzinfo=UTC))

    await end_old_verifications()
    await end_old_verifications()
    await work()

    assert (await fresh(old)).status == "reverify_due"
    assert (await fresh(young)).status == "active_verified"
    assert [mail.to for mail in mailbox] == [old.email]
    program = await api(make.actor_of(await fresh(old)))
    assert (await program.get("/me")).json()["status"] == "reverify_due"


async def test_a_verification_ends_with_the_work_that_it_was_about(database, clock):
    account, agencies = await verified(), [await make.agency(), await make.agency()]
    actor = make.actor_of(account)
    rows = [await affiliate(actor, await account_of(actor), agency) for agency in agencies]
    clock.move(timedelta(days=30))
    await change_affiliation(actor, rows[0].id, {"ended": True})
    await end_old_verifications()
    assert (await fresh(account)).status == "active_verified"

    await change_affiliation(actor, rows[1].id, {"ended": True})
    await end_old_verifications()

    assert (await fresh(account)).status == "reverify_due"


async def test_r1_new_restricted_courses_wait_and_open_ones_go_on(database, clock):
    account = await verified(verified_at=datetime(2024, 1, 1, tzinfo=UTC))
    actor, closed = make.actor_of(account), make.content(access=Audience(disciplines=["educator"]))
    begun = make.content(access=Audience(disciplines=["educator"]))
    await make.course(closed)
    await make.course(begun)
    enrollment, _ = await enroll(actor, begun.slug)
    await end_old_verifications()

    with pytest.raises(NotVerified, match="your verification has run out"):
        await enroll(actor, closed.slug)

    assert (await enroll(actor, begun.slug))[0].id == enrollment.id


async def test_being_verified_again_by_any_route_ends_it(database, clock):
    account = await verified(verified_at=datetime(2024, 1, 1, tzinfo=UTC))
    await end_old_verifications()
    actor, registrar = make.actor_of(account), await make.staff(Role.REGISTRAR)
    case = await request_by_registrar(actor, explanation="x", agency=None, document=None)
    from connect.accounts.verification import decide_case

    await decide_case(registrar, case.id, approve=True, reason="")
    await end_old_verifications()

    row = await fresh(account)
    assert (row.status, row.reverify_since) == ("active_verified", None)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (datetime(2028, 2, 29, 5, tzinfo=UTC), datetime(2026, 2, 28, 5, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2024, 1, 31, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)),
    ],
)
def test_24_months_before(now, before):
    assert months_before(now, 24) == before


@pytest.mark.parametrize(
    ("verified_at", "worked_until", "due"),
    [
        (datetime(2024, 3, 2, tzinfo=UTC), None, False),
        (datetime(2024, 3, 1, tzinfo=UTC), None, True),
        (datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), True),
        (datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 1), False),
    ],
)
def test_when_a_verification_has_run_out(verified_at, worked_until, due):
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert is_reverify_due(now, verified_at=verified_at, worked_until=worked_until) is due


@pytest.mark.parametrize(
    ("proved_on", "ended_on", "registered"),
    [
        (None, None, False),
        (date(2026, 3, 3), None, False),
        (date(2026, 3, 2), None, True),
        (date(2026, 1, 1), date(2026, 3, 1), False),
        (date(2026, 1, 1), date(2026, 3, 2), False),
        (date(2026, 1, 1), date(2026, 3, 3), True),
    ],
)
async def test_who_is_a_registered_user_on_a_day(database, proved_on, ended_on, registered):
    def noon(day):
        return day and datetime(day.year, day.month, day.day, 17, tzinfo=UTC)

    await make.account(proved_at=noon(proved_on), ended_at=noon(ended_on))
    day = date(2026, 3, 2)

    assert await registered_on(day) == int(registered)


async def test_a_day_is_the_organizations(database):
    await make.account(proved_at=datetime(2026, 3, 3, 4, 59, tzinfo=UTC))  # 11:59 p.m. Eastern
    await make.account(proved_at=datetime(2026, 3, 3, 5, 0, tzinfo=UTC))

    assert [await registered_on(date(2026, 3, day)) for day in (1, 2, 3)] == [0, 1, 2]


async def test_an_account_needs_an_age_of_18_by_api_and_page(client, clock):
    young = await client.post(f"{V1}/accounts", json=PERSON | {"adult": False})
    unticked = {name: value for name, value in PERSON.items() if name != "adult"}
    by_page = await client.post("/register", data=unticked)
    silent = await client.post(f"{V1}/accounts", json=unticked)

    assert young.json()["errors"] == [
        {
            "field": "adult",
            "message": "Accounts are for people of 18 or older. Tick the box if you are.",
        }
    ]
    assert (young.status_code, by_page.status_code, silent.status_code) == (422, 422, 202)
    (row,) = await Account.select()
    assert row["attested_at"] == clock.now


async def test_a_registrar_mends_a_profile(api, database):
    account = await make.account(legal_name="Ada Oficer")
    registrar = await api(await make.staff(Role.REGISTRAR))
    auditor = await api(await make.staff(Role.AUDITOR))

    done = await registrar.patch(f"/accounts/{account.id}", json={"legal_name": "Ada Officer"})
    wrong = await registrar.patch(f"/accounts/{account.id}", json={"email": "x@y.example"})
    refused = await auditor.patch(f"/accounts/{account.id}", json={"legal_name": "X"})

    assert (done.status_code, done.json()["legal_name"]) == (200, "Ada Officer")
    assert (wrong.status_code, refused.status_code) == (422, 403)
    assert "Officer" not in str((await contents())["audit_event"])
