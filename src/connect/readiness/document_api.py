"""The policy of an application, and where each element stands in it, over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.datastructures import UploadFile
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect import uploads
from connect.errors import Invalid, decode
from connect.idempotency import once
from connect.policy import Actor, Permission
from connect.readiness import documents, evidence
from connect.readiness.documents import Taken
from connect.readiness.tables import Evidence, PolicyDocument

ActorRequest = Request[Actor, Any, Any]
NO_FILE = "Choose the file of your policy: PDF, DOC or DOCX, at most 5 MB."
PageNumber = Annotated[
    int, Meta(ge=1, le=100_000, description="Write the number of a page, from 1.")
]
Passage = Annotated[
    str,
    Meta(
        max_length=evidence.LONGEST,
        pattern=r"^[^\x00\ud800-\udfff]*$",
        description=f"Copy at most {evidence.LONGEST:,} characters.",
    ),
]


class UploadIn(msgspec.Struct, forbid_unknown_fields=True):
    title: str = ""
    replaces: Annotated[UUID, Meta(description="Choose one of your documents.")] | None = None


class PointIn(msgspec.Struct, forbid_unknown_fields=True):
    document: UUID
    page: PageNumber | None = None
    passage: Passage = ""


class DocumentOut(msgspec.Struct):
    id: UUID
    title: str
    file_name: str
    content_type: str
    size: int  # bytes
    sha256: str
    pages: int  # 0: its text is not read
    replaces: UUID | None
    replaced_at: datetime | None
    uploaded_at: datetime


class PointOut(msgspec.Struct):
    element: str
    document: UUID
    page: int | None
    passage: str
    pointed_at: datetime


def document_out(row: PolicyDocument) -> DocumentOut:
    same = ("id", "title", "file_name", "content_type", "size", "sha256")
    return DocumentOut(
        **{name: getattr(row, name) for name in same},
        pages=len(evidence.pages_in(row)),
        replaces=row.replaces,
        replaced_at=row.replaced_at,
        uploaded_at=row.uploaded_at,
    )


def point_out(row: Evidence) -> PointOut:
    return PointOut(row.element, row.document, row.page, row.passage, row.pointed_at)


async def taken_from(request: ActorRequest, review_id: UUID) -> tuple[UploadIn, Taken]:
    """What a form with a file says, and the file, checked and stored.

    Raises:
        Invalid: every bad field.
    """
    form = dict((await request.form()).items())
    given = form.pop("file", None)
    data = await uploads.uploaded(given)
    fields = {n: v for n, v in form.items() if v != "" and n not in ("csrf", "once")}
    wrong = {} if data is not None else {"file": NO_FILE}
    try:
        asked = decode(UploadIn, fields, strict=False)
    except Invalid as refusal:
        raise Invalid(refusal.errors | wrong) from None
    if data is None:
        raise Invalid(wrong)
    name = given.filename if isinstance(given, UploadFile) else ""
    return asked, await documents.take(request.user, review_id, data, name)


class PolicyDocumentsApi(Controller):
    path = "/api/v1/reviews/{review_id:uuid}"
    tags = ["readiness"]

    @post(
        "/documents",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Upload a policy (multipart: `file`, perhaps `title`, `replaces` and its id)",
        request_max_body_size=uploads.MULTIPART,
    )
    async def upload(
        self, request: ActorRequest, review_id: FromPath[UUID]
    ) -> Response[DocumentOut]:
        await request.body()  # while it can be read: a form with a file is read piece by piece
        asked, taken = await taken_from(request, review_id)

        async def act() -> tuple[int, DocumentOut]:
            row = await documents.add(
                request.user, review_id, taken, title=asked.title, replaces=asked.replaces
            )
            return 201, document_out(row)

        return await once(request, act)

    @get(
        "/documents/{document_id:uuid}",
        permission=Permission.READ_READINESS,
        summary="The file of a policy, replaced ones included, as it came",
        media_type="application/octet-stream",
    )
    async def file(
        self, request: ActorRequest, review_id: FromPath[UUID], document_id: FromPath[UUID]
    ) -> Response[bytes]:
        row = await documents.document_of(request.user, review_id, document_id)
        return await documents.download(row)

    @put(
        "/evidence/{element:str}",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Say where an element stands: document, page, and words that are found there",
    )
    async def point(
        self,
        request: ActorRequest,
        review_id: FromPath[UUID],
        element: FromPath[str],
        data: JSONBody[PointIn],
    ) -> PointOut:
        given = msgspec.structs.asdict(data)
        return point_out(await evidence.point(request.user, review_id, element, **given))
