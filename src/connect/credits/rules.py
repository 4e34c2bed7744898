"""What a course is worth in hours and CEU, by which name, and what a certificate prints. Pure.

R6: contact hours are countable minutes by 60; a CEU is ten of them, rounded to the nearest tenth,
half up, at least 0.1, and none is offered for less than 30 minutes (IACET element 6.4). Every
name but "contact hours" needs an accreditation that is valid on the day.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from connect.lists import STATES

CONTACT_HOURS = "contact hours"
SHORTEST = 30  # minutes of an event that CEU are offered for
LONGEST = 60_000  # minutes
LONGEST_BODY, LONGEST_NUMBER, LONGEST_KIND = 80, 60, 40  # characters
MOST_KINDS = 10  # of an accreditation
CEU = re.compile(r"\bCEUs?\b", re.IGNORECASE)


class Accreditation(msgspec.Struct, frozen=True):
    """That a body lets us award units by the names *kinds*, from one day to another."""

    body: str
    kinds: tuple[str, ...]
    since: date
    until: date | None = None  # last day


class Offer(msgspec.Struct, frozen=True):
    """Credit that a board of a state gives for a course."""

    state: str
    board: str
    minutes: int  # countable
    course_number: str = ""
    kind: str = CONTACT_HOURS
    since: date | None = None
    until: date | None = None  # last day


class Worth(msgspec.Struct, frozen=True):
    """What so many minutes come to, in units of one kind."""

    kind: str
    amount: str  # "1.5 contact hours"


class Proposal(msgspec.Struct, frozen=True):
    """What may be offered for a course on a day."""

    minutes: int  # countable
    contact_hours: float
    ceu: float | None  # None: too short, or no accreditation allows the word
    kinds: list[Worth]


def countable(minutes: int, not_countable: int) -> int:
    """Minutes without breaks, credits and promotion; never below zero."""
    return max(0, minutes - not_countable)


def contact_hours(minutes: int) -> Decimal:
    """Countable minutes as hours, to two decimals; half rounds up."""
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


def ceu(minutes: int) -> Decimal | None:
    """Countable minutes as CEU; None where none is offered."""
    if minutes < SHORTEST:
        return None
    tenth = Decimal("0.1")
    return max(tenth, (Decimal(minutes) / 600).quantize(tenth, ROUND_HALF_UP))


def amount(minutes: int, kind: str) -> str:
    """``1.5 contact hours``, ``0.2 IACET CEU``; empty when *kind* is none for so few minutes."""
    found = ceu(minutes) if CEU.search(kind) else contact_hours(minutes)
    if found is None:
        return ""
    number = f"{found:f}".rstrip("0").rstrip(".") if "." in f"{found:f}" else f"{found:f}"
    words = "contact hour" if (kind, number) == (CONTACT_HOURS, "1") else kind
    return f"{number} {words}"


def is_within(day: date, since: date | None, until: date | None) -> bool:
    """Whether *day* lies between two days, both counted; None is without end."""
    return (since is None or since <= day) and (until is None or day <= until)


def kinds_on(day: date, accreditations: Iterable[Accreditation]) -> list[str]:
    """The names of units that may be used on *day*."""
    valid = (a for a in accreditations if is_within(day, a.since, a.until))
    return list(dict.fromkeys([CONTACT_HOURS, *(kind for a in valid for kind in a.kinds)]))


def propose(minutes: int, day: date, accreditations: Sequence[Accreditation]) -> Proposal:
    """What may be offered on *day* for so many countable minutes."""
    worth = [Worth(kind, amount(minutes, kind)) for kind in kinds_on(day, accreditations)]
    offered = [each for each in worth if each.amount]
    tenths = ceu(minutes) if any(CEU.search(each.kind) for each in offered) else None
    return Proposal(
        minutes=minutes,
        contact_hours=float(contact_hours(minutes)),
        ceu=None if tenths is None else float(tenths),
        kinds=offered,
    )


def kind_fault(
    kind: str,
    minutes: int,
    accreditations: Iterable[Accreditation],
    since: date,
    until: date | None,
) -> str:
    """Why units must not be offered under the name *kind* on these days; empty when they may."""
    if kind == CONTACT_HOURS:
        return ""
    if CEU.search(kind) and ceu(minutes) is None:
        return f"No CEU is offered for less than {SHORTEST} minutes. Offer contact hours."
    allowed = (a for a in accreditations if kind in a.kinds)
    if any(
        (until is None or a.since <= until) and (a.until is None or since <= a.until)
        for a in allowed
    ):
        return ""
    return (
        f'No accreditation on these days allows "{kind}". Offer contact hours, or write the '
        "accreditation down first."
    )


def offer_faults(
    offer: Offer, accreditations: Iterable[Accreditation], others: Iterable[Offer]
) -> dict[str, str]:
    """What is wrong with an offer that begins on a day: field → sentence.

    Args:
        others: those that the course has.
    """
    found = {}
    if offer.state not in STATES:
        found["state"] = "Choose a state from the list."
    if not _fits(offer.board, LONGEST_BODY):
        found["board"] = f"Write the board in 1 to {LONGEST_BODY} characters, on one line."
    if offer.course_number and not _fits(offer.course_number, LONGEST_NUMBER):
        found["course_number"] = f"Write at most {LONGEST_NUMBER} characters, on one line."
    if not 1 <= offer.minutes <= LONGEST:
        found["minutes"] = f"From 1 to {LONGEST:,} minutes must remain to be counted."
    since = offer.since or date.min
    if offer.until and offer.until < since:
        found["until"] = "The last day must not be before the first."
    elif fault := kind_fault(offer.kind, offer.minutes, accreditations, since, offer.until):
        found["kind"] = fault
    same = (
        o for o in others if (o.state, o.board, o.kind) == (offer.state, offer.board, offer.kind)
    )
    if not found and any(_meet(offer, other) for other in same):
        found["from"] = "This board's credit stands already on some of these days. End that first."
    return found


def _meet(one: Offer, other: Offer) -> bool:
    ends = one.until or date.max, other.until or date.max
    return max(one.since or date.min, other.since or date.min) <= min(ends)


def accreditation_faults(facts: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with an accreditation: field → sentence.

    Args:
        facts: body, number, kinds, since, until.
    """
    found = {}
    if not _fits(facts["body"], LONGEST_BODY):
        found["body"] = f"Write who accredits in 1 to {LONGEST_BODY} characters, on one line."
    if facts["number"] and not _fits(facts["number"], LONGEST_NUMBER):
        found["number"] = f"Write at most {LONGEST_NUMBER} characters, on one line."
    kinds = facts["kinds"]
    if not 1 <= len(kinds) <= MOST_KINDS or not all(_fits(k, LONGEST_KIND) for k in kinds):
        found["kinds"] = (
            f"Write 1 to {MOST_KINDS} names of units, each of at most {LONGEST_KIND} characters."
        )
    elif "body" not in found and not _is_its_own_name(facts["body"], kinds):
        found["kinds"] = "Only IACET lets anybody award IACET CEU."
    if facts["until"] and facts["until"] < facts["since"]:
        found["until"] = "The last day must not be before the first."
    return found


