"""The reviewer's side over JSON: queue, findings, messages, return, recommendation, decision."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from connect.errors import Invalid
from connect.fields import Reason
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission
from connect.readiness import deciding, messages, reviewing, snapshots
from connect.readiness.applications import seen_review
from connect.readiness.checklist import Material, material_of
from connect.readiness.deciding import Decision
from connect.readiness.findings_rules import Mark
from connect.readiness.review_queries import Queued, changes_since, queue
from connect.readiness.tables import Review, ReviewState, Verdict

ActorRequest = Request[Actor, Any, Any]
END = r"$(?!\n)"
Digest = Annotated[
    str,
    Meta(pattern=f"^[0-9a-f]{{64}}{END}", description="Send the hash of the state that you saw."),
]
Words = Annotated[
    str, Meta(max_length=5000, pattern=r"^[^\x00]*$", description="Write at most 5,000 characters.")
]
FindingIn = Annotated[
    Verdict, Meta(description="Say met, met_equivalent, not_met or not_applicable.")
]
PageNumber = Annotated[
    int, Meta(ge=1, le=10_000, description="Write the number of the page, from 1.")
]


class ReviewerIn(msgspec.Struct, forbid_unknown_fields=True):
    account_id: UUID


class FoundIn(msgspec.Struct, forbid_unknown_fields=True):
    finding: FindingIn
    document: UUID | None = None  # None: the one in which the agency points at a passage
    page: PageNumber | None = None
    comment: Reason = ""


class ReturnIn(msgspec.Struct, forbid_unknown_fields=True):
    note: Words = ""


class RecommendationIn(msgspec.Struct, forbid_unknown_fields=True):
    hash: Digest


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Annotated[Decision, Meta(description="Say approved or declined.")]
    hash: Digest
    reasons: Words = ""


class MessageIn(msgspec.Struct, forbid_unknown_fields=True):
    text: Words


class QueuedOut(msgspec.Struct):
    id: UUID
    agency_id: UUID
    agency: str
    agency_state: str
    kind: str
    state: str
    reviewer_id: UUID | None
    reviewer: str
    submitted_at: datetime
    age_seconds: int  # without the agency's own time
    answer_due: date | None
    is_overdue: bool


class FoundOut(msgspec.Struct):
    element: str
    title: str
    critical: bool
    state: Mark
    finding: str | None
    document: UUID | None
    page: int | None
    comment: str
    found_by: UUID | None
    found_at: datetime | None


class SheetOut(msgspec.Struct):
    """A review as its reviewer sees it."""

    id: UUID
    state: str
    reviewer: UUID | None
    hash: str  # of the present state
    recommended_hash: str | None
    decided_hash: str | None
    decided_alone: bool  # the rule of two persons was off at the decision
    reasons: str
    findings: list[FoundOut]
    missing: list[str]  # what stands in the way of a recommendation
    changed: list[str]  # since it was last returned


class MessageOut(msgspec.Struct):
    id: UUID
    author: UUID
    name: str
    text: str
    by_program: bool
    sent_at: datetime


class DecidedOut(msgspec.Struct):
    state: str
    hash: str
    membership_id: UUID | None
    starts_on: date | None
    ends_on: date | None


async def sheet_of(review: Review, material: Material | None = None) -> SheetOut:
    its = material or await material_of(review)
    state = await snapshots.state_of(review, its)
    changed: list[str] = []
    if its.handed_in_again is not None:
        changed = await changes_since(review, review.returned_hash, state, findings=False)
    return SheetOut(
        id=review.id,
        state=review.state,
        reviewer=review.reviewer,
        hash=snapshots.hash_of(state),
        recommended_hash=review.recommended_hash,
        decided_hash=review.decided_hash,
        decided_alone=review.decided_alone,
        reasons=review.reasons,
        findings=[_found(its, element.id) for element in its.asked.elements],
        missing=its.missing,
        changed=changed,
    )


def _found(its: Material, name: str) -> FoundOut:
    element = next(one for one in its.asked.elements if one.id == name)
    row = its.findings.get(name)
    return FoundOut(
        element=name,
        title=element.title,
        critical=element.critical,
        state=its.mark(name),
        finding=row.finding if row else None,
        document=row.document if row else None,
        page=row.page if row else None,
        comment=row.comment if row else "",
        found_by=row.found_by if row else None,
        found_at=row.found_at if row else None,
    )


def reviewer_asked(request: ActorRequest, given: str) -> tuple[UUID | None, bool]:
    """Whose reviews are asked for: ``me``, ``none`` or an id; and whether nobody's."""
    if given in ("", "none"):
        return None, given == "none"
    if given == "me":
        return request.user.id, False
    try:
        return UUID(given), False
    except ValueError:
        raise Invalid({"reviewer": "Send an account's id, me, or none."}) from None


