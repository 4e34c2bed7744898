"""Where people work, and for which agency a training counts."""

from datetime import date, timedelta

import pytest

import make
from connect.accounts.affiliations import (
    TwoAlready,
    WorksThere,
    affiliate,
    affiliations_on,
    change_affiliation,
)
from connect.accounts.queries import account_of
from connect.accounts.tables import Affiliation
from connect.catalog.content import Audience, OpenTo
from connect.errors import NotFound
from connect.learning.actions import Event, NotVerified, enroll, note_event
from connect.trainings.tables import Training


async def working(*agencies, **person):
    actor = await make.learner(**person)
    rows = [await affiliate(actor, await account_of(actor), agency) for agency in agencies]
    return actor, rows


async def complete(actor):
    content = make.content(components=[make.acknowledgement("promise")])
    await make.course(content)
    enrollment, _ = await enroll(actor, content.slug)
    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)


async def test_the_first_affiliation_is_the_primary_one(database, clock):
    first, second = await make.agency(), await make.agency()
    actor, _ = await working(first, second)

    rows = await affiliations_on(actor.id, date(2026, 3, 2))

    assert [(row["agency"], bool(row["is_primary"])) for row in rows] == [
        (first.id, True),
        (second.id, False),
    ]


async def test_two_agencies_at_a_time_are_the_most(database, clock):
    agencies = [await make.agency() for _ in range(3)]
    actor, _ = await working(*agencies[:2])
    account = await account_of(actor)

    with pytest.raises(TwoAlready):
        await affiliate(actor, account, agencies[2])
    with pytest.raises((WorksThere, TwoAlready)):
        await affiliate(actor, account, agencies[0])

    assert await Affiliation.count() == 2


async def test_a_training_counts_for_the_agency_of_its_day_also_after_somebody_moves(
    database, clock
):
    old, new = await make.agency(name="Old Department"), await make.agency(name="New Department")
    actor, (row,) = await working(old)
    await complete(actor)

    clock.move(timedelta(days=10))
    await change_affiliation(actor, row.id, {"ended": True})
    await affiliate(actor, await account_of(actor), new)
    await complete(actor)

    rows = await Training.select(Training.agency, Training.agency_name).order_by(Training.day)
    assert rows == [
        {"agency": old.id, "agency_name": "Old Department"},
        {"agency": new.id, "agency_name": "New Department"},
    ]


async def test_without_an_agency_none_is_guessed(database):
    actor, _ = await working()

    await complete(actor)

    assert await Training.select(Training.agency, Training.agency_name) == [
        {"agency": None, "agency_name": None}
    ]


async def test_the_primary_agency_is_the_one_that_counts(database, clock):
    first, second = await make.agency(), await make.agency()
    actor, rows = await working(first, second)

    await change_affiliation(actor, rows[1].id, {"is_primary": True})
    await complete(actor)

    assert (await Training.objects().first()).agency == second.id


async def test_somebody_elses_affiliation_is_not_found(database):
    _, (row,) = await working(await make.agency())

    with pytest.raises(NotFound):
        await change_affiliation(await make.learner(), row.id, {"ended": True})

    assert (await Affiliation.objects().first()).until is None


async def test_consent_is_given_and_taken_back(database, clock):
    actor, (row,) = await working(await make.agency())

    given = (await change_affiliation(actor, row.id, {"consent": True})).consented_at
    clock.move(timedelta(days=1))
    again = (await change_affiliation(actor, row.id, {"consent": True})).consented_at
    taken = (await change_affiliation(actor, row.id, {"consent": False})).consented_at

    assert (given, again, taken) == (clock.now - timedelta(days=1), given, None)


OFFICERS = Audience(disciplines=["law-enforcement"], agency_kinds=["law-enforcement"])


@pytest.mark.parametrize(
    ("access", "verified", "person", "kind", "words"),
    [
        (OpenTo.VERIFIED, False, {}, None, "you are not verified yet"),
        (OpenTo.VERIFIED, True, {}, None, ""),
        (OFFICERS, True, {}, "law-enforcement", ""),
        (OFFICERS, False, {}, "law-enforcement", "you are not verified yet"),
        (OFFICERS, True, {"discipline": "educator"}, "school", "work in: Law Enforcement"),
        (OFFICERS, True, {}, "school", "people of these agencies"),
        (OFFICERS, True, {}, None, "people of these agencies"),
        (Audience(titles=["detective"]), True, {"title": "Detective"}, None, ""),
        (Audience(titles=["detective"]), True, {"title": "Officer"}, None, "one of these titles"),
    ],
)
async def test_access_names_the_rule_that_failed(database, access, verified, person, kind, words):
    content = make.content(access=access)
    await make.course(content)
    seen = make.now() if verified else None
    agencies = [await make.agency(kind=kind)] if kind else []
    actor, _ = await working(*agencies, verified_at=seen, **person)

    if not words:
        _, new = await enroll(actor, content.slug)
        assert new
    else:
        with pytest.raises(NotVerified, match=words):
            await enroll(actor, content.slug)
