"""Agencies in words, for the pages of this feature and of those above it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request

from connect import clock
from connect.agencies import rules
from connect.agencies.queries import domains_of, similar
from connect.agencies.tables import Agency
from connect.lists import AGENCY_KINDS, STATES
from connect.policy import Actor

NOTICES = {
    "listed": "The agency is listed.",
    "saved": "Your changes are saved.",
    "domain": "The list of domains is changed.",
    "code": "The code is ended. Nobody can use it any more.",
    "profile": "The profile is recorded. Earlier ones are kept.",
    "merged": "The two agencies are one now.",
    "screened": "The request is screened.",
}


class AgencyTerm(msgspec.Struct, frozen=True):
    """A term of an agency in the readiness program."""

    id: UUID
    number: str
    state: str
    words: str
    kind: str  # of the tag
    since: date  # first day of the terms without a gap
    starts_on: date
    ends_on: date  # exclusive
    ended_on: date | None


class AgencyTerms(msgspec.Struct, frozen=True):
    """An agency's part in the readiness program, as far as whoever asks may see it."""

    current: AgencyTerm | None
    terms: list[AgencyTerm]


async def terms_of(request: Request[Actor, Any, Any], agency: UUID) -> AgencyTerms:
    """The terms of an agency. The program stands above this feature: ``app`` brings it."""
    found: AgencyTerms = await request.app.state.agency_terms(request.user, agency)
    return found


def filters_of(request: Request[Actor, Any, Any]) -> dict[str, str]:
    """What a page of the search is asked for."""
    asked = request.query_params
    return {n: asked.get(n, "")[:100].replace("\x00", "") for n in ("q", "state", "kind")}


def options() -> dict[str, list[tuple[str, str]]]:
    """What the selects of an agency's forms offer."""
    return {
        "kinds": [(item.code, item.label) for item in AGENCY_KINDS.values()],
        "states": [(item.code, item.label) for item in STATES.values()],
    }


def row_shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``queries.agencies`` in words."""
    return row | {"kind": AGENCY_KINDS[row["kind"]].label, "state": STATES[row["state"]].label}


def facts_shown(agency: Agency) -> dict[str, Any]:
    """An agency in words, with since when and for how many days it has been there."""
    shown = row_shown({n: getattr(agency, n) for n in ("id", *rules.FACTS, "status", "opened_at")})
    return shown | {
        "is_ecc": agency.kind == "emergency-communications",
        "days": rules.days_waiting(agency.opened_at, clock.now()),
    }


def candidate(row: dict[str, Any]) -> tuple[str, str]:
    """An agency as a choice: its id, and what tells it from others."""
    shown = row_shown(row)
    told = [shown["name"], shown["county"], shown["state"], shown["ori"] or shown["psap_id"]]
    return str(row["id"]), " · ".join(part for part in told if part)


async def beside(
    agency: Agency,
    *,
    q: str = "",
    form: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    notice: str = "",
) -> dict[str, Any]:
    """What ``agencies/screening.html`` and ``agencies/merging.html`` show of an agency.

    Args:
        q: look for the same agency by these words instead of those of its name.
        form: what was typed, when it is shown again with its *errors*.
    """
    start = {n: getattr(agency, n) or "" for n in rules.FACTS}
    start["domains"] = "\n".join(row["domain"] for row in await domains_of(agency.id))
    return {
        "agency": facts_shown(agency),
        "candidates": [candidate(row) for row in await similar(agency, q=q)],
        "q": q,
        "form": {**start, **(form or {})},
        "errors": dict(errors or {}),
        "options": options(),
        "notice": notice,
        "applicant": None,
    }
