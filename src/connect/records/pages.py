"""What is held about a person, closure and erasure, as pages."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.accounts.authentication import no_cookie
from connect.accounts.people import person
from connect.accounts.roles import LastAdministrator
from connect.accounts.tables import Account
from connect.errors import Conflict, Forbidden, Invalid, decode
from connect.policy import Actor, Permission
from connect.records import actions, retention
from connect.records.api import ClosureIn, ErasureIn
from connect.records.queries import held_about
from connect.web.forms import read_form
from connect.web.templating import day, page, redirect

ActorRequest = Request[Actor, Any, Any]


class RecordsPages(Controller):
    include_in_schema = False

    @get("/account/export", permission=Permission.EDIT_ACCOUNT)
    async def export(self, request: ActorRequest) -> Response[bytes]:
        found = await held_about(request.user.id)
        return Response(
            msgspec.json.format(msgspec.json.encode(found)),
            media_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="connect-export.json"'},
        )

    @get("/account/closure", permission=Permission.EDIT_ACCOUNT)
    async def closure_form(self, request: ActorRequest) -> Response[str]:
        return page(request, "records/closure.html", errors={})

    @post("/account/closure", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def close(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        fields.pop("username", None)  # there for password managers
        try:
            given = decode(ClosureIn, fields, strict=False)
            await actions.close_account(request.user, given.password)
        except (Invalid, LastAdministrator) as refusal:
            told = refusal.errors if isinstance(refusal, Invalid) else {"password": str(refusal)}
            return page(request, "records/closure.html", status=422, errors=told)
        answer = redirect("/login?notice=closed")
        answer.set_cookie(no_cookie())
        return answer

    @get("/admin/people/{account_id:uuid}/erasure", permission=Permission.ERASE_PEOPLE)
    async def erasure_form(
        self, request: ActorRequest, account_id: FromPath[UUID]
    ) -> Response[str]:
        return await _erasure(request, account_id)

    @post(
        "/admin/people/{account_id:uuid}/erasure",
        permission=Permission.ERASE_PEOPLE,
        status_code=303,
    )
    async def erase(self, request: ActorRequest, account_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            given = decode(ErasureIn, fields, strict=False)
            await actions.erase(request.user, account_id, reason=given.reason)
        except Invalid as refusal:
            return await _erasure(request, account_id, form=fields, errors=refusal.errors)
        except (Conflict, Forbidden) as refusal:
            return await _erasure(request, account_id, form=fields, errors={"reason": str(refusal)})
        return redirect(f"/admin/people/{account_id}?notice=erased")

    @post("/admin/people/{account_id:uuid}/hold", permission=Permission.ERASE_PEOPLE)
    async def hold(self, request: ActorRequest, account_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            if fields.get("act") == "lift":
                await retention.lift(request.user, account_id)
            else:
                why = str(fields.get("hold_reason", ""))
                given = decode(ErasureIn, {"reason": why}, strict=False)
                await retention.hold(request.user, account_id, reason=given.reason)
        except Invalid as refusal:
            told = {"hold_reason": refusal.errors["reason"]}
            return await _erasure(request, account_id, form=fields, errors=told)
        return redirect(f"/admin/people/{account_id}/erasure")


def held(account: Account) -> dict[str, str]:
    """Since when and why a legal hold is on somebody; empty without one."""
    return {"since": day(account.held_at), "why": account.hold_reason} if account.held_at else {}


async def _erasure(
    request: ActorRequest,
    account_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    account = await person(request.user, account_id)
    return page(
        request,
        "records/erasure.html",
        status=422 if errors else 200,
        person={"id": account.id, "legal_name": account.legal_name, "email": account.email},
        held=held(account),
        form=form or {},
        errors=errors or {},
    )
