"""What completes a path, and what may be begun. Pure: no database, no clock, no await."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from connect.catalog.path_check import PathContent, PathCourse
from connect.learning.rules import expires_on

RENEW_FROM = timedelta(days=90)  # before a completion expires, a path may be followed anew


class Done(msgspec.Struct, frozen=True):
    """A completion of a course, in whichever cycle and outside of the path, too."""

    day: date
    at: datetime
    minutes: int
    valid_months: int | None = None  # of the version that was completed
    certificate: str = ""
    elsewhere: bool = False  # with another provider, and accepted


class State(StrEnum):
    """Of one course of a path for one person."""

    LOCKED = "locked"  # a course comes first
    OPEN = "open"
    DONE = "done"


Courses = Mapping[str, Sequence[Done]]  # slug → completions


def counting(done: Sequence[Done], on: date, since: datetime | None) -> Done | None:
    """The latest completion that counts for a path on the day *on*.

    Args:
        since: when the path was completed before: a new cycle asks for new completions.
    """
    fit = [
        d
        for d in done
        if ((end := expires_on(d.day, d.valid_months)) is None or end > on)
        and (since is None or d.at > since)
    ]
    return max(fit, key=lambda d: (d.day, d.at), default=None)


def states(
    content: PathContent, done: Courses, on: date, since: datetime | None = None
) -> dict[str, State]:
    """How somebody stands to each course of a path, by its slug.

    What is done stays done, whatever came before it; what is not waits for those that come first.
    """
    counts = {c.course: counting(done.get(c.course, ()), on, since) for c in content.courses}
    return {
        c.course: State.DONE
        if counts[c.course]
        else State.OPEN
        if all(counts.get(before) for before in c.after)
        else State.LOCKED
        for c in content.courses
    }


def missing(
    content: PathContent, done: Courses, on: date, since: datetime | None = None
) -> list[PathCourse]:
    """The required courses without a completion that counts on the day *on*; the one definition
    of a path's completion (R3, R9)."""
    now = states(content, done, on, since)
    return [c for c in content.courses if c.required and now[c.course] is not State.DONE]


def blocking(content: PathContent, slug: str, now: Mapping[str, State]) -> list[str]:
    """The slugs of the courses that come before *slug* and are not done."""
    course = next(c for c in content.courses if c.course == slug)
    return [before for before in course.after if now[before] is not State.DONE]


def progress_percent(content: PathContent, now: Mapping[str, State]) -> int:
    """Whole per cent of the required courses that are done, rounded down."""
    required = [c for c in content.courses if c.required]
    return sum(now[c.course] is State.DONE for c in required) * 100 // len(required)


def next_course(content: PathContent, now: Mapping[str, State]) -> str | None:
    """The slug of the course to do next: a required one that is open, else an optional one."""
    is_open = [c for c in content.courses if now[c.course] is State.OPEN]
    required = [c for c in is_open if c.required]
    return next((c.course for c in required or is_open), None)


def may_repeat(expires: date | None, on: date) -> bool:
    """Whether a path whose completion ends on *expires* may be followed anew on the day *on*."""
    return expires is not None and expires <= on + RENEW_FROM
