"""What a grant and its courses may be. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

LONGEST_NUMBER = 60
LONGEST_TITLE = 200
LONGEST_WORDING = 600  # characters, as a certificate has room for
NUMBER = re.compile(r"[A-Z0-9][A-Z0-9./-]*")
Span = tuple[date, date]  # first and last day


def normal_number(typed: str) -> str:
    """An award number as it is stored: capitals, without spaces."""
    return re.sub(r"\s+", "", typed).upper()


def grant_faults(facts: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a grant in its normal form: field → sentence."""
    found: dict[str, str] = {}
    number, title, wording = facts["award_number"], facts["title"], facts["acknowledgement"]
    if len(number) > LONGEST_NUMBER or not NUMBER.fullmatch(number):
        found["award_number"] = (
            "Write the award number in letters, digits, dots and dashes, such as 15PJDP-25-GK-0001."
        )
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        found["title"] = f"Write the title in 1 to {LONGEST_TITLE} characters, on one line."
    if len(wording) > LONGEST_WORDING or not wording.replace("\n", " ").isprintable():
        found["acknowledgement"] = f"Write at most {LONGEST_WORDING} characters."
    if facts["ends_on"] < facts["starts_on"]:
        found["ends_on"] = "The last day must not be before the first."
    return found


def span(since: date, until: date | None, grant_ends_on: date) -> Span:
    """The days of a course in a grant; without a last day they end with the grant."""
    return since, grant_ends_on if until is None else until


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a day in common."""
    return one[0] <= other[1] and other[0] <= one[1]


def span_faults(wanted: Span, grant: Span, others: Iterable[tuple[str, Span]]) -> dict[str, str]:
    """Why a course cannot belong to a grant on the days *wanted*: field → sentence.

    Args:
        others: what else the course belongs to: award number and days.
    """
    if not grant[0] <= wanted[0] <= grant[1]:
        return {"from": f"Use a day of the grant: {grant[0]} to {grant[1]}."}
    if not wanted[0] <= wanted[1] <= grant[1]:
        return {"until": f"Use a day from {wanted[0]} to {grant[1]}, the last of the grant."}
    for number, days in others:
        if overlap(wanted, days):
            return {
                "from": f"The course belongs to {number} from {days[0]} to {days[1]}. "
                "End that first, or use other days."
            }
    return {}
