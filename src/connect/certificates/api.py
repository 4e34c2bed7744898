"""Certificates and their check, over JSON."""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, JSONBody

from connect import files, limits
from connect.accounts.authentication import network
from connect.certificates.queries import (
    by_code,
    by_file,
    by_number,
    certificate_of,
    certificates_of,
    successor_of,
    successors,
)
from connect.certificates.reissues import reissue
from connect.certificates.rules import is_nameless
from connect.certificates.tables import Certificate
from connect.certificates.web_page import web_answer
from connect.errors import Invalid, Unreadable, decode
from connect.fields import Line, Reason
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

MOST_BYTES = 2_000_000  # of a PDF that is checked; ours have about 30,000
MULTIPART = MOST_BYTES + 100_000  # the file and what stands around it
ActorRequest = Request[Actor, Any, Any]


class CertificateOut(msgspec.Struct):
    number: str
    code: str
    kind: str
    title: str
    name: str
    minutes: int
    issued_on: date
    status: str
    pdf_ready: bool
    expires_on: date | None  # the first day on which it is not valid
    revoked_on: date | None
    superseded_by: str | None  # number


class ReissueIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason = ""  # staff's


class VerificationOut(msgspec.Struct, omit_defaults=True):
    """The facts stand only for a certificate that is known."""

    status: str
    name: str | None = None
    title: str | None = None
    issued_on: date | None = None
    minutes: int | None = None
    number: str | None = None
    superseded_by: str | None = None  # number
    revoked_on: date | None = None
    expires_on: date | None = None
    holder_erased: bool = False  # issued, and the holder's name is not held any more


class VerificationIn(msgspec.Struct, forbid_unknown_fields=True):
    number: Line
    last_name: Line


MADE = ("pdf_ready", "superseded_by")


def shown(row: Certificate, superseded_by: str | None = None) -> CertificateOut:
    """A certificate as its holder sees it."""
    facts = {n: getattr(row, n) for n in CertificateOut.__struct_fields__ if n not in MADE}
    return CertificateOut(**facts, pdf_ready=row.pdf is not None, superseded_by=superseded_by)


async def checked(row: Certificate | None) -> VerificationOut:
    """A certificate as anybody who checks it sees it: what is printed on it, and its status.

    Why it was revoked is between its holder and staff.
    """
    if row is None:
        return VerificationOut("unknown")
    return VerificationOut(
        row.status,
        row.name or None,
        row.title,
        row.issued_on,
        row.minutes,
        row.number,
        await successor_of(row),
        row.revoked_on,
        row.expires_on,
        holder_erased=is_nameless(row.name),
    )


def pdf_answer(row: Certificate, data: bytes) -> Response[bytes]:
    """The stored PDF as a download."""
    return Response(
        data,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{row.number}.pdf"'},
    )


async def handed_in(upload: object) -> Certificate | None:
    """The certificate whose PDF was handed in, unchanged; nothing of the file is kept.

    Raises:
        Invalid: it is no file, an empty one, or one of more than ``MOST_BYTES``.
    """
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid({"file": "Choose the certificate's PDF."})
    data = await upload.read()
    if not 0 < len(data) <= MOST_BYTES:
        raise Invalid({"file": "Choose a PDF of at most 2 MB. Certificates are smaller."})
    return await by_file(hashlib.sha256(data).hexdigest())


class CertificatesApi(Controller):
    path = "/api/v1/certificates"
    tags = ["certificates"]

    @get("/", permission=Permission.READ_RECORDS, summary="Your certificates, newest first")
    async def certificates(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[CertificateOut]:
        before = read_cursor(after, UUID) if after else None
        rows = await certificates_of(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row.id)
        numbers = await successors(kept)
        return Page([shown(row, numbers.get(row.id)) for row in kept], following)

    @get("/{number:str}", permission=Permission.READ_RECORDS, summary="One certificate")
    async def certificate(self, request: ActorRequest, number: FromPath[str]) -> CertificateOut:
        row = await certificate_of(request.user, number)
        return shown(row, await successor_of(row))

    @post(
        "/{number:str}/reissue",
        permission=Permission.REISSUE_CERTIFICATES,
        summary="Issue it anew with the holder's present name, under a new number",
        status_code=201,
    )
    async def reissue(
        self, request: ActorRequest, number: FromPath[str], data: JSONBody[ReissueIn | None] = None
    ) -> Response[CertificateOut]:
        async def act() -> tuple[int, CertificateOut]:
            return 201, shown(
                await reissue(request.user, number, reason=data.reason if data else "")
            )

        return await once(request, act)

    @get(
        "/{number:str}/pdf",
        permission=Permission.READ_RECORDS,
        summary="The PDF; 202 with Retry-After while it is being drawn",
        media_type="application/pdf",
    )
    async def pdf(self, request: ActorRequest, number: FromPath[str]) -> Response[bytes]:
        row = await certificate_of(request.user, number)
        if row.pdf is None:
            return Response(b"", status_code=202, headers={"Retry-After": "1"})
        return pdf_answer(row, await files.get(row.pdf))

    @get(
        "/{number:str}/html",
        permission=Permission.READ_RECORDS,
        summary="The certificate as one web page",
        media_type="text/html",
    )
    async def html(self, request: ActorRequest, number: FromPath[str]) -> Response[str]:
        return web_answer(await certificate_of(request.user, number))


class VerificationsApi(Controller):
    path = "/api/v1/verifications"
    tags = ["certificates"]

    @get("/{code:str}", permission=Permission.CHECK_CERTIFICATE, summary="Check by code")
    async def check(self, request: ActorRequest, code: FromPath[str]) -> VerificationOut:
        await limits.hit(("verify", network(request)))
        return await checked(await by_code(code))

    @post(
        "/",
        permission=Permission.CHECK_CERTIFICATE,
        summary="Check by number and last name (JSON), or by the PDF itself (multipart, `file`)",
        status_code=200,
        request_max_body_size=MULTIPART,
    )
    async def check_by_hand(self, request: ActorRequest) -> VerificationOut:
        await limits.hit(("verify", network(request)))
        if request.content_type[0] == "multipart/form-data":
            found = await handed_in((await request.form()).get("file"))
            return await checked(found) if found else VerificationOut("changed")
        try:
            given = msgspec.json.decode(await request.body(), type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Unreadable(what="a JSON object") from None
        asked = decode(VerificationIn, given)
        return await checked(await by_number(asked.number, asked.last_name))
