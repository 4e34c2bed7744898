"""The coordinator's pages of an application: facts, submission, the executive's word."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import clock
from connect.agencies.tables import Agency
from connect.errors import ConnectError, Invalid, NotFound, decode, wants_json
from connect.idempotency import once_by_form
from connect.policy import Actor, Permission
from connect.readiness import affirmations, applications
from connect.readiness.affirmation_api import AffirmationIn
from connect.readiness.agency_api import ReminderIn
from connect.readiness.application_api import ReviewIn
from connect.readiness.application_queries import current_review
from connect.readiness.application_views import application_of, start_of
from connect.readiness.criteria import FactKind
from connect.readiness.queries import standing_of
from connect.readiness.rosters import roster_agency
from connect.readiness.tables import OPEN, Review, ReviewKind
from connect.readiness.training_reminders import remind_of
from connect.web.forms import read_form
from connect.web.templating import clock_time, page, redirect

ActorRequest = Request[Actor, Any, Any]
NOTICES = {
    "opened": "Your application is open. Everything is saved as you go; come back when you like.",
    "renewing": "Your renewal is open, with the answers and the policy of your last application. "
    "Change what is different by now.",
    "saved": "Your answers are saved.",
    "asked": "The mail is on its way. The link in it works once, for 14 days.",
    "submitted": "Your application is submitted. You will hear from us by mail.",
    "withdrawn": "Your application is withdrawn. What you entered stays readable.",
    "reminded": "Those who miss this training get a mail that names the courses.",
    "nobody": "Nobody was written to: each was written to today, or has no account yet.",
}


async def review_here(request: ActorRequest, agency_id: UUID) -> tuple[Agency, Review]:
    """An agency and its open application, for whoever keeps it.

    Raises:
        NotFound: no such agency of the actor's, or nothing is open.
    """
    agency = await roster_agency(request.user, agency_id, Permission.APPLY_FOR_READINESS)
    review = await current_review(agency.id)
    if review is None or review.state not in OPEN:
        raise NotFound
    return agency, review


async def status_page(
    request: ActorRequest,
    agency: Agency,
    *,
    notice: str = "",
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    heading: str = "",
) -> Response[str]:
    """What the program asks, how far the agency is, and its application where there is one."""
    review = await current_review(agency.id)
    standing = await standing_of(agency)
    actor = request.user
    return page(
        request,
        "readiness/agency.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        asked=standing.asked,
        criteria=standing.criteria,
        lines=len(standing.lines),
        application=await application_of(actor, agency, review) if review else None,
        start=await start_of(agency, standing.asked),
        keeps=actor.may(Permission.APPLY_FOR_READINESS, agency=agency.id),
        invites=actor.may(Permission.INVITE_PEOPLE, agency=agency.id),
        notice=notice,
        form=form or {},
        errors=errors or {},
        heading=heading,
    )


class ApplicationPages(Controller):
    path = "/agencies/{agency_id:uuid}/readiness"
    include_in_schema = False

    @get("/", permission=Permission.READ_READINESS)
    async def status(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[Any]:
        agency = await roster_agency(request.user, agency_id)
        if agency.id != agency_id:
            return redirect(f"/agencies/{agency.id}/readiness")
        return await status_page(request, agency, notice=NOTICES.get(notice, ""))

    @post("/", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def open(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        data = decode(ReviewIn, await read_form(request), strict=False)
        agency = await roster_agency(request.user, agency_id, Permission.APPLY_FOR_READINESS)

        async def act() -> None:
            await applications.open_review(request.user, agency.id, data.kind)

        try:
            await once_by_form(request, act)
        except applications.OpenAlready:
            return redirect(f"/agencies/{agency.id}/readiness")
        except Invalid as refusal:
            return await status_page(
                request, agency, errors={"": " ".join(refusal.errors.values())}, heading="Not now"
            )
        notice = "renewing" if data.kind is ReviewKind.RENEWAL else "opened"
        return redirect(f"/agencies/{agency.id}/readiness?notice={notice}")

    @get("/facts", permission=Permission.APPLY_FOR_READINESS)
    async def facts(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[str]:
        agency, review = await review_here(request, agency_id)
        return await _facts_page(request, agency, review)

    @post("/facts", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def save(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        given = {n: str(v) for n, v in (await read_form(request)).items()}
        agency, review = await review_here(request, agency_id)
        faults = await applications.answer(request.user, review.id, given)
        if wants_json(request):  # the script that saves while one types
            at = clock_time(clock.now(), request.user.time_zone)
            return Response({"faults": faults, "saved_at": at}, status_code=200)
        if faults:
            return await _facts_page(request, agency, review, form=given, errors=faults)
        return redirect(f"/agencies/{agency.id}/readiness?notice=saved")

    @post("/affirmation", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def ask(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        given = await read_form(request)
        agency, review = await review_here(request, agency_id)
        try:
            data = decode(AffirmationIn, given, strict=False)
            await affirmations.ask(request.user, review.id, data.email)
        except Invalid as refusal:
            return await status_page(request, agency, form=given, errors=refusal.errors)
        return redirect(f"/agencies/{agency.id}/readiness?notice=asked")

    @post("/submission", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def submit(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        await read_form(request)
        agency, review = await review_here(request, agency_id)
        try:
            await applications.submit(request.user, review.id)
        except Invalid:  # the page lists what is missing, with the way to each
            words = "This cannot be submitted yet: see what is missing under Submit."
            return await status_page(
                request, agency, errors={"submitting": words}, heading="Not yet"
            )
        return redirect(f"/agencies/{agency.id}/readiness?notice=submitted")

    @post("/reminders", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def remind(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        data = decode(ReminderIn, await read_form(request), strict=False)
        sent = await remind_of(request.user, agency_id, data.rule)
        notice = "reminded" if sent else "nobody"
        return redirect(f"/agencies/{agency_id}/readiness?notice={notice}")

    @post("/withdrawal", permission=Permission.APPLY_FOR_READINESS, status_code=303)
    async def withdraw(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Response[Any]:
        await read_form(request)
        agency, review = await review_here(request, agency_id)
        await applications.withdraw(request.user, review.id)
        return redirect(f"/agencies/{agency.id}/readiness?notice=withdrawn")


async def _facts_page(
    request: ActorRequest,
    agency: Agency,
    review: Review,
    *,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    asked = applications.asked_of(review)
    return page(
        request,
        "readiness/facts.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        fields=asked.facts,
        types={FactKind.DAY: "date"},
        choices={fact.id: [(c, c) for c in fact.choices] for fact in asked.facts},
        numbers=[FactKind.COUNT, FactKind.YEAR, FactKind.PSAP],
        hands=review.state in applications.AGENCYS_TURN,
        word=await applications.affirmed(review),
        form=await applications.facts_of(review) | (form or {}),
        errors=errors or {},
    )


def refused_in(refusal: ConnectError, field: str) -> dict[str, str]:
    """The errors of a refusal, or its words under a field of the form."""
    return refusal.errors if isinstance(refusal, Invalid) else {field: str(refusal)}
