"""Duplicates, merges and their undoing, as pages."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts.people import person
from connect.agencies.tables import Agency
from connect.db import one
from connect.errors import Invalid
from connect.lists import STATES
from connect.merges.actions import Outcome, merge_agencies, merge_people, undo_merge
from connect.merges.duplicates import tell_apart
from connect.merges.queries import Twin, account_named, duplicates, undoable
from connect.merges.rules import REASON_WORDS
from connect.merges.tables import MergeKind
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import day, moment, page, plural, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 25
NOTICES = {
    "told": "Noted. These two are not shown as a pair again.",
    "merged": "The two are one now. You can undo it on this page.",
    "undone": "The two are apart again. Each has what it had before.",
}


class MergePages(Controller):
    path = "/admin"
    include_in_schema = False

    @get("/duplicates", permission=Permission.MERGE_PEOPLE)
    async def duplicates(
        self, request: ActorRequest, after: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[str]:
        before = read_cursor(after, UUID) if after else None
        rows = await duplicates(request.user, before=before, limit=PER_PAGE)
        kept, following = cut(rows, PER_PAGE, lambda row: row.id)
        return page(
            request,
            "merges/duplicates.html",
            pairs=[
                {
                    "id": row.id,
                    "sides": [_twin(row.one, row.other), _twin(row.other, row.one)],
                    "reasons": [REASON_WORDS[reason] for reason in row.reasons],
                }
                for row in kept
            ],
            next=f"/admin/duplicates?after={following}" if following else "",
            notice=NOTICES.get(notice, ""),
        )

    @post("/duplicates/{pair_id:uuid}", permission=Permission.MERGE_PEOPLE)
    async def tell_apart(self, request: ActorRequest, pair_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await tell_apart(request.user, pair_id)
        return redirect("/admin/duplicates?notice=told")

    @get("/people/{account_id:uuid}/merge", permission=Permission.MERGE_PEOPLE)
    async def people(
        self,
        request: ActorRequest,
        account_id: FromPath[UUID],
        other: FromQuery[str] = "",
        notice: FromQuery[str] = "",
    ) -> Response[str]:
        return await _people(request, account_id, other, notice=NOTICES.get(notice, ""))

    @post("/people/{account_id:uuid}/merge", permission=Permission.MERGE_PEOPLE)
    async def merge_people(
        self, request: ActorRequest, account_id: FromPath[UUID]
    ) -> Response[Any]:
        other = str((await read_form(request)).get("other_id", ""))
        try:
            await merge_people(request.user, account_id, _id(other))
        except Invalid as refusal:
            if not await _is_done(account_id, other, people=True):
                return await _people(request, account_id, "", errors=refusal.errors)
        return redirect(f"/admin/people/{account_id}/merge?notice=merged")

    @get("/agencies/{agency_id:uuid}/merge", permission=Permission.MANAGE_AGENCIES)
    async def agencies(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        other: FromQuery[str] = "",
        notice: FromQuery[str] = "",
    ) -> Response[str]:
        return await _agencies(request, agency_id, other, notice=NOTICES.get(notice, ""))

    @post("/agencies/{agency_id:uuid}/merges", permission=Permission.MANAGE_AGENCIES)
    async def merge_agencies(
        self, request: ActorRequest, agency_id: FromPath[UUID]
    ) -> Response[Any]:
        other = str((await read_form(request)).get("other_id", ""))
        try:
            await merge_agencies(request.user, agency_id, _id(other))
        except Invalid as refusal:
            if not await _is_done(agency_id, other, people=False):
                return await _agencies(request, agency_id, "", errors=refusal.errors)
        return redirect(f"/admin/agencies/{agency_id}/merge?notice=merged")

    @post("/merges/{merge_id:uuid}/undo", permission=Permission.MERGE_PEOPLE)
    async def undo(self, request: ActorRequest, merge_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        merge = await undo_merge(request.user, merge_id)
        return redirect(f"/admin/{merge.kind}/{merge.kept}/merge?notice=undone")


def _id(typed: str) -> UUID:
    """The id that a form carries.

    Raises:
        Invalid: it carries none.
    """
    try:
        return UUID(typed)
    except ValueError:
        raise Invalid({"other_id": "Choose the one that is to go."}) from None


async def _is_done(kept: UUID, gone: str, *, people: bool) -> bool:
    """Whether a button was only pressed twice."""
    return any(str(row["gone"]) == gone for row in await undoable(kept, people=people))


def _twin(twin: Twin, other: Twin) -> dict[str, Any]:
    state = STATES[twin.state].label if twin.state in STATES else ""
    return {
        "id": twin.id,
        "name": twin.legal_name,
        "email": twin.email,
        "about": " · ".join(part for part in (twin.title, state) if part),
        "completions": plural(twin.completions, "completion"),
        "since": day(twin.made_at),
        "merge": f"/admin/people/{twin.id}/merge?other={other.id}",
    }


async def _people(
    request: ActorRequest,
    account_id: UUID,
    other: str,
    *,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    account = await person(request.user, account_id)
    wrong, outcome = dict(errors or {}), None
    if other:
        found = await account_named(other)
        try:
            if found is None:
                raise Invalid({"other": "There is no account with this address."})
            outcome = await merge_people(request.user, account_id, found, dry_run=True)
        except Invalid as refusal:
            wrong["other"] = next(iter(refusal.errors.values()))
    return await _shown(
        request,
        MergeKind.PEOPLE,
        {"id": account.id, "name": account.legal_name, "about": account.email},
        outcome,
        other,
        wrong,
        notice,
    )


async def _agencies(
    request: ActorRequest,
    agency_id: UUID,
    other: str,
    *,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    agency = await one(Agency.objects().where(Agency.id == agency_id))
    wrong, outcome = dict(errors or {}), None
    if other:
        try:
            outcome = await merge_agencies(request.user, agency_id, _id(other), dry_run=True)
        except Invalid as refusal:
            wrong[""] = next(iter(refusal.errors.values()))
    return await _shown(
        request,
        MergeKind.AGENCIES,
        {"id": agency.id, "name": agency.name, "about": ""},
        outcome,
        other,
        wrong,
        notice,
    )


async def _shown(
    request: ActorRequest,
    kind: MergeKind,
    keep: dict[str, Any],
    outcome: Outcome | None,
    other: str,
    errors: dict[str, str],
    notice: str,
) -> Response[str]:
    zone = request.user.time_zone
    people = kind is MergeKind.PEOPLE
    return page(
        request,
        "merges/merge.html",
        status=422 if errors else 200,
        kind=kind,
        keep=keep,
        gone_id=outcome.gone.id if outcome else "",
        plan=outcome.plan if outcome else None,
        moves=_words(outcome.plan.moves()) if outcome else [],
        ends=_words(outcome.plan.ends()) if outcome else [],
        standing=[
            row
            | {
                "made": moment(row["made_at"], zone),
                "until": moment(row["until"], zone),
                "by_name": row["by_name"] or "somebody",
            }
            for row in await undoable(keep["id"], people=people)
        ],
        other=other,
        errors=errors,
        notice=notice,
    )


def _words(found: list[Any]) -> list[str]:
    return [f"{count.number:,} {count.what}" for count in found]
