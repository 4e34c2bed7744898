"""Credit, as pages: offers of boards, and the accreditations that allow names of units."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.catalog.queries import offered_courses
from connect.credits import actions, rules
from connect.credits.api import AccreditationIn, EndIn, OfferIn
from connect.credits.queries import accreditation_rows, offers
from connect.errors import Invalid, NotFound, decode
from connect.idempotency import once_by_form
from connect.lists import STATES
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
NOTICES = {
    "offer": "The offer is written down. Certificates print it from its first day on.",
    "accreditation": "The accreditation is written down.",
    "ended": "The last day is saved. What certificates print already stays.",
}


class CreditPages(Controller):
    path = "/admin/credits"
    include_in_schema = False

    @get("/", permission=Permission.MANAGE_CREDITS)
    async def offers(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _offers(request, notice=NOTICES.get(notice, ""))

    @post("/", permission=Permission.MANAGE_CREDITS)
    async def add_offer(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        given = {name: value for name, value in fields.items() if value != ""}
        try:
            data = decode(OfferIn, given, strict=False)

            async def act() -> str:
                row = await actions.add_offer(request.user, **msgspec.structs.asdict(data))
                return str(row.id)

            await once_by_form(request, act)
        except Invalid as refusal:
            return await _offers(request, form=fields, errors=refusal.errors)
        except NotFound:
            wrong = {"course": "Choose a course from the list."}
            return await _offers(request, form=fields, errors=wrong)
        return redirect("/admin/credits?notice=offer")

    @post("/{offer_id:uuid}/end", permission=Permission.MANAGE_CREDITS)
    async def end_offer(self, request: ActorRequest, offer_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            until = decode(EndIn, fields, strict=False).until
            await actions.end_offer(request.user, offer_id, until)
        except Invalid as refusal:
            return await _offers(request, errors=_of_row(offer_id, refusal))
        return redirect("/admin/credits?notice=ended")

    @get("/accreditations", permission=Permission.MANAGE_CREDITS)
    async def accreditations(
        self, request: ActorRequest, notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _accreditations(request, notice=NOTICES.get(notice, ""))

    @post("/accreditations", permission=Permission.MANAGE_CREDITS)
    async def accredit(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        given = {name: value for name, value in fields.items() if value != ""}
        if "kinds" in given:
            given["kinds"] = [kind for kind in str(given["kinds"]).split(",") if kind.strip()]
        try:
            data = decode(AccreditationIn, given, strict=False)

            async def act() -> str:
                row = await actions.add_accreditation(request.user, **msgspec.structs.asdict(data))
                return str(row.id)

            await once_by_form(request, act)
        except Invalid as refusal:
            return await _accreditations(request, form=fields, errors=refusal.errors)
        return redirect("/admin/credits/accreditations?notice=accreditation")

    @post("/accreditations/{accreditation_id:uuid}/end", permission=Permission.MANAGE_CREDITS)
    async def end_accreditation(
        self, request: ActorRequest, accreditation_id: FromPath[UUID]
    ) -> Response[Any]:
        fields = await read_form(request)
        try:
            until = decode(EndIn, fields, strict=False).until
            await actions.end_accreditation(request.user, accreditation_id, until)
        except Invalid as refusal:
            return await _accreditations(request, errors=_of_row(accreditation_id, refusal))
        return redirect("/admin/credits/accreditations?notice=ended")


def _of_row(row_id: UUID, refusal: Invalid) -> dict[str, str]:
    """What is wrong with the last day in the row of a table."""
    return {f"until-{row_id}": " ".join(refusal.errors.values())}


async def _offers(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    known = await accreditation_rows(request.user)
    kinds = dict.fromkeys([rules.CONTACT_HOURS, *(k for row in known for k in row["kinds"])])
    return page(
        request,
        "credits/offers.html",
        status=422 if errors else 200,
        offers=await offers(request.user),
        form=form or {"kind": rules.CONTACT_HOURS},
        errors=errors or {},
        options={
            "courses": await offered_courses(),
            "states": [(item.code, item.label) for item in STATES.values()],
            "kinds": [(kind, kind.capitalize() if kind.islower() else kind) for kind in kinds],
        },
        notice=notice,
    )


async def _accreditations(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    return page(
        request,
        "credits/accreditations.html",
        status=422 if errors else 200,
        accreditations=await accreditation_rows(request.user),
        form=form or {},
        errors=errors or {},
        notice=notice,
    )
