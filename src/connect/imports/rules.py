"""What a row of a file means. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from connect.accounts.rules import NAMES, faults, normal_email, normal_name
from connect.agencies import rules as agencies
from connect.errors import field_errors
from connect.fields import Discipline, Email, Line, Name, State, Zone
from connect.imports.reading import plain
from connect.lists import AGENCY_KINDS, DISCIPLINES, ROSTER_CATEGORIES, STATES, Item

# The fields of each kind, and the headings under which they usually come.
Fields = Mapping[str, tuple[str, ...]]
AGENCY_FIELDS: Fields = {
    "name": ("name", "agency_name", "agency"),
    "state": ("state", "state_abbr", "state_code"),
    "kind": ("kind", "agency_kind"),
    "county": ("county", "county_name"),
    "ori": ("ori", "ori9"),
    "psap_id": ("psap_id", "fcc_psap_id"),
}
WHO: Fields = {
    "email": ("email", "e_mail", "email_address", "work_email"),
    "legal_name": ("legal_name", "full_name", "name"),
}
WORK: Fields = {
    "title": ("title", "job_title", "rank"),
    "category": ("category", "roster_category"),
    "supervisor": ("supervisor", "is_supervisor"),
    "since": ("since", "start_date", "hire_date"),
}
PEOPLE_FIELDS: Fields = {
    **WHO,
    "certificate_name": ("certificate_name", "name_on_certificates"),
    "discipline": ("discipline", "field_of_work"),
    "state": ("state", "state_abbr", "state_code"),
    "time_zone": ("time_zone", "timezone"),
    "agency": ("agency", "ori", "psap_id", "agency_name"),
    **WORK,
}
ROSTER_FIELDS: Fields = {
    **WHO,
    **WORK,
    "until": ("until", "end_date", "last_day"),
    "agency": ("agency", "ori", "psap_id", "agency_name"),
}
PLAIN = re.compile(r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$")
YES_NO = {"": None, "yes": True, "y": True, "true": True, "1": True, "x": True}
YES_NO |= {"no": False, "n": False, "false": False, "0": False}
FIRST_DAY = date(1940, 1, 1)
Found = tuple[dict[str, Any], dict[str, str]]  # facts; what is wrong: field → sentence


class Person(msgspec.Struct):
    """What registering asks, but for a password."""

    email: Email
    legal_name: Name
    discipline: Discipline
    state: State
    certificate_name: Line = ""
    title: Line = ""
    time_zone: Zone = ""

    faults = staticmethod(faults)


class Member(msgspec.Struct):
    """What a roster says of a person."""

    email: Email
    legal_name: Name
    title: Line = ""

    faults = staticmethod(faults)


def guess_columns(fields: Fields, headings: Sequence[str]) -> dict[str, str]:
    """Our field → heading, as far as the headings speak for themselves."""
    known = {plain(heading): heading for heading in headings if heading}
    return {
        field: next(known[name] for name in names if name in known)
        for field, names in fields.items()
        if any(name in known for name in names)
    }


def columns_fault(
    fields: Fields, needed: Sequence[str], columns: Mapping[str, str], headings: Sequence[str]
) -> str:
    """Why *columns* does not fit a table with *headings*; empty when it does."""
    for field, heading in columns.items():
        if field not in fields:
            return f"There is no field {field[:40]!r}. The fields are {', '.join(fields)}."
        if heading not in headings:
            return f"The table has no column {heading[:60]!r} for {field}."
    lacking = [field for field in needed if field not in columns]
    return f"Say which column holds the {lacking[0]}." if lacking else ""


def formulas(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells in which a formula stands instead of a value: field → sentence."""
    words = "A formula stands here. Write the value itself."
    return {field: words for field, cell in cells.items() if cell.startswith("=")}


