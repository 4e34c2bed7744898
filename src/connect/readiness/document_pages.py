"""The coordinator's pages of the policy: its files, and where each element stands in them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect import uploads
from connect.agencies.tables import Agency
from connect.errors import ConnectError, Invalid, NotFound, decode
from connect.idempotency import once_by_form
from connect.policy import Actor, Permission
from connect.readiness import documents, evidence
from connect.readiness.application_pages import refused_in, review_here
from connect.readiness.application_queries import documents_of, evidence_of, findings_of, told_of
from connect.readiness.application_views import policy_of
from connect.readiness.applications import AGENCYS_TURN, asked_of
from connect.readiness.document_api import PageNumber, Passage, taken_from
from connect.readiness.tables import Review
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
NOTICES = {
    "uploaded": "The document is part of your application.",
    "pointed": "The place is saved.",
}


class PointForm(msgspec.Struct, forbid_unknown_fields=True):
    document: Annotated[UUID, Meta(description="Choose one of your documents.")]
    page: PageNumber | None = None
    passage: Passage = ""


class PolicyPages(Controller):
    path = "/agencies/{agency_id:uuid}/readiness/policy"
    include_in_schema = False

    @get("/", permission=Permission.APPLY_FOR_READINESS)
    async def policy(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        agency, review = await review_here(request, agency_id)
        return await _page(request, agency, review, notice=NOTICES.get(notice, ""))

    @post(
        "/",
        permission=Permission.APPLY_FOR_READINESS,
        status_code=303,
        request_max_body_size=uploads.MULTIPART,
    )
    async def upload(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        await request.body()  # while it can be read: a form with a file is read piece by piece
        given = await read_form(request)
        agency, review = await review_here(request, agency_id)
        try:
            asked, taken = await taken_from(request, review.id)

            async def act() -> None:
                await documents.add(
                    request.user, review.id, taken, title=asked.title, replaces=asked.replaces
                )

            await once_by_form(request, act)
        except ConnectError as refusal:
            errors = refused_in(refusal, "file")
            kept = {name: given.get(name, "") for name in ("title", "replaces")}
            return await _page(request, agency, review, form=kept, errors=errors)
        return redirect(f"/agencies/{agency.id}/readiness/policy?notice=uploaded")

    @get("/documents/{document_id:uuid}", permission=Permission.APPLY_FOR_READINESS)
    async def file(
        self, request: ActorRequest, agency_id: FromPath[UUID], document_id: FromPath[UUID]
    ) -> Response[bytes]:
        _, review = await review_here(request, agency_id)
        return await documents.download(
            await documents.document_of(request.user, review.id, document_id)
        )

    @get("/{element:str}", permission=Permission.APPLY_FOR_READINESS)
    async def element(
        self, request: ActorRequest, agency_id: FromPath[UUID], element: FromPath[str]
    ) -> Response[str]:
        agency, review = await review_here(request, agency_id)
        return await _element_page(request, agency, review, element)

    @post("/{element:str}", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def point(
        self, request: ActorRequest, agency_id: FromPath[UUID], element: FromPath[str]
    ) -> Response[Any]:
        given = await read_form(request)
        agency, review = await review_here(request, agency_id)
        try:
            data = decode(PointForm, {n: v for n, v in given.items() if v != ""}, strict=False)
            await evidence.point(request.user, review.id, element, **msgspec.structs.asdict(data))
        except Invalid as refusal:
            return await _element_page(request, agency, review, element, given, refusal.errors)
        return redirect(f"/agencies/{agency.id}/readiness/policy?notice=pointed#element-{element}")


async def _page(
    request: ActorRequest,
    agency: Agency,
    review: Review,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    return page(
        request,
        "readiness/policy.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        asked=asked_of(review),
        policy=await policy_of(review),
        hands=review.state in AGENCYS_TURN,
        form=form or {},
        errors=errors or {},
        notice=notice,
    )


async def _element_page(
    request: ActorRequest,
    agency: Agency,
    review: Review,
    element: str,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    found = next((one for one in asked_of(review).elements if one.id == element), None)
    if found is None:
        raise NotFound
    current = [row for row in await documents_of(review) if row.replaced_at is None]
    its = (await evidence_of(review)).get(element)
    known: dict[str, Any] = {"document": str(current[0].id)} if len(current) == 1 else {}
    if its is not None:
        known = {"document": str(its.document), "page": its.page or "", "passage": its.passage}
    return page(
        request,
        "readiness/place.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        element=found,
        finding=told_of(review, await findings_of(review)).get(element),
        documents=[(str(row.id), row.title) for row in current],
        gone=its is not None and its.document not in {row.id for row in current},
        hands=review.state in AGENCYS_TURN,
        form=form or known,
        errors=errors or {},
    )
