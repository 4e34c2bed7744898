"""Completions elsewhere, as pages: one's own with a form, and the queue of those who decide."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import uploads
from connect.catalog.queries import offered_courses
from connect.errors import ConnectError, Invalid, decode
from connect.external import actions
from connect.external.api import BatchIn, DecisionIn, ExternalIn
from connect.external.queries import imported, own, waiting
from connect.idempotency import once_by_form
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import hours, moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 25
OWN, QUEUE = "/external-completions", "/admin/external-completions"
NOTICES = {
    "submitted": "It is handed in. Staff looks at it; you get a mail when it is decided.",
    "withdrawn": "It is withdrawn.",
    "accepted": "It is accepted and stands in the transcript.",
    "declined": "It is declined. Its holder reads why.",
    "taken-back": "It is taken back and stands in the transcript no more.",
}


class ExternalPages(Controller):
    include_in_schema = False

    @get(OWN, permission=Permission.READ_RECORDS)
    async def own(
        self, request: ActorRequest, after: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _own(request, after=after, notice=NOTICES.get(notice, ""))

    @post(OWN, permission=Permission.LEARN, request_max_body_size=uploads.MULTIPART)
    async def submit(self, request: ActorRequest) -> Response[Any]:
        await request.body()  # while it can be read: a form with a file is read piece by piece
        fields = await read_form(request)
        file = fields.pop("file", None)
        try:
            given = {name: value for name, value in fields.items() if value != ""}
            data = decode(ExternalIn, given, strict=False)
            evidence = await uploads.uploaded(file)
            kept = await uploads.keep(request.user, evidence) if evidence is not None else None

            async def act() -> str:
                said = msgspec.structs.asdict(data)
                return str((await actions.submit(request.user, **said, evidence=kept)).id)

            await once_by_form(request, act)
        except Invalid as refusal:
            return await _own(request, form=fields, errors=refusal.errors)
        return redirect(f"{OWN}?notice=submitted")

    @post(f"{OWN}/{{external_id:uuid}}/withdrawal", permission=Permission.LEARN)
    async def withdraw(self, request: ActorRequest, external_id: FromPath[UUID]) -> Response[Any]:
        await read_form(request)
        await actions.withdraw(request.user, external_id)
        return redirect(f"{OWN}?notice=withdrawn")

    @get(f"{OWN}/{{external_id:uuid}}/evidence", permission=Permission.READ_RECORDS)
    async def evidence(self, request: ActorRequest, external_id: FromPath[UUID]) -> Response[bytes]:
        return uploads.download(*await actions.evidence_of(request.user, external_id))

    @get(QUEUE, permission=Permission.REVIEW_COMPLETIONS)
    async def queue(
        self, request: ActorRequest, after: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _queue(request, after=after, notice=NOTICES.get(notice, ""))

    @post(f"{QUEUE}/{{external_id:uuid}}/decision", permission=Permission.REVIEW_COMPLETIONS)
    async def decide(self, request: ActorRequest, external_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(DecisionIn, fields, strict=False)
            await actions.decide(
                request.user, external_id, data.verdict, reason=data.reason, course=data.course
            )
        except Invalid as refusal:
            return await _queue(request, errors=_of_row(external_id, refusal.errors))
        except ConnectError as refusal:
            return await _queue(request, errors={"": str(refusal)})
        return redirect(f"{QUEUE}?notice={data.verdict}")

    @post(f"{QUEUE}/imports/{{import_id:uuid}}/decision", permission=Permission.REVIEW_COMPLETIONS)
    async def decide_import(
        self, request: ActorRequest, import_id: FromPath[UUID]
    ) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(BatchIn, fields, strict=False)
            await actions.decide_import(request.user, import_id, data.verdict, reason=data.reason)
        except Invalid as refusal:
            return await _queue(request, errors=_of_row(import_id, refusal.errors))
        except ConnectError as refusal:
            return await _queue(request, errors={"": str(refusal)})
        taken_back = data.verdict == "withdrawn"
        return redirect(f"{QUEUE}?notice={'taken-back' if taken_back else data.verdict}")


def _of_row(row_id: UUID, errors: dict[str, str]) -> dict[str, str]:
    return {f"{name}-{row_id}": words for name, words in errors.items()}


async def _own(
    request: ActorRequest,
    *,
    after: str = "",
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    before = read_cursor(after, UUID) if after else None
    rows = await own(request.user, before=before, limit=PER_PAGE)
    kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
    return page(
        request,
        "external/own.html",
        status=422 if errors else 200,
        completions=[_listed(row, request.user.time_zone) for row in kept],
        next=f"{OWN}?after={following}" if following else "",
        courses=await offered_courses(),
        form=form or {},
        errors=errors or {},
        notice=notice,
    )


async def _queue(
    request: ActorRequest,
    *,
    after: str = "",
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    behind = read_cursor(after, UUID) if after else None
    zone = request.user.time_zone
    rows = await waiting(request.user, after=behind, limit=PER_PAGE, with_files=False)
    kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
    return page(
        request,
        "external/queue.html",
        status=422 if errors else 200,
        completions=[
            _listed(row, zone) | {"may": request.user.id not in (row["account"], row["made_by"])}
            for row in kept
        ],
        imports=[
            row
            | {
                "made_at": moment(row["made_at"], zone),
                "may": row["made_by"] != request.user.id,
                "file_name": row["file_name"] or "A file",
            }
            for row in await imported(request.user)
            if row["waiting"] or row["accepted"]
        ],
        next=f"{QUEUE}?after={following}" if following else "",
        courses=await offered_courses(),
        errors=errors or {},
        notice=notice,
    )


def _listed(row: dict[str, Any], zone: str) -> dict[str, Any]:
    return row | {
        "hours": hours(row["minutes"]),
        "made_at": moment(row["made_at"], zone),
        "evidence_url": f"{OWN}/{row['id']}/evidence" if row["evidence_kind"] else "",
    }
