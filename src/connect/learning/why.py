"""Why a certificate was issued: what was asked, what is recorded, and what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import Component, ComponentKind, Purpose
from connect.catalog.queries import content_of
from connect.certificates.queries import certificate_of
from connect.certificates.tables import Certificate
from connect.db import fetch
from connect.learning import rules
from connect.learning.queries import facts_of
from connect.policy import Actor

ENROLLMENT = """
SELECT e.id, e.enrolled_at, e.completed_at, e.version, v.number, v.hash, v.title, v.published_at
FROM enrollment e JOIN course_version v ON v.id = e.version WHERE e.id = {}
"""
DONE = "SELECT component, done_at FROM progress WHERE enrollment = {} AND done_at IS NOT NULL"
ATTEMPTS = """
SELECT component, number, state, score, started_at, submitted_at FROM attempt
WHERE enrollment = {} ORDER BY started_at, number
"""
LINE = """
SELECT number, status, issued_at, reissue_reason, revoked_on FROM certificate
WHERE source_kind = {} AND source = {} ORDER BY id
"""


class CourseBasis(msgspec.Struct):
    """The version of the course that was taken."""

    title: str
    version: int
    hash: str  # of the course folder; 64 hexadecimal digits
    published_at: datetime
    enrolled_at: datetime
    completed_at: datetime | None


class Requirement(msgspec.Struct):
    """One required component: what was asked, and what is recorded."""

    component: str
    title: str
    kind: str
    asked: str
    recorded: str
    seconds: int  # measured by the server
    done_at: datetime | None
    met: bool


class AttemptMade(msgspec.Struct):
    component: str
    title: str
    number: int
    state: str
    score_percent: int | None
    started_at: datetime
    submitted_at: datetime | None


class Override(msgspec.Struct):
    """A requirement that staff set aside."""

    component: str
    by: UUID
    at: datetime
    reason: str


class Issue(msgspec.Struct):
    """One certificate for the same thing, from the first to the one that stands."""

    number: str
    status: str
    issued_at: datetime
    reason: str  # staff's, for issuing it anew


class Why(msgspec.Struct):
    """All that stands behind a certificate. Without an enrollment only its line is known."""

    number: str
    name: str
    title: str
    minutes: int
    rule: str
    course: CourseBasis | None
    requirements: list[Requirement]
    attempts: list[AttemptMade]
    overrides: list[Override]
    line: list[Issue]


RULE = (
    "A course is completed when every required step is done: reading time measured by the server, "
    "statements confirmed, tests passed."
)


async def why(actor: Actor, number: str) -> Why:
    """Why a certificate was issued, for its holder and for staff who read records.

    Raises:
        NotFound: no such certificate, or somebody else's.
    """
    row = await certificate_of(actor, number)
    line = [
        Issue(r["number"], r["status"], r["issued_at"], r["reissue_reason"])
        for r in await fetch(LINE, row.source_kind, row.source)
    ]
    found = await fetch(ENROLLMENT, row.source) if row.source_kind == "enrollment" else []
    if not found:
        return _why(row, line)
    enrollment = found[0]
    content = await content_of(enrollment["version"])
    facts = (await facts_of([row.source]))[row.source]
    done = {r["component"]: r["done_at"] for r in await fetch(DONE, row.source)}
    attempts = await fetch(ATTEMPTS, row.source)
    titles = {c.id: c.title for c in content.components}
    same = ("title", "hash", "published_at", "enrolled_at", "completed_at")
    return _why(
        row,
        line,
        course=CourseBasis(version=enrollment["number"], **{n: enrollment[n] for n in same}),
        requirements=[
            _requirement(c, facts.get(c.id, rules.NOTHING), done.get(c.id) or _passed(c, attempts))
            for c in content.components
            if c.required
        ],
        attempts=[
            AttemptMade(
                a["component"],
                titles.get(a["component"], a["component"]),
                a["number"],
                a["state"],
                a["score"],
                a["started_at"],
                a["submitted_at"],
            )
            for a in attempts
        ],
    )


def _why(row: Certificate, line: list[Issue], **known: Any) -> Why:
    parts = {"course": None, "requirements": [], "attempts": [], "overrides": []} | known
    return Why(
        number=row.number,
        name=row.name,
        title=row.title,
        minutes=row.minutes,
        rule=RULE,
        line=line,
        **parts,
    )


def _passed(component: Component, attempts: list[dict[str, Any]]) -> datetime | None:
    """When a test was passed first."""
    return next(
        (
            a["submitted_at"]
            for a in attempts
            if (a["component"], a["state"]) == (component.id, "passed")
        ),
        None,
    )


def _requirement(component: Component, fact: rules.Fact, done_at: datetime | None) -> Requirement:
    return Requirement(
        component.id,
        component.title,
        component.kind,
        asked(component),
        recorded(component, fact),
        fact.seconds,
        done_at,
        fact.done,
    )


def asked(component: Component) -> str:
    """What a required component asks for, in a few words."""
    if component.kind == ComponentKind.ACKNOWLEDGEMENT:
        return "Confirm the statement"
    if quiz := component.quiz:
        if quiz.purpose in (Purpose.PRACTICE, Purpose.PRE):
            return "Submit the answers"
        return f"Pass with {quiz.pass_percent} %"
    return (
        f"Read for at least {time_said(component.min_seconds)}" if component.min_seconds else "Read"
    )


def recorded(component: Component, fact: rules.Fact) -> str:
    """What is recorded of it, in a few words."""
    if component.quiz:
        tries = f"{fact.attempts} attempt{'' if fact.attempts == 1 else 's'}"
        return f"{tries}, best score {fact.best} %" if fact.best is not None else tries
    if component.kind == ComponentKind.ACKNOWLEDGEMENT:
        return "Confirmed" if fact.done else "Not confirmed"
    return f"{time_said(fact.seconds)} measured"


def time_said(seconds: int) -> str:
    """``1 min 30 s``, ``45 s``, ``2 min``."""
    minutes, rest = divmod(seconds, 60)
    said = ([f"{minutes} min"] if minutes else []) + ([f"{rest} s"] if rest or not minutes else [])
    return " ".join(said)
