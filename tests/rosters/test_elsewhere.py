"""R17: what was accepted of another provider meets the requirement of the course it stands for."""

from datetime import date

import pytest

import make
from connect.rosters.queries import Filters, people
from rosters.staffed import completed, course, elsewhere, requires, works

DAY = date(2026, 2, 1)


async def states(agency, state=""):
    found = await people(agency.id, Filters(state=state))
    return {person.name: person.state for person in found}


async def test_r17_an_accepted_completion_elsewhere_meets_the_requirement(database, clock):
    agency, version = await make.agency(), await course("telmac")
    await requires(agency, version, valid_months=60)
    for name in ("Accepted", "Waiting", "Declined", "Other course", "Old", "Both"):
        person = await works(agency, name=name, since=date(2015, 1, 1))
        if name in ("Accepted", "Both"):
            await elsewhere(person.account, version.course, DAY)
        if name in ("Waiting", "Declined"):
            state = "submitted" if name == "Waiting" else "declined"
            await elsewhere(person.account, version.course, DAY, state=state)
        if name == "Other course":
            await elsewhere(person.account, (await course("other")).course, DAY)
        if name == "Old":
            await elsewhere(person.account, version.course, date(2021, 3, 2))
        if name == "Both":
            await completed(person, version, date(2026, 1, 1))

    missing = dict.fromkeys(("Waiting", "Declined", "Other course", "Old"), "missing")
    complete = dict.fromkeys(("Accepted", "Both"), "complete")
    assert await states(agency) == missing | complete
    assert await states(agency, "missing") == missing
    assert await states(agency, "complete") == complete


async def test_it_is_told_where_it_was_and_without_consent_nothing_is(database, clock):
    agency, version = await make.agency(), await course("telmac")
    await requires(agency, version)
    await elsewhere((await works(agency, name="Ada")).account, version.course, DAY)
    await elsewhere((await works(agency, name="Ben", consented=False)).account, version.course, DAY)

    ada, ben = await people(agency.id, Filters())

    (standing,) = ada.courses
    assert (standing.elsewhere, standing.completed_on, standing.certificate) == (True, DAY, None)
    assert (ben.state, ben.courses[0].completed_on) == ("unknown", None)


@pytest.mark.parametrize("until", [date(2026, 1, 31), DAY])
async def test_what_came_after_the_last_day_is_nobody_elses(database, clock, until):
    agency, version = await make.agency(), await course("telmac")
    await requires(agency, version)
    await elsewhere((await works(agency, name="Ada", until=until)).account, version.course, DAY)

    (ada,) = await people(agency.id, Filters(include_former=True))

    assert ada.state == ("complete" if until == DAY else "missing")
