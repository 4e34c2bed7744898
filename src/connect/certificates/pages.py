"""The certificate and its check, as pages."""

from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import files, limits
from connect.accounts.authentication import network
from connect.certificates.api import MULTIPART, handed_in
from connect.certificates.queries import (
    by_code,
    by_number,
    certificate_of,
    reaches,
    successor_of,
)
from connect.certificates.reissues import STANDING, reissue
from connect.certificates.revocations import revoke
from connect.certificates.rules import grouped, is_nameless
from connect.certificates.signatures import public_certificates
from connect.certificates.style import style
from connect.certificates.tables import Certificate
from connect.certificates.web_page import web_answer
from connect.errors import Conflict, Invalid, decode
from connect.fields import Line
from connect.idempotency import once_by_form
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
NOTICES = {
    "reissued": "This is your new certificate. The old number leads here when somebody checks it.",
    "revoked": "The certificate is revoked, and its holder is told.",
}


class CheckForm(msgspec.Struct, forbid_unknown_fields=True):
    number: Line
    last_name: Line


def valid_through(row: Certificate | None) -> date | None:
    """The last day on which a certificate is valid, as people say it."""
    return row.expires_on - timedelta(days=1) if row and row.expires_on else None


async def _found(
    request: ActorRequest, row: Certificate | None, *, by_file: bool = False
) -> Response[str]:
    """What is printed on the certificate, and its status; nothing else."""
    facts = ("name", "title", "minutes", "issued_on", "number", "revoked_on")
    found = {name: getattr(row, name) if row else None for name in facts}
    found |= {"status": row.status if row else "changed" if by_file else "unknown"}
    found |= {"by_file": by_file}
    found |= {"superseded_by": await successor_of(row), "valid_through": valid_through(row)}
    return page(request, "certificates/verify.html", found=found)


async def _certificate(
    request: ActorRequest,
    number: str,
    *,
    notice: str = "",
    errors: dict[str, str] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    """A certificate to its holder or to staff, with what they may do with it."""
    actor = request.user
    row = await certificate_of(actor, number)
    same = ("number", "name", "title", "minutes", "issued_on", "status")
    mine = row.holder == actor.id
    stands = row.status in STANDING and not is_nameless(row.name)
    return page(
        request,
        "certificates/certificate_page.html",
        status=422 if errors else 200,
        certificate={name: getattr(row, name) for name in same}
        | {
            "code": grouped(row.code),
            "pdf_ready": row.pdf is not None,
            "pdf_url": f"/certificates/{row.number}/pdf",
            "verify_url": f"/verify/{row.code}",
            "superseded_by": await successor_of(row),
            "revoked_on": row.revoked_on,
            "reason": row.revocation_reason,
            "valid_through": valid_through(row),
        },
        mine=mine,
        of_agency=row.agency,
        words=style().say("en", row.kind),
        may_reissue=stands and await reaches(actor, row, Permission.REISSUE_CERTIFICATES),
        may_revoke=row.status in STANDING
        and await reaches(actor, row, Permission.REVOKE_CERTIFICATES),
        notice=notice,
        errors=errors or {},
        form=form or {},
    )


class CertificatePages(Controller):
    include_in_schema = False

    @get("/certificates/{number:str}", permission=Permission.READ_RECORDS)
    async def certificate(
        self, request: ActorRequest, number: FromPath[str], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _certificate(request, number, notice=NOTICES.get(notice, ""))

    @post("/certificates/{number:str}/reissue", permission=Permission.REISSUE_CERTIFICATES)
    async def reissue(self, request: ActorRequest, number: FromPath[str]) -> Response[Any]:
        fields = await read_form(request)
        reason = str(fields.get("reason", ""))[:2000]

        async def act() -> str:
            return str((await reissue(request.user, number, reason=reason)).number)

        try:
            made = await once_by_form(request, act)
        except Invalid as refusal:
            return await _certificate(request, number, errors=refusal.errors, form=fields)
        except Conflict as refusal:
            return await _certificate(request, number, errors={"anew": str(refusal)}, form=fields)
        return redirect(f"/certificates/{made}?notice=reissued")

    @post("/certificates/{number:str}/revocation", permission=Permission.REVOKE_CERTIFICATES)
    async def revoke(self, request: ActorRequest, number: FromPath[str]) -> Response[Any]:
        fields = await read_form(request)
        reason = str(fields.get("why", fields.get("reason", "")))[:2000]
        try:
            row = await revoke(request.user, number, reason=reason)
        except Invalid as refusal:
            errors = {"why": refusal.errors["reason"]}
            return await _certificate(request, number, errors=errors, form=fields)
        except Conflict as refusal:
            return await _certificate(request, number, errors={"why": str(refusal)}, form=fields)
        return redirect(f"/certificates/{row.number}?notice=revoked")

    @get("/certificates/{number:str}/pdf", permission=Permission.READ_RECORDS)
    async def pdf(self, request: ActorRequest, number: FromPath[str]) -> Response[Any]:
        row = await certificate_of(request.user, number)
        if row.pdf is None:
            return redirect(f"/certificates/{row.number}")
        return Response(
            await files.get(row.pdf),
            media_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{row.number}.pdf"'},
        )

    @get("/certificates/{number:str}/html", permission=Permission.READ_RECORDS)
    async def html(self, request: ActorRequest, number: FromPath[str]) -> Response[str]:
        return web_answer(await certificate_of(request.user, number))

    @get("/.well-known/connect-signing.pem", permission=Permission.CHECK_CERTIFICATE)
    async def signing_certificates(self) -> Response[str]:
        return Response(await public_certificates(), media_type="application/x-pem-file")

    @get("/verify", permission=Permission.CHECK_CERTIFICATE)
    async def check_form(self, request: ActorRequest, code: FromQuery[str] = "") -> Response[Any]:
        if code.strip():
            return redirect(f"/verify/{''.join(c for c in code if c.isalnum())[:60] or 'unknown'}")
        return page(request, "certificates/verify_form.html", form={}, errors={})

    @post("/verify", permission=Permission.CHECK_CERTIFICATE, status_code=200)
    async def check_by_hand(self, request: ActorRequest) -> Response[str]:
        fields = await read_form(request)
        await limits.hit(("verify", network(request)))
        try:
            asked = decode(CheckForm, fields, strict=False)
        except Invalid as refusal:
            return page(
                request,
                "certificates/verify_form.html",
                status=422,
                form=fields,
                errors=refusal.errors,
            )
        return await _found(request, await by_number(asked.number, asked.last_name))

    @post(
        "/verify/file",
        permission=Permission.CHECK_CERTIFICATE,
        status_code=200,
        request_max_body_size=MULTIPART,
    )
    async def check_file(self, request: ActorRequest) -> Response[str]:
        fields = await read_form(request)
        await limits.hit(("verify", network(request)))
        try:
            row = await handed_in(fields.get("file"))
        except Invalid as refusal:
            return page(
                request,
                "certificates/verify_form.html",
                status=422,
                form={},
                errors=refusal.errors,
            )
        return await _found(request, row, by_file=True)

    @get("/verify/file", permission=Permission.CHECK_CERTIFICATE)
    async def check_file_again(self) -> Response[Any]:
        return redirect("/verify")  # who reloads a result, or comes back to it

    @get("/verify/{code:str}", permission=Permission.CHECK_CERTIFICATE)
    async def check(self, request: ActorRequest, code: FromPath[str]) -> Response[str]:
        await limits.hit(("verify", network(request)))
        return await _found(request, await by_code(code))
