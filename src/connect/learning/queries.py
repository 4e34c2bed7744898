"""What is recorded of a learner; rows are found only for their owner."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import Component, CourseContent
from connect.catalog.queries import content_of
from connect.db import engine, fetch, one, placeholders
from connect.errors import NotFound
from connect.learning.answers import Given, is_right
from connect.learning.requirements import Facts, Record, Told, facts_from
from connect.learning.rules import Drawn, Granted, accommodated
from connect.learning.tables import (
    OPEN,
    Answer,
    Attempt,
    Enrollment,
    Progress,
)
from connect.policy import Actor, Permission


def for_update(table: str = "enrollment") -> str:
    """The end of a SELECT that holds the rows of *table*, as ``db.locked`` does."""
    return "" if engine().engine_type == "sqlite" else f" FOR UPDATE OF {table}"


# By hand, as what is read on most requests: Piccolo words a statement for longer than it runs.
ENROLLMENTS = """
SELECT id, learner, course, version, state, last_component, enrolled_at, completed_at
FROM enrollment WHERE learner = {}
"""
ATTEMPT = """
SELECT a.id, a.enrollment, a.component, a.number, a.seed, a.questions, a.state, a.started_at,
  a.expires_at, a.submitted_at, a.score, a.result, e.version
FROM attempt a JOIN enrollment e ON e.id = a.enrollment WHERE a.id = {} AND e.learner = {}
"""


async def _enrollments(actor: Actor, rest: str, *args: Any) -> list[Enrollment]:
    rows = await fetch(f"{ENROLLMENTS} {rest}", actor.id, *args)
    return [Enrollment(**row, _exists_in_db=True) for row in rows]


async def enrollment_of(actor: Actor, enrollment_id: UUID, *, lock: bool = False) -> Enrollment:
    """The actor's own enrollment. With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: no such enrollment, or it is somebody else's.
    """
    found = await _enrollments(actor, "AND id = {}" + (for_update() if lock else ""), enrollment_id)
    if not found:
        raise NotFound
    return found[0]


async def enrollment_for_staff(
    actor: Actor, enrollment_id: UUID, *, lock: bool = False
) -> Enrollment:
    """Anybody's enrollment, for staff. With *lock*, as ``enrollment_of``.

    Raises:
        NotFound: there is none.
    """
    actor.must(Permission.READ_ENROLLMENTS)
    sql = ENROLLMENTS.replace("learner = {}", "id = {}") + (for_update() if lock else "")
    rows = await fetch(sql, enrollment_id)
    if not rows:
        raise NotFound
    return Enrollment(**rows[0], _exists_in_db=True)


async def open_enrollment(actor: Actor, course: UUID) -> Enrollment | None:
    """The actor's enrollment in *course* that is not ended."""
    found = await _enrollments(actor, "AND course = {} AND state IN ({}, {})", course, *OPEN)
    return found[0] if found else None


async def latest_enrollment(actor: Actor, course: UUID) -> Enrollment | None:
    """The actor's newest enrollment in *course*, ended or not."""
    found = await _enrollments(
        actor, "AND course = {} ORDER BY enrolled_at DESC, id DESC LIMIT 1", course
    )
    return found[0] if found else None


async def enrollments_in(actor: Actor, courses: list[UUID]) -> list[Enrollment]:
    """The actor's newest enrollment in each of *courses*."""
    marks = placeholders(courses)
    rows = await _enrollments(actor, f"AND course IN ({marks}) ORDER BY id", *courses)
    return list({row.course: row for row in rows}.values())


