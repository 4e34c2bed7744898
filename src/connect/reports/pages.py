"""Training counts and the rows behind them, as pages."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.params import QueryParameter

from connect import clock
from connect.csv_out import download
from connect.errors import Invalid
from connect.learning.queries import by_hand_among
from connect.lists import DISCIPLINES, STATES
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.reports.exports import counts_csv, rows_csv, training_row
from connect.reports.queries import DEFINITION, PARTS, USUAL, counts, label, training_rows
from connect.web.templating import moment, page

ActorRequest = Request[Actor, Any, Any]
Year = Annotated[int | None, QueryParameter(name="year", ge=2000, le=2100)]
PER_PAGE = 100
FIRST_YEAR = 2000


def _year(year: int | None) -> int:
    return year or clock.today().year


def _period(request: ActorRequest) -> tuple[date, date, dict[str, str]]:
    """The period and the filters that the address of a page of rows names."""
    asked = request.query_params
    try:
        since = date.fromisoformat(asked.get("from", "2000-01-01"))
        until = date.fromisoformat(asked.get("to", "2100-12-31"))
    except ValueError:
        raise Invalid({"from": "Write days as 2026-03-04."}) from None
    return since, until, {n: asked[n].replace("\x00", "") for n in PARTS if n in asked}


class ReportPages(Controller):
    include_in_schema = False

    @get("/admin/reports", permission=Permission.READ_REPORTS)
    async def counts(self, request: ActorRequest, year: Year = None) -> Response[str]:
        chosen = _year(year)
        found = await counts(date(chosen, 1, 1), date(chosen, 12, 31), USUAL)
        for parts in found.by.values():
            for part in parts:
                part.rows = f"/admin/reports/rows{part.rows}"
        this_year = _year(None)
        left_out = f"Repetitions left out in {chosen}: {found.total.repeats_not_counted:,}."
        return page(
            request,
            "reports/counts.html",
            report={
                "year": chosen,
                "definition": f"{DEFINITION} {left_out}",
                "total": found.total,
                "by": found.by,
                "generated_at": moment(clock.now(), request.user.time_zone),
            },
            years=sorted({*range(this_year, this_year - 6, -1), chosen}, reverse=True),
            downloads=[
                {"label": "Counts as CSV", "url": f"/admin/reports/counts.csv?year={chosen}"},
                {
                    "label": "All rows as CSV",
                    "url": f"/admin/reports/rows.csv?from={chosen}-01-01&to={chosen}-12-31",
                },
            ],
        )

    @get("/admin/reports/counts.csv", permission=Permission.READ_REPORTS)
    async def counts_csv(self, request: ActorRequest, year: Year = None) -> Response[str]:
        chosen = _year(year)
        found = await counts(date(chosen, 1, 1), date(chosen, 12, 31), USUAL)
        return download(counts_csv(found), f"counts-{chosen}.csv")

    @get("/admin/reports/rows", permission=Permission.READ_REPORTS)
    async def rows(self, request: ActorRequest) -> Response[str]:
        since, until, filters = _period(request)
        after = request.query_params.get("after", "")
        found = await training_rows(
            since,
            until,
            filters=filters,
            after=read_cursor(after, tuple[date, UUID]) if after else None,
            limit=PER_PAGE,
        )
        kept, following = cut(found, PER_PAGE, lambda row: (row["day"], row["id"]))
        by_course = (await counts(since, until, ["course"])).by["course"]
        titles = {part.value: part.label for part in by_course if part.value}
        by_hand = await by_hand_among([row["source"] for row in kept])
        query = {"from": str(since), "to": str(until), **filters}
        return page(
            request,
            "reports/rows.html",
            title=_title(since, until, filters, titles),
            definition=DEFINITION,
            rows=[_shown(row, titles) | {"by_hand": row["source"] in by_hand} for row in kept],
            back_url=f"/admin/reports?year={since.year}",
            downloads=[
                {"label": "These rows as CSV", "url": f"/admin/reports/rows.csv?{urlencode(query)}"}
            ],
            next=f"/admin/reports/rows?{urlencode(query | {'after': following})}"
            if following
            else "",
            first=f"/admin/reports/rows?{urlencode(query)}" if after else "",
        )

    @get("/admin/reports/rows.csv", permission=Permission.READ_REPORTS)
    async def rows_csv(self, request: ActorRequest) -> Response[str]:
        since, until, filters = _period(request)
        rows = await training_rows(since, until, filters=filters)
        return download(rows_csv(rows), f"trainings-{since}-{until}.csv")


def _title(since: date, until: date, filters: dict[str, str], titles: dict[str, str]) -> str:
    year = (since.month, since.day, until.month, until.day) == (1, 1, 12, 31)
    when = str(since.year) if year and since.year == until.year else f"{since} to {until}"
    what = ", ".join(label(name, value or None, titles) for name, value in filters.items())
    return f"Trainings, {when}" + (f": {what}" if what else "")


def _shown(row: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    shown = training_row(row)
    shown["course"] = titles.get(shown["course"], shown["course"])
    for name, known in (("discipline", DISCIPLINES), ("state", STATES)):
        if shown[name] in known:
            shown[name] = known[shown[name]].label
    return shown
