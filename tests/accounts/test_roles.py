"""Granting and taking back roles: from above, not by oneself, not the last administrator."""

import asyncio

import pytest

import make
from connect.accounts.queries import Ended
from connect.accounts.roles import (
    LastAdministrator,
    NotAbove,
    grant_role,
    revoke_role,
)
from connect.accounts.tables import RoleGrant, Session
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid, NotFound
from connect.policy import Role


async def held(account):
    rows = await RoleGrant.select(RoleGrant.role, RoleGrant.agency).where(
        RoleGrant.account == account
    )
    return {(row["role"], row["agency"]) for row in rows}


@pytest.mark.parametrize(
    ("by", "role", "for_agency", "allowed"),
    [
        (Role.ADMIN, Role.ADMIN, False, True),
        (Role.ADMIN, Role.REGISTRAR, False, True),
        (Role.ADMIN, Role.COORDINATOR, True, True),
        (Role.REGISTRAR, Role.COORDINATOR, True, True),
        (Role.REGISTRAR, Role.EXECUTIVE, True, True),
        (Role.REGISTRAR, Role.ADMIN, False, False),
        (Role.REGISTRAR, Role.REGISTRAR, False, False),
        (Role.REGISTRAR, Role.AUDITOR, False, False),
        (Role.AUDITOR, Role.COORDINATOR, True, False),
        (Role.ANALYST, Role.ANALYST, False, False),
    ],
)
async def test_s15_only_somebody_above_grants(database, by, role, for_agency, allowed):
    actor, person = await make.staff(by), await make.account()
    agency = (await make.agency()).id if for_agency else None

    if allowed:
        await grant_role(actor, person.id, role, agency)
    else:
        with pytest.raises(Forbidden):
            await grant_role(actor, person.id, role, agency)

    assert await held(person.id) == ({(role, agency)} if allowed else set())
    assert await AuditEvent.count() == int(allowed)


async def test_s15_nobody_grants_to_oneself(database):
    actor = await make.staff(Role.ADMIN)

    with pytest.raises(NotAbove):
        await grant_role(actor, actor.id, Role.AUDITOR)

    assert await held(actor.id) == {(Role.ADMIN, None)}


@pytest.mark.parametrize(
    ("role", "for_agency"),
    [(Role.COORDINATOR, False), (Role.ADMIN, True), (Role.LEARNER, False), (Role.ANYONE, False)],
)
async def test_s15_a_role_is_held_as_it_is_meant(database, role, for_agency):
    actor, person = await make.staff(Role.ADMIN), await make.account()
    agency = (await make.agency()).id if for_agency else None

    with pytest.raises(Invalid) as refusal:
        await grant_role(actor, person.id, role, agency)

    assert list(refusal.value.errors) == ["agency_id"]
    assert await held(person.id) == set()


async def test_s15_an_agency_or_person_that_is_not_there_is_not_found(database):
    actor, person, agency = await make.staff(Role.ADMIN), await make.account(), await make.agency()

    with pytest.raises(NotFound):
        await grant_role(actor, person.id, Role.COORDINATOR, actor.id)
    with pytest.raises(NotFound):
        await grant_role(actor, agency.id, Role.COORDINATOR, agency.id)


@pytest.mark.parametrize("status", ["draft", "declined", "merged"])
async def test_s15_no_role_is_granted_for_an_agency_that_is_not_active(database, status):
    actor, person = await make.staff(Role.ADMIN), await make.account()
    agency = await make.agency(status=status)

    with pytest.raises(Invalid) as refusal:
        await grant_role(actor, person.id, Role.COORDINATOR, agency.id)

    assert list(refusal.value.errors) == ["agency_id"]
    assert await held(person.id) == set()


async def test_s15_who_is_gone_gets_no_role(database, clock, browser):
    actor = await make.staff(Role.ADMIN)
    person = await make.account(status="closed", ended_at=clock.now)
    page = await browser(actor)

    with pytest.raises(Ended):
        await grant_role(actor, person.id, Role.ANALYST)
    shown = await page.post(
        f"/admin/people/{person.id}/roles", data={"csrf": page.csrf, "role": "analyst"}
    )

    assert (shown.status_code, "This account has ended." in shown.text) == (422, True)
    assert await held(person.id) == set()


async def test_s15_granted_twice_is_once(database):
    actor, person = await make.staff(Role.ADMIN), await make.account()

    await grant_role(actor, person.id, Role.ANALYST)
    await grant_role(actor, person.id, Role.ANALYST)

    assert await RoleGrant.count().where(RoleGrant.account == person.id) == 1


@pytest.mark.parametrize("act", [grant_role, revoke_role])
async def test_s15_a_change_of_role_ends_every_session_at_the_next_request(database, browser, act):
    actor = await make.staff(Role.ADMIN)
    person = await make.staff(Role.AUDITOR)
    signed_in = await browser(person)
    before = await signed_in.get("/account")
    changed = Role.ANALYST if act is grant_role else Role.AUDITOR

    await act(actor, person.id, changed)
    after = await signed_in.get("/account")

    assert (before.status_code, after.status_code) == (200, 303)
    assert await Session.count().where(Session.account == person.id) == 0


async def test_s15_the_last_administrator_stays(database):
    first, second = await make.staff(Role.ADMIN), await make.staff(Role.ADMIN)

    await revoke_role(first, second.id, Role.ADMIN)
    with pytest.raises(LastAdministrator):
        await revoke_role(second, first.id, Role.ADMIN)

    assert await held(first.id) == {(Role.ADMIN, None)}


async def test_s15_two_administrators_who_revoke_each_other_leave_one(database):
    first, second = await make.staff(Role.ADMIN), await make.staff(Role.ADMIN)

    answers = await asyncio.gather(
        revoke_role(first, second.id, Role.ADMIN),
        revoke_role(second, first.id, Role.ADMIN),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, LastAdministrator) for answer in answers) == 1
    assert await RoleGrant.count().where(RoleGrant.role == Role.ADMIN) == 1


async def test_s15_taken_back_twice_is_once(database):
    actor, person = await make.staff(Role.ADMIN), await make.staff(Role.ANALYST)

    await revoke_role(actor, person.id, Role.ANALYST)
    await revoke_role(actor, person.id, Role.ANALYST)

    assert await held(person.id) == set()
