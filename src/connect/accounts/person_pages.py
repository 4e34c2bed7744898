"""Further addresses, professional ids and suspensions, as pages."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts import addresses, professional_ids, states
from connect.accounts.authentication import network
from connect.accounts.people_pages import person_page
from connect.accounts.person_api import AddressIn, NumberForm, Place, ReasonIn, further, signing_in
from connect.accounts.queries import account_of
from connect.accounts.tables import ProfessionalIdKind
from connect.errors import ConnectError, Invalid, decode
from connect.lists import STATES
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
NOTICES = {
    "added": "If nobody else has this address, a link to confirm it is on its way there.",
    "confirmed": "The address is confirmed.",
    "removed": "The address is removed.",
    "signs_in": "That address signs in from now on. Every other session has ended.",
    "saved": "Your changes are saved.",
}
KINDS = {
    ProfessionalIdKind.POST: "POST number",
    ProfessionalIdKind.PID: "PID",
    ProfessionalIdKind.LICENSE: "License",
}


class PersonPages(Controller):
    include_in_schema = False

    @get("/account/addresses", permission=Permission.EDIT_ACCOUNT)
    async def addresses(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _addresses(request, notice=NOTICES.get(notice, ""))

    @post("/account/addresses", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def add(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        try:
            given = decode(AddressIn, fields, strict=False)
            await addresses.add_address(request.user, given.email, network(request))
        except Invalid as refusal:
            return await _addresses(request, form=fields, errors=refusal.errors)
        except (addresses.ProveFirst, addresses.TooManyAddresses) as refusal:
            return await _addresses(request, form=fields, errors={"email": str(refusal)})
        return redirect("/account/addresses?notice=added")

    @post("/account/addresses/{address_id:uuid}", permission=Permission.EDIT_ACCOUNT)
    async def change(self, request: ActorRequest, address_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        if fields.get("act") == "remove":
            await addresses.remove_address(request.user, address_id)
            return redirect("/account/addresses?notice=removed")
        try:
            password = str(fields.get("password", ""))[:1000]
            await addresses.sign_in_with(request.user, address_id, password)
        except Invalid as refusal:
            errors = {f"password-{address_id}": refusal.errors["password"]}
            return await _addresses(request, errors=errors)
        return redirect("/account/addresses?notice=signs_in")

    @get("/account/addresses/confirm/{token:str}", permission=Permission.REGISTER)
    async def confirm_form(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        name = await addresses.whose_link(token)
        return page(request, "accounts/confirm_address.html", name=name)

    @post("/account/addresses/confirm/{token:str}", permission=Permission.REGISTER)
    async def confirm(self, request: ActorRequest, token: FromPath[str]) -> Response[None]:
        await read_form(request)
        await addresses.prove_added(token)
        known = request.user.signed_in
        return redirect(
            "/account/addresses?notice=confirmed" if known else "/login?notice=confirmed"
        )

    @get("/account/professional-ids", permission=Permission.EDIT_ACCOUNT)
    async def numbers(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _numbers(request, notice=NOTICES.get(notice, ""))

    @post("/account/professional-ids", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def change_number(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        removes = fields.pop("act", "") == "remove"
        try:
            if removes:
                at = decode(Place, fields, strict=False)
                await professional_ids.remove_professional_id(request.user, at.state, at.kind)
            else:
                given = decode(NumberForm, fields, strict=False)
                await professional_ids.set_professional_id(
                    request.user, given.state, given.kind, given.value
                )
        except Invalid as refusal:
            return await _numbers(request, form=fields, errors=refusal.errors)
        return redirect("/account/professional-ids?notice=saved")

    @post("/admin/people/{account_id:uuid}/suspension", permission=Permission.SUSPEND_PEOPLE)
    async def suspend(self, request: ActorRequest, account_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            if fields.pop("act", "") == "lift":
                await states.lift_suspension(request.user, account_id)
            else:
                given = decode(ReasonIn, fields, strict=False)
                await states.suspend(request.user, account_id, reason=given.reason)
        except Invalid as refusal:
            return await person_page(request, account_id, errors=refusal.errors)
        except ConnectError as refusal:
            return await person_page(request, account_id, errors={"reason": str(refusal)})
        return redirect(f"/admin/people/{account_id}?notice=saved")


async def _addresses(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    rows = await addresses.addresses_of(request.user)
    return page(
        request,
        "accounts/addresses.html",
        status=422 if errors else 200,
        addresses=[signing_in(await account_of(request.user)), *map(further, rows)],
        most=addresses.MOST,
        form=form or {},
        errors=errors or {},
        notice=notice,
    )


async def _numbers(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    known = await professional_ids.professional_ids_of(request.user)
    return page(
        request,
        "accounts/professional_ids.html",
        status=422 if errors else 200,
        numbers=[
            {
                "state": row.state,
                "kind": row.kind,
                "label": f"{STATES[row.state].label}, {KINDS[ProfessionalIdKind(row.kind)]}",
                "ends_in": row.ends_in,
            }
            for row in known
        ],
        states=[(item.code, item.label) for item in STATES.values()],
        kinds=list(KINDS.items()),
        form={name: value for name, value in (form or {}).items() if name != "value"},
        errors=errors or {},
        notice=notice,
    )
