"""What API and pages show of learning: one shape for both, never with a key."""

from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import (
    CHOSEN,
    Component,
    CourseContent,
    OpenTo,
    Question,
    QuestionKind,
    with_components,
    with_media,
)
from connect.catalog.queries import content_of
from connect.certificates.queries import standing as standing_for
from connect.db import fetch, placeholders
from connect.errors import NotFound
from connect.learning import answers, rules
from connect.learning.actions import component_in, must_be_unlocked
from connect.learning.answers import shown_ids
from connect.learning.attempts import shown_in
from connect.learning.changes import taken_minutes
from connect.learning.languages import as_read
from connect.learning.queries import (
    answers_to,
    attempts_at,
    enrollment_of,
    facts_of,
    granted_in,
    standing,
)
from connect.learning.requirements import GRADED, explain
from connect.learning.tables import Attempt, AttemptState, Enrollment
from connect.lists import LANGUAGES
from connect.policy import Actor

NUMBERS = """
SELECT e.id, v.number, v.id AS version, c.day, k.number AS certificate_number,
  a.enrollment AS eased, a.extra_time_percent, a.more_attempts, a.no_time_limit,
  (SELECT max(m.day) FROM carried_component o JOIN completion m ON m.id = o.completion
   WHERE o.enrollment = e.id) AS carried_from
FROM enrollment e JOIN course_version v ON v.id = e.version
LEFT JOIN accommodation a ON a.enrollment = e.id
LEFT JOIN completion c ON c.enrollment = e.id LEFT JOIN certificate k ON {standing}
WHERE e.id IN ({marks})
""".replace("{standing}", standing_for("k", "c.enrollment"))


async def enrollment(row: Enrollment) -> dict[str, Any]:
    """One enrollment with its components and what is missing."""
    return (await enrollments([row]))[0]


async def enrollments(rows: list[Enrollment]) -> list[dict[str, Any]]:
    """Enrollments with their components and what is missing, in two queries."""
    if not rows:
        return []
    ids: list[UUID] = [row.id for row in rows]
    marks = placeholders(ids)
    numbers = {r["id"]: r for r in await fetch(NUMBERS.replace("{marks}", marks), *ids)}
    facts = await facts_of(ids)
    return [
        _shown(row, await content_of(row.version), facts[row.id], numbers[row.id]) for row in rows
    ]


def _shown(
    row: Enrollment, content: CourseContent, facts: rules.Facts, numbers: dict[str, Any]
) -> dict[str, Any]:
    if numbers["eased"]:
        content = rules.accommodated(content, msgspec.convert(numbers, rules.Granted, strict=False))
    states = rules.states(content, facts)
    return {
        "id": row.id,
        "course": content.slug,
        "title": content.title,
        "contact_minutes": content.contact_minutes,
        "minutes": taken_minutes(content, [c for c, fact in facts.items() if fact.carried]),
        "version": numbers["number"],
        "state": row.state,
        "progress_percent": rules.progress_percent(content, facts),
        "next_component": rules.next_component(content, facts, row.last_component),
        "components": [
            {
                "id": c.id,
                "kind": c.kind,
                "title": c.title,
                "minutes": c.minutes,
                "required": c.required,
                "state": states[c.id],
                "seconds": facts.get(c.id, rules.NOTHING).seconds,
                "min_seconds": c.min_seconds,
                "by_hand": facts.get(c.id, rules.NOTHING).by_hand,
                "carried_over": facts.get(c.id, rules.NOTHING).carried,
            }
            for c in content.components
        ],
        "missing": rules.missing(content, facts),
        "explanation": explained(row, content, facts),
        "completed_at": row.completed_at,
        "certificate": numbers["certificate_number"],
        "expires_on": rules.expires_on(numbers["day"], content.valid_months)
        if numbers["day"]
        else None,
        # On SQLite what a subquery gives is a text.
        "carried_from": date.fromisoformat(str(numbers["carried_from"]))
        if numbers["carried_from"]
        else None,
    }


async def explanation(row: Enrollment) -> list[dict[str, Any]]:
    """Every required component of an enrollment: asked, recorded, missing, and where it is."""
    content, facts = await standing(row)
    return explained(row, content, facts)


def explained(row: Enrollment, content: CourseContent, facts: rules.Facts) -> list[dict[str, Any]]:
    """As ``explanation``, from what is at hand."""
    return [
        msgspec.to_builtins(found) | {"url": f"/learn/{row.id}/{found.component}"}
        for found in explain(content, facts)
    ]


async def component(row: Enrollment, component_id: str) -> dict[str, Any]:
    """A component's title, text and media.

    Raises:
        NotFound: the course has none with this id.
        ComponentLocked: it is not its turn.
    """
    content, facts = await standing(row)
    must_be_unlocked(content, facts, component_in(content, component_id))
    found = component_in(await as_read(row, content), component_id)
    recording = found.recording
    source = recording.transcript_html if recording else found.html
    html = with_media(linked(row, source), lambda path: media_url(row, content, path))
    files = [*recording.captions.values(), recording.file] if recording else [found.download]
    shown = [p for p in content.media if p in files or media_url(row, content, p) in html]
    return {
        "title": found.title,
        "html": html,
        "text": found.text,
        "media": [
            {
                "path": path,
                "url": media_url(row, content, path),
                "content_type": content.media[path].content_type,
                "size": content.media[path].size,
            }
            for path in shown
        ],
    }


