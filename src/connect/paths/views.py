"""What API and pages show of paths: one shape for both."""

from typing import Any
from uuid import UUID

from connect import clock
from connect.learning import views as learning
from connect.learning.queries import enrollments_in
from connect.learning.rules import expires_on
from connect.learning.tables import OPEN
from connect.paths import rules
from connect.paths.queries import (
    Published,
    completion_of,
    courses_in,
    done_by,
    earlier_completion,
    path_version,
)
from connect.paths.rules import State
from connect.paths.tables import PathEnrollment
from connect.policy import Actor


async def paths(found: list[Published]) -> list[dict[str, Any]]:
    """Paths with their courses, in two queries."""
    there = await courses_in([row.content for row in found])
    return [_path(row, there) for row in found]


def _path(row: Published, there: dict[str, dict[str, Any]]) -> dict[str, Any]:
    content = row.content
    courses = [
        {
            "slug": c.course,
            "title": there[c.course]["title"] if c.course in there else c.course,
            "minutes": there[c.course]["minutes"] if c.course in there else 0,
            "required": c.required,
            "after": c.after,
        }
        for c in content.courses
    ]
    return {
        "slug": content.slug,
        "title": content.title,
        "summary": content.summary,
        "language": content.language,
        "version": row.number,
        "certificate": content.certificate,
        "gives_certificate": content.certificate,  # beside the number of the one that was earned
        "valid_months": content.valid_months,
        "contact_minutes": sum(c["minutes"] for c in courses if c["required"]),
        "courses": courses,
    }


async def enrollment(actor: Actor, row: PathEnrollment) -> dict[str, Any]:
    """How the actor stands to each course of a path, what is missing, and where to go for it."""
    version = await path_version(row.version)
    there = await courses_in([version.content])
    done = await done_by(actor.id, version.content)
    completion = await completion_of(row.id)
    today = clock.day_in(actor.time_zone, clock.now())
    last = await earlier_completion(actor.id, row.path)
    since = last.completed_at if last and row.completed_at is None else None
    if completion:  # a completion stands as it was judged on its day
        today = completion["day"]
    now = rules.states(version.content, done, today, since)
    shown = _path(version, there)
    going = await _under_way(actor, [course["id"] for course in there.values()])
    courses = []
    for course in shown["courses"]:
        slug = course["slug"]
        own = going.get(there[slug]["id"]) if slug in there else None
        counted = rules.counting(done.get(slug, ()), today, since)
        courses.append(
            course
            | {
                "state": now[slug],
                "blocked_by": rules.blocking(version.content, slug, now),
                "completed_on": counted.day if counted else None,
                "certificate": counted.certificate or None if counted else None,
                "elsewhere": bool(counted and counted.elsewhere),
                "expires_on": expires_on(counted.day, counted.valid_months) if counted else None,
                "enrollment": own["id"] if own else None,
                "progress_percent": own["progress_percent"] if own else 0,
                "missing": own["missing"] if own else [],
            }
        )
    required = {c.course for c in rules.missing(version.content, done, today, since)}
    lacking = [] if completion else [c for c in courses if c["slug"] in required]
    return shown | {
        "id": row.id,
        "path": shown["slug"],
        "state": "completed" if completion else "enrolled",
        "enrolled_at": row.enrolled_at,
        "progress_percent": 100 if completion else rules.progress_percent(version.content, now),
        "next_course": None if completion else rules.next_course(version.content, now),
        "courses": courses,
        "missing": [_lacking(c, {d["slug"]: d["title"] for d in courses}) for c in lacking],
        "completed_on": completion["day"] if completion else None,
        "expires_on": completion["expires_on"] if completion else None,
        "certificate": completion["number"] if completion else None,
        "may_repeat": bool(completion)
        and rules.may_repeat(
            completion["expires_on"] if completion else None,
            clock.day_in(actor.time_zone, clock.now()),
        ),
    }


def _lacking(course: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    """What is missing of one course, in words and with the place."""
    if course["enrollment"]:
        what = f"Go on with {course['title']}."
        url = f"/learn/{course['enrollment']}"
    elif course["state"] is State.LOCKED:
        before = " and ".join(titles[slug] for slug in course["blocked_by"])
        what, url = f"{course['title']} opens after {before}.", f"/courses/{course['slug']}"
    else:
        what, url = f"Start {course['title']}.", f"/courses/{course['slug']}"
    return {
        "course": course["slug"],
        "title": course["title"],
        "what": what,
        "url": url,
        "components": course["missing"],
    }


async def _under_way(actor: Actor, courses: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """The actor's open enrollment in each of *courses*."""
    if not courses:
        return {}
    rows = [row for row in await enrollments_in(actor, courses) if row.state in OPEN]
    shown = await learning.enrollments(rows)
    return {row.course: view for row, view in zip(rows, shown, strict=True)}
