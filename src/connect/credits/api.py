"""Credit over JSON: what a course is worth, who gives credit for it, who accredits us."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from connect import clock
from connect.credits import actions, rules
from connect.credits.queries import accreditation_rows, accreditations, offers
from connect.errors import NotFound
from connect.fields import Key, State
from connect.idempotency import once
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Day = Annotated[date, Meta(description="Write the day as 2026-03-04.")]
Minutes = Annotated[
    int,
    Meta(ge=1, le=rules.LONGEST, description=f"Write a number of 1 to {rules.LONGEST:,} minutes."),
]
NotCounted = Annotated[
    int,
    Meta(ge=0, le=rules.LONGEST, description=f"Write a number of 0 to {rules.LONGEST:,} minutes."),
]
Board = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=rules.LONGEST_BODY,
        description=f"Write the name in 1 to {rules.LONGEST_BODY} characters.",
    ),
]
Number = Annotated[
    str,
    Meta(
        max_length=rules.LONGEST_NUMBER,
        description=f"Write at most {rules.LONGEST_NUMBER} characters.",
    ),
]
Kind = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=rules.LONGEST_KIND,
        description=f"Write the name of the unit in 1 to {rules.LONGEST_KIND} characters.",
    ),
]
AskedMinutes = Annotated[int, QueryParameter(ge=1, le=rules.LONGEST)]
AskedNotCounted = Annotated[int, QueryParameter(ge=0, le=rules.LONGEST)]
DAYS = {"since": "from"}


class OfferIn(msgspec.Struct, forbid_unknown_fields=True, rename=DAYS):
    course: Key
    state: State
    board: Board
    since: Day
    course_number: Number = ""
    minutes: Minutes | None = None
    not_countable: NotCounted = 0
    kind: Kind = rules.CONTACT_HOURS
    until: Day | None = None


class OfferOut(msgspec.Struct, rename=DAYS):
    id: UUID
    course: str
    state: str
    board: str
    course_number: str
    minutes: int
    kind: str
    worth: str
    since: date
    until: date | None


class AccreditationIn(msgspec.Struct, forbid_unknown_fields=True, rename=DAYS):
    body: Board
    kinds: list[Kind]
    since: Day
    number: Number = ""
    until: Day | None = None


class AccreditationOut(msgspec.Struct, rename=DAYS):
    id: UUID
    body: str
    number: str
    kinds: list[str]
    since: date
    until: date | None


class EndIn(msgspec.Struct, forbid_unknown_fields=True):
    until: Day


class CreditsApi(Controller):
    path = "/api/v1"
    tags = ["credit"]

    @get(
        "/credit-proposals",
        permission=Permission.MANAGE_CREDITS,
        summary="What may be offered for so many minutes on a day",
    )
    async def propose(
        self,
        request: ActorRequest,
        minutes: AskedMinutes,
        not_countable: AskedNotCounted = 0,
        on: FromQuery[date | None] = None,
    ) -> rules.Proposal:
        day = on or clock.day_in(request.user.time_zone, clock.now())
        left = rules.countable(minutes, not_countable)
        return rules.propose(left, day, await accreditations())

    @get("/credit-offers", permission=Permission.MANAGE_CREDITS, summary="Credit offers, by course")
    async def offers(self, request: ActorRequest) -> list[OfferOut]:
        return [_offer(row) for row in await offers(request.user)]

    @post(
        "/credit-offers",
        permission=Permission.MANAGE_CREDITS,
        summary="Offer credit of a state's board for a course",
    )
    async def add_offer(self, request: ActorRequest, data: JSONBody[OfferIn]) -> Response[OfferOut]:
        async def act() -> tuple[int, OfferOut]:
            row = await actions.add_offer(request.user, **msgspec.structs.asdict(data))
            return 201, await _offer_by_id(request.user, row.id)

        return await once(request, act)

    @patch(
        "/credit-offers/{offer_id:uuid}",
        permission=Permission.MANAGE_CREDITS,
        summary="Let a credit offer end with a day",
    )
    async def end_offer(
        self, request: ActorRequest, offer_id: FromPath[UUID], data: JSONBody[EndIn]
    ) -> OfferOut:
        await actions.end_offer(request.user, offer_id, data.until)
        return await _offer_by_id(request.user, offer_id)

    @get(
        "/accreditations",
        permission=Permission.MANAGE_CREDITS,
        summary="Who lets us award units by which names",
    )
    async def accreditations(self, request: ActorRequest) -> list[AccreditationOut]:
        return [_accreditation(row) for row in await accreditation_rows(request.user)]

    @post(
        "/accreditations",
        permission=Permission.MANAGE_CREDITS,
        summary="Write down an accreditation",
    )
    async def accredit(
        self, request: ActorRequest, data: JSONBody[AccreditationIn]
    ) -> Response[AccreditationOut]:
        async def act() -> tuple[int, AccreditationOut]:
            row = await actions.add_accreditation(request.user, **msgspec.structs.asdict(data))
            return 201, await _accreditation_by_id(request.user, row.id)

        return await once(request, act)

    @patch(
        "/accreditations/{accreditation_id:uuid}",
        permission=Permission.MANAGE_CREDITS,
        summary="Let an accreditation end with a day",
    )
    async def end_accreditation(
        self, request: ActorRequest, accreditation_id: FromPath[UUID], data: JSONBody[EndIn]
    ) -> AccreditationOut:
        await actions.end_accreditation(request.user, accreditation_id, data.until)
        return await _accreditation_by_id(request.user, accreditation_id)


def _offer(row: dict[str, Any]) -> OfferOut:
    return OfferOut(**{name: row[name] for name in OfferOut.__struct_fields__})


async def _offer_by_id(actor: Actor, offer_id: UUID) -> OfferOut:
    row = next((r for r in await offers(actor) if r["id"] == offer_id), None)
    if row is None:
        raise NotFound
    return _offer(row)


def _accreditation(row: dict[str, Any]) -> AccreditationOut:
    return AccreditationOut(**{name: row[name] for name in AccreditationOut.__struct_fields__})


async def _accreditation_by_id(actor: Actor, accreditation_id: UUID) -> AccreditationOut:
    rows = await accreditation_rows(actor)
    row = next((r for r in rows if r["id"] == accreditation_id), None)
    if row is None:
        raise NotFound
    return _accreditation(row)
