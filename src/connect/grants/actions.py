"""Writing down grants, and which course belongs to which of them when."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from connect.agencies.rules import normal_line
from connect.audit import record
from connect.catalog.tables import Course
from connect.db import fetch, is_unique_violation, locked, one, placeholders, transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.grants import rules
from connect.grants.tables import CourseGrant, Grant
from connect.policy import Actor, Permission

FACTS = ("award_number", "title", "starts_on", "ends_on", "acknowledgement")
# Every span of a course, with the grant's own days.
SPANS = """
SELECT m.id, m.course, m."grant", m.since, m.until, g.award_number, g.ends_on, k.slug
FROM course_grant m JOIN grant_award g ON g.id = m."grant" JOIN course k ON k.id = m.course
WHERE m.course IN ({courses})
"""


class CourseElsewhere(Conflict):
    message = (
        "With these days {course} would not fit: {why} Change the days of the course in this "
        "grant first."
    )


async def add_grant(
    actor: Actor,
    *,
    award_number: str,
    title: str,
    starts_on: date,
    ends_on: date,
    acknowledgement: str = "",
) -> Grant:
    """Write down an award.

    Raises:
        Invalid: every bad value; the number may be there already.
    """
    actor.must(Permission.MANAGE_GRANTS)
    facts = _normal(
        {"award_number": award_number, "title": title, "starts_on": starts_on}
        | {"ends_on": ends_on, "acknowledgement": acknowledgement}
    )
    if wrong := rules.grant_faults(facts):
        raise Invalid(wrong)
    row = Grant(**facts, made_by=actor.id)
    async with transaction():
        await _write(row)
        await record(actor, "grant.added", Grant, of=row.id, **facts)
    return row


async def change_grant(actor: Actor, grant_id: UUID, changes: Mapping[str, Any]) -> Grant:
    """Change an award; *changes* holds some of ``FACTS``. Trainings keep the grant they have.

    Raises:
        NotFound: there is none.
        Invalid: every bad value.
        CourseElsewhere: with other days one of its courses would not fit any more.
    """
    actor.must(Permission.MANAGE_GRANTS)
    async with transaction():
        row = await _held(grant_id)
        courses = await CourseGrant.select(CourseGrant.course).where(CourseGrant.grant == grant_id)
        spans = await _held_spans([mine["course"] for mine in courses])
        before = {name: getattr(row, name) for name in FACTS}
        after = before | _normal(changes)
        if wrong := rules.grant_faults(after):
            raise Invalid(wrong)
        changed = {name: value for name, value in after.items() if value != before[name]}
        if not changed:
            return row
        days = (after["starts_on"], after["ends_on"])
        for mine in (s for s in spans if s["grant"] == grant_id):
            wanted = rules.span(mine["since"], mine["until"], after["ends_on"])
            if faults := rules.span_faults(wanted, days, _others(spans, mine["course"], grant_id)):
                raise CourseElsewhere(course=mine["slug"], why=next(iter(faults.values())))
        for name, value in changed.items():
            setattr(row, name, value)
        await _write(row)
        was = {name: before[name] for name in changed}
        await record(actor, "grant.changed", Grant, of=row.id, before=was, after=changed)
    return row


async def assign_course(
    actor: Actor, grant_id: UUID, slug: str, *, since: date, until: date | None = None
) -> CourseGrant:
    """Let a course belong to a grant from *since* to *until*; again, it changes the days.

    Trainings that are written keep the grant they have.

    Raises:
        NotFound: no such grant or course.
        Invalid: days outside of the grant's, or on which the course belongs to another.
    """
    actor.must(Permission.MANAGE_GRANTS)
    async with transaction():
        grant = await _held(grant_id)
        course = await one(Course.objects().where(Course.slug == slug))
        spans = await _held_spans([course.id])
        wanted = rules.span(since, until, grant.ends_on)
        days = (grant.starts_on, grant.ends_on)
        if wrong := rules.span_faults(wanted, days, _others(spans, course.id, grant_id)):
            raise Invalid(wrong)
        present = (CourseGrant.course == course.id) & (CourseGrant.grant == grant.id)
        row = await CourseGrant.objects().where(present).first()
        before = row and {"from": row.since, "until": row.until}
        if row is None:
            row = CourseGrant(course=course.id, grant=grant.id, made_by=actor.id)
        row.since, row.until = since, until
        after = {"from": since, "until": until}
        if before != after:
            await row.save()
            await record(
                actor,
                "grant.course_assigned",
                Grant,
                of=grant.id,
                course=slug,
                before=before,
                after=after,
            )
    return row


async def remove_course(actor: Actor, grant_id: UUID, slug: str) -> None:
    """Take a course out of a grant, for all its days. Trainings keep the grant they have.

    Raises:
        NotFound: it is not in it.
    """
    actor.must(Permission.MANAGE_GRANTS)
    async with transaction():
        course = await one(Course.objects().where(Course.slug == slug))
        gone = (
            await CourseGrant.delete()
            .where(CourseGrant.course == course.id, CourseGrant.grant == grant_id)
            .returning(CourseGrant.since, CourseGrant.until)
        )
        if not gone:
            raise NotFound
        before = {"from": gone[0]["since"], "until": gone[0]["until"]}
        await record(actor, "grant.course_removed", Grant, of=grant_id, course=slug, before=before)


async def _held(grant_id: UUID) -> Grant:
    """A grant that nobody else changes before the transaction ends; held before any course."""
    return await one(locked(Grant.objects().where(Grant.id == grant_id), Grant))


async def _held_spans(courses: list[UUID]) -> list[dict[str, Any]]:
    """All spans of these courses, to which nobody adds before the transaction ends."""
    if not courses:
        return []
    # In one order, so that two who hold several do not wait for each other.
    await locked(Course.objects().where(Course.id.is_in(courses)).order_by(Course.id), Course)
    marks = placeholders(courses)
    return await fetch(SPANS.replace("{courses}", marks), *courses)


def _others(
    spans: list[dict[str, Any]], course: UUID, grant_id: UUID
) -> list[tuple[str, rules.Span]]:
    return [
        (s["award_number"], rules.span(s["since"], s["until"], s["ends_on"]))
        for s in spans
        if s["course"] == course and s["grant"] != grant_id
    ]


def _normal(given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts in the forms in which they are stored."""
    forms: dict[str, Callable[[Any], Any]] = {
        "award_number": rules.normal_number,
        "title": normal_line,
        "acknowledgement": lambda typed: typed.replace("\r\n", "\n").strip(),
    }
    return {n: forms[n](value) if n in forms else value for n, value in given.items()}


async def _write(row: Grant) -> None:
    """Store *row*.

    Raises:
        Invalid: its number is another's.
    """
    try:
        async with transaction():
            await row.save()
    except Exception as error:
        if not is_unique_violation(error):
            raise
        raise Invalid({"award_number": "This award number is there already."}) from None
