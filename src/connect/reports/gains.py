"""Tests before and after a course, read for the measure of what was learned."""

from datetime import date
from typing import Any
from uuid import UUID

from connect import clock
from connect.catalog.content import Component, CourseContent, Purpose
from connect.catalog.queries import content_of
from connect.config import settings
from connect.db import fetch
from connect.learning.queries import right_in
from connect.reports.gain import Cycle, Gain, Sitting, measure

ENDED = """
SELECT a.id, a.enrollment, a.component, a.questions, a.score, a.submitted_at, e.learner, e.version
FROM attempt a JOIN enrollment e ON e.id = a.enrollment
WHERE e.course = {} AND a.state <> 'open' AND a.number = 1 ORDER BY e.id
"""


def tests_in(content: CourseContent) -> tuple[Component, Component] | None:
    """A course's first test before, and the test after that shares questions with it.

    A course without a ``post`` test is measured by its ``final`` one.
    """
    quizzes = [(c, c.quiz) for c in content.components if c.quiz]
    for before, first in quizzes:
        if first.purpose is not Purpose.PRE:
            continue
        known = {question.id for question in first.questions}
        for purpose in (Purpose.POST, Purpose.FINAL):
            for after, second in quizzes:
                shared = known & {question.id for question in second.questions}
                if second.purpose is purpose and shared:
                    return before, after
    return None


async def knowledge_gain(
    course: UUID, versions: list[dict[str, Any]], since: date, until: date
) -> Gain:
    """What people learned in a course, through all its versions.

    Args:
        versions: ``{id}`` of each, the newest first.
    """
    pairs, texts = {}, dict[str, str]()
    contents = {}
    for row in versions:
        version = UUID(str(row["id"]))
        content = contents[version] = await content_of(version)
        if pair := tests_in(content):
            pairs[version] = (pair[0].id, pair[1].id)
            for name, text in _shared(*pair).items():
                texts.setdefault(name, text)
    if not pairs:
        return measure([], {}, since, until)
    rows = [
        row
        for row in await fetch(ENDED, course)
        if row["component"] in pairs.get(UUID(str(row["version"])), ())
    ]
    right = await right_in(
        [
            (UUID(str(r["id"])), r["questions"], _component(contents[UUID(str(r["version"]))], r))
            for r in rows
        ]
    )
    found: dict[Any, Cycle] = {}
    for row in rows:
        before, _ = pairs[UUID(str(row["version"]))]
        known = found.get(row["enrollment"], Cycle(str(row["learner"])))
        test = Sitting(_day(row["submitted_at"]), row["score"] or 0, right[UUID(str(row["id"]))])
        found[row["enrollment"]] = (
            Cycle(known.learner, test, known.after)
            if row["component"] == before
            else Cycle(known.learner, known.before, test)
        )
    return measure(found.values(), texts, since, until)


def _component(content: CourseContent, row: dict[str, Any]) -> Component:
    return next(c for c in content.components if c.id == row["component"])


def _shared(before: Component, after: Component) -> dict[str, str]:
    known = {q.id for q in before.quiz.questions} if before.quiz else set()
    return {q.id: q.text for q in (after.quiz.questions if after.quiz else []) if q.id in known}


def _day(at: Any) -> date:
    return clock.day_in(settings().time_zone, at)
