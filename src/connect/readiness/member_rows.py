"""What a row of a table says of a membership that was given elsewhere. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connect import clock

FIELDS: Mapping[str, tuple[str, ...]] = {  # of a table; the headings under which they usually come
    "agency": ("agency", "agency_name", "ori", "psap_id", "name"),
    "state": ("state", "state_abbr", "state_code"),
    "number": ("number", "member_number", "membership_number"),
    "starts_on": ("starts_on", "start_date", "start", "since", "approved_on"),
    "ends_on": ("ends_on", "end_date", "end", "until", "expires_on"),
    "decided_on": ("decided_on", "decision_date"),
    "edition": ("edition", "standard"),
    "population": ("population",),
    "population_source": ("population_source",),
    "population_year": ("population_year",),
}
NEEDED = ("agency", "starts_on")
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2100, 1, 1)
LONGEST = {"number": 40, "edition": 200, "population_source": 120}


def row_of(cells: Mapping[str, str], months: int) -> tuple[dict[str, Any], dict[str, str]]:
    """The term that a row describes, and what is wrong with it: field → sentence.

    Args:
        months: how long a term is whose end is not given.
    """
    given = {name: " ".join(cell.split()) for name, cell in cells.items() if cell.strip()}
    facts: dict[str, Any] = {n: given.get(n, "") for n in ("agency", "state", *LONGEST)}
    found = {
        name: f"Write at most {most} characters."
        for name, most in LONGEST.items()
        if len(facts[name]) > most
    }
    if not facts["agency"]:
        found["agency"] = "Name the agency: by ORI, PSAP ID or name."
    for name in ("starts_on", "ends_on", "decided_on"):
        facts[name], fault = _day(given.get(name, ""))
        if fault:
            found[name] = fault
    starts = facts["starts_on"]
    if starts is None:
        found.setdefault("starts_on", "Write the first day of the term.")
    else:
        facts["ends_on"] = facts["ends_on"] or clock.months_after(starts, months)
        facts["decided_on"] = facts["decided_on"] or starts
        if facts["ends_on"] <= starts:
            found["ends_on"] = "The end is the first day after the term: later than its first day."
        if facts["decided_on"] > starts and "decided_on" not in found:
            found["decided_on"] = "A term begins on the day of its decision, or later."
    for name, most in (("population", 1_000_000_000), ("population_year", 2100)):
        facts[name], fault = _number(given.get(name, ""), most)
        if fault:
            found[name] = fault
    return facts, found


def _day(written: str) -> tuple[date | None, str]:
    try:
        day = date.fromisoformat(written) if written else None
    except ValueError:
        return None, "Write the day as 2026-03-31."
    if day and not FIRST_DAY <= day < LAST_DAY:
        return None, f"Choose a day from {FIRST_DAY.year} on."
    return day, ""


def _number(written: str, most: int) -> tuple[int | None, str]:
    plain = written.replace(",", "")
    if not plain:
        return None, ""
    if not plain.isdecimal() or not plain.isascii() or len(plain) > 10 or int(plain) > most:
        return None, "Write a whole number such as 41700, without words."
    return int(plain), ""
