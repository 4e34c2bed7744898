"""Parting two accounts again: what comes back, in which order, until when."""

import asyncio
from datetime import timedelta

import pytest

import make
from connect.accounts.tables import (
    RoleGrant,
)
from connect.agencies.tables import Agency
from connect.learning.tables import Completion, Enrollment
from connect.merges.actions import (
    BuiltOn,
    PlaceTaken,
    TooLate,
    UndoneAlready,
    merge_agencies,
    merge_people,
    sweep,
    undo_merge,
)
from connect.merges.tables import MergeStep
from connect.policy import Role
from merges import made

REGISTRAR = Role.REGISTRAR


async def test_of_undoings_at_once_one_is_done(database):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    done = await merge_people(registrar, keep.id, gone.id)

    found = await asyncio.gather(
        *(undo_merge(registrar, done.merge.id) for _ in range(3)), return_exceptions=True
    )

    assert sorted(type(f).__name__ for f in found) == ["Merge", "UndoneAlready", "UndoneAlready"]


async def test_merges_are_undone_in_reverse(database):
    registrar = await make.staff(REGISTRAR)
    a, b, c, d = [await make.account() for _ in range(4)]
    version = await make.course()
    for person in (a, b, c, d):
        await made.completion(person, version)
        await made.completion(person, await make.course())
    before = await made.dump()
    first = (await merge_people(registrar, b.id, a.id)).merge
    second = (await merge_people(registrar, c.id, b.id)).merge
    third = (await merge_people(registrar, c.id, d.id)).merge
    assert await Completion.count().where(Completion.learner == c.id) == 5

    for early in (first, second):
        with pytest.raises(BuiltOn) as refusal:
            await undo_merge(registrar, early.id)
    assert d.legal_name in str(refusal.value)
    assert str(third.id) in str(refusal.value)
    for merge in (third, second, first):
        await undo_merge(registrar, merge.id)

    assert await made.dump() == before
    with pytest.raises(UndoneAlready):
        await undo_merge(registrar, first.id)


async def test_after_thirty_days_it_stays(database, clock):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    await made.ways_in(gone)
    done = await merge_people(registrar, keep.id, gone.id)

    clock.move(timedelta(days=29, hours=23))
    await sweep()
    kept = await MergeStep.count().where(MergeStep.column_name == "")
    clock.move(timedelta(hours=1, seconds=1))
    await sweep()

    assert (kept, await MergeStep.count().where(MergeStep.column_name == "")) == (3, 0)
    assert await MergeStep.count() > 0  # what moved is history
    with pytest.raises(TooLate, match=r"April 1, 2026"):
        await undo_merge(registrar, done.merge.id)


async def test_what_came_after_the_merge_stays_with_the_one_that_is_kept(database):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    version = await make.course()
    mine = await made.under_way(keep, version)
    theirs = await made.under_way(gone, version, done=1)
    done = await merge_people(registrar, keep.id, gone.id)
    await Enrollment.update({Enrollment.state: "completed"}).where(Enrollment.id == theirs.id)
    later = await made.under_way(keep, version)
    new = await made.completion(keep, await make.course())

    await undo_merge(registrar, done.merge.id)

    rows = {row.id: (row.learner, row.state) for row in await Enrollment.objects()}
    assert rows[theirs.id] == (gone.id, "completed")
    assert rows[later.id] == (keep.id, "in_progress")
    assert rows[mine.id] == (keep.id, "withdrawn")  # its place was taken meanwhile
    assert (await Completion.objects().get(Completion.id == new.id)).learner == keep.id


async def test_a_role_comes_back_only_where_its_agency_stands(database):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    here, there = await make.agency(), await make.agency(name="Ames Police")
    await made.role(gone, Role.COORDINATOR, there)
    people = (await merge_people(registrar, keep.id, gone.id)).merge
    agencies = (await merge_agencies(registrar, here.id, there.id)).merge

    with pytest.raises(BuiltOn, match="Ames Police"):
        await undo_merge(registrar, people.id)
    await undo_merge(registrar, agencies.id)
    await undo_merge(registrar, people.id)

    grant = await RoleGrant.objects().get(RoleGrant.account == gone.id)
    assert grant.agency == there.id


@pytest.mark.parametrize(
    "place", [{"ori": "TX0000100"}, {"psap_id": "42", "kind": "emergency-communications"}]
)
async def test_an_agency_whose_place_was_taken_does_not_come_back(database, place):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.agency(), await make.agency(**place)
    await made.works(await make.account(), gone)
    merge = (await merge_agencies(registrar, keep.id, gone.id)).merge
    taker = await make.agency(**place)
    before = await made.dump()

    with pytest.raises(PlaceTaken, match="ORI or PSAP ID"):
        await undo_merge(registrar, merge.id)
    after = await made.dump()
    await Agency.update({Agency.ori: None, Agency.psap_id: None}).where(Agency.id == taker.id)
    undone = await undo_merge(registrar, merge.id)

    assert after == before
    assert undone.undone_by == registrar.id
    row = await Agency.objects().get(Agency.id == gone.id)
    assert (row.status, row.merged_into) == ("active", None)