def linked(row: Enrollment, html: str) -> str:
    """*html* of a course with its links to other steps."""
    return with_components(html, lambda other: f"/learn/{row.id}/{other}")


def media_url(row: Enrollment, content: CourseContent, path: str) -> str:
    """The address of a file of a course; its name is its content's digest.

    Files of restricted courses are for those who are enrolled.
    """
    digest = content.media[path].sha256
    if content.access is OpenTo.PUBLIC:
        return f"/media/{digest}"
    return f"/enrollments/{row.id}/media/{digest}"


def _image_url(row: Enrollment, content: CourseContent, path: str | None) -> str | None:
    return media_url(row, content, path) if path else None


def recording(row: Enrollment, content: CourseContent, found: Component) -> dict[str, Any] | None:
    """What a player of a recording needs: its file, and the captions by language."""
    if found.recording is None:
        return None
    file = found.recording.file
    return {
        "url": media_url(row, content, file),
        "content_type": content.media[file].content_type,
        "captions": [
            {
                "language": language,
                "label": LANGUAGES.get(language.partition("-")[0], language),
                "url": media_url(row, content, path),
            }
            for language, path in found.recording.captions.items()
        ],
    }


def download(row: Enrollment, content: CourseContent, found: Component) -> dict[str, Any] | None:
    """What a link to a download says: address, name of the file, size in bytes."""
    if found.download is None:
        return None
    return {
        "url": media_url(row, content, found.download),
        "name": PurePosixPath(found.download).name,
        "size": content.media[found.download].size,
    }


async def attempt(actor: Actor, row: Attempt) -> dict[str, Any]:
    """An attempt's questions as they are asked, with what was saved; without the key."""
    course = await enrollment_of(actor, row.enrollment)
    content, facts = await standing(course)
    quiz = component_in(await as_read(course, content), row.component).quiz
    by_id = {q.id: q for q in quiz.questions} if quiz else {}
    saved = await answers_to(row.id)
    fact = facts.get(row.component, rules.NOTHING)
    ended, reopened = fact.attempts, fact.reopened
    open_now = int(row.state == "open")
    return {
        "id": row.id,
        "quiz": row.component,
        "title": quiz.title if quiz else "",
        "pass_percent": quiz.pass_percent if quiz and quiz.purpose in GRADED else None,
        "number": row.number,
        "state": row.state,
        "started_at": row.started_at,
        "expires_at": row.expires_at,
        "attempts_left": rules.attempts_left(quiz, ended + open_now, reopened) if quiz else None,
        "questions": [
            {
                "id": name,
                "kind": by_id[name].kind,
                "text": by_id[name].text,
                "html": linked(course, by_id[name].html),
                "image": _image_url(course, content, by_id[name].image),
                "alt": by_id[name].alt,
                "points": by_id[name].points,
                **_parts(by_id[name], shown, shown_ids(by_id[name], row.seed)),
                **_answer(by_id[name], saved.get(name), row.seed),
            }
            for name, shown in shown_in(row)
        ],
    }


def _parts(question: Question, shown: list[str], ids: dict[str, str]) -> dict[str, Any]:
    """What there is to choose from or to fill in, as the attempt shows it."""
    if question.kind is QuestionKind.ORDER:
        items = {item.id: item.text for item in question.items}
        return {"items": [{"id": ids[name], "text": items[name]} for name in shown]}
    if question.kind is QuestionKind.MATCH:
        sides = {"l": "left", "r": "right"}
        found: dict[str, list[dict[str, str]]] = {side: [] for side in sides.values()}
        for name in shown:
            side, pair = sides[name[0]], question.pairs[int(name[1:])]
            found[side].append({"id": ids[name], "text": getattr(pair, side)})
        return found
    if question.kind is QuestionKind.CLOZE:
        return {"gaps": answers.gaps(question)}
    if question.kind in CHOSEN:
        choices = {choice.id: choice for choice in question.choices}
        return {"choices": [{"id": c, "text": choices[c].text} for c in shown]}
    return {}


def _answer(question: Question, saved: dict[str, Any] | None, seed: int) -> dict[str, Any]:
    """What was saved, by the ids of the attempt, and whether nothing is missing in it."""
    if saved is None:
        return {"answer": None, "saved_at": None, "answered": False}
    given: answers.Given = saved["given"]
    shown = msgspec.to_builtins(answers.renamed(given, shown_ids(question, seed)))
    if isinstance(given.number, Decimal):  # of so few digits that every reader has it exactly
        shown["number"] = (
            int(given.number) if given.number == int(given.number) else float(given.number)
        )
    answered = answers.is_answered(question, given)
    return {"answer": shown, "saved_at": saved["saved_at"], "answered": answered}


async def quiz_intro(row: Enrollment, found: Component, fact: rules.Fact) -> dict[str, Any]:
    """What stands before a quiz: how many questions, what passes, what is left."""
    quiz = found.quiz
    if quiz is None:
        raise NotFound
    drawn = quiz.draw if isinstance(quiz.draw, int) else sum((quiz.draw or {}).values())
    earlier = await attempts_at(row.id, found.id)
    return {
        "questions": drawn or len(quiz.questions),
        "pass_percent": quiz.pass_percent if quiz.purpose in GRADED else None,
        "attempts_left": rules.attempts_left(quiz, fact.attempts, fact.reopened),
        "minutes": quiz.time_limit_minutes,
        "granted": await granted_in(row.id),
        "open": bool(earlier) and earlier[-1].state == AttemptState.OPEN,
    }
