"""Invitations over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from connect.accounts.invitations import invite, waiting, withdraw
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]


class InviteIn(msgspec.Struct, forbid_unknown_fields=True):
    people: Annotated[
        list[dict[str, Any]],
        Meta(description="A list of up to 500: email, and legal_name, title, category if known."),
    ]
    agency_id: UUID | None = None
    note: Annotated[
        str, Meta(max_length=1000, description="Write a note of at most 1,000 characters.")
    ] = ""


class InvitedOut(msgspec.Struct):
    id: UUID
    email: str
    expires_at: datetime


class InvitationOut(InvitedOut):
    agency: UUID | None
    agency_name: str | None
    legal_name: str
    title: str
    category: str | None
    sent_at: datetime


class InvitationsApi(Controller):
    path = "/api/v1/invitations"
    tags = ["people"]

    @post(
        "/",
        permission=Permission.INVITE_PEOPLE,
        summary="Invite people by mail, to an agency or to the site",
        status_code=202,
    )
    async def invite(self, request: ActorRequest, data: JSONBody[InviteIn]) -> Response[Any]:
        async def act() -> tuple[int, dict[str, list[InvitedOut]]]:
            rows = await invite(request.user, data.people, agency_id=data.agency_id, note=data.note)
            return 202, {"items": msgspec.convert(rows, list[InvitedOut])}

        return await once(request, act)

    @get("/", permission=Permission.INVITE_PEOPLE, summary="Invitations that wait, newest first")
    async def invitations(
        self,
        request: ActorRequest,
        agency_id: FromQuery[UUID | None] = None,
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[InvitationOut]:
        before = read_cursor(after, UUID) if after else None
        rows = await waiting(request.user, agency_id=agency_id, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        return Page(msgspec.convert(kept, list[InvitationOut]), following)

    @delete(
        "/{invitation_id:uuid}",
        permission=Permission.INVITE_PEOPLE,
        summary="Withdraw an invitation; its link opens nothing any more",
    )
    async def withdraw(self, request: ActorRequest, invitation_id: FromPath[UUID]) -> None:
        await withdraw(request.user, invitation_id)
