"""What staff does with certificates, as a page."""

import re
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec.structs import asdict

from connect.catalog.queries import offered_courses
from connect.certificates.batches import Chosen, batch_of, batches_of, open_batch
from connect.certificates.queries import certificate_of
from connect.certificates.revocations import (
    decide,
    ends_at,
    numbers_of,
    proposals,
    propose,
    state_of,
)
from connect.certificates.staff_api import BatchIn, batch_file
from connect.db import fetch
from connect.errors import ConnectError, Invalid, NotFound, StepUpNeeded, decode
from connect.idempotency import once_by_form
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import moment, page, plural, redirect

ActorRequest = Request[Actor, Any, Any]
SHOWN = 20
BATCH_FIELDS = ("agency", "course", "since", "until")
# What could not be drawn, and why; work that merely waits its turn has no error.
WAITING = """
SELECT count(*) AS many, max(error) AS error FROM job
WHERE kind = 'certificates.draw' AND done_at IS NULL AND error IS NOT NULL
"""
NOTICES = {
    "batch": "The file is being made. It stands below when it is done.",
    "proposed": "The proposal is written down. Nothing is revoked before another confirms it.",
    "revoked": "The certificates were revoked, and their holders are told.",
    "withdrawn": "The proposal was withdrawn. Nothing was revoked.",
}


class CertificateStaffPages(Controller):
    path = "/admin/certificates"
    include_in_schema = False

    @get("/", permission=Permission.REVOKE_CERTIFICATES)
    async def start(
        self, request: ActorRequest, number: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[Any]:
        if number.strip():
            try:
                found = await certificate_of(request.user, number.strip())
            except NotFound:
                errors = {"number": "There is no certificate with this number."}
                return await _page(request, {"number": number}, errors)
            return redirect(f"/certificates/{found.number}")
        return await _page(request, notice=NOTICES.get(notice, ""))

    @post("/revocations", permission=Permission.REVOKE_CERTIFICATES)
    async def propose(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        numbers = _words(fields.get("numbers"))
        reason = str(fields.get("reason", ""))[:2000]

        async def act() -> str:
            return str((await propose(request.user, numbers, reason=reason)).id)

        try:
            await once_by_form(request, act)
        except Invalid as refusal:
            return await _page(request, fields, refusal.errors)
        return redirect("/admin/certificates?notice=proposed")

    @post("/batches", permission=Permission.EXPORT_CERTIFICATES)
    async def batch(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        given: dict[str, Any] = {n: v for n, v in fields.items() if v and n in BATCH_FIELDS}
        given["numbers"] = _words(fields.get("batch_numbers"))

        async def act() -> str:
            data = decode(BatchIn, given, strict=False)
            return str((await open_batch(request.user, Chosen(**asdict(data)))).id)

        try:
            await once_by_form(request, act)
        except Invalid as refusal:
            named = {"numbers": "batch_numbers"}
            wrong = {named.get(field, field): words for field, words in refusal.errors.items()}
            return await _page(request, fields, wrong)
        return redirect("/admin/certificates?notice=batch#batches")

    @get("/batches/{batch_id:uuid}", permission=Permission.EXPORT_CERTIFICATES)
    async def batch_file(self, request: ActorRequest, batch_id: FromPath[UUID]) -> Stream:
        return batch_file(await batch_of(request.user, batch_id))

    @post("/revocations/{proposal_id:uuid}", permission=Permission.REVOKE_CERTIFICATES)
    async def decide(self, request: ActorRequest, proposal_id: FromPath[UUID]) -> Response[Any]:
        confirm = (await read_form(request)).get("act") == "confirm"
        try:
            await decide(request.user, proposal_id, confirm=confirm)
        except StepUpNeeded:
            raise
        except ConnectError as refusal:
            return await _page(request, errors={"proposals": str(refusal)})
        return redirect(f"/admin/certificates?notice={'revoked' if confirm else 'withdrawn'}")


def _words(typed: Any) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", str(typed or "")) if word]


async def _page(
    request: ActorRequest,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    *,
    notice: str = "",
) -> Response[str]:
    actor = request.user
    found = await proposals(actor, limit=SHOWN)
    waiting = await fetch(WAITING)
    return page(
        request,
        "certificates/staff.html",
        status=422 if errors else 200,
        form=form or {},
        errors=errors or {},
        notice=notice,
        courses=await offered_courses(),
        waiting=waiting[0],
        batches=[
            {
                "id": row.id,
                "state": row.state,
                "total": plural(row.total, "certificate"),
                "done": row.done,
                "percent": row.done * 100 // row.total,
                "when": moment(row.made_at, actor.time_zone),
            }
            for row in await batches_of(actor, limit=SHOWN)
        ],
        proposals=[
            {
                "id": row.id,
                "numbers": numbers_of(row),
                "count": plural(len(numbers_of(row)), "certificate"),
                "reason": row.reason,
                "by": p["by"],
                "mine": row.made_by == actor.id,
                "state": state_of(row).value,
                "ends": moment(ends_at(row), actor.time_zone),
            }
            for p in found
            for row in [p["row"]]
        ],
    )
