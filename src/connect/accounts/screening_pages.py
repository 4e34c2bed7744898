"""A request for an agency, who asks, and a registrar's answer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts import affiliations
from connect.accounts.people_api import ScreeningIn
from connect.accounts.screening import screen_agency
from connect.accounts.tables import Account
from connect.agencies.queries import standing_agency
from connect.agencies.tables import AgencyState
from connect.agencies.views import NOTICES, beside, filters_of
from connect.errors import Invalid, decode
from connect.lists import DISCIPLINES, STATES
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import day, page, redirect

ActorRequest = Request[Actor, Any, Any]


class ScreeningPages(Controller):
    path = "/admin/agencies/{agency_id:uuid}/screening"
    include_in_schema = False

    @get("/", permission=Permission.MANAGE_AGENCIES)
    async def request(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[Any]:
        return await _screening(request, agency_id, notice=NOTICES.get(notice, ""))

    @post("/", permission=Permission.MANAGE_AGENCIES)
    async def answer(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        given = {name: value for name, value in fields.items() if value != ""}
        given["domains"] = str(fields.get("domains", "")).split()
        try:
            asked = msgspec.structs.asdict(decode(ScreeningIn, given, strict=False))
            await screen_agency(request.user, agency_id, asked.pop("verdict"), **asked)
        except (Invalid, affiliations.TwoAlready) as refusal:
            wrong = refusal.errors if isinstance(refusal, Invalid) else {"verdict": str(refusal)}
            return await _screening(request, agency_id, form=fields, errors=wrong)
        return redirect("/admin/agencies?notice=screened")


async def _screening(
    request: ActorRequest,
    agency_id: UUID,
    *,
    form: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    notice: str = "",
) -> Response[Any]:
    agency = await standing_agency(agency_id)
    if agency.id != agency_id or agency.status != AgencyState.DRAFT:
        return redirect(f"/agencies/{agency.id}")
    shown = await beside(
        agency, q=filters_of(request)["q"], form=form, errors=errors, notice=notice
    )
    shown["applicant"] = await _applicant(agency.opened_by)
    return page(request, "agencies/screening.html", status=422 if errors else 200, **shown)


async def _applicant(account_id: UUID | None) -> list[tuple[str, Any]] | None:
    """What a registrar weighs of somebody who brings an agency; none for one who is gone."""
    account = await Account.objects().where(Account.id == account_id).first()
    if account is None or not account.legal_name:
        return None
    here = await affiliations.affiliations_on(account.id, affiliations.today_of(account))
    return [
        ("Name", account.legal_name),
        ("Address", account.email),
        ("Title", account.title or None),
        ("Field of work", DISCIPLINES[account.discipline].label if account.discipline else None),
        ("State", STATES[account.state].label if account.state else None),
        ("Works for", ", ".join(row["agency_name"] for row in here) or None),
        ("Verified", day(account.verified_at.date()) if account.verified_at else "Not yet"),
        ("Account since", day(account.made_at.date())),
    ]
