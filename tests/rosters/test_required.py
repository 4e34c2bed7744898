"""Which courses an agency requires, since when, and of whom."""

import asyncio
from uuid import uuid4

import pytest

import make
from accounts.contents import count
from agencies import made
from connect.agencies.tables import AgencyState
from connect.audit import AuditEvent
from connect.errors import Invalid, NotFound
from connect.policy import Role
from connect.rosters.actions import MOST_REQUIRED, release_course, require_course
from connect.rosters.queries import required_courses
from connect.rosters.tables import RequiredCourse
from rosters.staffed import course, requires


async def test_a_coordinator_requires_changes_and_releases_a_course(database, api):
    agency = await made.agency()
    await course("first", "First response")
    program = await api(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/required-courses"

    everybody = await program.put(f"{path}/first")
    again = await program.put(f"{path}/first", json={})
    changed = await program.put(f"{path}/first", json={"category": "patrol", "valid_months": 24})
    listed = await program.get(path)
    one = await program.get(f"{path}/first")
    released = await program.delete(f"{path}/first")
    gone = [await program.get(f"{path}/first"), await program.delete(f"{path}/first")]

    shown = {"course": "first", "title": "First response"}
    assert everybody.json() == again.json() == shown | {"category": None, "valid_months": None}
    assert changed.json() == one.json() == shown | {"category": "patrol", "valid_months": 24}
    assert listed.json() == [changed.json()]
    assert [released.status_code, *(answer.status_code for answer in gone)] == [204, 404, 404]
    assert await required_courses(agency.id) == []
    rows = await RequiredCourse.objects().order_by(RequiredCourse.made_at)
    assert [(row.category, row.valid_months, row.ended_at is None) for row in rows] == [
        (None, None, False),
        ("patrol", 24, False),
    ]
    acts = await AuditEvent.select(AuditEvent.act).where(AuditEvent.subject == str(agency.id))
    assert sorted(row["act"] for row in acts) == [
        "agency.course_released",
        "agency.course_required",
        "agency.course_required",
    ]


async def test_every_bad_value_is_told(database, api):
    agency = await made.agency()
    await course("first")
    program = await api(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/required-courses"

    wrong = await program.put(
        f"{path}/first", json={"category": "chief", "valid_months": 0, "x": 1}
    )
    unknown = await program.put(f"{path}/nowhere", json={})

    assert wrong.status_code == 422
    assert {e["field"] for e in wrong.json()["errors"]} == {"category", "valid_months", "x"}
    assert unknown.status_code == 404
    with pytest.raises(Invalid):
        await require_course(
            await made.coordinator(agency), agency.id, "first", category="chief", valid_months=500
        )
    assert await count("required_course") == 0


async def test_a_course_is_required_once_by_however_many_at_once(database):
    agency = await made.agency()
    await course("first")
    actor = await made.coordinator(agency)

    await asyncio.gather(
        *(
            require_course(actor, agency.id, "first", valid_months=months)
            for months in (6, 12, 12, 24, 6)
        )
    )

    current = await RequiredCourse.count().where(RequiredCourse.ended_at.is_null())
    assert current == 1
    assert len(await required_courses(agency.id)) == 1


async def test_an_agency_requires_so_many_courses_and_no_more(database):
    agency = await made.agency()
    actor = await made.coordinator(agency)
    for n in range(MOST_REQUIRED):
        await requires(agency, await course(f"c{n}"))
    await course("more")

    with pytest.raises(Invalid):
        await require_course(actor, agency.id, "more")

    changed = await require_course(actor, agency.id, "c0", valid_months=12)
    assert changed.valid_months == 12


@pytest.mark.parametrize(
    ("who", "status"), [("visitor", 401), ("learner", 403), ("auditor", 403), ("stranger", 404)]
)
async def test_only_who_manages_the_agency_changes_what_it_requires(
    database, api, client, who, status
):
    ours, theirs = await made.agency(), await made.agency()
    await requires(ours, await course("first"))
    actor = {
        "visitor": None,
        "learner": await make.learner(),
        "auditor": await make.staff(Role.AUDITOR),
        "stranger": await made.coordinator(theirs),
    }[who]
    program, prefix = (await api(actor), "") if actor else (client, "/api/v1")
    path = f"{prefix}/agencies/{ours.id}"

    answers = [
        await program.put(f"{path}/required-courses/first", json={"valid_months": 1}),
        await program.delete(f"{path}/required-courses/first"),
        await program.post(f"{path}/reminders", json={"people": [str(uuid4())]}),
    ]

    assert [answer.status_code for answer in answers] == [status] * 3
    assert [row.valid_months for row in await required_courses(ours.id)] == [None]


async def test_an_agency_that_is_not_listed_requires_nothing(database):
    draft = await made.agency(status=AgencyState.DRAFT)
    await course("first")
    registrar = await make.staff(Role.REGISTRAR)

    with pytest.raises(Exception, match="not active"):
        await require_course(registrar, draft.id, "first")
    with pytest.raises(NotFound):
        await release_course(registrar, draft.id, "first")
