"""What learners think of a course, over JSON and as CSV."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.params import QueryParameter

from connect.csv_out import download
from connect.errors import Invalid
from connect.policy import Actor, Permission
from connect.reports.evaluation_csv import evaluations_csv
from connect.reports.evaluations import Evaluations, evaluations

ActorRequest = Request[Actor, Any, Any]
Slug = Annotated[str, QueryParameter(name="course", max_length=60, pattern=r"^[^\x00]*$")]
Since = Annotated[date, QueryParameter(name="from", description="first day")]
Until = Annotated[date, QueryParameter(name="to", description="last day")]
Version = Annotated[int | None, QueryParameter(ge=1, le=1_000_000)]
EVER = date(2000, 1, 1), date(2100, 12, 31)


async def _found(course: str, since: date, until: date, version: int | None) -> Evaluations:
    if until < since:
        raise Invalid({"to": "The last day must not be before the first."})
    return await evaluations(course, since, until, version=version)


class EvaluationReportsApi(Controller):
    path = "/api/v1/reports"
    tags = ["reports"]

    @get(
        "/evaluations",
        permission=Permission.READ_REPORTS,
        summary="What learners think of a course, and what they learned; none under five people",
    )
    async def evaluations(
        self,
        course: Slug,
        since: Since = EVER[0],
        until: Until = EVER[1],
        version: Version = None,
    ) -> Evaluations:
        return await _found(course, since, until, version)

    @get(
        "/evaluations.csv",
        permission=Permission.READ_REPORTS,
        summary="The same as CSV, without own words",
        media_type="text/csv",
    )
    async def evaluations_csv(
        self,
        course: Slug,
        since: Since = EVER[0],
        until: Until = EVER[1],
        version: Version = None,
    ) -> Response[str]:
        found = await _found(course, since, until, version)
        return download(evaluations_csv(found), f"evaluations-{course}.csv")
