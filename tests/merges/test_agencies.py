"""Joining two agencies: who and what follows, and what stays as it stood."""

import asyncio
from datetime import date
from uuid import uuid4

import msgspec
import pytest

import make
from agencies.made import agency as listed_agency
from agencies.made import coordinator, wish
from connect.accounts.tables import Affiliation, EligibilityCase, RoleGrant
from connect.accounts.verification import decide_case
from connect.agencies.actions import open_draft
from connect.agencies.queries import domains_of, standing_agency
from connect.agencies.tables import Agency, AgencyCode, AgencyDomain, AgencyState
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid, NotFound
from connect.merges.actions import BuiltOn, merge_agencies, undo_merge
from connect.policy import Role
from connect.trainings.tables import Training
from merges import made


async def domains(agency):
    return {row["domain"] for row in await domains_of(agency.id)}


async def test_a_merged_agency_leads_to_the_one_that_is_kept(database):
    registrar = await make.staff(Role.REGISTRAR)
    first = await listed_agency(domains=("a.example", "b.example"))
    second = await listed_agency(domains=("b.example",))
    third = await listed_agency()

    await merge_agencies(registrar, second.id, first.id)
    await merge_agencies(registrar, third.id, second.id)

    assert (await standing_agency(first.id)).id == third.id
    assert await domains(third) == {"a.example", "b.example"}
    assert await domains(first) == {"b.example"}  # what both listed stays where it was
    acts = await AuditEvent.objects().where(AuditEvent.act == "agency.merged").order_by("at")
    assert len(acts) == 2
    assert msgspec.json.decode(acts[1].details)["into"] == str(third.id)


async def test_people_roles_codes_and_open_requests_follow(database, clock):
    registrar = await make.staff(Role.REGISTRAR)
    keep, gone = await listed_agency(), await listed_agency()
    only, both, former = [await make.account() for _ in range(3)]
    moved = await made.works(only, gone)
    kept = await made.works(both, keep, is_primary=False)
    twice = await made.works(both, gone)
    past = await made.works(former, gone, until=date(2026, 2, 1))
    await made.role(only, Role.COORDINATOR, gone)
    await made.role(both, Role.COORDINATOR, gone)
    await made.role(both, Role.COORDINATOR, keep)
    code = AgencyCode(agency=gone.id, code_hash="x", max_uses=1, made_by=only.id)
    await code.save()
    waiting = await made.case(await make.account(), gone)
    decided = await made.case(only, gone, state="approved", decided_at=clock())
    completion = await made.completion(only, await make.course(), agency=gone.id)

    done = await merge_agencies(registrar, keep.id, gone.id)

    work = {row.id: row for row in await Affiliation.objects()}
    assert work[moved.id].agency == keep.id
    assert (work[kept.id].agency, work[kept.id].is_primary) == (keep.id, True)
    ended = work[twice.id]
    assert (ended.agency, ended.until, ended.is_primary) == (gone.id, date(2026, 3, 1), False)
    assert work[past.id].agency == gone.id
    roles = await RoleGrant.objects().where(RoleGrant.agency.is_not_null())
    assert sorted((r.account, r.agency) for r in roles) == sorted(
        [(only.id, keep.id), (both.id, keep.id)]
    )
    assert (await AgencyCode.objects().get(AgencyCode.id == code.id)).agency == keep.id
    cases = {row.id: row.agency for row in await EligibilityCase.objects()}
    assert (cases[waiting.id], cases[decided.id]) == (keep.id, gone.id)
    training = await Training.objects().get(Training.id == completion.training)
    assert training.agency == gone.id  # the fact as it stood
    await decide_case(registrar, waiting.id, approve=True, reason="")
    await undo_merge(registrar, done.merge.id)
    applicant = await Affiliation.objects().get(Affiliation.account == waiting.account)
    assert applicant.agency == keep.id  # came after the merge, and stays


async def test_an_agency_takes_the_place_of_the_one_above_it(database):
    registrar = await make.staff(Role.REGISTRAR)
    top = await make.agency()
    gone = await make.agency(parent=top.id)
    middle = await make.agency(parent=gone.id)
    keep = await make.agency(parent=middle.id)

    await merge_agencies(registrar, keep.id, gone.id)

    parents = {row.id: row.parent for row in await Agency.objects()}
    assert (parents[keep.id], parents[middle.id]) == (top.id, keep.id)


async def test_what_cannot_be_merged(database):
    registrar = await make.staff(Role.REGISTRAR)
    ours, theirs = await listed_agency(), await listed_agency()
    draft = await open_draft(await make.learner(), **wish())

    for drop in (ours.id, draft.id, uuid4()):
        with pytest.raises(Invalid):
            await merge_agencies(registrar, ours.id, drop)
    with pytest.raises(NotFound):
        await merge_agencies(registrar, draft.id, ours.id)
    with pytest.raises(Forbidden):
        await merge_agencies(await coordinator(ours, theirs), ours.id, theirs.id)
    assert await Agency.count().where(Agency.status == AgencyState.MERGED) == 0


async def test_of_two_merges_in_opposite_directions_one_is_done(database):
    registrar = await make.staff(Role.REGISTRAR)
    one, two = await listed_agency(), await listed_agency()

    found = await asyncio.gather(
        merge_agencies(registrar, one.id, two.id),
        merge_agencies(registrar, two.id, one.id),
        return_exceptions=True,
    )

    assert sorted(type(f).__name__ for f in found) == ["NotFound", "Outcome"]
    assert await Agency.count().where(Agency.status == AgencyState.MERGED) == 1


async def test_an_agency_is_parted_again_by_registrars_only_and_in_order(database):
    registrar = await make.staff(Role.REGISTRAR)
    keep, gone, third = [await listed_agency(domains=(f"{n}.example",)) for n in "abc"]
    first = (await merge_agencies(registrar, keep.id, gone.id)).merge
    await merge_agencies(registrar, keep.id, third.id)

    with pytest.raises(BuiltOn, match=third.name):
        await undo_merge(registrar, first.id)
    with pytest.raises(Forbidden):
        await undo_merge(await coordinator(keep), first.id)
    assert await AgencyDomain.count().where(AgencyDomain.agency == keep.id) == 3
