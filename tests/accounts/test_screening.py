"""A registrar's word on an agency that somebody brought, and what follows for that person."""

from datetime import timedelta

import pytest

import make
from accounts.people import works_at
from connect.accounts import verification
from connect.accounts.screening import screen_agency
from connect.accounts.tables import RoleGrant
from connect.agencies.actions import Verdict, open_draft
from connect.agencies.codes import make_code
from connect.agencies.tables import AgencyDomain
from connect.errors import Conflict, Invalid
from connect.policy import Role


async def brought(actor):
    return await open_draft(
        actor,
        kind="law-enforcement",
        name="Example Falls PD",
        state="IA",
        county="",
        ori="IA0070199",
        psap_id=None,
        domains=["examplefalls.example"],
    )


async def test_screening_lists_the_agency_and_makes_its_bringer_coordinator(database):
    actor, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    draft = await brought(actor)

    await screen_agency(registrar, draft.id, Verdict.CREATED)

    grants = await RoleGrant.select(RoleGrant.role, RoleGrant.agency).where(
        RoleGrant.account == actor.id
    )
    assert grants == [{"role": "coordinator", "agency": draft.id}]
    assert await works_at() == [draft.id]
    domains = await AgencyDomain.select(AgencyDomain.domain)
    assert domains == [{"domain": "examplefalls.example"}]


async def test_a_declined_agency_changes_nothing_for_its_bringer(database, mailbox, work):
    actor, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    draft = await brought(actor)

    with pytest.raises(Invalid):
        await screen_agency(registrar, draft.id, Verdict.DECLINED)
    await screen_agency(registrar, draft.id, Verdict.DECLINED, reason="It is a club.")
    await work()

    assert await RoleGrant.count().where(RoleGrant.account == actor.id) == 0
    assert await works_at() == []
    assert "It is a club." in mailbox[-1].body


async def test_a_screening_that_fails_half_way_leaves_nothing(database):
    actor, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    for _ in range(2):
        _, code = await make_code(
            registrar, (await make.agency()).id, max_uses=1, expires_at=make.now() + timedelta(1)
        )
        await verification.join_by_code(actor, code, consent=False)
    draft = await brought(actor)

    with pytest.raises(Conflict):
        await screen_agency(registrar, draft.id, Verdict.CREATED)

    assert await RoleGrant.count().where(RoleGrant.account == actor.id) == 0
    assert (await type(draft).objects().where(type(draft).id == draft.id).first()).status == "draft"
