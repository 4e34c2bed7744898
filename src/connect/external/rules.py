"""What a completion elsewhere must say, when two are the same, and who may decide. Pure."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from connect.accounts.rules import normal_email
from connect.fields import Email

FIRST_DAY = date(1950, 1, 1)
LONGEST_TITLE, LONGEST_PROVIDER, LONGEST_NUMBER = 200, 120, 60  # characters
LONGEST = 60_000  # minutes
MOST_WAITING = 100  # of one person
FIELDS: Mapping[str, tuple[str, ...]] = {  # of a table; the headings under which they usually come
    "email": ("email", "e_mail", "email_address", "work_email"),
    "title": ("title", "course_title", "course", "training"),
    "provider": ("provider", "organization", "sponsor", "vendor"),
    "completed_on": ("completed_on", "completion_date", "date_completed", "date", "day"),
    "minutes": ("minutes", "contact_minutes"),
    "hours": ("hours", "contact_hours", "credit_hours"),
    "number": ("number", "certificate_number", "certificate"),
    "course": ("course_code", "code", "slug"),
}
NEEDED = ("email", "title", "provider", "completed_on")
Identity = tuple[str, str, date]


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # what was accepted is taken back


def normal(text: str) -> str:
    """A line in NFC with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def identity(title: str, provider: str, day: date) -> Identity:
    """What makes two completions of a person the same."""
    return normal(title).casefold(), normal(provider).casefold(), day


def faults(facts: Mapping[str, Any], today: date) -> dict[str, str]:
    """What is wrong with a completion in its normal form: field → sentence.

    Args:
        facts: title, provider, day, minutes, number.
    """
    found = {}
    if not _fits(facts["title"], 1, LONGEST_TITLE):
        found["title"] = f"Write the title in 1 to {LONGEST_TITLE} characters, on one line."
    if not _fits(facts["provider"], 1, LONGEST_PROVIDER):
        found["provider"] = f"Write who gave it in 1 to {LONGEST_PROVIDER} characters, on one line."
    if not FIRST_DAY <= facts["day"] <= today:
        found["completed_on"] = f"Choose a day from {FIRST_DAY} to today."
    if not 1 <= facts["minutes"] <= LONGEST:
        found["minutes"] = f"Write a whole number of 1 to {LONGEST:,} minutes."
    if not _fits(facts["number"], 0, LONGEST_NUMBER):
        found["number"] = f"Write at most {LONGEST_NUMBER} characters, on one line."
    return found


def _fits(text: str, least: int, most: int) -> bool:
    return least <= len(text) <= most and text.isprintable()


def deciding_fault(decider: UUID, *, holder: UUID, made_by: UUID) -> str:
    """Why somebody must not decide on a completion; empty when they may.

    Two people stand behind each: who says it, and who accepts it.
    """
    if decider == holder:
        return "This is your own. Somebody else decides on it."
    return "You brought this in. Somebody else decides on it." if decider == made_by else ""


def row_of(cells: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The completion that a row of a table describes, and what is wrong with it.

    Facts: email, title, provider, day, minutes, number, course (code or slug, or empty). A day in
    the future is found later, by who knows today.
    """
    found = {}
    email = normal_email(cells.get("email", ""))
    try:
        msgspec.convert(email, Email)
    except msgspec.ValidationError:
        found["email"] = "Write an e-mail address such as name@agency.example."
    day = FIRST_DAY
    try:
        day = date.fromisoformat(cells.get("completed_on", ""))
    except ValueError:
        found["completed_on"] = "Write the day as 2026-03-31."
    minutes, fault = _minutes(cells.get("minutes", ""), cells.get("hours", ""))
    facts: dict[str, Any] = {
        n: normal(cells.get(n, "")) for n in ("title", "provider", "number", "course")
    }
    facts |= {"day": day, "minutes": minutes or 1}
    found |= {n: words for n, words in faults(facts, date.max).items() if n not in found}
    return facts | {"email": email}, found | ({"minutes": fault} if fault else {})


def _minutes(minutes: str, hours: str) -> tuple[int, str]:
    """Minutes, or hours by 60 with half a minute rounded up; and what is wrong."""
    try:
        exact = Decimal(minutes) if minutes else Decimal(hours) * 60
        found = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        return 0, "Write the minutes as 90, or the hours as 1.5."
    if (minutes and exact != found) or not 1 <= found <= LONGEST:
        return 0, f"Write a whole number of 1 to {LONGEST:,} minutes, or hours."
    return found, ""
