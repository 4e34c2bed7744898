"""Assigning courses and paths, keeping up with who fits, and ending it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.queries import active_agency
from connect.agencies.tables import Agency
from connect.assignments import rules
from connect.assignments.matching import fitting, having, under_way
from connect.assignments.queries import Shown, assignment_of
from connect.assignments.rules import Asked
from connect.assignments.tables import Assigned, Assignment
from connect.audit import record, record_many
from connect.catalog.queries import current_version, slug_of
from connect.config import settings
from connect.db import fetch, locked, one, transaction
from connect.errors import Invalid, NotFound
from connect.jobs import enqueue
from connect.learning.enrolling import enroll_many, faults_of
from connect.mail.actions import write_mail
from connect.paths.actions import enroll_for
from connect.paths.queries import current_path
from connect.paths.tables import Path
from connect.policy import SYSTEM, Actor, Permission, Relation

AT_ONCE = 200  # people in one transaction
# How everybody who fits stands to what is asked.
WHO = """
SELECT a.id AS person, a.legal_name AS name, a.email, a.time_zone, a.proved_at, t.joined,
  CASE WHEN a.id IN ({having}) THEN 1 ELSE 0 END AS has_it,
  CASE WHEN a.id IN ({under_way}) THEN 1 ELSE 0 END AS enrolled
FROM ({fitting}) t JOIN account a ON a.id = t.person{filters}
ORDER BY lower(a.legal_name), a.id{limit}
"""
NEW = """ WHERE NOT EXISTS (SELECT 1 FROM assigned s WHERE s.assignment = {}
  AND s.person = a.id AND s.ended_at IS NULL)"""
GONE = """
UPDATE assigned SET ended_at = {} WHERE assignment = {} AND ended_at IS NULL
  AND person NOT IN (SELECT person FROM ({fitting}) t) RETURNING id
