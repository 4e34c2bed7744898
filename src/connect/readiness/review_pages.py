"""The reviewer's pages: the queue, a review on one sheet, its policy beside each element."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from connect.agencies.queries import standing_agency
from connect.errors import Conflict, ConnectError, Invalid, NotFound, decode
from connect.idempotency import once_by_form
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.readiness import change_views, deciding, documents, messages, review_views, reviewing
from connect.readiness.applications import seen_review
from connect.readiness.review_api import (
    DecisionIn,
    FoundIn,
    MessageIn,
    RecommendationIn,
    ReturnIn,
    ReviewerIn,
    reviewer_asked,
)
from connect.readiness.review_queries import WAITING, queue
from connect.readiness.tables import ReviewState
from connect.web.forms import read_form
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 25
SHOWN = {  # what the queue is filtered by → the states
    "": list(WAITING),
    "over": [
        ReviewState.APPROVED,
        ReviewState.DECLINED,
        ReviewState.WITHDRAWN,
        ReviewState.STALE,
    ],
    **{state.value: [state] for state in WAITING},
}
NOTICES = {
    "taken": "The application is assigned.",
    "returned": "The agency has a mail that lists what is not met, with your advice.",
    "recommended": "It is recommended. Another person decides.",
    "approved": "It is approved. The agency is a member and has a mail.",
    "declined": "It is declined. The agency has a mail with the reasons.",
    "found": "The finding is saved.",
    "sent": "The message is sent.",
}
REFUSED = (Conflict, Invalid, reviewing.Tied, reviewing.NotTheReviewer, deciding.SamePerson)
Act = Callable[[], Awaitable[object]]


class ReviewPages(Controller):
    path = "/reviews"
    include_in_schema = False

    @get("/", permission=Permission.READ_REVIEWS)
    async def queue(
        self,
        request: ActorRequest,
        standing: Annotated[str, QueryParameter(name="state")] = "",
        reviewer: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Response[str]:
        return await _queue(request, standing, reviewer, after)

    @get("/{review_id:uuid}", permission=Permission.READ_READINESS)
    async def review(
        self, request: ActorRequest, review_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[Any]:
        return await _sheet(request, review_id, notice=NOTICES.get(notice, ""))

    @post("/{review_id:uuid}/reviewer", permission=Permission.ASSIGN_REVIEWS)
    async def assign(self, request: ActorRequest, review_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)

        async def act() -> None:
            data = decode(ReviewerIn, given, strict=False)
            await reviewing.assign(request.user, review_id, data.account_id)

        return await _done(request, review_id, act, given, "taken")

    @post("/{review_id:uuid}/return", permission=Permission.REVIEW_READINESS)
    async def give_back(self, request: ActorRequest, review_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)

        async def act() -> None:
            data = decode(ReturnIn, given, strict=False)
            await reviewing.give_back(request.user, review_id, data.note)

        return await _done(request, review_id, act, given, "returned")

    @post("/{review_id:uuid}/recommendation", permission=Permission.REVIEW_READINESS)
    async def recommend(self, request: ActorRequest, review_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)

        async def act() -> None:
            data = decode(RecommendationIn, given, strict=False)
            await reviewing.recommend(request.user, review_id, data.hash)

        return await _done(request, review_id, act, given, "recommended")

    @post("/{review_id:uuid}/decision", permission=Permission.DECIDE_READINESS)
    async def decide(self, request: ActorRequest, review_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)

        async def act() -> None:
            data = decode(DecisionIn, given, strict=False)
            await deciding.decide(request.user, review_id, data.verdict, data.reasons, data.hash)

        return await _done(request, review_id, act, given, str(given.get("verdict")))

    @get("/{review_id:uuid}/elements/{element:str}", permission=Permission.READ_REVIEWS)
    async def element(
        self,
        request: ActorRequest,
        review_id: FromPath[UUID],
        element: FromPath[str],
        document: FromQuery[str] = "",
        number: FromQuery[int] = 0,
        notice: FromQuery[str] = "",
    ) -> Response[str]:
        return await _element(
            request,
            review_id,
            element,
            document=document,
            number=number,
            notice=NOTICES.get(notice, ""),
        )

    @post("/{review_id:uuid}/elements/{element:str}", permission=Permission.REVIEW_READINESS)
    async def find(
        self, request: ActorRequest, review_id: FromPath[UUID], element: FromPath[str]
    ) -> Response[Any]:
        given = await read_form(request)
        following = str(given.pop("following", ""))
        try:
            data = decode(FoundIn, {n: v for n, v in given.items() if v != ""}, strict=False)
            await reviewing.find(
                request.user,
                review_id,
                element,
                data.finding,
                document=data.document,
                page=data.page,
                comment=data.comment,
            )
        except REFUSED as refusal:
            return await _element(request, review_id, element, form=given, refusal=refusal)
        if following:
            return redirect(f"/reviews/{review_id}/elements/{following}?notice=found")
        return redirect(f"/reviews/{review_id}?notice=found")

    @get("/{review_id:uuid}/changes", permission=Permission.READ_REVIEWS)
    async def changes(self, request: ActorRequest, review_id: FromPath[UUID]) -> Response[str]:
        review = await seen_review(request.user, review_id)
        return page(
            request, "readiness/changes.html", **await change_views.changes(request.user, review)
        )

    @get("/{review_id:uuid}/history/{digest:str}", permission=Permission.READ_REVIEWS)
    async def history(
        self, request: ActorRequest, review_id: FromPath[UUID], digest: FromPath[str]
    ) -> Response[str]:
        review = await seen_review(request.user, review_id)
        shown = await review_views.kept_view(request.user, review, digest)
        return page(request, "readiness/kept.html", **shown)

    @get(
        "/{review_id:uuid}/documents/{document_id:uuid}",
        permission=Permission.READ_READINESS,
    )
    async def document(
        self, request: ActorRequest, review_id: FromPath[UUID], document_id: FromPath[UUID]
    ) -> Response[bytes]:
        row = await documents.document_of(request.user, review_id, document_id)
        return await documents.download(row)

    @get("/{review_id:uuid}/messages", permission=Permission.READ_READINESS)
    async def messages(
        self, request: ActorRequest, review_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _messages(request, review_id, notice=NOTICES.get(notice, ""))

    @post("/{review_id:uuid}/messages", permission=Permission.READ_READINESS)
    async def send(self, request: ActorRequest, review_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)
        try:
            data = decode(MessageIn, given, strict=False)

            async def act() -> None:
                await messages.send(request.user, review_id, data.text)

            await once_by_form(request, act)
        except (Invalid, messages.NotSubmitted) as refusal:
            return await _messages(request, review_id, form=given, refusal=refusal)
        return redirect(f"/reviews/{review_id}/messages?notice=sent")


async def _queue(request: ActorRequest, state: str, reviewer: str, after: str) -> Response[str]:
    whose, nobodys = reviewer_asked(request, reviewer)
    rows = await queue(
        request.user,
        states=SHOWN.get(state, SHOWN[""]),
        reviewer=whose,
        unassigned=nobodys,
        after=read_cursor(after, tuple[datetime, UUID]) if after else None,
        limit=PER_PAGE,
    )
    kept, following = cut(rows, PER_PAGE, lambda row: (row.submitted_at, row.id))
    here = f"/reviews?state={state}&reviewer={reviewer}"
    return page(
        request,
        "readiness/reviews.html",
        reviews=[
            {
                "row": row,
                "state": review_views.STATES[ReviewState(row.state)],
                "age": review_views.age_words(row.age_seconds),
                "submitted": moment(row.submitted_at, request.user.time_zone),
            }
            for row in kept
        ],
        form={"state": state if state in SHOWN else "", "reviewer": reviewer},
        states=[(s.value, review_views.STATES[s][0]) for s in WAITING] + [("over", "Over")],
        next=f"{here}&after={following}" if following else "",
        first=here if after else "",
    )


async def _sheet(
    request: ActorRequest,
    review_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    refusal: ConnectError | None = None,
    notice: str = "",
) -> Response[Any]:
    review = await seen_review(request.user, review_id)
    if not request.user.may(Permission.READ_REVIEWS):  # the agency has a page of its own
        return redirect(f"/agencies/{review.agency}/readiness")
    return page(
        request,
        "readiness/review.html",
        status=refusal.status if refusal else 200,
        **await review_views.sheet(request.user, review),
        form=form or {},
        errors=_errors(refusal),
        notice=notice,
    )


async def _done(
    request: ActorRequest, review_id: UUID, act: Act, given: dict[str, Any], notice: str
) -> Response[Any]:
    """Act, and go on to the sheet; a refusal shows there, with what was typed."""
    try:
        await act()
    except REFUSED as refusal:
        return await _sheet(request, review_id, form=given, refusal=refusal)
    return redirect(f"/reviews/{review_id}?notice={notice}")


async def _element(
    request: ActorRequest,
    review_id: UUID,
    element: str,
    *,
    document: str = "",
    number: int = 0,
    form: dict[str, Any] | None = None,
    refusal: ConnectError | None = None,
    notice: str = "",
) -> Response[str]:
    review = await seen_review(request.user, review_id)
    shown = await review_views.beside(request.user, review, element, document=document, page=number)
    if shown is None:
        raise NotFound
    if form is None:
        form = _prefilled(shown)
    return page(
        request,
        "readiness/element.html",
        status=refusal.status if refusal else 200,
        **shown,
        form=form,
        errors=_errors(refusal),
        notice=notice,
    )


def _prefilled(shown: dict[str, Any]) -> dict[str, Any]:
    """The last finding while it stands, on the page that is shown beside it."""
    finding = shown["finding"] if shown["stands"] else None
    return {
        "finding": finding.finding if finding else "",
        "comment": finding.comment if finding else "",
        "document": shown["shown"].id if shown["shown"] else "",
        "page": shown["page"] if shown["pages"] else (finding.page or "") if finding else "",
    }


async def _messages(
    request: ActorRequest,
    review_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    refusal: ConnectError | None = None,
    notice: str = "",
) -> Response[str]:
    review, rows = await messages.messages_of(request.user, review_id)
    agency = await standing_agency(review.agency)
    zone = request.user.time_zone
    return page(
        request,
        "readiness/messages.html",
        status=refusal.status if refusal else 200,
        agency={"id": agency.id, "name": agency.name},
        review=review,
        is_staff=request.user.may(Permission.READ_REVIEWS),
        messages=[row | {"at": moment(row["sent_at"], zone)} for row in rows],
        writes=review.submitted_at is not None and messages.may_write(request.user, agency.id),
        form=form or {},
        errors=_errors(refusal),
        notice=notice,
    )


def _errors(refusal: ConnectError | None) -> dict[str, str]:
    if refusal is None:
        return {}
    return refusal.errors if isinstance(refusal, Invalid) else {"": str(refusal)}
