"""What may be answered on the form of an application, and when its first answer is due. Pure."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta

import msgspec

from connect.agencies.rules import FIRST_YEAR, PSAP_FORM, normal_line, normal_ori, ori_fault
from connect.readiness.criteria import Asked, FactKind, RequirementSet
from connect.readiness.tables import ReviewKind
from connect.readiness.term_rules import window_opens
from connect.web.templating import day

LONGEST = 500  # characters of an answer
MOST = 400_000_000  # of a count: more than live in the country
FIRST_DAY = date(1950, 1, 1)
ANSWER_IN = 2  # business days from submission to the promised first answer


class Item(msgspec.Struct, frozen=True):
    """Something that is missing before an application can be submitted."""

    key: str  # id of a fact, or policy, roster, affirmation
    words: str  # a sentence that says what to do


def normal(asked: Asked, typed: str) -> str:
    """An answer as it is stored; what cannot be read stays as it was typed."""
    value = normal_line(typed)
    if asked.kind is FactKind.ORI:
        return normal_ori(value)
    if asked.kind is FactKind.COUNT and re.fullmatch(r"\d{1,3}(,\d{3})+|\d+", value, re.ASCII):
        return value.replace(",", "").lstrip("0") or "0"
    return value


def answer_fault(asked: Asked, value: str, *, state: str, today: date) -> str:
    """Why *value*, in its normal form, is no answer to a question; empty when it is one.

    An empty value is no fault: the question waits.

    Args:
        state: of the agency, with which its ORI begins.
    """
    if not value:
        return ""
    match asked.kind:
        case FactKind.COUNT:
            is_whole = bool(re.fullmatch(r"\d{1,9}", value, re.ASCII)) and int(value) <= MOST
            return "" if is_whole else "Write a whole number, such as 41200."
        case FactKind.YEAR:
            is_year = re.fullmatch(r"\d{4}", value, re.ASCII)
            if is_year and FIRST_YEAR <= int(value) <= today.year:
                return ""
            return f"Write a year from {FIRST_YEAR} to {today.year}."
        case FactKind.DAY:
            return _day_fault(value, today)
        case FactKind.CHOICE:
            return "" if value in asked.choices else "Choose an answer from the list."
        case FactKind.ORI:
            return ori_fault(value, state)
        case FactKind.PSAP:
            is_id = PSAP_FORM.fullmatch(value)
            return "" if is_id else "An FCC PSAP ID is a number of up to five digits."
        case FactKind.TEXT:
            is_line = len(value) <= LONGEST and value.isprintable()
            return "" if is_line else f"Write at most {LONGEST} characters, on one line."


def _day_fault(value: str, today: date) -> str:
    try:
        given = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        given = None
    if given is None or not FIRST_DAY <= given <= today:
        return "Write a day such as 2026-03-04, not one to come."
    return ""


def fact_items(asked: RequirementSet, facts: Mapping[str, str]) -> list[Item]:
    """What is missing of the answers, or cannot be together."""
    found = [
        Item(fact.id, f"{fact.label}: this is needed.")
        for fact in asked.facts
        if fact.required and not facts.get(fact.id)
    ]
    sworn, employees = facts.get("sworn", ""), facts.get("employees", "")
    if sworn.isdigit() and employees.isdigit() and int(sworn) > int(employees):
        found.append(Item("sworn", "There cannot be more sworn officers than employees."))
    return found


def facts_hash(asked: RequirementSet, facts: Mapping[str, str]) -> str:
    """SHA-256 of what an executive affirms: the answers, and the words of the statements (R20)."""
    affirmed = {
        "requirements": asked.key,
        "edition": asked.edition,
        "facts": {name: value for name, value in sorted(facts.items()) if value},
        "statements": [[one.id, one.text] for one in asked.statements],
    }
    return hashlib.sha256(msgspec.json.encode(affirmed, order="sorted")).hexdigest()


def business_days_after(start: date, number: int, holidays: Collection[date]) -> date:
    """The business day so many business days after *start*: no Saturday, Sunday or holiday."""
    found = start
    while number:
        found += timedelta(days=1)
        if found.weekday() < 5 and found not in holidays:
            number -= 1
    return found


def known_answer(asked: Asked, value: object) -> str:
    """What is known of an agency as the answer to a question; empty when it is none.

    The code of a choice, such as ``law-enforcement-only``, is the choice that reads like it.
    """
    if value is None or value == "":
        return ""
    if asked.kind is FactKind.CHOICE:
        plain = {choice.casefold().replace(" ", "-"): choice for choice in asked.choices}
        return str(value) if value in asked.choices else plain.get(str(value), "")
    return normal(asked, str(value))


def kind_fault(kind: str, *, ends_on: date | None, today: date) -> str:
    """Why an application of this kind cannot be opened; empty when it can.

    Args:
        ends_on: the exclusive end of the membership that the agency has; None: it has none.
    """
    if ends_on is None:
        if kind == ReviewKind.NEW:
            return ""
        return "Your agency has no membership to renew. Open a new application."
    opens = window_opens(ends_on)
    if today < opens:
        return f"Your agency is a member. Its renewal can be opened from {day(opens)} on."
    if kind == ReviewKind.RENEWAL:
        return ""
    return f"Your agency is a member until {day(ends_on)}. Open a renewal."


def answer_words(asked: Asked, value: str) -> str:
    """An answer as it is read: 41,200; March 4, 2026."""
    if asked.kind is FactKind.COUNT and value.isdigit():
        return f"{int(value):,}"
    if asked.kind is FactKind.DAY and not _day_fault(value, date.max):
        return day(date.fromisoformat(value))
    return value
