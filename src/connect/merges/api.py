"""Duplicates, merges and their undoing, over JSON."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect.idempotency import once
from connect.merges.actions import Outcome, merge_agencies, merge_people, undo_merge
from connect.merges.duplicates import tell_apart
from connect.merges.queries import duplicates, undoable
from connect.merges.rules import undo_until
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]


class MergeIn(msgspec.Struct, forbid_unknown_fields=True):
    other_id: Annotated[UUID, Meta(description="Send the id of the one that is to go.")]
    dry_run: bool = False


class CountOut(msgspec.Struct):
    what: str
    number: int


class FactOut(msgspec.Struct):
    name: str
    kept: str
    gone: str


class RepeatOut(msgspec.Struct):
    title: str
    version: int
    day: date
    certificate: str
    counted: bool


class MergeOut(msgspec.Struct):
    """What a merge does, or did. Without an id it is a preview."""

    id: UUID | None
    kept: UUID
    gone: UUID
    undo_until: datetime | None
    moves: list[CountOut]
    ends: list[CountOut]
    repeats: list[RepeatOut]
    facts: list[FactOut]
    notes: list[str]


class StandingMerge(msgspec.Struct):
    id: UUID
    kept: UUID
    gone: UUID
    name: str
    made_at: datetime
    made_by: UUID
    until: datetime


class TwinOut(msgspec.Struct):
    id: UUID
    legal_name: str
    email: str
    state: str | None
    title: str
    made_at: datetime
    completions: int


class PairOut(msgspec.Struct):
    id: UUID
    one: TwinOut
    other: TwinOut
    reasons: list[str]


def _told(outcome: Outcome) -> MergeOut:
    plan, merge = outcome.plan, outcome.merge
    found = {
        "id": merge.id if merge else None,
        "kept": outcome.keep.id,
        "gone": outcome.gone.id,
        "undo_until": undo_until(merge.made_at) if merge else None,
        "moves": plan.moves(),
        "ends": plan.ends(),
        "repeats": plan.repeats,
        "facts": plan.facts,
        "notes": plan.notes,
    }
    return msgspec.convert(found, MergeOut, from_attributes=True)


class MergesApi(Controller):
    path = "/api/v1"
    tags = ["people"]

    @get(
        "/duplicates",
        permission=Permission.MERGE_PEOPLE,
        summary="Accounts that may be one person's, found last first",
    )
    async def duplicates(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[PairOut]:
        before = read_cursor(after, UUID) if after else None
        rows = await duplicates(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row.id)
        return Page(msgspec.convert(kept, list[PairOut], from_attributes=True), following)

    @post(
        "/duplicates/{pair_id:uuid}/dismissal",
        permission=Permission.MERGE_PEOPLE,
        summary="Say that the two are not the same person",
        status_code=204,
    )
    async def dismiss(self, request: ActorRequest, pair_id: FromPath[UUID]) -> None:
        await tell_apart(request.user, pair_id)

    @get(
        "/accounts/{account_id:uuid}/merges",
        permission=Permission.MERGE_PEOPLE,
        summary="Merges into this account that can be undone",
    )
    async def of_person(
        self, request: ActorRequest, account_id: FromPath[UUID]
    ) -> Page[StandingMerge]:
        rows = await undoable(account_id, people=True)
        return Page(msgspec.convert(rows, list[StandingMerge]), None)

    @post(
        "/accounts/{account_id:uuid}/merges",
        permission=Permission.MERGE_PEOPLE,
        summary="Make this account stand for another one of the same person",
    )
    async def merge_people(
        self, request: ActorRequest, account_id: FromPath[UUID], data: JSONBody[MergeIn]
    ) -> Response[MergeOut]:
        async def act() -> tuple[int, MergeOut]:
            done = await merge_people(request.user, account_id, data.other_id, dry_run=data.dry_run)
            return 200 if data.dry_run else 201, _told(done)

        return await once(request, act)

    @get(
        "/agencies/{agency_id:uuid}/merges",
        permission=Permission.MANAGE_AGENCIES,
        summary="Merges into this agency that can be undone",
    )
    async def of_agency(
        self, request: ActorRequest, agency_id: FromPath[UUID]
    ) -> Page[StandingMerge]:
        rows = await undoable(agency_id, people=False)
        return Page(msgspec.convert(rows, list[StandingMerge]), None)

    @post(
        "/agencies/{agency_id:uuid}/merges",
        permission=Permission.MANAGE_AGENCIES,
        summary="Let this agency stand for another one, which was listed twice",
    )
    async def merge_agencies(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[MergeIn]
    ) -> Response[MergeOut]:
        async def act() -> tuple[int, MergeOut]:
            done = await merge_agencies(
                request.user, agency_id, data.other_id, dry_run=data.dry_run
            )
            return 200 if data.dry_run else 201, _told(done)

        return await once(request, act)

    @delete(
        "/merges/{merge_id:uuid}",
        permission=Permission.MERGE_PEOPLE,
        summary="Undo a merge of the last 30 days",
    )
    async def undo(self, request: ActorRequest, merge_id: FromPath[UUID]) -> None:
        await undo_merge(request.user, merge_id)
