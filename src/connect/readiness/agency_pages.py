"""The coordinator's pages of the roster: who has to be trained, and how far each is."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect import clock
from connect.agencies.tables import Agency
from connect.errors import ConnectError, Invalid, decode
from connect.fields import Name
from connect.idempotency import once_by_form
from connect.lists import ROSTER_CATEGORIES
from connect.policy import Actor, Permission
from connect.readiness import rosters
from connect.readiness.agency_api import Category, Day, Reason, state_of
from connect.readiness.queries import Standing, standing_of
from connect.readiness.rosters import NO_NAME, Line, Wanted, roster_agency
from connect.readiness.rules import (
    ERASED,
    LineState,
    last_day_of_a_new_hire,
    line_faults,
    plain_name,
)
from connect.readiness.tables import Exemption
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
ANY_CATEGORY = next(iter(ROSTER_CATEGORIES))
MOST_OFFERED = 300  # people in a list to choose from; more are typed, then matched
REASONS = {
    Exemption.FIELD_TRAINING: "In field training",
    Exemption.LEAVE: "On long leave",
    Exemption.NEW_HIRE: "New hire",
}
STATES = {
    LineState.SATISFIED: ("Complete", "well"),
    LineState.MISSING: ("Training missing", "stop"),
    LineState.EXEMPT: ("Exempt", "plain"),
    LineState.UNVERIFIED: ("Not shared", "stop"),
    LineState.UNMATCHED: ("No account yet", "stop"),
    None: ("Nothing is asked", "plain"),
}
NOTICES = {
    "added": "The person is on the roster.",
    "changed": "The line is changed.",
    "ended": "The person is off the roster from today on.",
    "matched": "The name belongs to an account now, and training counts for it.",
    "taken": "Your people with a category are on the roster.",
}


class ChangeForm(msgspec.Struct, forbid_unknown_fields=True):
    exemption: Reason | None = None
    exempt_until: Day | None = None
    hired_on: Day | None = None

    @staticmethod
    def faults(given: dict[str, Any]) -> dict[str, str]:
        """What the fields that fit cannot say together."""
        days = {
            name: date.fromisoformat(given[name]) if name in given else None
            for name in ("exempt_until", "hired_on")
        }
        return line_faults(
            clock.today(),
            category=given.get("category", ANY_CATEGORY),
            exemption=given.get("exemption"),
            **days,
        )


class AddForm(ChangeForm, forbid_unknown_fields=True, kw_only=True):
    category: Category
    account_id: Annotated[UUID, Meta(description="Choose one of your people.")] | None = None
    name: Name | None = None

    @staticmethod
    def faults(given: dict[str, Any]) -> dict[str, str]:
        found = ChangeForm.faults(given)
        if given.get("account_id") and given.get("name"):
            found["name"] = "Choose one of your people or write a name, not both."
        if not given.get("account_id") and not given.get("name"):
            found["name"] = NO_NAME
        return found


class MatchForm(msgspec.Struct, forbid_unknown_fields=True):
    account_id: UUID


class RosterOfReadinessPages(Controller):
    path = "/agencies/{agency_id:uuid}"
    include_in_schema = False

    @get("/roster", permission=Permission.READ_READINESS)
    async def roster(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        notice: FromQuery[str] = "",
        number: FromQuery[int] = 1,
    ) -> Response[Any]:
        agency = await roster_agency(request.user, agency_id)
        if agency.id != agency_id:
            return redirect(f"/agencies/{agency.id}/roster")
        return await _page(request, agency, notice=NOTICES.get(notice, ""), number=number)

    @post("/roster", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def add(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)
        try:
            filled = {n: v for n, v in given.items() if v != ""}
            data = decode(AddForm, filled, strict=False)
            if wrong := AddForm.faults(filled):
                raise Invalid(wrong)

            async def act() -> None:
                await rosters.add_line(request.user, agency_id, _wanted(data))

            await once_by_form(request, act)
        except (Invalid, rosters.TakenAlready) as refusal:
            return await _refused(request, agency_id, given, refusal)
        return redirect(f"/agencies/{agency_id}/roster?notice=added")

    @post("/roster/people", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def take_over(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        await read_form(request)
        await rosters.take_over(request.user, agency_id)
        return redirect(f"/agencies/{agency_id}/roster?notice=taken")

    @post("/roster/{line_id:uuid}", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def change(
        self, request: ActorRequest, agency_id: FromPath[UUID], line_id: FromPath[UUID]
    ) -> Response[Any]:
        given = await read_form(request)
        try:
            data = decode(ChangeForm, {n: v for n, v in given.items() if v != ""}, strict=False)
            await rosters.change_line(
                request.user, agency_id, line_id, **msgspec.structs.asdict(data)
            )
        except Invalid as refusal:
            return await _line_page(request, agency_id, line_id, given, refusal.errors)
        return redirect(f"/agencies/{agency_id}/roster?notice=changed")

    @get("/roster/{line_id:uuid}", permission=Permission.APPLY_FOR_READINESS)
    async def line(
        self, request: ActorRequest, agency_id: FromPath[UUID], line_id: FromPath[UUID]
    ) -> Response[Any]:
        return await _line_page(request, agency_id, line_id)

    @post("/roster/{line_id:uuid}/end", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def end(
        self, request: ActorRequest, agency_id: FromPath[UUID], line_id: FromPath[UUID]
    ) -> Response[Any]:
        await read_form(request)
        await rosters.end_line(request.user, agency_id, line_id)
        return redirect(f"/agencies/{agency_id}/roster?notice=ended")

    @post(
        "/roster/{line_id:uuid}/match", permission=Permission.APPLY_FOR_READINESS, status_code=303
    )
    async def match(
        self, request: ActorRequest, agency_id: FromPath[UUID], line_id: FromPath[UUID]
    ) -> Response[Any]:
        given = await read_form(request)
        data = decode(MatchForm, given, strict=False)
        await rosters.match_line(request.user, agency_id, line_id, data.account_id)
        return redirect(f"/agencies/{agency_id}/roster?notice=matched")


def _wanted(data: AddForm) -> Wanted:
    return Wanted(
        account=data.account_id,
        name=data.name or "",
        category=data.category,
        exemption=data.exemption,
        exempt_until=data.exempt_until,
        hired_on=data.hired_on,
    )


async def _refused(
    request: ActorRequest, agency_id: UUID, given: dict[str, Any], refusal: ConnectError
) -> Response[str]:
    field = "account_id" if given.get("account_id") else "name"
    errors = refusal.errors if isinstance(refusal, Invalid) else {field: str(refusal)}
    agency = await roster_agency(request.user, agency_id)
    return await _page(request, agency, form=given, errors=errors)


async def _page(
    request: ActorRequest,
    agency: Agency,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
    number: int = 1,
) -> Response[str]:
    standing = await standing_of(agency)
    keeps = request.user.may(Permission.APPLY_FOR_READINESS, agency=agency.id)
    people = await rosters.people_of(agency.id) if keeps else []
    first = max(0, number - 1) * PER_PAGE
    here = f"/agencies/{agency.id}/roster"
    shown = standing.lines[first : first + PER_PAGE]
    more = len(standing.lines) > first + PER_PAGE
    return page(
        request,
        "readiness/roster.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        asked=standing.asked,
        categories=[
            {"name": ROSTER_CATEGORIES[code].label, "covered": its}
            for code, its in standing.categories.items()
        ],
        lines=[_shown(line, standing, people) for line in shown],
        total=len(standing.lines),
        keeps=keeps,
        to_take_over=len(rosters.to_take_over(people, standing.lines)),
        options=_options(people),
        form=form or {},
        errors=errors or {},
        notice=notice,
        next=f"{here}?number={max(1, number) + 1}" if more else "",
        first=here if first else "",
    )


async def _line_page(
    request: ActorRequest,
    agency_id: UUID,
    line_id: UUID,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    line, agency = await rosters.line_of(request.user, agency_id, line_id)
    return page(
        request,
        "readiness/line.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        line={"id": line.id, "name": line.name or ERASED, "since": line.since},
        category=ROSTER_CATEGORIES[line.category].label,
        options=_options([]),
        form=form
        or {
            "exemption": line.exemption or "",
            "exempt_until": line.exempt_until or "",
            "hired_on": line.hired_on or "",
        },
        errors=errors or {},
    )


def _options(people: list[dict[str, Any]]) -> dict[str, Any]:
    names = {row["account"]: row["name"] for row in people}
    return {
        "categories": [(c.code, c.label) for c in ROSTER_CATEGORIES.values()],
        "reasons": [(kind.value, words) for kind, words in REASONS.items()],
        "people": list(names.items()) if len(names) <= MOST_OFFERED else [],
    }


def _shown(line: Line, standing: Standing, people: list[dict[str, Any]]) -> dict[str, Any]:
    words, kind = STATES[state_of(line, standing)]
    likely = []
    if line.account_id is None:
        likely = [p for p in people if plain_name(p["name"]) == plain_name(line.name)]
    return {
        "id": line.id,
        "name": line.name or ERASED,
        "category": ROSTER_CATEGORIES[line.category].label,
        "since": line.since,
        "state": {"words": words, "kind": kind},
        "exempt": _why(line),
        "matches": [{"account": p["account"], "title": p["title"]} for p in likely],
    }


def _why(line: Line) -> tuple[str, date] | None:
    """Why somebody is exempt today, and the last day of it."""
    on = clock.today()
    if line.exemption and line.exempt_until and line.exempt_until >= on:
        return REASONS[Exemption(line.exemption)], line.exempt_until
    if line.hired_on and (last := last_day_of_a_new_hire(line.hired_on)) >= on:
        return REASONS[Exemption.NEW_HIRE], last
    return None
