"""What staff does with certificates, as a page."""

import re
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.certificates.queries import certificate_of
from connect.certificates.revocations import (
    decide,
    ends_at,
    numbers_of,
    proposals,
    propose,
    state_of,
)
from connect.errors import ConnectError, Invalid, NotFound, StepUpNeeded
from connect.idempotency import once_by_form
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import moment, page, plural, redirect

ActorRequest = Request[Actor, Any, Any]
SHOWN = 20
NOTICES = {
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
        numbers = re.split(r"[\s,;]+", str(fields.get("numbers", "")))
        reason = str(fields.get("reason", ""))[:2000]

        async def act() -> str:
            return str((await propose(request.user, numbers, reason=reason)).id)

        try:
            await once_by_form(request, act)
        except Invalid as refusal:
            return await _page(request, fields, refusal.errors)
        return redirect("/admin/certificates?notice=proposed")

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


async def _page(
    request: ActorRequest,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    *,
    notice: str = "",
) -> Response[str]:
    actor = request.user
    found = await proposals(actor, limit=SHOWN)
    return page(
        request,
        "certificates/staff.html",
        status=422 if errors else 200,
        form=form or {},
        errors=errors or {},
        notice=notice,
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
