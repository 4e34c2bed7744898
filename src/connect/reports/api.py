"""Counts, and the rows behind them, over JSON and as CSV."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get
from litestar.params import QueryParameter

from connect import clock
from connect.csv_out import download
from connect.errors import Invalid
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission
from connect.reports.exports import counts_csv, rows_csv, training_row
from connect.reports.queries import DEFINITION, PARTS, USUAL, Part, Total, counts, training_rows

ActorRequest = Request[Actor, Any, Any]
Since = Annotated[date, QueryParameter(name="from", description="first day")]
Until = Annotated[date, QueryParameter(name="to", description="last day")]
Code = Annotated[str | None, QueryParameter(max_length=60, pattern=r"^[^\x00]*$")]
# `state` is a name that Litestar keeps for itself.
StateCode = Annotated[
    str | None, QueryParameter(name="state", max_length=60, pattern=r"^[^\x00]*$")
]
By = Annotated[str, QueryParameter(max_length=60)]
ALL = ",".join(USUAL)


class CountsOut(msgspec.Struct):
    since: date = msgspec.field(name="from")
    until: date = msgspec.field(name="to")
    definition: str
    total: Total
    by: dict[str, list[Part]]
    generated_at: datetime


class TrainingOut(msgspec.Struct):
    id: UUID
    day: date
    mode: str
    minutes: int
    person_id: UUID
    discipline: str | None
    state: str | None
    agency_id: UUID | None
    agency: str | None
    course: str
    version: int
    source_kind: str
    source_id: UUID


def _period(since: date, until: date) -> tuple[date, date]:
    if until < since:
        raise Invalid({"to": "The last day must not be before the first."})
    return since, until


def _breakdowns(by: str) -> list[str]:
    names = [name for name in by.split(",") if name]
    if wrong := [name for name in names if name not in PARTS]:
        raise Invalid({"by": f"There is no {wrong[0][:20]!r}; use some of {', '.join(PARTS)}."})
    return names


def filled(**filters: str | None) -> dict[str, str]:
    """The filters that were given; an empty one asks for what was not reported."""
    return {name: value for name, value in filters.items() if value is not None}


class ReportsApi(Controller):
    path = "/api/v1"
    tags = ["reports"]

    @get(
        "/reports/counts", permission=Permission.READ_REPORTS, summary="Training counts of a period"
    )
    async def counts(
        self, since: Since, until: Until, by: By = ALL, grant: Code = None
    ) -> CountsOut:
        found = await counts(*_period(since, until), _breakdowns(by), filters=filled(grant=grant))
        for parts in found.by.values():
            for part in parts:
                part.rows = f"/api/v1/reports/counts/rows{part.rows}"
        return CountsOut(since, until, DEFINITION, found.total, found.by, clock.now())

    @get(
        "/reports/counts.csv",
        permission=Permission.READ_REPORTS,
        summary="The same as CSV",
        media_type="text/csv",
    )
    async def counts_csv(
        self, since: Since, until: Until, by: By = ALL, grant: Code = None
    ) -> Response[str]:
        found = await counts(*_period(since, until), _breakdowns(by), filters=filled(grant=grant))
        return download(counts_csv(found), f"counts-{since}-{until}.csv")

    @get(
        ["/reports/counts/rows", "/trainings"],
        permission=Permission.READ_REPORTS,
        summary="The rows behind a count",
    )
    async def rows(
        self,
        since: Since = date(2000, 1, 1),
        until: Until = date(2100, 12, 31),
        discipline: Code = None,
        in_state: StateCode = None,
        course: Code = None,
        month: Code = None,
        grant: Code = None,
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[TrainingOut]:
        rows = await training_rows(
            *_period(since, until),
            filters=filled(
                discipline=discipline, state=in_state, course=course, month=month, grant=grant
            ),
            after=read_cursor(after, tuple[date, UUID]) if after else None,
            limit=limit,
        )
        kept, following = cut(rows, limit, lambda row: (row["day"], row["id"]))
        items = msgspec.convert([training_row(row) for row in kept], list[TrainingOut])
        return Page(items, following)

    @get(
        ["/reports/counts/rows.csv", "/trainings.csv"],
        permission=Permission.READ_REPORTS,
        summary="The same as CSV, all rows",
        media_type="text/csv",
    )
    async def rows_csv(
        self,
        since: Since = date(2000, 1, 1),
        until: Until = date(2100, 12, 31),
        discipline: Code = None,
        in_state: StateCode = None,
        course: Code = None,
        month: Code = None,
        grant: Code = None,
    ) -> Response[str]:
        filters = filled(
            discipline=discipline, state=in_state, course=course, month=month, grant=grant
        )
        rows = await training_rows(*_period(since, until), filters=filters)
        return download(rows_csv(rows), f"trainings-{since}-{until}.csv")
