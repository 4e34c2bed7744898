"""An agency's application, over JSON."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect.agencies.queries import standing_agency
from connect.db import transaction
from connect.errors import Invalid
from connect.idempotency import once
from connect.policy import Actor, Permission
from connect.readiness import applications
from connect.readiness.agency_api import RuleOut
from connect.readiness.application_queries import (
    documents_of,
    evidence_of,
    judged_coverage,
    progress_of,
)
from connect.readiness.document_api import DocumentOut, PointOut, document_out, point_out
from connect.readiness.progress import Part, StepState, Turn, turn_of
from connect.readiness.snapshots import hash_of, state_of
from connect.readiness.tables import Review, ReviewKind

ActorRequest = Request[Actor, Any, Any]
Kind = Annotated[ReviewKind, Meta(description="Say new or renewal.")]
Typed = Annotated[str | int, Meta(description="Write the answer as a text or as a whole number.")]


class ReviewIn(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind


class AnswerIn(msgspec.Struct, forbid_unknown_fields=True):
    value: Typed  # empty: takes the answer out


class AnswersIn(msgspec.Struct, forbid_unknown_fields=True):
    answers: dict[str, Typed]


class ItemOut(msgspec.Struct):
    key: str
    message: str


class StepOut(msgspec.Struct):
    element: str
    part: Part
    title: str
    state: StepState
    whose_turn: Turn
    since: datetime
    words: str
    critical: bool


class AffirmationOut(msgspec.Struct):
    name: str
    title: str
    affirmed_at: datetime | None


class ReviewOut(msgspec.Struct):
    id: UUID
    agency_id: UUID
    agency: str
    kind: str
    state: str
    requirements: str
    whose_turn: Turn
    since: datetime
    opened_at: datetime
    submitted_at: datetime | None
    judged_on: date | None  # whose roster is judged
    answer_due: date | None
    reviewer: UUID | None
    hash: str  # of the state as it is now: what a decision is bound to
    answers: dict[str, str]
    open_items: list[ItemOut]  # what is missing before it can be submitted
    criteria: list[StepOut]
    coverage: list[RuleOut]
    documents: list[DocumentOut]  # newest first, replaced ones included
    evidence: dict[str, PointOut]  # by element
    affirmation: AffirmationOut | None  # the executive's word that stands


async def review_out(actor: Actor, review: Review) -> ReviewOut:
    """An application with its criteria as they stand now, or as the agency was told."""
    told = not actor.may(Permission.READ_REVIEWS)
    items = await applications.open_items(review)
    coverage = await judged_coverage(review)
    steps = await progress_of(review, told=told, items=items, coverage=coverage)
    agency = await standing_agency(review.agency)
    word = await applications.affirmed(review)
    same = ("kind", "state", "requirements", "opened_at", "submitted_at", "judged_on")
    return ReviewOut(
        **{name: getattr(review, name) for name in same},
        id=review.id,
        agency_id=agency.id,
        agency=agency.name,
        whose_turn=turn_of(review.state),
        since=review.state_since,
        answer_due=review.answer_due,
        reviewer=review.reviewer,
        hash=hash_of(await state_of(review)),
        answers=await applications.facts_of(review),
        open_items=[ItemOut(item.key, item.words) for item in items],
        criteria=msgspec.convert(steps, list[StepOut], from_attributes=True),
        coverage=msgspec.convert(coverage, list[RuleOut], from_attributes=True),
        documents=[document_out(row) for row in await documents_of(review)],
        evidence={e: point_out(row) for e, row in (await evidence_of(review)).items()},
        affirmation=AffirmationOut(word.name, word.title, word.affirmed_at) if word else None,
    )


class ApplicationsApi(Controller):
    path = "/api/v1"
    tags = ["readiness"]

    @post(
        "/agencies/{agency_id:uuid}/reviews",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Open an agency's application; what is known of the agency is filled in",
    )
    async def open(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[ReviewIn]
    ) -> Response[ReviewOut]:
        async def act() -> tuple[int, ReviewOut]:
            review = await applications.open_review(request.user, agency_id, data.kind)
            return 201, await review_out(request.user, review)

        return await once(request, act)

    @get(
        "/reviews/{review_id:uuid}",
        permission=Permission.READ_READINESS,
        summary="An application: answers, what is missing, and per criterion whose turn it is",
    )
    async def read(self, request: ActorRequest, review_id: FromPath[UUID]) -> ReviewOut:
        return await review_out(
            request.user, await applications.seen_review(request.user, review_id)
        )

    @patch(
        "/reviews/{review_id:uuid}",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Save several answers by field: all of them or, when one does not fit, none",
    )
    async def change(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[AnswersIn]
    ) -> ReviewOut:
        return await _answered(request.user, review_id, data.answers)

    @put(
        "/reviews/{review_id:uuid}/answers/{field:str}",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Save one answer; an empty one takes it out",
    )
    async def answer(
        self,
        request: ActorRequest,
        review_id: FromPath[UUID],
        field: FromPath[str],
        data: JSONBody[AnswerIn],
    ) -> ReviewOut:
        return await _answered(request.user, review_id, {field: data.value})

    @post(
        "/reviews/{review_id:uuid}/submission",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Submit the application, for the first time or after changes",
        status_code=200,
    )
    async def submit(self, request: ActorRequest, review_id: FromPath[UUID]) -> ReviewOut:
        return await review_out(request.user, await applications.submit(request.user, review_id))

    @post(
        "/reviews/{review_id:uuid}/withdrawal",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Take the application back before it is decided; it stays readable",
        status_code=200,
    )
    async def withdraw(self, request: ActorRequest, review_id: FromPath[UUID]) -> ReviewOut:
        return await review_out(request.user, await applications.withdraw(request.user, review_id))


async def _answered(actor: Actor, review_id: UUID, typed: dict[str, str | int]) -> ReviewOut:
    async with transaction():
        given = {field: str(value) for field, value in typed.items()}
        if faults := await applications.answer(actor, review_id, given):
            raise Invalid(faults)
    return await review_out(actor, await applications.seen_review(actor, review_id))
