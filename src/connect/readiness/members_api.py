"""Members of the readiness program over JSON and as CSV: the public list, and staff's part."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from connect import clock
from connect.certificates.queries import number_for
from connect.csv_out import download, to_csv
from connect.errors import Invalid
from connect.fields import Reason
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, Word, cut, read_cursor
from connect.policy import Actor, Permission
from connect.readiness import memberships, recognition
from connect.readiness.member_counts import AgenciesCounted, agencies_counted, counted_csv
from connect.readiness.member_queries import Member, members
from connect.readiness.memberships import SOURCE
from connect.readiness.recognition import Task, seen_membership, tasks_of
from connect.readiness.tables import Membership, Recognition

ActorRequest = Request[Actor, Any, Any]
OfState = Annotated[str, QueryParameter(name="state", max_length=2, pattern=r"^[^\x00]*$")]
Year = Annotated[int, QueryParameter(ge=1990, le=2100, description="a calendar year")]
AsOf = Annotated[str, QueryParameter(max_length=10, description="a day; today without it")]
COLUMNS = ("name", "kind", "state", "county", "since", "until", "id", "agency_id")
Change = Callable[..., Awaitable[Membership]]
FIRST_DAY = date(2000, 1, 1)
TODAYS = {"Cache-Control": "public, max-age=300"}
PAST = {"Cache-Control": "public, max-age=86400"}  # what a list was does not change


class MembershipOut(msgspec.Struct):
    """A term as staff and the agency see it."""

    id: UUID
    agency_id: UUID
    agency_name: str
    number: str
    state: str
    starts_on: date
    ends_on: date
    ended_on: date | None
    member_since: date | None
    edition: str
    requirements: str
    population: int | None
    population_source: str
    population_year: int | None
    is_brought_in: bool
    decided_on: date
    reason: str
    certificate: str | None  # its number
    recognition: list[Task]


class WhyIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class TaskIn(msgspec.Struct, forbid_unknown_fields=True):
    done: bool = True
    note: Reason = ""


class TaskOut(msgspec.Struct):
    task: str
    label: str
    note: str
    done_at: datetime | None
    done_by: str | None


async def shown(term: Membership) -> MembershipOut:
    facts = {n: getattr(term, n) for n in MembershipOut.__struct_fields__ if hasattr(Membership, n)}
    return MembershipOut(
        **facts,
        agency_id=term.agency,
        certificate=await number_for(SOURCE, term.id),
        recognition=await tasks_of(term.id),
    )


def day_asked(as_of: str) -> date:
    """The day of a list: today, or an earlier one.

    Raises:
        Invalid: it is no day, or nobody knows the list of that day.
    """
    today = clock.today()
    try:
        day = date.fromisoformat(as_of) if as_of else today
    except ValueError:
        raise Invalid({"as_of": "Write a day such as 2026-03-31."}) from None
    if not FIRST_DAY <= day <= today:
        raise Invalid({"as_of": "Choose today or an earlier day: later lists are not known yet."})
    return day


def kept_for(day: date) -> dict[str, str]:
    """How long a list may be kept by whoever asked for it."""
    return PAST if day < clock.today() else TODAYS


def as_csv(found: list[Member], day: date) -> Response[str]:
    """The list as a file, the same for everybody."""
    rows = [[getattr(member, column) for column in COLUMNS] for member in found]
    answer = download(to_csv(COLUMNS, rows), f"members-{day}.csv")
    answer.headers.update(kept_for(day))
    return answer


class MembersApi(Controller):
    path = "/api/v1"
    tags = ["readiness"]

    @get(
        "/members",
        permission=Permission.READ_AGENCIES,
        summary="Members of the readiness program by name; `as_of`: as the list was on a day",
    )
    async def members(
        self,
        as_of: AsOf = "",
        q: Word = "",
        of_state: OfState = "",
        kind: Word = "",
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Response[Page[Member]]:
        day = day_asked(as_of)
        found = await members(day, q=q, state=of_state, kind=kind)
        if after:
            behind = read_cursor(after, UUID)
            places = [n for n, member in enumerate(found) if member.id == behind]
            if not places:
                raise Invalid({"after": "The list has changed. Begin again without `after`."})
            found = found[places[0] + 1 :]
        kept, following = cut(found[: limit + 1], limit, lambda member: member.id)
        return Response(Page(kept, following), headers=kept_for(day))

    @get("/members.csv", permission=Permission.READ_AGENCIES, summary="The same list as a file")
    async def csv(
        self, as_of: AsOf = "", q: Word = "", of_state: OfState = "", kind: Word = ""
    ) -> Response[str]:
        day = day_asked(as_of)
        return as_csv(await members(day, q=q, state=of_state, kind=kind), day)

    @get(
        "/members/counts",
        permission=Permission.READ_REPORTS,
        summary="Agencies approved in a year, their population, and the rows behind both",
    )
    async def counts(self, year: Year) -> AgenciesCounted:
        return await agencies_counted(year)

    @get(
        "/members/counts.csv",
        permission=Permission.READ_REPORTS,
        summary="The rows behind the count of a year",
    )
    async def counts_csv(self, year: Year) -> Response[str]:
        return download(counted_csv(await agencies_counted(year)), f"agencies-{year}.csv")

    @get(
        "/members/{membership_id:uuid}",
        permission=Permission.READ_READINESS,
        summary="One term, for staff and the agency's coordinators",
    )
    async def member(self, request: ActorRequest, membership_id: FromPath[UUID]) -> MembershipOut:
        return await shown(await seen_membership(request.user, membership_id))

    @get(
        "/members/{membership_id:uuid}/press.txt",
        permission=Permission.READ_READINESS,
        summary="A text for the press with the agency's facts",
        media_type="text/plain",
    )
    async def press(self, request: ActorRequest, membership_id: FromPath[UUID]) -> Response[str]:
        return await press_file(request.user, membership_id)

    @post(
        "/members/{membership_id:uuid}/suspension",
        permission=Permission.MANAGE_MEMBERSHIPS,
        summary="Take a member off the list until it is reinstated",
        status_code=200,
    )
    async def suspend(
        self, request: ActorRequest, membership_id: FromPath[UUID], data: JSONBody[WhyIn]
    ) -> Response[MembershipOut]:
        return await _changed(request, memberships.suspend, membership_id, data)

    @post(
        "/members/{membership_id:uuid}/revocation",
        permission=Permission.MANAGE_MEMBERSHIPS,
        summary="End a membership for good",
        status_code=200,
    )
    async def revoke(
        self, request: ActorRequest, membership_id: FromPath[UUID], data: JSONBody[WhyIn]
    ) -> Response[MembershipOut]:
        return await _changed(request, memberships.revoke, membership_id, data)

    @post(
        "/members/{membership_id:uuid}/reinstatement",
        permission=Permission.MANAGE_MEMBERSHIPS,
        summary="End a suspension",
        status_code=200,
    )
    async def reinstate(
        self, request: ActorRequest, membership_id: FromPath[UUID], data: JSONBody[WhyIn]
    ) -> Response[MembershipOut]:
        return await _changed(request, memberships.reinstate, membership_id, data)

    @put(
        "/members/{membership_id:uuid}/recognition/{task:str}",
        permission=Permission.MANAGE_MEMBERSHIPS,
        summary="Write down that a member received something: "
        f"{', '.join(task.value for task in Recognition)}",
    )
    async def recognize(
        self,
        request: ActorRequest,
        membership_id: FromPath[UUID],
        task: FromPath[str],
        data: JSONBody[TaskIn | None] = None,
    ) -> TaskOut:
        asked = data or TaskIn()
        row = await recognition.note_task(
            request.user, membership_id, task, done=asked.done, note=asked.note.strip()
        )
        return TaskOut(row.task, row.label, row.note, row.done_at, row.done_by)


async def _changed(
    request: ActorRequest, act: Change, membership_id: UUID, data: WhyIn
) -> Response[MembershipOut]:
    async def once_only() -> tuple[int, MembershipOut]:
        return 200, await shown(await act(request.user, membership_id, reason=data.reason))

    return await once(request, once_only)


async def press_file(actor: Actor, membership_id: UUID) -> Response[str]:
    """The text for the press as a file."""
    term = await seen_membership(actor, membership_id)
    name = f"press-{term.number or term.id}.txt"
    return Response(
        await recognition.press_text(term),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
