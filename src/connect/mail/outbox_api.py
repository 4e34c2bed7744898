"""The outbox over JSON: what was written, what is held, what failed."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from connect.mail.actions import try_again
from connect.mail.bursts import discard_held, holds, release_held
from connect.mail.queries import outbox
from connect.mail.tables import MailState
from connect.paging import DEFAULT, After, Limit, Page, Word, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
State = Annotated[MailState | None, QueryParameter(name="state")]
Words = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=r"^[^\x00]*$",
        description="Say why, in at most 500 characters.",
    ),
]


class MailOut(msgspec.Struct):
    id: UUID
    kind: str
    to: str
    subject: str
    state: str
    tries: int
    written_at: datetime
    sent_at: datetime | None
    trouble: str | None


class HoldOut(msgspec.Struct):
    kind: str
    label: str
    mails: int
    since: datetime


class ReasonIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Words


class DecidedOut(msgspec.Struct):
    mails: int


class OutboxApi(Controller):
    path = "/api/v1"
    tags = ["outbox"]

    @get("/mails", permission=Permission.READ_OUTBOX, summary="What was written, newest first")
    async def mails(
        self,
        request: ActorRequest,
        in_state: State = None,
        to: Word = "",
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[MailOut]:
        before = read_cursor(after, UUID) if after else None
        states = [in_state] if in_state else []
        rows = await outbox(states=states, to=to, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda mail: mail.id)
        names = MailOut.__struct_fields__
        return Page([MailOut(**{n: getattr(mail, n) for n in names}) for mail in kept], following)

    @post(
        "/mails/{mail_id:uuid}/retry",
        permission=Permission.RELEASE_MAIL,
        summary="Try a mail that failed again",
        status_code=204,
    )
    async def retry(self, request: ActorRequest, mail_id: FromPath[UUID]) -> None:
        await try_again(request.user, mail_id)

    @get(
        "/mail-holds",
        permission=Permission.RELEASE_MAIL,
        summary="Kinds of mail of which more than usual were to leave within an hour",
    )
    async def holds(self, request: ActorRequest) -> Page[HoldOut]:
        return Page(msgspec.convert(await holds(request.user), list[HoldOut], strict=False), None)

    @post(
        "/mail-holds/{feature:str}/{name:str}/release",
        permission=Permission.RELEASE_MAIL,
        summary="Send the held mails of one kind",
        status_code=200,
    )
    async def release(
        self,
        request: ActorRequest,
        feature: FromPath[str],
        name: FromPath[str],
        data: JSONBody[ReasonIn],
    ) -> DecidedOut:
        kind = f"{feature}/{name}"
        return DecidedOut(await release_held(request.user, kind, reason=data.reason))

    @post(
        "/mail-holds/{feature:str}/{name:str}/discard",
        permission=Permission.RELEASE_MAIL,
        summary="Discard the held mails of one kind",
        status_code=200,
    )
    async def discard(
        self,
        request: ActorRequest,
        feature: FromPath[str],
        name: FromPath[str],
        data: JSONBody[ReasonIn],
    ) -> DecidedOut:
        kind = f"{feature}/{name}"
        return DecidedOut(await discard_held(request.user, kind, reason=data.reason))