"""


class Fitting(msgspec.Struct, frozen=True):
    """Somebody who fits: ``will`` is "enroll", "enrolled", "has_it" or "cannot"."""

    person: UUID
    name: str
    email: str
    due_on: date
    will: str
    why: str = ""  # the rule by which somebody cannot begin it yet


class Preview(msgspec.Struct, frozen=True):
    """What an assignment does: who fits, and how many mails go out."""

    who: list[Fitting]

    def number(self, will: str) -> int:
        return sum(one.will == will for one in self.who)

    @property
    def mails(self) -> int:
        """One to everybody who has not completed it."""
        return len(self.who) - self.number("has_it")


async def preview(actor: Actor, asked: Asked) -> Preview:
    """What ``assign`` would do now; nothing is written.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: the agency is not listed.
        Invalid: every bad value.
    """
    row, _ = await _row(actor, asked)
    return Preview(await _who(row))


async def assign(actor: Actor, asked: Asked) -> Shown:
    """Ask a course or a path of everybody who fits, now and later; a job does so at once.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: the agency is not listed.
        Invalid: every bad value.
    """
    async with transaction():
        row, facts = await _row(actor, asked)
        await Assignment.insert(row)
        await record(actor, "assignment.made", Assignment, of=row.id, **facts)
        await enqueue("assignments.apply", assignment_id=row.id)
        return await assignment_of(actor, row.id)


async def _row(actor: Actor, asked: Asked) -> tuple[Assignment, dict[str, Any]]:
    actor.must(Permission.ASSIGN)
    whole_site = actor.relation(Permission.ASSIGN) is Relation.ANY
    wrong = rules.faults(asked, clock.today(), whole_site=whole_site)
    course = path = None
    try:
        if asked.course and not asked.path:
            course = (await current_version(asked.course)).course
        if asked.path and not asked.course:
            path = (await current_path(asked.path)).path
    except NotFound:
        name = "course" if asked.course else "path"
        wrong[name] = f"Choose a {name} from the list."
    if wrong:
        raise Invalid(wrong)
    agency: Agency | None = None
    if asked.agency:
        agency = await active_agency(actor, asked.agency)
    row = Assignment(
        course=course,
        path=path,
        discipline=asked.discipline or None,
        title=" ".join(asked.title.split()),
        role=asked.role or None,
        category=asked.category or None,
        agency=agency.id if agency else None,
        only_sharing=not whole_site,
        due_on=asked.due_on,
        due_days=asked.due_days,
        made_by=actor.id,
        made_at=clock.now(),
    )
    facts = {n: v for n in ("course", "path", "discipline", "role") if (v := getattr(asked, n))}
    return row, facts | {"agency": str(agency.id) if agency else None}


async def _who(row: Assignment, *, only_new: bool = False) -> list[Fitting]:
    """Everybody who fits by name; or the first 200 of whom it is not asked yet."""
    fit, fit_values = await fitting(row, clock.today())
    has, has_values = await having(row.course, row.path, clock.today())
    way, way_values = under_way(row.course, row.path)
    sql = WHO.replace("{having}", has).replace("{under_way}", way).replace("{fitting}", fit)
    sql = sql.replace("{filters}", NEW if only_new else "")
    sql = sql.replace("{limit}", f" LIMIT {AT_ONCE}" if only_new else "")
    values = [*has_values, *way_values, *fit_values, *([row.id] if only_new else [])]
    found = await fetch(sql, *values)
    slug = await _slug(row)
    lacking = [r["person"] for r in found if not r["has_it"] and not r["enrolled"]]
    cannot = await faults_of(lacking, slug) if row.course else {}
    return [_fitting(row, r, cannot.get(r["person"], "")) for r in found]


def _fitting(row: Assignment, found: dict[str, Any], cannot: str) -> Fitting:
    joined = msgspec.convert(found["joined"], date | None)
    if joined is None:
        joined = clock.day_in(found["time_zone"], found["proved_at"] or row.made_at)
    due = rules.due_day(row.due_on, row.due_days, joined=joined, made=_made_on(row))
    will = "has_it" if found["has_it"] else "enrolled" if found["enrolled"] else "enroll"
    if cannot:
        will = "cannot"
    return Fitting(found["person"], found["name"], found["email"], due, will, cannot)


def _made_on(row: Assignment) -> date:
    return clock.day_in(settings().time_zone, row.made_at)


async def _slug(row: Assignment) -> str:
    if row.course:
        return await slug_of(row.course)
    return str((await one(Path.objects().where(Path.id == row.path))).slug)


async def apply(assignment_id: UUID) -> None:
    """Ask an assignment of who fits anew, and of who fits no more no longer; job.

    Whoever fits no more keeps the enrollment and what was done in it. Who fits again is asked
    again, with a due day of now.
    """
    async with transaction():
        query = Assignment.objects().where(Assignment.id == assignment_id)
        row = await one(locked(query, Assignment))
        if row.ended_at is not None:
            return
        fit, values = await fitting(row, clock.today())
        gone = await fetch(GONE.replace("{fitting}", fit), clock.now(), row.id, *values)
        await record_many(SYSTEM, Assigned, [(g["id"], "assigned.ended") for g in gone])
        new = await _who(row, only_new=True)
        await _ask(row, new)
        if len(new) == AT_ONCE:
            await enqueue("assignments.apply", assignment_id=row.id)


async def _ask(row: Assignment, new: Sequence[Fitting]) -> None:
    if not new:
        return
    on, slug = clock.today(), await _slug(row)
    made = [
        Assigned(assignment=row.id, person=p.person, due_on=p.due_on, assigned_on=on) for p in new
    ]
    columns = [Assigned.due_on, Assigned.assigned_on, Assigned.ended_at]
    rows = await Assigned.insert(*made).on_conflict(
        target=(Assigned.assignment, Assigned.person), action="DO UPDATE", values=columns
    )
    await record_many(SYSTEM, Assigned, [(r["id"], "assigned.begun") for r in rows])
    enroll = [p.person for p in new if p.will == "enroll"]
    if row.course:
        title = (await current_version(slug)).title
        await enroll_many(enroll, slug)
    else:
        version = await current_path(slug)
        title = version.content.title
        for one_of_them in enroll:
            await enroll_for(one_of_them, version)
    agency = await fetch("SELECT name FROM agency WHERE id = {}", row.agency) if row.agency else []
    for person in new:
        if person.will != "has_it":
            await write_mail(
                "assignments/assigned",
                to=person.email,
                account=person.person,
                name=person.name,
                title=title,
                kind="course" if row.course else "path",
                url=f"/courses/{slug}" if row.course else f"/paths/{slug}",
                due_on=person.due_on,
                agency=agency[0]["name"] if agency else "",
                why=person.why,
            )


async def apply_all() -> None:
    """Look at every assignment for who fits anew or no more; job, once a day."""
    rows = await Assignment.select(Assignment.id).where(Assignment.ended_at.is_null())
    for row in rows:
        await enqueue("assignments.apply", assignment_id=row["id"])


async def end(actor: Actor, assignment_id: UUID) -> None:
    """Ask it of nobody any more. Enrollments stay, and so does what was completed.

    Raises:
        NotFound: no such assignment, it is not for the actor, or it was ended.
    """
    async with transaction():
        shown = await assignment_of(actor, assignment_id)
        ended = (
            await Assignment.update(
                {Assignment.ended_at: clock.now(), Assignment.ended_by: actor.id}
            )
            .where(Assignment.id == shown.id, Assignment.ended_at.is_null())
            .returning(Assignment.id)
        )
        if not ended:
            raise NotFound
        await record(actor, "assignment.ended", Assignment, of=shown.id)
