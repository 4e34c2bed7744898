"""Inviting people to an agency, and answering an invitation, as pages."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect.accounts import invited
from connect.accounts.affiliations import TwoAlready
from connect.accounts.authentication import network, session_cookie
from connect.accounts.invitations import invite, waiting, withdraw
from connect.accounts.pages import options
from connect.accounts.queries import account_of
from connect.accounts.rules import ADULTS_ONLY, faults
from connect.accounts.tables import Account, Invitation
from connect.agencies.queries import managed_agency
from connect.config import settings
from connect.db import one
from connect.errors import Invalid, decode
from connect.fields import Discipline, Line, Name, Password, State, Zone
from connect.lists import ROSTER_CATEGORIES
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import day, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
NOT_KEPT = {"Cache-Control": "no-store"}  # these pages tell names to whoever has the link
NOTICES = {
    "sent": "The invitations are on their way.",
    "withdrawn": "The invitation is withdrawn. Its link opens nothing any more.",
}
CATEGORIES = [(item.code, item.label) for item in ROSTER_CATEGORIES.values()]
Note = Annotated[str, Meta(max_length=1000, description="Write at most 1,000 characters.")]


class InviteForm(msgspec.Struct, forbid_unknown_fields=True):
    emails: Annotated[str, Meta(max_length=200_000, description="Write fewer addresses.")]
    title: Line = ""
    category: Annotated[str, Meta(max_length=20)] = ""
    note: Note = ""


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

    @get("/agencies/{agency_id:uuid}/invitations", permission=Permission.INVITE_PEOPLE)
    async def invitations(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _invitations(request, agency_id, notice=NOTICES.get(notice, ""))

    @post("/agencies/{agency_id:uuid}/invitations", permission=Permission.INVITE_PEOPLE)
    async def invite(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            given = decode(InviteForm, fields, strict=False)
            shared: dict[str, Any] = {"title": given.title, "category": given.category or None}
            emails = given.emails.split()
            people = [{"email": email} | shared for email in emails]
            await invite(request.user, people, agency_id=agency_id, note=given.note)
        except Invalid as refusal:
            errors = _by_line(refusal.errors, str(fields.get("emails", "")).split())
            return await _invitations(request, agency_id, form=fields, errors=errors)
        return redirect(f"/agencies/{agency_id}/invitations?notice=sent")

    @post(
        "/agencies/{agency_id:uuid}/invitations/{invitation_id:uuid}/withdrawal",
        permission=Permission.INVITE_PEOPLE,
    )
    async def withdraw(
        self, request: ActorRequest, agency_id: FromPath[UUID], invitation_id: FromPath[UUID]
    ) -> Response[None]:
        await read_form(request)
        await withdraw(request.user, invitation_id)
        return redirect(f"/agencies/{agency_id}/invitations?notice=withdrawn")

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


def _by_line(errors: dict[str, str], emails: list[str]) -> dict[str, str]:
    """Faults of a list of people as one of its field, which names the addresses."""
    lines, others = [], {}
    for name, words in errors.items():
        people, _, rest = name.partition(".")
        number, _, field = rest.partition(".")
        if people == "people" and field == "email":
            lines.append(f"{emails[int(number)][:80]}: {words}")
        elif people == "people":
            others[field or "emails"] = words
        else:
            others[name] = words
    return ({"emails": " ".join(lines[:20])} if lines else {}) | others


async def _invitations(
    request: ActorRequest,
    agency_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    agency = await managed_agency(request.user, agency_id)
    after = request.query_params.get("after", "")
    before = read_cursor(after, UUID) if after else None
    rows = await waiting(request.user, agency_id=agency.id, before=before, limit=PER_PAGE)
    kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
    return page(
        request,
        "accounts/invitations.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        waiting=[
            row | {"sent": day(row["sent_at"]), "until": day(row["expires_at"])} for row in kept
        ],
        next=f"/agencies/{agency_id}/invitations?after={following}" if following else "",
        categories=CATEGORIES,
        form=form or {},
        errors=errors or {},
        notice=notice,
    )


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
