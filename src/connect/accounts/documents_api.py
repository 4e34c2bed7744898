"""Documents of requests to be verified, over JSON; and how they travel by any door."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, put
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from connect.accounts.documents import MOST_BYTES, TYPES, attach_document, document_of
from connect.accounts.people_api import CaseOut, shown
from connect.errors import Invalid
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
MULTIPART = 4 * MOST_BYTES  # bytes; what is larger than a document may be is told in the form
HEADERS = {  # whatever it holds, no browser runs it and no page shows it
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}


async def uploaded(given: Any) -> bytes | None:
    """The bytes of a file in a form; None when none was chosen.

    Raises:
        Invalid: more than one, or no file.
    """
    if given is None or given == "":
        return None
    if not isinstance(given, UploadFile):
        raise Invalid({"file": "Send one file in this field."})
    data = await given.read()
    return data if data or given.filename else None


def download(kind: str, data: bytes) -> Response[bytes]:
    """A document as a file to keep, under a name of ours and never inside a page."""
    headers = HEADERS | {"content-disposition": f'attachment; filename="document.{kind}"'}
    return Response(data, media_type=TYPES[kind], headers=headers)


def shown_document(kind: str | None, size: int | None) -> str:
    """PDF, 1.2 MB. Nothing when there is no document."""
    if not kind or size is None:
        return ""
    amount = f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{-(-size // 1024)} KB"
    return f"{kind.upper()}, {amount}"


class DocumentsApi(Controller):
    path = "/api/v1"
    tags = ["people"]

    @put(
        "/me/eligibility-cases/{case_id:uuid}/document",
        permission=Permission.EDIT_ACCOUNT,
        summary="Put a PDF, PNG or JPEG to a request that waits (multipart: file)",
        request_max_body_size=MULTIPART,
    )
    async def attach(self, request: ActorRequest, case_id: FromPath[UUID]) -> CaseOut:
        data = await uploaded((await request.form()).get("file"))
        if data is None:
            raise Invalid({"file": "Send the document in this field."})
        return shown(await attach_document(request.user, case_id, data))

    @get(
        "/eligibility-cases/{case_id:uuid}/document",
        permission=Permission.READ_DOCUMENT,
        summary="The document, for its owner and for who decides the request",
        media_type="application/octet-stream",
    )
    async def document(self, request: ActorRequest, case_id: FromPath[UUID]) -> Response[bytes]:
        return download(*await document_of(request.user, case_id))
