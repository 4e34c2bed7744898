"""Looking for an agency, bringing one, and an agency's own page."""

import re
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect import clock
from connect.agencies import actions, codes, domains, profiles, rules
from connect.agencies.api import (
    AgencyIn,
    AgencyName,
    Kind,
    Ori,
    ProfileIn,
    PsapId,
    Uses,
    profile_facts,
)
from connect.agencies.queries import (
    Seen,
    agencies,
    brought_by,
    codes_of,
    domains_of,
    profiles_of,
    seen_agency,
)
from connect.agencies.tables import Agency, AgencyState
from connect.agencies.views import (
    NOTICES,
    beside,
    facts_shown,
    filters_of,
    options,
    row_shown,
    terms_of,
)
from connect.config import settings
from connect.db import one
from connect.errors import Invalid, decode
from connect.fields import Line, State
from connect.idempotency import once_by_form
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form, several
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 20
USUAL_TERM = timedelta(days=90)  # of a code
MANAGE = Permission.MANAGE_AGENCIES


class ChangeForm(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: AgencyName
    county: Line = ""
    kind: Kind | None = None
    state: State | None = None
    ori: Ori | None = None
    psap_id: PsapId | None = None


class DomainForm(msgspec.Struct, forbid_unknown_fields=True):
    domain: Annotated[str, Meta(max_length=254, description="Write a domain.")]
    is_its_alone: Line = ""


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    max_uses: Uses
    last_day: Annotated[date, Meta(description="Choose the last day on which it can be used.")]


async def found(request: ActorRequest, path: str) -> dict[str, Any]:
    """What the template of the results needs: rows, links to the other pages, and the filters."""
    filters = filters_of(request)
    after = request.query_params.get("after", "")
    rows = await agencies(
        **filters, after=read_cursor(after, UUID) if after else None, limit=PER_PAGE
    )
    kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
    query = {n: value for n, value in filters.items() if value}
    return {
        "agencies": [row_shown(row) for row in kept],
        "filters": filters,
        "filtered": bool(query),
        "next": f"{path}?{urlencode(query | {'after': following})}" if following else "",
        "first": f"{path}?{urlencode(query)}" if after else "",
        "options": options(),
    }


class AgencyPages(Controller):
    include_in_schema = False

    @get("/agencies", permission=Permission.READ_AGENCIES)
    async def search(self, request: ActorRequest) -> Response[str]:
        asked_for = await brought_by(request.user) if request.user.signed_in else []
        return page(
            request,
            "agencies/search.html",
            asked_for=asked_for,
            **await found(request, "/agencies"),
        )

    @get("/agencies/new", permission=Permission.OPEN_AGENCY)
    async def bring_form(self, request: ActorRequest) -> Response[str]:
        return _new_page(request, {}, {})

    @post("/agencies/new", permission=Permission.OPEN_AGENCY, status_code=303)
    async def bring(self, request: ActorRequest) -> Response[Any]:
        actor, fields = request.user, await read_form(request)
        listed_at_once = actor.may(Permission.MANAGE_AGENCIES)
        bring = actions.create_agency if listed_at_once else actions.open_draft
        given = fields | {"domains": typed_domains(fields)}
        try:
            data = decode(AgencyIn, given, strict=False)

            async def brought() -> str:
                return str((await bring(actor, **msgspec.structs.asdict(data))).id)

            agency = await once_by_form(request, brought)
        except Invalid as refusal:
            errors = actions.faults(_texts(given)) | refusal.errors
            in_order = {n: errors[n] for n in AgencyIn.__struct_fields__ if n in errors}
            return _new_page(request, fields, in_order | errors)
        return redirect(f"/agencies/{agency}{'?notice=listed' if listed_at_once else ''}")

    @get("/agencies/{agency_id:uuid}", permission=Permission.READ_AGENCIES)
    async def agency(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[Any]:
        seen = await seen_agency(request.user, agency_id)
        if seen.agency.id != agency_id:
            return redirect(f"/agencies/{seen.agency.id}")
        if seen.agency.status != AgencyState.ACTIVE:
            return await _request_page(request, seen.agency)
        return await _agency_page(request, seen, notice=NOTICES.get(notice, ""))

    @post("/agencies/{agency_id:uuid}", permission=Permission.MANAGE_OWN_AGENCY, status_code=303)
    async def change(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(ChangeForm, fields, strict=False)
            changes = {n: v for n, v in msgspec.structs.asdict(data).items() if n in fields}
            agency = await actions.change_agency(request.user, agency_id, changes)
        except Invalid as refusal:
            return await _again(request, agency_id, fields, refusal.errors)
        screening = "/admin" if agency.status == AgencyState.DRAFT else ""
        return redirect(f"{screening}/agencies/{agency_id}?notice=saved")

    @post(
        "/agencies/{agency_id:uuid}/domains",
        permission=Permission.MANAGE_OWN_AGENCY,
        status_code=303,
    )
    async def add_domain(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(DomainForm, fields, strict=False)
            alone = bool(data.is_its_alone) if request.user.may(MANAGE) else None
            await domains.add_domain(request.user, agency_id, data.domain, is_its_alone=alone)
        except Invalid as refusal:
            return await _again(request, agency_id, fields, refusal.errors)
        return redirect(f"/agencies/{agency_id}?notice=domain")

    @post("/agencies/{agency_id:uuid}/domains/removal", permission=Permission.MANAGE_OWN_AGENCY)
    async def remove_domain(
        self, request: ActorRequest, agency_id: FromPath[UUID]
    ) -> Response[None]:
        fields = await read_form(request)
        await domains.remove_domain(request.user, agency_id, str(fields.get("domain", "")))
        return redirect(f"/agencies/{agency_id}?notice=domain")

    @post(
        "/agencies/{agency_id:uuid}/codes",
        permission=Permission.MANAGE_OWN_AGENCY,
        status_code=200,
    )
    async def make_code(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        zone = ZoneInfo(request.user.time_zone)
        try:
            data = decode(CodeForm, fields, strict=False)
            until = datetime.combine(data.last_day, time(23, 59, 59), zone)
            make = partial(
                codes.make_code, request.user, agency_id, max_uses=data.max_uses, expires_at=until
            )
            row, code = await once_by_form(request, make, secret=True)
        except Invalid as refusal:
            names = {"expires_at": "last_day"}
            errors = {names.get(n, n): words for n, words in refusal.errors.items()}
            return await _again(request, agency_id, fields, errors)
        shown = {"words": code, "until": data.last_day, "uses": row.max_uses}
        return await _agency_page(request, await seen_agency(request.user, agency_id), code=shown)

    @post(
        "/agencies/{agency_id:uuid}/codes/{code_id:uuid}/end",
        permission=Permission.MANAGE_OWN_AGENCY,
    )
    async def end_code(
        self, request: ActorRequest, agency_id: FromPath[UUID], code_id: FromPath[UUID]
    ) -> Response[None]:
        await read_form(request)
        await codes.end_code(request.user, agency_id, code_id)
        return redirect(f"/agencies/{agency_id}?notice=code")

    @post(
        "/agencies/{agency_id:uuid}/profiles",
        permission=Permission.MANAGE_OWN_AGENCY,
        status_code=303,
    )
    async def record_profile(
        self, request: ActorRequest, agency_id: FromPath[UUID]
    ) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(ProfileIn, _without_marks(fields), strict=False)

            async def recorded() -> None:
                await profiles.record_profile(
                    request.user, agency_id, profile_facts(data), as_of=data.as_of
                )

            await once_by_form(request, recorded)
        except Invalid as refusal:
            return await _again(request, agency_id, fields, refusal.errors)
        return redirect(f"/agencies/{agency_id}?notice=profile")


def typed_domains(fields: dict[str, Any]) -> list[str]:
    """What stands in a form's field of domains, parted by lines, spaces or commas."""
    return re.split(r"[\s,;]+", " ".join(several(fields, "domains")).strip())


def _texts(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that hold a text, and the list of domains."""
    return {n: v for n, v in fields.items() if isinstance(v, str) or n == "domains"}


def _without_marks(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that were filled in; whole numbers without their separators: 41,700 is 41700."""
    typed = {n: v.strip() for n, v in fields.items() if isinstance(v, str) and v.strip()}
    for name in rules.NUMBERS:
        if re.fullmatch(r"[0-9]{1,3}([, ][0-9]{3})+", typed.get(name, "")):
            typed[name] = re.sub(r"[, ]", "", typed[name])
    return {**{n: v for n, v in fields.items() if not isinstance(v, str)}, **typed}


def _new_page(request: ActorRequest, form: dict[str, Any], errors: dict[str, str]) -> Response[str]:
    return page(
        request,
        "agencies/new.html",
        status=422 if errors else 200,
        form=form,
        errors=errors,
        options=options(),
        listed_at_once=request.user.may(MANAGE),
    )


async def _request_page(request: ActorRequest, agency: Agency) -> Response[str]:
    """Where somebody's request stands, and since when."""
    listed_as = None
    if agency.merged_into:
        other = await one(Agency.objects().where(Agency.id == agency.merged_into))
        listed_as = {"name": other.name, "url": f"/agencies/{other.id}"}
    return page(
        request,
        "agencies/request.html",
        agency=facts_shown(agency)
        | {
            "screened_at": agency.screened_at,
            "reason": agency.reason,
            "domains": [row["domain"] for row in await domains_of(agency.id)],
        },
        listed_as=listed_as,
        may_screen=request.user.may(MANAGE),
    )


async def _again(
    request: ActorRequest, agency_id: UUID, fields: dict[str, Any], errors: dict[str, str]
) -> Response[str]:
    """The page with a form as it was sent, and what is wrong with it."""
    seen = await seen_agency(request.user, agency_id)
    if seen.agency.status == AgencyState.DRAFT and seen.manages:
        shown = await beside(seen.agency, form=fields, errors=errors)
        return page(request, "agencies/screening.html", status=422, **shown)
    return await _agency_page(request, seen, form=fields, errors=errors)


async def _agency_page(
    request: ActorRequest,
    seen: Seen,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    code: dict[str, Any] | None = None,
    notice: str = "",
) -> Response[str]:
    agency, shown = seen.agency, None
    if seen.manages:
        now = clock.now()
        today = clock.day_in(settings().time_zone, now)
        start = {n: getattr(agency, n) or "" for n in rules.FACTS}
        start |= {"max_uses": 25, "last_day": today + USUAL_TERM, "as_of": today}
        shown = {
            "domains": [
                row | {"proves": rules.IMPLIED_DISCIPLINE.get(agency.kind, "")}
                for row in await domains_of(agency.id)
            ],
            "codes": [
                row | {"is_over": row["expires_at"] <= now or row["uses"] >= row["max_uses"]}
                for row in await codes_of(agency.id)
            ],
            "profiles": await profiles_of(agency.id),
            "form": start | (form or {}),
            "is_registrar": request.user.may(MANAGE),
            "options": options(),
        }
    return page(
        request,
        "agencies/agency.html",
        status=422 if errors else 200,
        agency=facts_shown(agency),
        manage=shown,
        membership=await terms_of(request, agency.id),
        errors=errors or {},
        code=code,
        notice=notice,
        people_shown=request.user.may(Permission.READ_AGENCY_PEOPLE, agency=agency.id),
    )