class ReviewsApi(Controller):
    path = "/api/v1/reviews"
    tags = ["readiness"]

    @get(
        "/",
        permission=Permission.READ_REVIEWS,
        summary="Reviews that were submitted, longest ago first; reviewer is an id, me or none",
    )
    async def listed(
        self,
        request: ActorRequest,
        standing: Annotated[ReviewState | None, QueryParameter(name="state")] = None,
        reviewer: Annotated[str, QueryParameter(max_length=40)] = "",
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[QueuedOut]:
        whose, nobodys = reviewer_asked(request, reviewer)
        rows = await queue(
            request.user,
            states=[standing] if standing else [],
            reviewer=whose,
            unassigned=nobodys,
            after=read_cursor(after, tuple[datetime, UUID]) if after else None,
            limit=limit,
        )
        kept, following = cut(rows, limit, lambda row: (row.submitted_at, row.id))
        return Page([queued_out(row) for row in kept], following)

    @get(
        "/{review_id:uuid}/findings",
        permission=Permission.READ_REVIEWS,
        summary="The checklist: each element with its finding, what is missing, what changed",
    )
    async def sheet(self, request: ActorRequest, review_id: FromPath[UUID]) -> SheetOut:
        return await sheet_of(await seen_review(request.user, review_id))

    @put(
        "/{review_id:uuid}/reviewer",
        permission=Permission.ASSIGN_REVIEWS,
        summary="Give a review to a reviewer, or take it yourself",
    )
    async def assign(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[ReviewerIn]
    ) -> SheetOut:
        return await sheet_of(await reviewing.assign(request.user, review_id, data.account_id))

    @put(
        "/{review_id:uuid}/findings/{element:str}",
        permission=Permission.REVIEW_READINESS,
        summary="What the policy says of one element; earlier findings stay",
    )
    async def find(
        self,
        request: ActorRequest,
        review_id: FromPath[UUID],
        element: FromPath[str],
        data: JSONBody[FoundIn],
    ) -> FoundOut:
        its = await reviewing.find(request.user, review_id, element, **msgspec.structs.asdict(data))
        return _found(its, element)

    @post(
        "/{review_id:uuid}/return",
        permission=Permission.REVIEW_READINESS,
        summary="Ask the agency for changes: what is not met, with advice, and a note",
        status_code=200,
    )
    async def give_back(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[ReturnIn]
    ) -> SheetOut:
        return await sheet_of(await reviewing.give_back(request.user, review_id, data.note))

    @post(
        "/{review_id:uuid}/recommendation",
        permission=Permission.REVIEW_READINESS,
        summary="Say that everything is met, of the state with this hash",
        status_code=200,
    )
    async def recommend(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[RecommendationIn]
    ) -> SheetOut:
        return await sheet_of(await reviewing.recommend(request.user, review_id, data.hash))

    @post(
        "/{review_id:uuid}/decision",
        permission=Permission.DECIDE_READINESS,
        summary="Approve or decline, by another person, the state with this hash",
        status_code=200,
    )
    async def decide(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[DecisionIn]
    ) -> DecidedOut:
        done = await deciding.decide(request.user, review_id, data.verdict, data.reasons, data.hash)
        term = done.membership
        return DecidedOut(
            state=done.review.state,
            hash=done.review.decided_hash or "",
            membership_id=term.id if term else None,
            starts_on=term.starts_on if term else None,
            ends_on=term.ends_on if term else None,
        )

    @get(
        "/{review_id:uuid}/history/{digest:str}",
        permission=Permission.READ_REVIEWS,
        summary="The exact state with this hash, as it was kept",
    )
    async def history(
        self, request: ActorRequest, review_id: FromPath[UUID], digest: FromPath[str]
    ) -> Response[bytes]:
        review = await seen_review(request.user, review_id)
        row = await snapshots.kept(review, digest)
        return Response(row.state.encode(), media_type="application/json")

    @get(
        "/{review_id:uuid}/messages",
        permission=Permission.READ_READINESS,
        summary="Words between the agency and the program, oldest first",
    )
    async def messages(self, request: ActorRequest, review_id: FromPath[UUID]) -> list[MessageOut]:
        _, rows = await messages.messages_of(request.user, review_id)
        return msgspec.convert(rows, list[MessageOut])

    @post(
        "/{review_id:uuid}/messages",
        permission=Permission.READ_READINESS,
        summary="Write to the other side, which gets a mail",
    )
    async def send(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[MessageIn]
    ) -> Response[MessageOut]:
        async def act() -> tuple[int, MessageOut]:
            sent = await messages.send(request.user, review_id, data.text)
            _, rows = await messages.messages_of(request.user, review_id)
            return 201, msgspec.convert(next(r for r in rows if r["id"] == sent.id), MessageOut)

        return await once(request, act)


def queued_out(row: Queued) -> QueuedOut:
    return msgspec.convert(row, QueuedOut, from_attributes=True)
