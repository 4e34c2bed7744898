"""Notices and preferences over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from connect.mail.notices import notice_text, notices_of, read_notice, read_notices
from connect.mail.preferences import change_preferences, preferences_of
from connect.mail.tables import Mail
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Until = Annotated[UUID | None, QueryParameter(description="the newest that was seen; none: all")]


class NoticeOut(msgspec.Struct):
    id: UUID
    kind: str
    subject: str
    text: str
    written_at: datetime
    read_at: datetime | None


def _notice(mail: Mail) -> NoticeOut:
    return NoticeOut(
        id=mail.id,
        kind=mail.kind,
        subject=mail.subject,
        text=notice_text(mail),
        written_at=mail.written_at,
        read_at=mail.read_at,
    )


class NoticesApi(Controller):
    path = "/api/v1"
    tags = ["notices"]

    @get("/notifications", permission=Permission.EDIT_ACCOUNT, summary="Your notices, newest first")
    async def notices(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[NoticeOut]:
        before = read_cursor(after, UUID) if after else None
        rows = await notices_of(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda mail: mail.id)
        return Page([_notice(mail) for mail in kept], following)

    @put(
        "/notifications/reading",
        permission=Permission.EDIT_ACCOUNT,
        summary="Mark your notices as read",
        status_code=204,
    )
    async def read_all(self, request: ActorRequest, until: Until = None) -> None:
        await read_notices(request.user, until=until)

    @put(
        "/notifications/{notice_id:uuid}/reading",
        permission=Permission.EDIT_ACCOUNT,
        summary="Mark one notice as read",
        status_code=204,
    )
    async def read(self, request: ActorRequest, notice_id: FromPath[UUID]) -> None:
        await read_notice(request.user, notice_id)

    @get(
        "/me/mail-preferences",
        permission=Permission.EDIT_ACCOUNT,
        summary="Which kinds of mail you get, of those that can be switched off",
    )
    async def preferences(self, request: ActorRequest) -> dict[str, bool]:
        return await preferences_of(request.user.id)

    @put(
        "/me/mail-preferences",
        permission=Permission.EDIT_ACCOUNT,
        summary="Switch kinds of mail on or off; kinds that are not named stay",
    )
    async def change(
        self, request: ActorRequest, data: JSONBody[dict[str, Any]]
    ) -> dict[str, bool]:
        await change_preferences(request.user, data)
        return await preferences_of(request.user.id)
