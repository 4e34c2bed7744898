"""Grants: which course belongs to which on what day, and the trainings that remember it."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
from accounts.contents import count
from connect.audit import AuditEvent
from connect.errors import Invalid, NotFound
from connect.grants.actions import (
    CourseElsewhere,
    add_grant,
    assign_course,
    change_grant,
    remove_course,
)
from connect.grants.queries import grant_on
from connect.grants.rules import overlap, span_faults
from connect.grants.tables import CourseGrant, Grant
from connect.policy import Role
from connect.reports.queries import counts, training_rows
from connect.trainings.actions import record_training
from connect.trainings.tables import Training
from rosters.staffed import course

YEAR = date(2026, 1, 1), date(2026, 12, 31)


async def registrar():
    return await make.staff(Role.REGISTRAR)


async def grant(actor, number, starts_on=YEAR[0], ends_on=YEAR[1]):
    return await add_grant(
        actor,
        award_number=number,
        title=f"Title of {number}",
        starts_on=starts_on,
        ends_on=ends_on,
    )


async def trained(day, slug="first", person=None):
    """The training of somebody who completed a course on *day*."""
    actor = await make.learner()
    row = await record_training(
        actor,
        person=person or actor.id,
        day=day,
        minutes=30,
        course=slug,
        course_title=slug.capitalize(),
        version=1,
        discipline="educator",
        state="TX",
        title=None,
        source=uuid4(),
    )
    found = await Training.objects().where(Training.id == row).first()
    assert found
    return found


days = st.dates(date(2026, 1, 1), date(2026, 3, 1))
spans = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))


def all_days(span):
    return {span[0] + timedelta(days=n) for n in range((span[1] - span[0]).days + 1)}


@given(spans, spans)
def test_spans_overlap_when_they_have_a_day_in_common(one, other):
    assert overlap(one, other) == bool(all_days(one) & all_days(other))


@given(st.tuples(days, days), spans, st.lists(spans))
def test_days_are_right_inside_the_grant_and_beside_all_others(wanted, whole, others):
    faults = span_faults(wanted, whole, [("X", other) for other in others])

    mine = all_days(wanted)
    taken = set().union(*(all_days(other) for other in others))
    assert (faults == {}) == (bool(mine) and mine <= all_days(whole) and not mine & taken)


async def test_a_training_takes_the_grant_of_its_day_and_keeps_it(database):
    actor = await registrar()
    await course("first")
    old = await grant(actor, "OLD-1")
    new = await grant(actor, "NEW-1")
    await assign_course(actor, old.id, "first", since=date(2026, 2, 1), until=date(2026, 5, 31))
    await assign_course(actor, new.id, "first", since=date(2026, 6, 1))

    seen = {
        day: (await trained(day)).grant
        for day in (
            date(2026, 1, 31),
            date(2026, 2, 1),
            date(2026, 5, 31),
            date(2026, 6, 1),
            date(2026, 12, 31),
            date(2027, 1, 1),
        )
    }
    before = [(row.id, row.grant) for row in await Training.objects().order_by(Training.id)]
    await remove_course(actor, new.id, "first")
    await assign_course(actor, old.id, "first", since=date(2026, 1, 1))

    assert list(seen.values()) == [None, old.id, old.id, new.id, new.id, None]
    assert [(r.id, r.grant) for r in await Training.objects().order_by(Training.id)] == before
    assert (await trained(date(2026, 6, 1))).grant == old.id
    assert await grant_on("other", date(2026, 6, 1)) is None


async def test_a_course_belongs_to_one_grant_a_day_however_many_ask_at_once(database):
    actor = await registrar()
    await course("first")
    grants = [await grant(actor, f"G-{n}") for n in range(4)]

    answers = await asyncio.gather(
        *(assign_course(actor, row.id, "first", since=date(2026, 3, 1)) for row in grants),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["CourseGrant"] + ["Invalid"] * 3
    assert await CourseGrant.count() == 1


async def test_days_outside_of_the_grant_or_taken_are_refused(database):
    actor = await registrar()
    await course("first")
    one, two = await grant(actor, "G-1"), await grant(actor, "G-2")
    await assign_course(actor, one.id, "first", since=date(2026, 3, 1), until=date(2026, 4, 1))

    for since, until, field in (
        (date(2025, 12, 31), None, "from"),
        (date(2026, 5, 1), date(2027, 1, 1), "until"),
        (date(2026, 5, 1), date(2026, 4, 1), "until"),
        (date(2026, 4, 1), None, "from"),
        (date(2026, 1, 1), None, "from"),
    ):
        with pytest.raises(Invalid) as refusal:
            await assign_course(actor, two.id, "first", since=since, until=until)
        assert list(refusal.value.errors) == [field]
    await assign_course(actor, two.id, "first", since=date(2026, 4, 2))
    with pytest.raises(NotFound):
        await assign_course(actor, two.id, "nowhere", since=date(2026, 4, 2))
    with pytest.raises(NotFound):
        await assign_course(actor, uuid4(), "first", since=date(2026, 4, 2))


async def test_a_grant_does_not_grow_over_another_or_shrink_from_under_a_course(database):
    actor = await registrar()
    await course("first")
    one = await grant(actor, "G-1", date(2026, 1, 1), date(2026, 6, 30))
    two = await grant(actor, "G-2", date(2026, 7, 1), date(2026, 12, 31))
    await assign_course(actor, one.id, "first", since=date(2026, 2, 1))
    await assign_course(actor, two.id, "first", since=date(2026, 7, 1))

    with pytest.raises(CourseElsewhere):
        await change_grant(actor, one.id, {"ends_on": date(2026, 7, 1)})
    with pytest.raises(CourseElsewhere):
        await change_grant(actor, one.id, {"starts_on": date(2026, 2, 2)})
    changed = await change_grant(actor, one.id, {"ends_on": date(2026, 5, 31), "title": "Less"})

    assert (changed.ends_on, changed.title) == (date(2026, 5, 31), "Less")
    assert await grant_on("first", date(2026, 6, 1)) is None


async def test_counts_by_grant_make_the_total(database, api):
    actor = await registrar()
    await course("first")
    one = await grant(actor, "G-1")
    await assign_course(actor, one.id, "first", since=date(2026, 3, 1), until=date(2026, 3, 31))
    for day in (date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 2)):
        await trained(day)
    again = await trained(date(2026, 3, 5))
    await trained(date(2026, 3, 6), person=again.person)

    found = await counts(*YEAR, ["grant"])
    of_grant = await counts(*YEAR, ["month"], filters={"grant": "G-1"})

    assert [(p.value, p.label, p.instances) for p in found.by["grant"]] == [
        ("G-1", "G-1, Title of G-1", 3),
        (None, "No grant", 1),
    ]
    assert (of_grant.total.instances, of_grant.total.repeats_not_counted) == (3, 1)
    for part in found.by["grant"]:
        rows = await training_rows(*YEAR, filters={"grant": part.value or ""})
        assert len(rows) == part.instances
    analyst = await api(await make.staff(Role.ANALYST))
    asked = {"from": "2026-01-01", "to": "2026-12-31"}
    usual = (await analyst.get("/reports/counts", params=asked)).json()
    asked_of = asked | {"by": "grant,state", "grant": "G-1"}
    mine = await analyst.get("/reports/counts", params=asked_of)
    none = await analyst.get("/reports/counts", params=asked | {"by": "", "grant": ""})
    assert list(usual["by"]) == ["discipline", "state", "course", "month"]
    assert mine.json()["total"]["instances"] == 3
    (of_state,) = mine.json()["by"]["state"]
    rows = (await analyst.get(of_state["rows"].removeprefix("/api/v1"))).json()["items"]
    assert len(rows) == of_state["instances"] == 3
    assert "grant" not in rows[0]
    assert none.json()["total"]["instances"] == 1
    table = await analyst.get("/reports/counts.csv", params=asked | {"by": "grant"})
    assert 'grant,G-1,"G-1, Title of G-1",3,3' in table.text


async def test_a_registrar_keeps_grants_over_the_api(database, api):
    actor = await registrar()
    program = await api(actor)
    await course("first")
    body = {
        "award_number": "15pjdp-25-gk 0001",
        "title": " Training  grant ",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "acknowledgement": "Supported by an award.",
    }

    key = {"Idempotency-Key": "k"}
    made_, again = [await program.post("/grants", json=body, headers=key) for _ in range(2)]
    path = f"/grants/{made_.json()['id']}"
    put = await program.put(f"{path}/courses/first", json={"from": "2026-02-01"})
    shorter = await program.put(
        f"{path}/courses/first", json={"from": "2026-02-01", "until": "2026-03-01"}
    )
    changed = await program.patch(path, json={"title": "Another"})
    same = await program.post("/grants", json=body)
    wrong = await program.post("/grants", json=body | {"title": "", "ends_on": "x", "y": 1})
    listed = await program.get("/grants")
    gone = [await program.delete(f"{path}/courses/first") for _ in range(2)]

    assert (made_.status_code, made_.json()) == (201, again.json())
    assert made_.json()["award_number"] == "15PJDP-25-GK0001"
    assert made_.json()["title"] == "Training grant"
    assert put.json() == {"course": "first", "from": "2026-02-01", "until": None}
    assert shorter.json()["until"] == "2026-03-01"
    assert changed.json()["title"] == "Another"
    assert changed.json()["courses"] == [shorter.json()]
    assert [e["field"] for e in same.json()["errors"]] == ["award_number"]
    assert {e["field"] for e in wrong.json()["errors"]} == {"title", "ends_on", "y"}
    assert listed.json() == {"items": [changed.json()], "next": None}
    assert [answer.status_code for answer in gone] == [204, 404]
    acts = await AuditEvent.select(AuditEvent.act).where(AuditEvent.subject_kind == "grant")
    assert [row["act"] for row in acts] == [
        "grant.added",
        "grant.course_assigned",
        "grant.course_assigned",
        "grant.changed",
        "grant.course_removed",
    ]


@pytest.mark.parametrize("rows", [1, 3])
async def test_grants_come_in_pages_and_cost_the_same(database, api, queries, rows):
    actor = await registrar()
    await course("first")
    for n in range(rows):
        row = await grant(actor, f"G-{n}", date(2026, n + 1, 1), date(2026, n + 1, 28))
        await assign_course(actor, row.id, "first", since=row.starts_on)
    program = await api(actor)
    queries.clear()

    first = (await program.get("/grants", params={"limit": 2})).json()

    assert len(queries) == 3  # who asks, the grants, their courses
    after = first["next"] or ""
    rest = (await program.get("/grants", params={"after": after})).json() if after else {}
    seen = [item["award_number"] for item in first["items"] + rest.get("items", [])]
    assert seen == [f"G-{n}" for n in reversed(range(rows))]


@pytest.mark.parametrize(("who", "status"), [("visitor", 401), ("learner", 403), ("analyst", 403)])
async def test_only_registrars_and_administrators_keep_grants(database, api, client, who, status):
    row = await grant(await registrar(), "G-1")
    await course("first")
    actor = await (make.learner() if who == "learner" else make.staff(Role.ANALYST))
    program, prefix = (client, "/api/v1") if who == "visitor" else (await api(actor), "")
    path = f"{prefix}/grants/{row.id}"

    answers = [
        await program.get(f"{prefix}/grants"),
        await program.get(path),
        await program.post(f"{prefix}/grants", json={}),
        await program.patch(path, json={"title": "X"}),
        await program.put(f"{path}/courses/first", json={"from": "2026-02-01"}),
        await program.delete(f"{path}/courses/first"),
    ]

    assert [answer.status_code for answer in answers] == [status] * 6
    assert await count("course_grant") == 0


async def test_the_page_adds_changes_and_assigns(database, browser):
    person = await browser(await registrar())
    await course("first", "First response")
    typed = {"award_number": "G-1", "title": "One", "starts_on": "2026-01-01"}

    async def send(path, **fields):
        return await person.post(f"/admin/grants{path}", data={"csrf": person.csrf, **fields})

    empty = await person.get("/admin/grants")
    wrong = await send("", **typed, ends_on="")
    added = await send("", **typed, ends_on="2026-12-31", acknowledgement="")
    one = await Grant.objects().first()
    assert one
    assigned = await send(
        "/courses", grant=str(one.id), course="first", **{"from": "2026-02-01", "until": ""}
    )
    shown = await person.get(assigned.headers["location"])
    form = await person.get(f"/admin/grants/{one.id}")
    refused = await send(f"/{one.id}", **typed | {"starts_on": "2026-03-01"}, ends_on="2026-12-31")
    changed = await send(f"/{one.id}", **typed | {"title": "Two"}, ends_on="2026-12-31")
    removed = await send(f"/{one.id}/courses/first/removal")

    assert "No grants yet" in empty.text
    assert (wrong.status_code, added.status_code) == (422, 303)
    assert 'href="#ends_on"' in wrong.text
    assert "from February 1, 2026" in shown.text
    assert 'value="2026-12-31"' in form.text
    assert refused.status_code == 422
    assert "would not fit" in refused.text
    assert (changed.status_code, removed.status_code) == (303, 303)
    assert (await person.get(f"/admin/grants/{uuid4()}")).status_code == 404
    assert await count("course_grant") == 0
