"""Completions elsewhere, over JSON."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from connect import uploads
from connect.errors import Unreadable, decode
from connect.external import actions, rules
from connect.external.queries import external_row, imported, own, waiting
from connect.fields import Line, Reason
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Day = Annotated[date, Meta(description="Write the day as 2026-03-04.")]
Title = Annotated[
    str,
    Meta(
        max_length=rules.LONGEST_TITLE,
        description=f"Write the title in 1 to {rules.LONGEST_TITLE} characters, on one line.",
    ),
]
Minutes = Annotated[
    int,
    Meta(
        ge=1,
        le=rules.LONGEST,
        description=f"Write a whole number of 1 to {rules.LONGEST:,} minutes.",
    ),
]
VerdictIn = Annotated[
    rules.Verdict, Meta(description="Say accepted, declined, or withdrawn for what was accepted.")
]


class ExternalIn(msgspec.Struct, forbid_unknown_fields=True):
    title: Title
    provider: Line
    completed_on: Day
    minutes: Minutes
    number: Line = ""
    course: Line = ""  # code or slug of the course of ours that it stands for
    account_id: UUID | None = None  # staff: whose it is


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    verdict: VerdictIn
    reason: Reason = ""
    course: Line | None = None  # None: as its holder said


class BatchIn(msgspec.Struct, forbid_unknown_fields=True):
    verdict: VerdictIn
    reason: Reason = ""


class ExternalOut(msgspec.Struct):
    id: UUID
    account_id: UUID
    title: str
    provider: str
    completed_on: date
    minutes: int
    number: str
    course: str | None
    brought_in: bool
    import_id: UUID | None
    state: str
    reason: str
    has_evidence: bool
    made_at: datetime


class ImportedOut(msgspec.Struct):
    """What one file brought in."""

    id: UUID
    file_name: str
    rows: int
    waiting: int
    accepted: int


class DecidedOut(msgspec.Struct):
    decided: int


def shown(row: dict[str, Any]) -> ExternalOut:
    """A row of ``queries``."""
    same = ("id", "title", "provider", "minutes", "number", "course", "state", "reason", "made_at")
    return ExternalOut(
        **{name: row[name] for name in same},
        account_id=row["account"],
        completed_on=row["day"],
        brought_in=bool(row["brought_in"]),
        import_id=row["import_file"],
        has_evidence=row["evidence_kind"] is not None,
    )


async def asked(request: ActorRequest) -> tuple[ExternalIn, bytes | None]:
    """What is handed in and the file beside it, out of JSON or of a form with a file."""
    if request.content_type[0] == "multipart/form-data":
        form = dict((await request.form()).items())
        data = await uploads.uploaded(form.pop("file", None))
        given = {name: value for name, value in form.items() if value != ""}
        return decode(ExternalIn, given, strict=False), data
    try:
        given = msgspec.json.decode(await request.body(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unreadable(what="a JSON object") from None
    return decode(ExternalIn, given), None


class ExternalApi(Controller):
    path = "/api/v1/external-completions"
    tags = ["learning"]

    @get(
        "/",
        permission=Permission.READ_RECORDS,
        summary="What you completed elsewhere; with waiting=true, what staff decides on",
    )
    async def listed(
        self,
        request: ActorRequest,
        limit: Limit = DEFAULT,
        after: After = "",
        waiting_only: Annotated[bool, QueryParameter(name="waiting")] = False,
    ) -> Page[ExternalOut]:
        place = read_cursor(after, UUID) if after else None
        if waiting_only:
            rows = await waiting(request.user, after=place, limit=limit)
        else:
            rows = await own(request.user, before=place, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        return Page([shown(row) for row in kept], following)

    @post(
        "/",
        permission=Permission.LEARN,
        summary="Hand in what you completed elsewhere (JSON, or multipart with `file` as evidence)",
        request_max_body_size=uploads.MULTIPART,
    )
    async def submit(self, request: ActorRequest) -> Response[ExternalOut]:
        await request.body()  # while it can be read: a form with a file is read piece by piece
        data, evidence = await asked(request)
        kept = await uploads.keep(request.user, evidence) if evidence is not None else None

        async def act() -> tuple[int, ExternalOut]:
            given = msgspec.structs.asdict(data)
            row = await actions.submit(request.user, **given, evidence=kept)
            return 201, shown(await external_row(request.user, row.id))

        return await once(request, act)

    @get("/{external_id:uuid}", permission=Permission.READ_RECORDS, summary="One of them")
    async def read(self, request: ActorRequest, external_id: FromPath[UUID]) -> ExternalOut:
        return shown(await external_row(request.user, external_id))

    @get(
        "/{external_id:uuid}/evidence",
        permission=Permission.READ_RECORDS,
        summary="The file that shows it, for its holder and for staff",
        media_type="application/octet-stream",
    )
    async def evidence(self, request: ActorRequest, external_id: FromPath[UUID]) -> Response[bytes]:
        return uploads.download(*await actions.evidence_of(request.user, external_id))

    @post(
        "/{external_id:uuid}/withdrawal",
        permission=Permission.LEARN,
        summary="Take back one's own before it is decided on",
        status_code=200,
    )
    async def withdraw(self, request: ActorRequest, external_id: FromPath[UUID]) -> ExternalOut:
        await actions.withdraw(request.user, external_id)
        return shown(await external_row(request.user, external_id))

    @post(
        "/{external_id:uuid}/decision",
        permission=Permission.REVIEW_COMPLETIONS,
        summary="Accept or decline it, or take back what was accepted; by another person",
        status_code=200,
    )
    async def decide(
        self, request: ActorRequest, external_id: FromPath[UUID], data: JSONBody[DecisionIn]
    ) -> ExternalOut:
        await actions.decide(
            request.user, external_id, data.verdict, reason=data.reason, course=data.course
        )
        return shown(await external_row(request.user, external_id))

    @get(
        "/imports",
        permission=Permission.REVIEW_COMPLETIONS,
        summary="Files that brought completions in, newest first",
    )
    async def imports(self, request: ActorRequest) -> list[ImportedOut]:
        return [
            ImportedOut(r["id"], r["file_name"], r["many"], int(r["waiting"]), int(r["accepted"]))
            for r in await imported(request.user)
        ]

    @post(
        "/imports/{import_id:uuid}/decision",
        permission=Permission.REVIEW_COMPLETIONS,
        summary="Accept, decline or take back all that one file brought in",
        status_code=200,
    )
    async def decide_import(
        self, request: ActorRequest, import_id: FromPath[UUID], data: JSONBody[BatchIn]
    ) -> DecidedOut:
        done = await actions.decide_import(
            request.user, import_id, data.verdict, reason=data.reason
        )
        return DecidedOut(done)
