"""An agency's roster and its coverage, over JSON."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect.agencies.tables import Agency
from connect.fields import Key, Name
from connect.lists import ROSTER_CATEGORIES
from connect.policy import Actor, Permission
from connect.readiness.queries import Standing, key_of, standing_of
from connect.readiness.rosters import MOST, Line, Wanted, keep_roster, roster_agency
from connect.readiness.rules import ERASED, Covered, LineState, line_state
from connect.readiness.tables import Exemption
from connect.readiness.training_reminders import remind_of

ActorRequest = Request[Actor, Any, Any]
MAX_BODY = 5_000_000  # bytes: a roster of MOST lines
END = r"$(?!\n)"  # Python's $ alone also matches before a last line break
Category = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(ROSTER_CATEGORIES)}){END}",
        description="Choose a category from the list.",
    ),
]
Reason = Annotated[
    str,
    Meta(pattern=f"^({'|'.join(Exemption)}){END}", description="Choose a reason from the list."),
]
Day = Annotated[date, Meta(description="Write a day such as 2026-06-30.")]


class ExemptionShape(msgspec.Struct, forbid_unknown_fields=True):
    kind: Reason
    until: Day


class LineIn(msgspec.Struct, forbid_unknown_fields=True):
    category: Category
    account_id: UUID | None = None
    name: Name | None = None
    exemption: ExemptionShape | None = None
    hired_on: Day | None = None


class RosterIn(msgspec.Struct, forbid_unknown_fields=True):
    people: Annotated[
        list[LineIn],
        Meta(
            max_length=MOST,
            description=f"Send at most {MOST:,} lines, each with account_id or name, a category, "
            "and perhaps exemption {kind, until} and hired_on.",
        ),
    ]


class LineOut(msgspec.Struct):
    id: UUID
    account_id: UUID | None
    name: str
    category: str
    since: date
    hired_on: date | None
    exemption: ExemptionShape | None
    state: LineState | None  # None: the program asks nothing of this kind of agency


class CoverageOut(msgspec.Struct):
    satisfied: int
    required: int
    exempt: int
    percent: float
    missing: list[str]
    exempted: list[str]
    unverified: list[str]


class RuleOut(msgspec.Struct):
    rule: str
    title: str
    satisfied: int
    required: int
    exempt: int
    percent: float
    missing: list[str]
    met: bool


class ReminderIn(msgspec.Struct, forbid_unknown_fields=True):
    rule: Key  # of the requirement set


class RemindedOut(msgspec.Struct):
    sent: int


class RosterOut(msgspec.Struct):
    agency_id: UUID
    requirements: str | None
    people: list[LineOut]
    coverage: dict[str, CoverageOut]
    rules: list[RuleOut]


def shown(agency: Agency, standing: Standing) -> RosterOut:
    return RosterOut(
        agency_id=agency.id,
        requirements=standing.asked.key if standing.asked else None,
        people=[_line(line, standing) for line in standing.lines],
        coverage={category: _covered(its) for category, its in standing.categories.items()},
        rules=msgspec.convert(standing.criteria, list[RuleOut], from_attributes=True),
    )


def state_of(line: Line, standing: Standing) -> LineState | None:
    """How the person of a line stands in its category."""
    person = standing.people.get(key_of(line.account_id, line.name))
    if person is None or standing.asked is None:
        return None
    return line_state(
        person, line.category, standing.asked, has_account=line.account_id is not None
    )


def _line(line: Line, standing: Standing) -> LineOut:
    exemption = None
    if line.exemption and line.exempt_until:
        exemption = ExemptionShape(line.exemption, line.exempt_until)
    return LineOut(
        id=line.id,
        account_id=line.account_id,
        name=line.name or ERASED,
        category=line.category,
        since=line.since,
        hired_on=line.hired_on,
        exemption=exemption,
        state=state_of(line, standing),
    )


def _covered(its: Covered) -> CoverageOut:
    return CoverageOut(
        its.satisfied,
        its.required,
        its.exempt,
        its.percent,
        its.missing,
        its.exempted,
        its.unverified,
    )


def wanted_of(line: LineIn) -> Wanted:
    return Wanted(
        account=line.account_id,
        name="" if line.account_id else line.name or "",
        category=line.category,
        exemption=line.exemption.kind if line.exemption else None,
        exempt_until=line.exemption.until if line.exemption else None,
        hired_on=line.hired_on,
    )


class RostersOfReadinessApi(Controller):
    path = "/api/v1/agencies/{agency_id:uuid}/roster"
    tags = ["readiness"]

    @get(
        "/",
        permission=Permission.READ_READINESS,
        summary="Who has to be trained, and how far the agency is",
    )
    async def roster(self, request: ActorRequest, agency_id: FromPath[UUID]) -> RosterOut:
        agency = await roster_agency(request.user, agency_id)
        return shown(agency, await standing_of(agency))

    @put(
        "/",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Make the roster exactly this: who is not in it ends, who is new begins today",
        request_max_body_size=MAX_BODY,
    )
    async def keep(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[RosterIn]
    ) -> RosterOut:
        await keep_roster(request.user, agency_id, [wanted_of(line) for line in data.people])
        agency = await roster_agency(request.user, agency_id)
        return shown(agency, await standing_of(agency))

    @post(
        "/reminders",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Mail those who miss what a training rule asks; each gets one a day",
        status_code=200,
    )
    async def remind(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[ReminderIn]
    ) -> RemindedOut:
        return RemindedOut(await remind_of(request.user, agency_id, data.rule))
