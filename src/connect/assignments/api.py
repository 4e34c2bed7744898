"""Assignments and the ledger of reminders over JSON and CSV."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from connect.assignments import actions, reminders
from connect.assignments.actions import Fitting, Preview
from connect.assignments.queries import (
    Person,
    Shown,
    assigned_to,
    assignment_of,
    assignments,
    people_of,
)
from connect.assignments.rules import MOST_DAYS, Asked
from connect.csv_out import download, to_csv
from connect.fields import Line
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
FIRST = 100  # people in an answer; all of them are in the CSV
Code = Annotated[
    str, Meta(max_length=60, pattern=r"^[a-z0-9-]*$(?!\n)", description="Choose one from the list.")
]
Day = Annotated[date, Meta(description="Write the day as 2026-05-01.")]
Days = Annotated[
    int,
    Meta(ge=1, le=MOST_DAYS, description=f"Write a whole number of days from 1 to {MOST_DAYS}."),
]
Id = Annotated[UUID, Meta(description="Choose an agency.")]


class AssignmentFields(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    course: Code = ""
    path: Code = ""
    discipline: Code = ""
    title: Line = ""
    role: Code = ""
    category: Code = ""
    agency_id: Id | None = None
    due_on: Day | None = None
    due_days: Days | None = None

    @property
    def asked(self) -> Asked:
        given = msgspec.structs.asdict(self)
        given["agency"] = given.pop("agency_id")
        return Asked(**{n: given[n] for n in Asked.__struct_fields__})


class AssignmentIn(AssignmentFields, forbid_unknown_fields=True, kw_only=True):
    dry_run: bool = False


class AssignmentOut(msgspec.Struct):
    id: UUID
    course: str | None
    path: str | None
    title: str
    discipline: str | None
    person_title: str
    role: str | None
    category: str | None
    agency_id: UUID | None
    due_on: date | None
    due_days: int | None
    made_at: datetime
    ended_at: datetime | None
    people: int


class WhoOut(msgspec.Struct):
    person_id: UUID
    name: str
    due_on: date
    will: str
    why: str


class PreviewOut(msgspec.Struct):
    people: int
    enroll: int
    enrolled: int
    has_it: int
    cannot: int
    mails: int
    who: list[WhoOut]


class MineOut(msgspec.Struct):
    title: str
    url: str
    due_on: date
    agency: str
    cannot: str


class ReminderOut(msgspec.Struct):
    kind: str
    person_id: UUID
    name: str
    title: str
    due_on: date
    days: int
    state: str
    reason: str


class RemindersOut(msgspec.Struct):
    on: date
    mails: int
    due: int
    sent: int
    skipped: int
    items: list[ReminderOut]


def shown(row: Shown) -> AssignmentOut:
    facts: dict[str, Any] = {n: getattr(row, n, None) for n in AssignmentOut.__struct_fields__}
    facts |= {"course": row.course_slug, "path": row.path_slug, "agency_id": row.agency}
    return AssignmentOut(**facts)


def preview_shown(found: Preview) -> PreviewOut:
    numbers = {will: found.number(will) for will in ("enroll", "enrolled", "has_it", "cannot")}
    who = [WhoOut(p.person, p.name, p.due_on, p.will, p.why) for p in found.who[:FIRST]]
    return PreviewOut(people=len(found.who), mails=found.mails, who=who, **numbers)


def preview_csv(who: Iterable[Fitting]) -> Response[str]:
    """Everybody of a preview as CSV to keep."""
    rows = [(p.name, p.due_on, p.will, p.why) for p in who]
    return download(to_csv(("name", "due_on", "will", "why"), rows), "preview.csv")


def people_csv(row: Shown, people: Iterable[Person]) -> Response[str]:
    """Of whom an assignment asks, as CSV to keep."""
    rows = [(p.name, p.assigned_on, p.due_on, "yes" if p.done else "no") for p in people]
    text = to_csv(("name", "assigned_on", "due_on", "done"), rows)
    return download(text, f"assignment-{row.id}.csv")


def reminders_shown(on: date, found: list[reminders.Planned]) -> RemindersOut:
    return RemindersOut(
        on=on,
        mails=reminders.mails(found),
        due=sum(p.state == "due" for p in found),
        sent=sum(p.state == "sent" for p in found),
        skipped=sum(p.state == "skipped" for p in found),
        items=[
            ReminderOut(p.kind, p.person, p.name, p.title, p.due_on, p.days, p.state, p.reason)
            for p in found[:FIRST]
        ],
    )


class AssignmentsApi(Controller):
    path = "/api/v1/assignments"
    tags = ["assignments"]

    @get("/", permission=Permission.ASSIGN, summary="Assignments that are not ended, newest first")
    async def assignments(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[AssignmentOut]:
        before = read_cursor(after, UUID) if after else None
        found = await assignments(request.user, before=before, limit=limit)
        kept, following = cut(found, limit, lambda row: row.id)
        return Page([shown(row) for row in kept], following)

    @post(
        "/",
        permission=Permission.ASSIGN,
        summary="Ask a course or path of all who fit; with dry_run, who, and how many mails",
    )
    async def assign(
        self, request: ActorRequest, data: JSONBody[AssignmentIn]
    ) -> Response[AssignmentOut | PreviewOut]:
        if data.dry_run:
            found = await actions.preview(request.user, data.asked)
            return Response(preview_shown(found), status_code=200)

        async def act() -> tuple[int, AssignmentOut]:
            return 201, shown(await actions.assign(request.user, data.asked))

        return await once(request, act)

    @get(
        "/reminders",
        permission=Permission.ASSIGN,
        summary="What is sent and skipped on a day: as decided, or as it would be",
    )
    async def reminders(self, request: ActorRequest, on: FromQuery[date]) -> RemindersOut:
        return reminders_shown(on, await reminders.plan_for(request.user, on))

    @get("/{assignment_id:uuid}", permission=Permission.ASSIGN, summary="One assignment")
    async def one(self, request: ActorRequest, assignment_id: FromPath[UUID]) -> AssignmentOut:
        return shown(await assignment_of(request.user, assignment_id))

    @get(
        "/{assignment_id:uuid}/people.csv",
        permission=Permission.ASSIGN,
        summary="Of whom it is asked, until when, and who has done it",
        media_type="text/csv",
    )
    async def people(self, request: ActorRequest, assignment_id: FromPath[UUID]) -> Response[str]:
        row = await assignment_of(request.user, assignment_id)
        return people_csv(row, await people_of(row))

    @delete(
        "/{assignment_id:uuid}",
        permission=Permission.ASSIGN,
        summary="Ask it of nobody any more; enrollments stay",
    )
    async def end(self, request: ActorRequest, assignment_id: FromPath[UUID]) -> None:
        await actions.end(request.user, assignment_id)


class MyAssignmentsApi(Controller):
    path = "/api/v1/me/assignments"
    tags = ["learning"]

    @get("/", permission=Permission.LEARN, summary="What is asked of you and not done, by due day")
    async def mine(self, request: ActorRequest) -> list[MineOut]:
        return [
            MineOut(m.title, m.url, m.due_on, m.agency, m.cannot)
            for m in await assigned_to(request.user)
        ]
