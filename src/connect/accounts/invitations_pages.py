"""Following an invitation, as pages. How one is sent: ``inviting_pages``."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.accounts import invited
from connect.accounts.affiliations import TwoAlready
from connect.accounts.authentication import network, session_cookie
from connect.accounts.pages import options
from connect.accounts.queries import account_of
from connect.accounts.rules import ADULTS_ONLY, faults
from connect.accounts.tables import Account, Invitation
from connect.config import settings
from connect.db import one
from connect.errors import Invalid, decode
from connect.fields import Discipline, Line, Name, Password, State, Zone
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import day, page, redirect

ActorRequest = Request[Actor, Any, Any]
NOT_KEPT = {"Cache-Control": "no-store"}  # these pages tell names to whoever has the link


class JoinForm(msgspec.Struct, forbid_unknown_fields=True):
    """What registering asks, but for the address: the link has proved it."""

    password: Password
    legal_name: Name
    discipline: Discipline
    state: State
    time_zone: Zone
    title: Line = ""
    certificate_name: Line = ""
    adult: bool = False  # 18 or older

    @staticmethod
    def faults(given: dict[str, str]) -> dict[str, str]:
        found = faults(given, password=given.get("password"))
        return found if given.get("adult") == "true" else found | {"adult": ADULTS_ONLY}


class InvitationPages(Controller):
    include_in_schema = False

    @get("/invitations/{token:str}", permission=Permission.REGISTER)
    async def invited(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        return await _invited(request, await invited.invitation_by(token))

    @post("/invitations/{token:str}", permission=Permission.REGISTER, status_code=303)
    async def answer(self, request: ActorRequest, token: FromPath[str]) -> Response[Any]:
        fields = await read_form(request)
        invitation = await invited.invitation_by(token)
        act = fields.pop("act", "")
        consent = fields.pop("consent", "") == "yes"
        if request.user.signed_in:
            try:
                await invited.accept(request.user, token, consent=consent)
            except TwoAlready as refusal:
                return await _invited(request, invitation, errors={"": str(refusal)})
            return redirect("/courses")
        if await invited.owner_of(invitation):
            return redirect(f"/login?next=/invitations/{token}")
        if act != "register":
            return await _register(request, invitation)
        try:
            given = decode(JoinForm, fields, strict=False)
            secret = await invited.register_invited(
                network(request), token, consent=consent, **msgspec.structs.asdict(given)
            )
        except Invalid as refusal:
            fields |= {"consent": consent}
            return await _register(request, invitation, form=fields, errors=refusal.errors)
        answer = redirect("/courses")
        answer.set_cookie(session_cookie(secret))
        return answer


async def _facts(invitation: Invitation) -> dict[str, Any]:
    inviter = await one(Account.objects().where(Account.id == invitation.invited_by))
    return {
        "email": invitation.email,
        "inviter": inviter.legal_name,
        "agency": invitation.agency.name if invitation.agency and invitation.agency.id else "",
        "title": invitation.title,
        "until": day(invitation.expires_at),
    }


async def _invited(
    request: ActorRequest, invitation: Invitation, *, errors: dict[str, str] | None = None
) -> Response[str]:
    signed_in_as = (await account_of(request.user)).email if request.user.signed_in else ""
    return page(
        request,
        "accounts/invited.html",
        status=409 if errors else 200,
        headers=NOT_KEPT,
        invitation=await _facts(invitation),
        signed_in_as=signed_in_as,
        has_account=bool(await invited.owner_of(invitation)),
        errors=errors or {},
    )


async def _register(
    request: ActorRequest,
    invitation: Invitation,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    return page(
        request,
        "accounts/register_invited.html",
        status=422 if errors else 200,
        headers=NOT_KEPT,
        invitation=await _facts(invitation),
        form=form or await _known(invitation),
        errors=errors or {},
        options=options(),
    )


async def _known(invitation: Invitation) -> dict[str, Any]:
    """What an import or the inviter wrote already, for the owner of the address to mend."""
    account = await Account.objects().where(Account.email == invitation.email).first()
    names = ("legal_name", "certificate_name", "discipline", "title", "state", "time_zone")
    known = {name: getattr(account, name) or "" for name in names} if account else {}
    zone = {"time_zone": settings().time_zone}
    written = {"legal_name": invitation.legal_name, "title": invitation.title}
    return zone | {n: v for n, v in written.items() if v} | {n: v for n, v in known.items() if v}