async def enrollments_of(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[Enrollment]:
    """The actor's enrollments, newest first, one more than *limit* when there are more."""
    order = "ORDER BY id DESC LIMIT {}"
    if before:
        return await _enrollments(actor, f"AND id < {{}} {order}", before, limit + 1)
    return await _enrollments(actor, order, limit + 1)


GRANTED = """
SELECT extra_time_percent, more_attempts, no_time_limit FROM accommodation WHERE enrollment = {}
"""
# What staff withdrew after a completion still stands behind that completion.
STOOD = "(o.withdrawn_at IS NULL OR o.withdrawn_at >= e.completed_at)"
FACTS = """
SELECT p.enrollment, p.component, 1 AS opened, p.seconds, p.done_at, 0 AS attempts, NULL AS best,
  0 AS met, 0 AS reopened, 0 AS carried, p.told
FROM progress p WHERE p.enrollment IN ({marks})
UNION ALL
SELECT a.enrollment, a.component, 0, 0, NULL, count(*), max(a.score), 0, 0, 0, ''
FROM attempt a WHERE a.enrollment IN ({marks}) AND a.state <> 'open'
GROUP BY a.enrollment, a.component
UNION ALL
SELECT o.enrollment, o.component, 0, 0, NULL, 0, NULL,
  CASE WHEN o.kind = 'met' THEN 1 ELSE 0 END, CASE WHEN o.kind = 'reopened' THEN 1 ELSE 0 END, 0, ''
FROM override o JOIN enrollment e ON e.id = o.enrollment
WHERE o.enrollment IN ({marks}) AND {stood}
UNION ALL
SELECT c.enrollment, c.component, 0, 0, NULL, 0, NULL, 0, 0, 1, ''
FROM carried_component c WHERE c.enrollment IN ({marks})
""".replace("{stood}", STOOD)
# True of an enrollment ``e`` when it is met by the word of staff, not only by what was learned.
BY_HAND = """EXISTS (SELECT 1 FROM override o WHERE o.enrollment = e.id AND o.kind = 'met'
  AND {stood} AND NOT EXISTS (SELECT 1 FROM progress p WHERE p.enrollment = e.id
  AND p.component = o.component AND p.done_at IS NOT NULL))""".replace("{stood}", STOOD)
OVERRIDES = """
SELECT o.id, o.component, o.kind, o.reason, o.evidence, o.made_by, a.legal_name AS made_by_name,
  o.made_at, o.withdrawn_by, w.legal_name AS withdrawn_by_name, o.withdrawn_at, o.withdrawal_reason
FROM override o LEFT JOIN account a ON a.id = o.made_by LEFT JOIN account w ON w.id = o.withdrawn_by
WHERE o.enrollment = {} ORDER BY o.id
"""


async def facts_of(enrollments: list[UUID]) -> dict[UUID, Facts]:
    """What is recorded of each component of each enrollment, in one query."""
    if not enrollments:
        return {}
    marks = placeholders(enrollments)
    rows = await fetch(FACTS.replace("{marks}", marks), *enrollments * FACTS.count("{marks}"))
    found: dict[UUID, list[Record]] = {e: [] for e in enrollments}
    for row in rows:
        found[UUID(str(row["enrollment"]))].append(
            Record(
                component=row["component"],
                opened=bool(row["opened"]),
                seconds=row["seconds"],
                done=row["done_at"] is not None,
                attempts=row["attempts"],
                best=row["best"],
                met=bool(row["met"]),
                reopened=row["reopened"],
                carried=bool(row["carried"]),
                told=Told(row["told"]),
            )
        )
    return {e: facts_from(records) for e, records in found.items()}


LISTED = """
SELECT e.id, e.state, e.enrolled_at, e.completed_at, v.title, v.number AS version, e.learner,
  a.legal_name AS name, a.email, {by_hand} AS by_hand
FROM enrollment e JOIN course_version v ON v.id = e.version JOIN account a ON a.id = e.learner
WHERE {where} ORDER BY e.id DESC LIMIT {limit}
"""


async def enrollments_for_staff(
    actor: Actor,
    *,
    q: str = "",
    learner: UUID | None = None,
    before: UUID | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """Enrollments, newest first, one more than *limit* when there are more.

    Args:
        q: words that all stand in the learner's name or address, in any case. With neither these
            nor *learner*, those that failed by a test.
    """
    actor.must(Permission.READ_ENROLLMENTS)
    where, given = list[str](), list[Any]()
    for word in q.lower().replace("%", "").replace("_", "").replace("\\", "").split()[:5]:
        where.append("(lower(a.legal_name) LIKE {} OR a.email LIKE {})")
        given += [f"%{word}%"] * 2
    if learner:
        where.append("e.learner = {}")
        given.append(learner)
    if not where:
        where.append("e.state = 'failed'")
    if before:
        where.append("e.id < {}")
        given.append(before)
    sql = LISTED.replace("{by_hand}", BY_HAND).replace("{where}", " AND ".join(where))
    rows = await fetch(sql.replace("{limit}", str(limit + 1)), *given)
    return [row | {"by_hand": bool(row["by_hand"])} for row in rows]


async def by_hand_among(enrollments: Sequence[UUID]) -> set[UUID]:
    """Those of *enrollments* in which a part is met by the word of staff."""
    if not enrollments:
        return set()
    marks = placeholders(enrollments)
    rows = await fetch(
        f"SELECT e.id FROM enrollment e WHERE e.id IN ({marks}) AND {BY_HAND}",  # noqa: S608 -- our own
        *enrollments,
    )
    return {row["id"] for row in rows}


async def overrides_of(enrollment: UUID) -> list[dict[str, Any]]:
    """What staff set aside in an enrollment, oldest first, with those that were withdrawn.

    Each has id, component, kind, reason, evidence, made_by, made_by_name, made_at; and
    withdrawn_by, withdrawn_by_name, withdrawn_at, withdrawal_reason.
    """
    return await fetch(OVERRIDES, enrollment)


async def granted_in(enrollment: UUID) -> Granted | None:
    """What staff granted for one enrollment."""
    rows = await fetch(GRANTED, enrollment)
    return msgspec.convert(rows[0], Granted, strict=False) if rows else None


async def standing(enrollment: Enrollment) -> tuple[CourseContent, Facts]:
    """An enrollment's course content, with the limits that this learner has, and what is
    recorded of it."""
    granted = await granted_in(enrollment.id)
    content = accommodated(await content_of(enrollment.version), granted)
    return content, (await facts_of([enrollment.id]))[enrollment.id]


async def progress_of(enrollment: UUID, component: str) -> Progress:
    """The row of one component, made when there is none; in the caller's transaction."""
    await Progress.insert(Progress(enrollment=enrollment, component=component)).on_conflict(
        target=(Progress.enrollment, Progress.component), action="DO NOTHING"
    )
    return await one(
        Progress.objects().where(Progress.enrollment == enrollment, Progress.component == component)
    )


async def attempt_of(actor: Actor, attempt_id: UUID, *, lock: bool = False) -> Attempt:
    """The actor's own attempt. With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: no such attempt, or it is somebody else's.
    """
    return (await attempt_and_version(actor, attempt_id, lock=lock))[0]


async def attempt_and_version(
    actor: Actor, attempt_id: UUID, *, lock: bool = False
) -> tuple[Attempt, UUID]:
    """The same, and the course version that it belongs to, in one query."""
    held = for_update("a") if lock else ""
    rows = await fetch(ATTEMPT + held, attempt_id, actor.id)
    if not rows:
        raise NotFound
    version = rows[0].pop("version")
    return Attempt(**rows[0], _exists_in_db=True), version


async def attempts_at(enrollment: UUID, component: str) -> list[Attempt]:
    """All attempts at one quiz, oldest first."""
    return (
        await Attempt.objects()
        .where(Attempt.enrollment == enrollment, Attempt.component == component)
        .order_by(Attempt.number)
    )


async def answers_to(attempt: UUID) -> dict[str, Any]:
    """Saved answers: question id → ``{given, saved_at}``."""
    rows = await Answer.select(Answer.question, Answer.given, Answer.saved_at).where(
        Answer.attempt == attempt
    )
    return {
        r["question"]: {
            "given": msgspec.json.decode(r["given"], type=Given),
            "saved_at": r["saved_at"],
        }
        for r in rows
    }


SAVED = "SELECT attempt, question, given FROM answer WHERE attempt IN ({marks})"


async def right_in(attempts: list[tuple[UUID, str, Component]]) -> dict[UUID, dict[str, bool]]:
    """Which questions of ended attempts were answered rightly: attempt → question → whether.

    Args:
        attempts: the id of each, its ``questions`` as stored, and its component.
    """
    saved: dict[tuple[UUID, str], Given] = {}
    for first in range(0, len(attempts), 500):
        ids = [attempt for attempt, _, _ in attempts[first : first + 500]]
        for row in await fetch(SAVED.replace("{marks}", placeholders(ids)), *ids):
            given = msgspec.json.decode(row["given"], type=Given)
            saved[UUID(str(row["attempt"])), row["question"]] = given
    found: dict[UUID, dict[str, bool]] = {}
    for attempt, questions, component in attempts:
        by_id = {q.id: q for q in component.quiz.questions} if component.quiz else {}
        found[attempt] = {
            name: is_right(by_id[name], saved.get((attempt, name)))
            for name, _ in msgspec.json.decode(questions, type=Drawn)
        }
    return found
