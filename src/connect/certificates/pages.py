"""The certificate and its check, as pages."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import files, limits
from connect.accounts.authentication import network
from connect.certificates.queries import by_code, by_number, certificate_of
from connect.certificates.rules import grouped
from connect.certificates.tables import Certificate
from connect.errors import Invalid, decode
from connect.fields import Line
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]


class CheckForm(msgspec.Struct, forbid_unknown_fields=True):
    number: Line
    last_name: Line


def _found(request: ActorRequest, row: Certificate | None) -> Response[str]:
    """What is printed on the certificate, and its status; nothing else."""
    facts = ("name", "title", "minutes", "issued_on", "number")
    found = {name: getattr(row, name) if row else None for name in facts}
    found |= {"status": row.status if row else "unknown"}
    found |= {"superseded_by": None, "superseded_by_url": None, "revoked_on": None}
    return page(request, "certificates/verify.html", found=found)


class CertificatePages(Controller):
    include_in_schema = False

    @get("/certificates/{number:str}", permission=Permission.READ_RECORDS)
    async def certificate(self, request: ActorRequest, number: FromPath[str]) -> Response[str]:
        row = await certificate_of(request.user, number)
        shown = {
            n: getattr(row, n)
            for n in ("number", "name", "title", "minutes", "issued_on", "status")
        }
        shown |= {
            "code": grouped(row.code),
            "pdf_ready": row.pdf is not None,
            "pdf_url": f"/certificates/{row.number}/pdf",
            "verify_url": f"/verify/{row.code}",
        }
        return page(request, "certificates/certificate_page.html", certificate=shown)

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
        return _found(request, await by_number(asked.number, asked.last_name))

    @get("/verify/{code:str}", permission=Permission.CHECK_CERTIFICATE)
    async def check(self, request: ActorRequest, code: FromPath[str]) -> Response[str]:
        await limits.hit(("verify", network(request)))
        return _found(request, await by_code(code))