def _is_its_own_name(body: str, kinds: Iterable[str]) -> bool:
    """Whether the word IACET stands in a unit's name only where IACET itself accredits."""
    return "iacet" in body.casefold() or not any("iacet" in kind.casefold() for kind in kinds)


def _fits(text: str, longest: int) -> bool:
    return 1 <= len(text) <= longest and text.isprintable() and not text.isspace()


def line(offer: Offer, day: date, accreditations: Iterable[Accreditation]) -> str:
    """What a certificate of *day* prints: ``VA · DCJS · 12-345 · 0.5 contact hours``.

    Where no accreditation is valid on the day, hours are printed whatever was offered.
    """
    kind = offer.kind if offer.kind in kinds_on(day, accreditations) else CONTACT_HOURS
    worth = amount(offer.minutes, kind) or amount(offer.minutes, CONTACT_HOURS)
    return " · ".join(
        part for part in (offer.state, offer.board, offer.course_number, worth) if part
    )


def lines(
    offers: Iterable[Offer],
    day: date,
    accreditations: Sequence[Accreditation],
    *,
    state: str | None,
    most: int,
) -> list[str]:
    """The credit lines of a certificate of *day*, those of the learner's own *state* first."""
    valid = [o for o in offers if is_within(day, o.since, o.until)]
    valid.sort(key=lambda o: (o.state != state, o.state, o.board))
    return list(dict.fromkeys(line(o, day, accreditations) for o in valid))[:most]
