"""What each of an agency's people still needs. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from connect import clock
from connect.learning.rules import expires_on
from connect.lists import ROSTER_CATEGORIES

SOON = timedelta(days=90)
MOST_MONTHS = 120
LONGEST_NOTE = 1000
LONGEST_PART = 60  # characters of a name in the name of a file
LINK = re.compile(r"https?:|www\.|[^\s@]@[^\s@.]+\.\S", re.IGNORECASE)
AGE = re.compile(
    r"\b\d{1,2}[\s-]*(years?|yrs?|months?)[\s-]*old\b|\baged? \d{1,2}\b", re.IGNORECASE
)


class State(StrEnum):
    """Of one course for one person, or of the person: the worst of the courses."""

    MISSING = "missing"
    EXPIRING = "expiring"  # counts today, and not any more in 90 days
    COMPLETE = "complete"
    UNKNOWN = "unknown"  # not shared


class Required(msgspec.Struct, frozen=True):
    """A course that an agency asks of everybody, or of one category."""

    course: UUID
    slug: str
    title: str
    category: str | None = None
    valid_months: int | None = None


class Done(msgspec.Struct, frozen=True):
    """A completion of some course."""

    course: UUID
    day: date
    certificate: str = ""  # its number
    by_hand: bool = False  # staff recorded a part of it
    elsewhere: bool = False  # with somebody else, and accepted


class Standing(msgspec.Struct, frozen=True):
    """How a person stands to one required course."""

    required: Required
    state: State
    completed_on: date | None = None
    certificate: str | None = None
    expires_on: date | None = None
    by_hand: bool = False
    elsewhere: bool = False


def applies(required: Required, category: str | None) -> bool:
    """Whether the course is asked of somebody in *category*."""
    return required.category is None or required.category == category


def counts_from(valid_months: int | None, on: date) -> date:
    """The earliest day of a completion that counts on the day *on*."""
    if valid_months is None:
        return date.min
    # A later completion never expires earlier, so the first of the days around is the one.
    around = clock.months_after(on, -valid_months)
    days = (around + timedelta(days=n) for n in range(-4, 5))
    return next(d for d in days if (expires_on(d, valid_months) or d) > on)


def standing(required: Required, done: Sequence[Done], today: date) -> Standing:
    """How somebody who completed *done* stands to a course that is asked of them."""
    mine = [d for d in done if d.course == required.course]
    if not mine:
        return Standing(required, State.MISSING)
    last = max(mine, key=lambda d: (d.day, d.certificate))
    end = expires_on(last.day, required.valid_months)
    if end is None or end > today + SOON:
        state = State.COMPLETE
    else:
        state = State.EXPIRING if end > today else State.MISSING
    return Standing(
        required, state, last.day, last.certificate or None, end, last.by_hand, last.elsewhere
    )


def standings(
    *,
    category: str | None,
    consented: bool,
    required: Sequence[Required],
    done: Sequence[Done],
    today: date,
) -> tuple[State, list[Standing]]:
    """The state of a person, and of each course that is asked of them.

    Of somebody who did not consent nothing is said, whatever they completed.
    """
    asked = [r for r in required if applies(r, category)]
    if not consented:
        return State.UNKNOWN, [Standing(r, State.UNKNOWN) for r in asked]
    found = [standing(r, done, today) for r in asked]
    states = {s.state for s in found}
    worst = next((s for s in (State.MISSING, State.EXPIRING) if s in states), State.COMPLETE)
    return worst, found


def required_faults(*, category: str | None, valid_months: int | None) -> dict[str, str]:
    """What is wrong with how a course is required: field → sentence."""
    found: dict[str, str] = {}
    if category is not None and category not in ROSTER_CATEGORIES:
        found["category"] = "Choose a category from the list, or everybody."
    if valid_months is not None and not 1 <= valid_months <= MOST_MONTHS:
        found["valid_months"] = f"Write a whole number from 1 to {MOST_MONTHS}, or leave it empty."
    return found


def note_fault(note: str) -> str:
    """Why *note* cannot stand in a reminder; empty when it can.

    Links and addresses are what a forged mail would carry; a child's age is what no note needs.
    """
    if len(note) > LONGEST_NOTE or any(
        unicodedata.category(c) in {"Cc", "Cs"} and c not in "\r\n\t" for c in note
    ):
        return f"Write at most {LONGEST_NOTE:,} characters of plain text."
    if LINK.search(note):
        return "Leave links and addresses out: the mail has the links to the courses."
    if AGE.search(note):
        return "Write nothing about a child or a case."
    return ""


def file_name(number: str, name: str) -> str:
    """The name of a certificate's file in an archive: ASCII letters, digits and dashes."""
    parts = [part for part in (_plain(number), _plain(name)[:LONGEST_PART].strip("-")) if part]
    return f"{'-'.join(parts) or 'certificate'}.pdf"


def _plain(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-")
