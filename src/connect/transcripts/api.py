"""The transcript over JSON, as a file, and shared."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect import clock, limits
from connect.accounts.authentication import network
from connect.config import settings
from connect.csv_out import download
from connect.errors import Invalid
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission
from connect.transcripts import actions, drawing
from connect.transcripts.queries import Place, all_rows, printed_name, shares, transcript
from connect.transcripts.rules import Row, Scope, by_year
from connect.web.templating import hours

ActorRequest = Request[Actor, Any, Any]
Day = Annotated[date, Meta(description="Write the day as 2026-03-04.")]
NEITHER = 'Say "all", {"since": a day}, or {"chosen": [ids of completions]}.'
HIDDEN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


class TranscriptRow(msgspec.Struct):
    id: UUID
    origin: str  # own, external, brought_in
    course: str | None
    title: str
    provider: str
    version: int | None
    completed_on: date
    expires_on: date | None  # the first day on which it does not count any more
    by_hand: bool  # staff recorded a part of it
    minutes: int
    hours: str
    certificate: str
    status: str


class YearOut(msgspec.Struct):
    """Of one year of completion; revoked ones are not in the sums."""

    year: int
    own: int
    own_minutes: int
    elsewhere: int
    elsewhere_minutes: int


class Part(msgspec.Struct, forbid_unknown_fields=True):
    since: Day | None = None
    chosen: list[UUID] = []


class ShareIn(msgspec.Struct, forbid_unknown_fields=True):
    scope: Annotated[Literal["all"] | Part, Meta(description=NEITHER)]
    expires_on: Day


class ShareOut(msgspec.Struct, omit_defaults=True):
    """A link of one's own. Its address is told once, when it is made."""

    id: UUID
    scope: Any  # as it was asked for
    expires_on: date
    made_at: datetime
    last_opened_on: date | None
    ended_at: datetime | None
    token: str = ""
    url: str = ""


class SharedOut(msgspec.Struct):
    name: str
    expires_on: date
    items: list[TranscriptRow]
    years: list[YearOut]


def row_shown(row: Row) -> TranscriptRow:
    """A row of ``queries``."""
    facts = msgspec.structs.asdict(row)
    return TranscriptRow(**facts | {"completed_on": facts.pop("day"), "hours": hours(row.minutes)})


def years_shown(rows: list[Row]) -> list[YearOut]:
    """Sums by year."""
    return [YearOut(year, **msgspec.structs.asdict(of)) for year, of in by_year(rows).items()]


def share_shown(row: dict[str, Any], token: str = "") -> ShareOut:
    """A row of ``queries.shares``; with its address when it was just made."""
    chosen = msgspec.json.decode(row["chosen"])
    scope = {"all": "all", "since": {"since": row["since"]}, "chosen": {"chosen": chosen}}
    seen = row["last_seen_at"]
    return ShareOut(
        row["id"],
        scope[row["scope"]],
        row["expires_on"],
        row["made_at"],
        seen and seen.date(),
        row["ended_at"],
        token,
        f"{settings().base_url}/transcripts/{token}" if token else "",
    )


def scope_asked(scope: str | Part) -> Scope:
    """The scope that a request asks for.

    Raises:
        Invalid: it says nothing, or two things.
    """
    if isinstance(scope, str):
        return Scope()
    if (scope.since is None) == (not scope.chosen):
        raise Invalid({"scope": NEITHER})
    return Scope(scope.since, tuple(dict.fromkeys(scope.chosen)))


async def pdf_answer(actor: Actor) -> Response[bytes]:
    """The actor's transcript as a PDF to keep."""
    await limits.hit(("pdf", str(actor.id)))
    today = clock.day_in(actor.time_zone, clock.now())
    name, rows = await printed_name(actor.id), await all_rows(actor.id)
    return Response(
        await drawing.as_pdf(name, rows, today),
        media_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="transcript.pdf"'},
    )


class TranscriptApi(Controller):
    path = "/api/v1"
    tags = ["learning"]

    @get("/transcript", permission=Permission.READ_RECORDS, summary="Your completions, all cycles")
    async def transcript(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[TranscriptRow]:
        before = read_cursor(after, Place) if after else None
        rows = await transcript(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: Place(row.day, row.id))
        return Page([row_shown(row) for row in kept], following)

    @get(
        "/transcript/years",
        permission=Permission.READ_RECORDS,
        summary="The sums of each year, here and elsewhere apart",
    )
    async def years(self, request: ActorRequest) -> list[YearOut]:
        return years_shown(await all_rows(request.user.id))

    @get(
        "/transcript.csv",
        permission=Permission.READ_RECORDS,
        summary="The transcript as CSV",
        media_type="text/csv",
    )
    async def csv(self, request: ActorRequest) -> Response[str]:
        return download(drawing.as_csv(await all_rows(request.user.id)), "transcript.csv")

    @get(
        "/transcript.pdf",
        permission=Permission.READ_RECORDS,
        summary="The transcript as a tagged PDF",
        media_type="application/pdf",
    )
    async def pdf(self, request: ActorRequest) -> Response[bytes]:
        return await pdf_answer(request.user)

    @get(
        "/transcript-shares", permission=Permission.READ_RECORDS, summary="Your links, newest first"
    )
    async def shares(self, request: ActorRequest) -> list[ShareOut]:
        return [share_shown(row) for row in await shares(request.user)]

    @post(
        "/transcript-shares",
        permission=Permission.READ_RECORDS,
        summary="Let whoever has a link see the transcript for at most 90 days",
    )
    async def share(self, request: ActorRequest, data: JSONBody[ShareIn]) -> Response[ShareOut]:
        async def act() -> tuple[int, ShareOut]:
            scope = scope_asked(data.scope)
            row, token = await actions.share(request.user, scope, data.expires_on)
            return 201, share_shown(row.to_dict(), token)

        return await once(request, act, secret=True)

    @delete(
        "/transcript-shares/{share_id:uuid}",
        permission=Permission.READ_RECORDS,
        summary="End a link",
    )
    async def end(self, request: ActorRequest, share_id: FromPath[UUID]) -> None:
        await actions.end_share(request.user, share_id)

    @get(
        "/transcripts/{token:str}",
        permission=Permission.CHECK_CERTIFICATE,
        summary="What a link shows; 404 when it has ended or never was",
    )
    async def shared(self, request: ActorRequest, token: FromPath[str]) -> Response[SharedOut]:
        await limits.hit(("verify", network(request)))
        found = await actions.open_share(token)
        shown = SharedOut(
            found.name,
            found.expires_on,
            [row_shown(row) for row in found.rows],
            years_shown(found.rows),
        )
        return Response(shown, headers=HIDDEN)
