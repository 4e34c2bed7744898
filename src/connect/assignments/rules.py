"""Who is asked for what until when, and what is reminded of on a day. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import msgspec

from connect.assignments.tables import ReminderKind, ReminderState
from connect.lists import DISCIPLINES, ROSTER_CATEGORIES
from connect.policy import Role

# Days before what is due; negative: after it.
STEPS = {ReminderKind.DUE: (30, 7, 0, -7), ReminderKind.RENEWAL: (60, 30, 7, 0)}
LATE = timedelta(days=30)  # a step that was missed longer ago is not looked at any more
FROM_HOUR = 7  # in the organization's zone: no mail at night
MOST_DAYS = 730
ROLES = [role for role in Role if role not in (Role.ANYONE, Role.LEARNER)]  # everybody has those


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to assign, to whom, until when; as it was typed in."""

    course: str = ""  # slug
    path: str = ""  # slug
    discipline: str = ""
    title: str = ""
    role: str = ""
    category: str = ""
    agency: UUID | None = None
    due_on: date | None = None
    due_days: int | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person may have to be reminded of."""

    kind: ReminderKind
    about: UUID
    person: UUID
    due_on: date
    since: date  # steps up to this day are past: it was assigned or completed on it
    reachable: bool = True
    decided: frozenset[int] = frozenset()  # the steps that stand in the ledger


class Decision(msgspec.Struct, frozen=True):
    """What becomes of one step; *reason* is a stable word, empty for what is sent."""

    item: Item
    days: int
    state: ReminderState
    reason: str = ""


def decisions(items: Iterable[Item], on: date, *, missed: timedelta = LATE) -> list[Decision]:
    """What a worker decides on the day *on*: of the steps that are due, the newest is sent.

    Args:
        missed: how far back steps may lie that were not decided on their day. None at all for
            a day to come: until then a worker will have decided on those before.
    """
    found: list[Decision] = []
    for item in items:
        days = {step: item.due_on - timedelta(days=step) for step in STEPS[item.kind]}
        past = [step for step, day in days.items() if on - missed <= day <= on]
        newest = min(past, default=None)  # fewest days before what is due
        for step in sorted(set(past) - item.decided, reverse=True):
            reason = ""
            if days[step] <= item.since:
                reason = "before"
            elif step != newest:
                reason = "newer"
            elif not item.reachable:
                reason = "no_address"
            state = ReminderState.SKIPPED if reason else ReminderState.SENT
            found.append(Decision(item, step, state, reason))
    return found


def due_day(asked_on: date | None, days: int | None, *, joined: date, made: date) -> date:
    """When something is due for somebody who *joined* on a day.

    Args:
        asked_on: the day that was named; else *days* after joining, but for whoever was there
            before the assignment was made: after that.
    """
    return asked_on or max(joined, made) + timedelta(days=days or 0)


def faults(asked: Asked, today: date, *, whole_site: bool) -> dict[str, str]:
    """What is wrong with what somebody wants to assign: field → sentence."""
    wrong: dict[str, str] = {}
    if bool(asked.course) == bool(asked.path):
        wrong["course"] = "Choose a course or a path, and not both."
    for name, known in (
        ("discipline", set(DISCIPLINES)),
        ("category", set(ROSTER_CATEGORIES)),
        ("role", {str(role) for role in ROLES}),
    ):
        value = getattr(asked, name)
        if value and value not in known:
            wrong[name] = f"Choose a {name} from the list."
    if not whole_site and asked.agency is None:
        wrong["agency"] = "Choose your agency."
    elif not any((asked.discipline, asked.title.strip(), asked.role, asked.category, asked.agency)):
        wrong["discipline"] = "Say to whom: choose at least one of field, title, role or agency."
    if (asked.due_on is None) == (asked.due_days is None):
        wrong["due_on"] = "Write a due date, or a number of days after joining, and not both."
    elif asked.due_on and asked.due_on < today:
        wrong["due_on"] = "Write a due date that is not past."
    elif asked.due_days is not None and not 1 <= asked.due_days <= MOST_DAYS:
        wrong["due_days"] = f"Write a whole number of days from 1 to {MOST_DAYS}."
    return wrong