def agency_of(cells: Mapping[str, str]) -> Found:
    """The agency that a row describes, and what is wrong with it.

    Without a kind an agency with an ORI is law enforcement, one with a PSAP ID a 911 center.
    """
    ori = agencies.normal_ori(cells.get("ori", "")) or None
    psap = cells.get("psap_id", "") or None
    kind = cells.get("kind", "").casefold().replace(" ", "-")
    kind = kind or ("emergency-communications" if psap else "law-enforcement" if ori else "other")
    name = " ".join(cells.get("name", "").split())
    county = " ".join(cells.get("county", "").split())
    state = agencies.normal_state(cells.get("state", ""))
    found: dict[str, str] = {}
    if not 2 <= len(name) <= 200 or not PLAIN.match(name) or not name[0].isalnum():
        found["name"] = "Write a name of 2 to 200 characters that begins with a letter or digit."
    if state not in STATES:
        found["state"] = "Use the two letters of the Postal Service, such as TX."
    if kind not in AGENCY_KINDS:
        found["kind"] = f"Use one of {', '.join(AGENCY_KINDS)}."
    if len(county) > 120 or not PLAIN.match(county):
        found["county"] = "Write at most 120 characters."
    if not found:
        found = agencies.identity_faults(kind=kind, state=state, ori=ori, psap_id=psap)
    county = county.title() if county.isupper() else county
    facts = {"kind": kind, "name": name, "ori": ori, "psap_id": psap, "state": state}
    return {**facts, "county": county}, found


def person_of(cells: Mapping[str, str]) -> Found:
    """The person that a row describes, where they work if it says so, and what is wrong."""
    given = {name: cell for name, cell in cells.items() if cell}
    if "discipline" in given:
        given["discipline"] = _code(DISCIPLINES, given["discipline"])
    if "state" in given:
        given["state"] = agencies.normal_state(given["state"])
    facts, found = _asked(Person, given)
    work, wrong = _work_of(given)
    if not given.get("agency"):
        wrong |= {
            name: "Name the agency too: this is about the work there."
            for name in ("category", "supervisor", "since")
            if name in given and name not in wrong
        }
    return facts | work, found | wrong


def member_of(cells: Mapping[str, str]) -> Found:
    """The person of a roster that a row describes, and what is wrong with it."""
    given = {name: cell for name, cell in cells.items() if cell}
    facts, found = _asked(Member, given)
    work, wrong = _work_of(given)
    return facts | work, found | wrong


def _asked(form: type[msgspec.Struct], given: Mapping[str, str]) -> Found:
    """The fields of *form*, normalized as registering does, and by its rules."""
    names = form.__struct_fields__
    asked = {name: given[name] for name in names if name in given}
    try:
        msgspec.convert(asked, form)
        found = faults(asked)
    except msgspec.ValidationError:
        found = field_errors(form, asked)  # takes ten times as long
    facts = {n: normal_name(v) if n in NAMES else v for n, v in asked.items()}
    return {**dict.fromkeys(names, ""), **facts, "email": normal_email(asked.get("email", ""))}, (
        found
    )


def _work_of(given: Mapping[str, str]) -> Found:
    found: dict[str, str] = {}
    category = _code(ROSTER_CATEGORIES, given.get("category", "")) or None
    if category and category not in ROSTER_CATEGORIES:
        found["category"] = f"Use one of {', '.join(ROSTER_CATEGORIES)}."
    supervisor = given.get("supervisor", "").casefold()
    if supervisor not in YES_NO:
        found["supervisor"] = "Write yes or no."
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(given[name]) if name in given else None
        except ValueError:
            days[name], found[name] = None, "Write the day as 2026-03-31."
        if (day := days[name]) and not FIRST_DAY <= day < date(2100, 1, 1):
            found[name] = f"Choose a day from {FIRST_DAY} on."
    since, until = days["since"], days["until"]
    if since and until and until < since:
        found["until"] = "The last day is before the first one."
    return {
        "agency": given.get("agency", ""),
        "category": category,
        "is_supervisor": YES_NO.get(supervisor),
        "since": since,
        "until": until,
    }, found


def _code(known: Mapping[str, Item], typed: str) -> str:
    """The code that is meant by a code or a label; else *typed*."""
    if typed in known:
        return typed
    wanted = plain(typed)
    labels = ((plain(item.label), item.code) for item in known.values())
    return next((code for label, code in labels if wanted in (label, plain(code))), typed)
