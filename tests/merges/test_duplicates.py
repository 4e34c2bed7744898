"""Accounts that look like one person's are found, judged, and not shown again."""

import pytest

import make
from connect.accounts.tables import Account, AccountStatus
from connect.errors import Forbidden, NotFound
from connect.merges.actions import merge_people, undo_merge
from connect.merges.duplicates import look, tell_apart
from connect.merges.queries import duplicates
from connect.merges.rules import MOST_ALIKE
from connect.merges.tables import DuplicatePair
from connect.policy import Role
from merges import made


async def pairs(registrar, **options):
    found = await duplicates(registrar, **{"limit": 100, **options})
    return {frozenset((p.one.id, p.other.id)): [str(r) for r in p.reasons] for p in found}


async def test_pairs_are_found_by_name_place_and_mailbox(database, clock):
    registrar = await make.staff(Role.REGISTRAR)
    agency = await make.agency()
    ann = await make.account(legal_name="Ann Álvarez", email="ann@old.example")
    again = await make.account(legal_name="ALVAREZ, Ann", email="ann@new.example")
    far = await make.account(legal_name="Ann Alvarez", email="aa@far.example", state="OK")
    await made.works(again, agency)
    await made.works(far, agency)
    await make.account(legal_name="Ben Other", email="ann.b@old.example")

    await look()

    assert await pairs(registrar) == {
        frozenset((ann.id, again.id)): ["mailbox", "name-state"],
        frozenset((again.id, far.id)): ["name-agency"],
    }


async def test_a_look_follows_what_changed(database):
    registrar = await make.staff(Role.REGISTRAR)
    ann, again = [await make.account(legal_name="Ann Alvarez") for _ in range(2)]
    ben, more = [await make.account(legal_name="Ben Brown") for _ in range(2)]
    await look()
    first = {row.id for row in await DuplicatePair.objects()}
    await look()
    assert {row.id for row in await DuplicatePair.objects()} == first

    await Account.update({Account.legal_name: "Ann Alvarado"}).where(Account.id == ann.id)
    await Account.update({Account.email: "ben@x.example"}).where(Account.id == ben.id)
    await Account.update({Account.email: "ben@y.example"}).where(Account.id == more.id)
    await look()

    assert await pairs(registrar) == {frozenset((ben.id, more.id)): ["mailbox", "name-state"]}
    assert again.id not in {row.one for row in await DuplicatePair.objects()}


async def test_two_people_told_apart_stay_apart(database):
    registrar = await make.staff(Role.REGISTRAR)
    ann, _ = [await make.account(legal_name="Ann Alvarez") for _ in range(2)]
    await look()
    pair = (await duplicates(registrar, limit=1))[0]

    await tell_apart(registrar, pair.id)
    await tell_apart(registrar, pair.id)
    await look()
    await Account.update({Account.legal_name: "Ann Alvarado"}).where(Account.id == ann.id)
    await look()
    await Account.update({Account.legal_name: "Ann Alvarez"}).where(Account.id == ann.id)
    await look()

    assert await pairs(registrar) == {}
    stored = await DuplicatePair.objects().get(DuplicatePair.id == pair.id)
    assert stored.told_by == registrar.id
    with pytest.raises(NotFound):
        await tell_apart(registrar, ann.id)
    with pytest.raises(Forbidden):
        await tell_apart(await make.learner(), pair.id)
    with pytest.raises(Forbidden):
        await duplicates(await make.staff(Role.ANALYST), limit=1)


async def test_what_was_joined_or_closed_is_no_pair_until_it_is_parted(database):
    registrar = await make.staff(Role.REGISTRAR)
    ann, again = [await make.account(legal_name="Ann Alvarez") for _ in range(2)]
    await look()

    merge = (await merge_people(registrar, ann.id, again.id)).merge
    joined = await pairs(registrar)
    await undo_merge(registrar, merge.id)
    parted = await pairs(registrar)
    await Account.update({Account.status: AccountStatus.CLOSED}).where(Account.id == ann.id)

    assert (joined, len(parted), await pairs(registrar)) == ({}, 1, {})


async def test_who_is_to_be_verified_anew_may_be_one_of_a_pair(database):
    registrar = await make.staff(Role.REGISTRAR)
    due = await make.account(legal_name="Ann Alvarez", status=AccountStatus.REVERIFY_DUE)
    again = await make.account(legal_name="Ann Alvarez")

    await look()

    assert await pairs(registrar) == {frozenset((due.id, again.id)): ["name-state"]}


async def test_of_two_that_nobody_proved_nothing_is_told(database):
    registrar = await make.staff(Role.REGISTRAR)
    unproved = {"status": AccountStatus.PENDING_EMAIL, "proved_at": None}
    one, _ = [await make.account(legal_name="Ann Alvarez", **unproved) for _ in range(2)]
    await look()
    nothing = await pairs(registrar)
    proved = await make.account(legal_name="Ann Alvarez")
    await look()

    assert nothing == {}
    assert frozenset((one.id, proved.id)) in await pairs(registrar)
    assert len(await pairs(registrar)) == 2


async def test_a_name_that_many_have_tells_nobody_apart(database):
    registrar = await make.staff(Role.REGISTRAR)
    for _ in range(MOST_ALIKE):
        await make.account(legal_name="John Smith")
    await look()
    many = len(await pairs(registrar))
    await make.account(legal_name="John Smith")
    await look()

    assert (many, await pairs(registrar)) == (MOST_ALIKE * (MOST_ALIKE - 1) // 2, {})


@pytest.mark.parametrize("rows", [1, 3])
async def test_a_list_costs_the_same_however_long(database, queries, rows):
    registrar = await make.staff(Role.REGISTRAR)
    for number in range(rows):
        for _ in range(2):
            await make.account(legal_name=f"Ann Alvarez {number}")
    await look()
    queries.clear()

    assert len(await duplicates(registrar, limit=2)) == rows
    assert len(queries) == 1, queries
