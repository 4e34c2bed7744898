"""What a row of a file means. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connect.agencies import rules as agencies
from connect.lists import AGENCY_KINDS, STATES

# Our fields of an agency, and the headings under which they usually come.
AGENCY_FIELDS = {
    "name": ("name", "agency_name", "agency"),
    "state": ("state", "state_abbr", "state_code"),
    "kind": ("kind", "agency_kind"),
    "county": ("county", "county_name"),
    "ori": ("ori", "ori9"),
    "psap_id": ("psap_id", "fcc_psap_id"),
}
PLAIN = re.compile(r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$")


def guess_columns(headings: Sequence[str]) -> dict[str, str]:
    """Our field → heading, as far as the headings speak for themselves."""
    known = {_plain(heading): heading for heading in headings if heading}
    return {
        field: next(known[name] for name in names if name in known)
        for field, names in AGENCY_FIELDS.items()
        if any(name in known for name in names)
    }


def _plain(heading: str) -> str:
    return re.sub(r"\W+", "_", heading.strip().casefold()).strip("_")


def columns_fault(columns: Mapping[str, str], headings: Sequence[str]) -> str:
    """Why *columns* does not fit a table with *headings*; empty when it does."""
    for field, heading in columns.items():
        if field not in AGENCY_FIELDS:
            return f"There is no field {field[:40]!r}. The fields are {', '.join(AGENCY_FIELDS)}."
        if heading not in headings:
            return f"The table has no column {heading[:60]!r} for {field}."
    lacking = [field for field in ("name", "state") if field not in columns]
    return f"Say which column holds the {lacking[0]}." if lacking else ""


def agency_of(cells: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The agency that a row describes, and what is wrong with it: field → sentence.

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
