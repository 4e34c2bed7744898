"""Documents of requests to be verified, over JSON; and how they travel by any door."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, put
from litestar.params import FromPath

from connect import uploads
from connect.accounts.documents import attach_document, document_of
from connect.accounts.people_api import CaseOut, shown
from connect.errors import Invalid
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]


def download(kind: str, data: bytes) -> Response[bytes]:
    """A document as a file to keep."""
    return uploads.download(kind, data, name="document")


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
        request_max_body_size=uploads.MULTIPART,
    )
    async def attach(self, request: ActorRequest, case_id: FromPath[UUID]) -> CaseOut:
        data = await uploads.uploaded((await request.form()).get("file"))
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
