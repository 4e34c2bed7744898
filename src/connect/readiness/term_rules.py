"""Terms of memberships: how long, when renewal opens, which reminder is due, when it is over.

R21 as amended; a term's end is exclusive and a day of the organization's zone. Pure.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta

import msgspec

from connect import clock

STEPS = (365, 180, 90, 30, 0)  # days before the end on which an agency is told
WINDOW_MONTHS = 12  # before the end, from which on a renewal can be opened
NUMBER = re.compile(r"M-(\d{4})-(\d{4,})")
NEWER = "A later reminder was due as well."
UNDER_REVIEW = "A renewal is under review."
RENEWED = "The membership was renewed."
NOBODY = "The agency has no coordinator or executive with an account."


class Renewal(msgspec.Struct, frozen=True):
    """A review of a member's agency that was submitted at some time."""

    submitted_on: date
    closed_on: date | None = None  # decided, withdrawn or stale; None: under review


class Decision(msgspec.Struct, frozen=True):
    """What becomes of one reminder."""

    days_before: int
    due_on: date
    skipped: str = ""  # why it is not sent


def window_opens(ends_on: date) -> date:
    """The first day on which a renewal can be opened."""
    return clock.months_after(ends_on, -WINDOW_MONTHS)


def due_on(ends_on: date, days_before: int) -> date:
    """The day of a reminder. The first goes out as the window opens: after a leap day that is
    366 days before the end."""
    if days_before == STEPS[0]:
        return window_opens(ends_on)
    return ends_on - timedelta(days=days_before)


def decisions(
    ends_on: date,
    on: date,
    decided: Collection[int],
    *,
    why_not: str = "",
    only_today: bool = False,
) -> list[Decision]:
    """What becomes of the reminders that are due on *on* and not *decided*, the earliest first.

    After days without a worker, or for a membership that was brought in, only the newest is sent.

    Args:
        why_not: why none is sent.
        only_today: leave out what was due before: the days until *on* are worked off by then.
    """
    due = [(days, due_on(ends_on, days)) for days in STEPS if days not in decided]
    due = [(days, day) for days, day in due if (day == on if only_today else day <= on)]
    return [Decision(days, day, NEWER if days != due[-1][0] else why_not) for days, day in due]


def over_on(ends_on: date, renewals: Iterable[Renewal]) -> date | None:
    """The day on which a term without successor is over; None: a renewal that was submitted in
    time keeps it until the decision."""
    in_time = [renewal for renewal in renewals if renewal.submitted_on < ends_on]
    if any(renewal.closed_on is None for renewal in in_time):
        return None
    return max([ends_on, *(r.closed_on for r in in_time if r.closed_on)])


def next_number(year: int, taken: Iterable[str]) -> str:
    """The number after those of *year* that are *taken*: M-2026-0001 is the first."""
    found = [NUMBER.fullmatch(number) for number in taken]
    used = [int(match[2]) for match in found if match and match[1] == str(year)]
    return f"M-{year}-{max(used, default=0) + 1:04}"
