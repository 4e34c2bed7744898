"""Documents of requests to be verified: added later, and handed out, as pages."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect import uploads
from connect.accounts.cases import CaseDecided
from connect.accounts.documents import attach_document, document_of
from connect.accounts.documents_api import download
from connect.accounts.people_pages import verification_page
from connect.errors import Invalid, TooMany
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import redirect

ActorRequest = Request[Actor, Any, Any]


class DocumentPages(Controller):
    include_in_schema = False

    @get("/verifications/{case_id:uuid}/document", permission=Permission.READ_DOCUMENT)
    async def document(self, request: ActorRequest, case_id: FromPath[UUID]) -> Response[bytes]:
        return download(*await document_of(request.user, case_id))

    @post(
        "/account/verification/{case_id:uuid}/document",
        permission=Permission.EDIT_ACCOUNT,
        request_max_body_size=uploads.MULTIPART,
    )
    async def attach(self, request: ActorRequest, case_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = await uploads.uploaded(fields.get("file"))
            if data is None:
                raise Invalid({"file": "Choose a file: PDF, PNG or JPEG."})
            await attach_document(request.user, case_id, data)
        except Invalid as refusal:
            return await verification_page(request, errors=refusal.errors)
        except (CaseDecided, TooMany) as refusal:
            return await verification_page(request, errors={"": str(refusal)})
        return redirect("/account/verification?notice=attached")
