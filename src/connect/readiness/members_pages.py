"""The public list of members as a page, and a term's page for staff and the agency."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import clock
from connect.agencies.queries import standing_agency
from connect.agencies.views import filters_of, options
from connect.certificates.queries import number_for
from connect.config import settings
from connect.errors import ConnectError, Invalid, StepUpNeeded
from connect.idempotency import once_by_form
from connect.lists import AGENCY_KINDS, STATES
from connect.paging import cursor, read_cursor
from connect.policy import Actor, Permission
from connect.readiness import memberships, recognition
from connect.readiness.criteria import requirement_sets
from connect.readiness.member_queries import Member, members, notices_of, steps_of
from connect.readiness.member_views import STATE_WORDS
from connect.readiness.members_api import as_csv, day_asked, press_file
from connect.readiness.memberships import SOURCE
from connect.readiness.recognition import seen_membership, tasks_of
from connect.readiness.tables import MembershipState
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 100
ACTS = {
    "suspension": memberships.suspend,
    "revocation": memberships.revoke,
    "reinstatement": memberships.reinstate,
}
NOTICES = {
    "suspension": "The membership is suspended, and the agency is told.",
    "revocation": "The membership is revoked, and the agency is told.",
    "reinstatement": "The membership is active again, and the agency is told.",
    "task": "It is written down.",
}


class MembersPages(Controller):
    path = "/members"
    include_in_schema = False

    @get("/", permission=Permission.READ_AGENCIES)
    async def members(self, request: ActorRequest) -> Response[str]:
        filters, errors = filters_of(request), {}
        asked = request.query_params.get("as_of", "")
        try:
            day = day_asked(asked)
        except Invalid as refusal:
            day, errors = clock.today(), refusal.errors
        found = await members(day, **filters)
        shown, following = _piece(found, request.query_params.get("after", ""))
        query = {n: value for n, value in filters.items() if value}
        query |= {"as_of": str(day)} if day != clock.today() else {}
        return page(
            request,
            "readiness/members.html",
            status=422 if errors else 200,
            members=[_row(member) for member in shown],
            total=len(found),
            listed_on=day,
            is_today=day == clock.today(),
            filters={**filters, "as_of": asked if errors else day},
            errors=errors,
            options={**options(), "kinds": _kinds()},
            csv=f"/members.csv?{urlencode(query)}" if query else "/members.csv",
            filtered=any(filters.values()),
            next=f"/members?{urlencode({**query, 'after': following})}" if following else "",
            first=f"/members?{urlencode(query)}" if "after" in request.query_params else "",
        )

    @get("/{membership_id:uuid}", permission=Permission.READ_READINESS)
    async def member(
        self, request: ActorRequest, membership_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _member_page(request, membership_id, notice=NOTICES.get(notice, ""))

    @get("/{membership_id:uuid}/press.txt", permission=Permission.READ_READINESS)
    async def press(self, request: ActorRequest, membership_id: FromPath[UUID]) -> Response[str]:
        return await press_file(request.user, membership_id)

    @post("/{membership_id:uuid}/state", permission=Permission.MANAGE_MEMBERSHIPS, status_code=303)
    async def change(self, request: ActorRequest, membership_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        name, reason = str(fields.get("act", "")), str(fields.get("reason", ""))[:2000]

        async def act() -> None:
            wrong = {} if name in ACTS else {"act": "Choose what is to happen."}
            if wrong and not reason.strip():
                wrong["reason"] = memberships.REASON
            if wrong:
                raise Invalid(wrong)
            await ACTS[name](request.user, membership_id, reason=reason)

        try:
            await once_by_form(request, act)
        except StepUpNeeded:
            raise
        except Invalid as refusal:
            return await _member_page(request, membership_id, fields, refusal.errors)
        except ConnectError as refusal:
            if refusal.status != 409:
                raise
            return await _member_page(request, membership_id, fields, {"act": str(refusal)})
        return redirect(f"/members/{membership_id}?notice={name}")

    @post(
        "/{membership_id:uuid}/recognition/{task:str}",
        permission=Permission.MANAGE_MEMBERSHIPS,
        status_code=303,
    )
    async def recognize(
        self, request: ActorRequest, membership_id: FromPath[UUID], task: FromPath[str]
    ) -> Response[Any]:
        fields = await read_form(request)
        note = str(fields.get(f"note-{task}", "")).strip()
        done = fields.get("done") == "yes"
        try:
            await recognition.note_task(request.user, membership_id, task, done=done, note=note)
        except Invalid as refusal:
            wrong = {f"note-{task}": refusal.errors["note"]}
            return await _member_page(request, membership_id, fields, wrong)
        return redirect(f"/members/{membership_id}?notice=task#recognition")


class MembersFiles(Controller):
    include_in_schema = False

    @get("/members.csv", permission=Permission.READ_AGENCIES)
    async def csv(self, request: ActorRequest) -> Response[str]:
        day = day_asked(request.query_params.get("as_of", ""))
        return as_csv(await members(day, **filters_of(request)), day)


def _piece(found: list[Member], after: str) -> tuple[list[Member], str]:
    """A page of the list, and what leads to the next one: the place behind it."""
    start = read_cursor(after, int) if after else 0
    more = len(found) > start + PER_PAGE
    return found[start : start + PER_PAGE], cursor(start + PER_PAGE) if more else ""


def _row(member: Member) -> dict[str, Any]:
    return msgspec.structs.asdict(member) | {
        "kind": AGENCY_KINDS[member.kind].label,
        "state": STATES[member.state].label,
    }


def _kinds() -> list[tuple[str, str]]:
    """The kinds of agencies that the program is for."""
    codes = {code for one in requirement_sets().values() for code in one.agency_kinds}
    return [(code, item.label) for code, item in AGENCY_KINDS.items() if code in codes]


async def _member_page(
    request: ActorRequest,
    membership_id: UUID,
    form: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    notice: str = "",
) -> Response[str]:
    actor = request.user
    term = await seen_membership(actor, membership_id)
    agency = await standing_agency(term.agency)
    tasks = await tasks_of(term.id)
    manages = actor.may(Permission.MANAGE_MEMBERSHIPS)
    words, kind = STATE_WORDS[MembershipState(term.state)]
    return page(
        request,
        "readiness/member.html",
        status=422 if errors else 200,
        agency={"id": agency.id, "name": agency.name},
        term=term,
        state={"words": words, "kind": kind},
        certificate=await number_for(SOURCE, term.id),
        tasks=tasks,
        press=await recognition.press_text(term) if tasks else "",
        steps=[
            step | {"words": STATE_WORDS[MembershipState(step["state"])][0]}
            for step in await steps_of(term.id)
        ],
        notices=await notices_of(term.id) if manages else [],
        manages=manages,
        acts=_acts(MembershipState(term.state)) if manages else [],
        form={**{f"note-{t.task}": t.note for t in tasks}, **(form or {})},
        errors=dict(errors or {}),
        notice=notice,
        zone=settings().time_zone,
    )


def _acts(state: MembershipState) -> list[tuple[str, str]]:
    """What staff can do with a term: what is sent, and its words."""
    possible = {
        MembershipState.ACTIVE: [
            ("suspension", "Suspend: off the list until it is reinstated"),
            ("revocation", "Revoke: the membership ends for good"),
        ],
        MembershipState.SUSPENDED: [
            ("reinstatement", "Reinstate: back on the list"),
            ("revocation", "Revoke: the membership ends for good"),
        ],
    }
    return possible.get(state, [])
