"""The coordinator's page: an agency's people, what each still needs, and what to do about it."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec import Meta

from connect import clock
from connect.agencies.tables import Agency
from connect.catalog.queries import offered_courses
from connect.errors import Invalid, NotFound, decode
from connect.lists import ROSTER_CATEGORIES
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.rosters import actions
from connect.rosters.api import Category, Months, Note, certificates_file, people_file
from connect.rosters.queries import (
    Filters,
    Person,
    is_current,
    people,
    required_courses,
    roster_agency,
)
from connect.rosters.rules import Required, Standing, State
from connect.web.forms import read_form, several
from connect.web.templating import day, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
STATES = [
    (State.MISSING.value, "Something is missing"),
    (State.EXPIRING.value, "Expires within 90 days"),
    (State.COMPLETE.value, "Complete"),
    (State.UNKNOWN.value, "Not shared"),
]
WORDS = {
    State.MISSING: ("Missing", "stop"),
    State.EXPIRING: ("Expires soon", ""),
    State.COMPLETE: ("Complete", "well"),
    State.UNKNOWN: ("Not shared", "plain"),
}
NOTICES = {
    "required": "The list of required courses is changed.",
    "released": "The course is not required any more.",
}
REASONS = {
    "not_found": "not among your people",
    "former": "no longer with the agency",
    "complete": "has everything",
    "nothing_required": "nothing is required of them",
    "reminded_today": "was reminded today already",
    "no_address": "has no address that takes mail",
}


class RequireForm(msgspec.Struct, forbid_unknown_fields=True):
    required_course: Annotated[
        str, Meta(min_length=1, max_length=60, description="Choose a course.")
    ]
    required_category: Category | None = None
    valid_months: Months | None = None


class RemindForm(msgspec.Struct, forbid_unknown_fields=True):
    people: Annotated[list[UUID], Meta(min_length=1, description="Choose at least one person.")]
    note: Note = ""


class RosterPages(Controller):
    path = "/agencies/{agency_id:uuid}"
    include_in_schema = False

    @get("/people", permission=Permission.READ_AGENCY_PEOPLE)
    async def people(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[Any]:
        agency = await roster_agency(request.user, agency_id)
        if agency.id != agency_id:
            return redirect(f"/agencies/{agency.id}/people")
        return await _page(request, agency, notice=NOTICES.get(notice, ""))

    @get("/people.csv", permission=Permission.READ_AGENCY_PEOPLE)
    async def people_csv(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[str]:
        agency = await roster_agency(request.user, agency_id)
        return await people_file(agency, filters_of(request))

    @get("/certificates.zip", permission=Permission.READ_AGENCY_PEOPLE)
    async def certificates(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Stream:
        return certificates_file(await roster_agency(request.user, agency_id))

    @post("/people/reminders", permission=Permission.MANAGE_OWN_AGENCY, status_code=200)
    async def remind(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        given = fields | {"people": several(fields, "people")}
        agency = await roster_agency(request.user, agency_id)
        try:
            data = decode(RemindForm, given, strict=False)
            done = await actions.remind(request.user, agency_id, data.people, note=data.note)
        except Invalid as refusal:
            return await _page(request, agency, form=given, errors=refusal.errors)
        return await _page(request, agency, reminded=done)

    @post("/required-courses", permission=Permission.MANAGE_OWN_AGENCY, status_code=303)
    async def require(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        given = {n: v for n, v in fields.items() if v != "" or n == "required_course"}
        try:
            data = decode(RequireForm, given, strict=False)
            await actions.require_course(
                request.user,
                agency_id,
                data.required_course,
                category=data.required_category,
                valid_months=data.valid_months,
            )
        except Invalid as refusal:
            agency = await roster_agency(request.user, agency_id)
            names = {"course": "required_course", "category": "required_category"}
            errors = {names.get(n, n): words for n, words in refusal.errors.items()}
            return await _page(request, agency, form=fields, errors=errors)
        return redirect(f"/agencies/{agency_id}/people?notice=required")

    @post("/required-courses/{slug:str}/end", permission=Permission.MANAGE_OWN_AGENCY)
    async def release(
        self, request: ActorRequest, agency_id: FromPath[UUID], slug: FromPath[str]
    ) -> Response[None]:
        await read_form(request)
        await actions.release_course(request.user, agency_id, slug)
        return redirect(f"/agencies/{agency_id}/people?notice=released")


def filters_of(request: ActorRequest) -> Filters:
    """What a page of people is asked for.

    Raises:
        NotFound: by a link that no page makes.
    """
    asked = request.query_params
    given = {n: asked.get(n, "")[:100].replace("\x00", "") for n in ("q", "category", "course")}
    state = asked.get("state", "")
    if state and state not in {code for code, _ in STATES}:
        raise NotFound
    return Filters(**given, state=state, include_former=bool(asked.get("include_former")))


async def _page(
    request: ActorRequest,
    agency: Agency,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    reminded: actions.Reminded | None = None,
    notice: str = "",
) -> Response[str]:
    filters = filters_of(request)
    after = request.query_params.get("after", "")
    found = await people(
        agency.id,
        filters,
        after=read_cursor(after, UUID) if after else None,
        limit=PER_PAGE,
    )
    kept, following = cut(found, PER_PAGE, lambda person: person.id)
    required = await required_courses(agency.id)
    manages = request.user.may(Permission.MANAGE_OWN_AGENCY, agency=agency.id)
    here = f"/agencies/{agency.id}/people"
    asked = msgspec.structs.asdict(filters)
    query = {n: "yes" if v is True else v for n, v in asked.items() if v}
    names = {person.id: person.name for person in kept}
    chosen = set((form or {}).get("people", []))
    return page(
        request,
        "rosters/people.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        people=[_shown(person) | {"chosen": str(person.id) in chosen} for person in kept],
        required=[_required_shown(row) for row in required],
        filters=asked,
        filtered=bool(query),
        options={
            "categories": [(c.code, c.label) for c in ROSTER_CATEGORIES.values()],
            "states": STATES,
            "required": [(row.slug, row.title) for row in required],
            "offered": await offered_courses() if manages else [],
        },
        manages=manages,
        form=form or {},
        errors=errors or {},
        reminded=reminded and _reminded_shown(reminded, names),
        notice=notice,
        csv=f"{here}.csv?{urlencode(query)}",
        remind=f"{here}/reminders?{urlencode(query | ({'after': after} if after else {}))}",
        next=f"{here}?{urlencode(query | {'after': following})}" if following else "",
        first=f"{here}?{urlencode(query)}" if after else "",
    )


def _shown(person: Person) -> dict[str, Any]:
    words, kind = WORDS[person.state]
    category = ROSTER_CATEGORIES[person.category].label if person.category else ""
    return {
        "id": person.id,
        "name": person.name,
        "told": ", ".join(w for w in (person.title, category) if w),
        "is_supervisor": person.is_supervisor,
        "since": person.since,
        "until": person.until,
        "is_current": is_current(person, clock.today()),
        "state": {"words": words, "kind": kind},
        "courses": [
            {
                "title": s.required.title,
                "state": {"words": WORDS[s.state][0], "kind": WORDS[s.state][1]},
                "certificate": s.certificate,
                "told": _told(s),
            }
            for s in person.courses
        ],
    }


def _told(standing: Standing) -> str:
    """When a course was completed, and until when that counts."""
    parts = []
    if standing.completed_on:
        where = " elsewhere" if standing.elsewhere else ""
        parts.append(f"Completed{where} {day(standing.completed_on)}")
    if standing.expires_on:
        word = "expired" if standing.state is State.MISSING else "expires"
        parts.append(f"{word} {day(standing.expires_on)}")
    if standing.by_hand:
        parts.append("recorded in part by staff")
    return ", ".join(parts)


def _required_shown(row: Required) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "of": ROSTER_CATEGORIES[row.category].label if row.category else "Everybody",
        "months": row.valid_months,
    }


def _reminded_shown(done: actions.Reminded, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "sent": done.sent,
        "skipped": [(names.get(row.id, "Somebody"), REASONS[row.reason]) for row in done.skipped],
    }
