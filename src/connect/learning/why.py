"""Why a certificate was issued: what was asked, what is recorded, and what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.queries import content_of
from connect.certificates.queries import certificate_of
from connect.certificates.tables import Certificate
from connect.db import fetch
from connect.learning.queries import facts_of, overrides_of
from connect.learning.requirements import NOTHING, explain
from connect.learning.tables import OverrideKind
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
    done_at: datetime | None  # None too: carried over from an earlier completion
    met: bool
    by_hand: bool  # only by the word of staff


class AttemptMade(msgspec.Struct):
    component: str
    title: str
    number: int
    state: str
    score_percent: int | None
    started_at: datetime
    submitted_at: datetime | None


class Override(msgspec.Struct):
    """What staff set aside, and the completion rests on; ``kind`` is ``met`` or ``reopened``."""

    component: str
    title: str
    kind: str
    by: UUID
    by_name: str | None
    at: datetime
    reason: str
    evidence: str
    withdrawn_at: datetime | None  # afterwards: the completion stands


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
    "statements confirmed, tests passed; or when staff recorded by hand that a step is met."
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
    passed = {a["component"]: a["submitted_at"] for a in attempts if a["state"] == "passed"}
    overrides = [
        o
        for o in await overrides_of(row.source)
        if o["withdrawn_at"] is None or o["withdrawn_at"] >= enrollment["completed_at"]
    ]
    met = {o["component"]: o["made_at"] for o in overrides if o["kind"] == OverrideKind.MET}
    titles = {c.id: c.title for c in content.components}
    same = ("title", "hash", "published_at", "enrolled_at", "completed_at")
    return _why(
        row,
        line,
        course=CourseBasis(version=enrollment["number"], **{n: enrollment[n] for n in same}),
        requirements=[
            Requirement(
                r.component,
                r.title,
                r.kind,
                r.asked,
                r.recorded,
                facts.get(r.component, NOTHING).seconds,
                (met if r.by_hand else done | passed).get(r.component),
                not r.missing,
                r.by_hand,
            )
            for r in explain(content, facts)
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
        overrides=[
            Override(
                o["component"],
                titles.get(o["component"], o["component"]),
                o["kind"],
                o["made_by"],
                o["made_by_name"],
                o["made_at"],
                o["reason"],
                o["evidence"],
                o["withdrawn_at"],
            )
            for o in overrides
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
