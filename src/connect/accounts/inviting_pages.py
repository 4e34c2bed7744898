"""Inviting people by mail, to an agency or to the site, as pages."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect import clock
from connect.accounts.invitations import invite, renew, to_the_site, waiting, withdraw
from connect.agencies.queries import managed_agency
from connect.errors import Invalid, NotFound, decode
from connect.fields import Line
from connect.idempotency import once_by_form
from connect.lists import ROSTER_CATEGORIES
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import day, page, redirect

ActorRequest = Request[Actor, Any, Any]
Shown = Callable[..., Awaitable[Response[str]]]
INVITE = Permission.INVITE_PEOPLE
SITE = "/admin/invitations"
PER_PAGE = 50
NOTICES = {
    "sent": "The invitations are on their way.",
    "renewed": "The invitation is on its way again. Its earlier link opens nothing any more.",
    "withdrawn": "The invitation is withdrawn. Its link opens nothing any more.",
}
CHANGES = {"renewal": (renew, "renewed"), "withdrawal": (withdraw, "withdrawn")}
CATEGORIES = [(item.code, item.label) for item in ROSTER_CATEGORIES.values()]
Note = Annotated[str, Meta(max_length=1000, description="Write at most 1,000 characters.")]


class InviteForm(msgspec.Struct, forbid_unknown_fields=True):
    emails: Annotated[str, Meta(max_length=200_000, description="Write fewer addresses.")]
    title: Line = ""
    category: Annotated[str, Meta(max_length=20)] = ""
    note: Note = ""


class AgencyInvitationPages(Controller):
    path = "/agencies/{agency_id:uuid}/invitations"
    include_in_schema = False

    @get("/", permission=INVITE)
    async def invitations(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _of_agency(request, agency_id, notice=NOTICES.get(notice, ""))

    @post("/", permission=INVITE)
    async def invite(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        async def again(**shown: Any) -> Response[str]:
            return await _of_agency(request, agency_id, **shown)

        return await _sent(request, agency_id, f"/agencies/{agency_id}/invitations", again)

    @post("/{invitation_id:uuid}/{change:str}", permission=INVITE)
    async def change(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        invitation_id: FromPath[UUID],
        change: FromPath[str],
    ) -> Response[None]:
        address = f"/agencies/{agency_id}/invitations"
        return await _changed(request, invitation_id, change, address)


class SiteInvitationPages(Controller):
    path = SITE
    include_in_schema = False

    @get("/", permission=INVITE)
    async def invitations(
        self, request: ActorRequest, notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _of_site(request, notice=NOTICES.get(notice, ""))

    @post("/", permission=INVITE)
    async def invite(self, request: ActorRequest) -> Response[Any]:
        async def again(**shown: Any) -> Response[str]:
            return await _of_site(request, **shown)

        return await _sent(request, None, SITE, again)

    @post("/{invitation_id:uuid}/{change:str}", permission=INVITE)
    async def change(
        self, request: ActorRequest, invitation_id: FromPath[UUID], change: FromPath[str]
    ) -> Response[None]:
        return await _changed(request, invitation_id, change, SITE)


async def _sent(
    request: ActorRequest, agency_id: UUID | None, address: str, again: Shown
) -> Response[Any]:
    fields = await read_form(request)
    try:
        given = decode(InviteForm, fields, strict=False)
        shared: dict[str, Any] = {"title": given.title, "category": given.category or None}
        people = [{"email": email} | shared for email in given.emails.split()]

        async def act() -> int:
            return len(await invite(request.user, people, agency_id=agency_id, note=given.note))

        await once_by_form(request, act)
    except Invalid as refusal:
        errors = _by_line(refusal.errors, str(fields.get("emails", "")).split())
        return await again(form=fields, errors=errors)
    return redirect(f"{address}?notice=sent")


async def _changed(
    request: ActorRequest, invitation_id: UUID, change: str, address: str
) -> Response[None]:
    await read_form(request)
    if change not in CHANGES:
        raise NotFound
    done, notice = CHANGES[change]

    async def act() -> str:
        await done(request.user, invitation_id)
        return notice

    return redirect(f"{address}?notice={await once_by_form(request, act)}")


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


async def _of_agency(request: ActorRequest, agency_id: UUID, **shown: Any) -> Response[str]:
    agency = await managed_agency(request.user, agency_id)
    rows = await waiting(request.user, agency_id=agency.id, before=_before(request), limit=PER_PAGE)
    address = f"/agencies/{agency_id}/invitations"
    known = {"id": agency.id, "name": agency.name}
    return _page(request, rows, agency=known, address=address, **shown)


async def _of_site(request: ActorRequest, **shown: Any) -> Response[str]:
    rows = await to_the_site(request.user, before=_before(request), limit=PER_PAGE)
    return _page(request, rows, agency=None, address=SITE, **shown)


def _before(request: ActorRequest) -> UUID | None:
    after = request.query_params.get("after", "")
    return read_cursor(after, UUID) if after else None


def _page(
    request: ActorRequest,
    rows: list[dict[str, Any]],
    *,
    address: str,
    agency: dict[str, Any] | None,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
    return page(
        request,
        "accounts/invitations.html",
        status=422 if errors else 200,
        agency=agency,
        address=address,
        invitations=[_listed(row) for row in kept],
        next=f"{address}?after={following}" if following else "",
        categories=CATEGORIES,
        form=form or {},
        errors=errors or {},
        notice=notice,
    )


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    answered = row["accepted_at"] or row["withdrawn_at"]
    if row["accepted_at"]:
        state = f"Followed on {day(row['accepted_at'])}"
    elif row["withdrawn_at"]:
        state = f"Withdrawn on {day(row['withdrawn_at'])}"
    else:
        state = "Waits" if row["expires_at"] > clock.now() else "Ran out"
    return {
        "id": row["id"],
        "email": row["email"] if "@" in row["email"] else "Address not held any more",
        "state": state,
        "sent": day(row["sent_at"]),
        "until": day(row["expires_at"]),
        "open": not answered,
    }
