"""The audit trail over JSON."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.params import QueryParameter

from connect.audit import AuditEvent
from connect.paging import DEFAULT, After, Limit, Page
from connect.policy import Actor, Permission
from connect.trail.queries import Search, acts, details_of

Word = Annotated[str, QueryParameter(max_length=80, pattern=r"^[^\x00-\x1f]*$")]
Act = Annotated[
    str,
    QueryParameter(
        max_length=80,
        pattern=r"^[^\x00-\x1f]*$",
        description="one act; with a period at its end, every act that begins so",
    ),
]
Person = Annotated[UUID | None, QueryParameter(description="id of the account that acted")]
Since = Annotated[
    date | None, QueryParameter(name="from", description="first day, in your time zone")
]
Until = Annotated[date | None, QueryParameter(name="to", description="last day, in your time zone")]


class ActOut(msgspec.Struct):
    id: UUID
    number: int | None  # place in the chain; null until it is sealed
    at: datetime
    actor: UUID | None  # null: a visitor, or Connect itself
    act: str
    subject_kind: str
    subject: str
    details: dict[str, Any]
    request: str
    seal: str | None


def _shown(row: AuditEvent) -> ActOut:
    return ActOut(
        id=row.id,
        number=row.number,
        at=row.at,
        actor=row.actor,
        act=row.act,
        subject_kind=row.subject_kind,
        subject=row.subject,
        details=details_of(row),
        request=row.request,
        seal=row.seal,
    )


class TrailApi(Controller):
    path = "/api/v1"
    tags = ["audit"]

    @get("/audit", permission=Permission.READ_AUDIT, summary="Who did what, newest first")
    async def acts(
        self,
        request: Request[Actor, Any, Any],
        actor: Person = None,
        act: Act = "",
        subject_kind: Word = "",
        subject: Word = "",
        since: Since = None,
        until: Until = None,
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[ActOut]:
        search = Search(
            actor=actor,
            act=act,
            subject_kind=subject_kind,
            subject=subject,
            since=since,
            until=until,
        )
        rows, following = await acts(search, zone=request.user.time_zone, after=after, limit=limit)
        return Page([_shown(row) for row in rows], following)
