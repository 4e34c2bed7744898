"""What learners think of a course, as a page."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get

from connect.csv_out import download
from connect.errors import Invalid
from connect.policy import Actor, Permission
from connect.reports.evaluation_csv import evaluations_csv
from connect.reports.evaluations import Evaluations, evaluated_courses, evaluations
from connect.web.templating import page

ActorRequest = Request[Actor, Any, Any]
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)
HEADINGS = {"version": "Version", "discipline": "Discipline", "state": "State"}


class EvaluationReportPages(Controller):
    include_in_schema = False
    path = "/admin/reports"

    @get("/evaluations", permission=Permission.READ_REPORTS)
    async def evaluations(self, request: ActorRequest) -> Response[str]:
        form = _form(request)
        courses = await evaluated_courses()
        period, errors = _period(form)
        course = form["course"] if form["course"] in dict(courses) else ""
        found = await evaluations(course, *period) if course and not errors else None
        query = urlencode({name: value for name, value in form.items() if value})
        return page(
            request,
            "reports/evaluations.html",
            status=422 if errors else 200,
            form=form,
            errors=errors,
            courses=courses,
            report=found,
            headings=HEADINGS,
            download_url=f"/admin/reports/evaluations.csv?{query}",
        )

    @get("/evaluations.csv", permission=Permission.READ_REPORTS)
    async def evaluations_csv(self, request: ActorRequest) -> Response[str]:
        form = _form(request)
        period, errors = _period(form)
        if errors:
            raise Invalid(errors)
        found: Evaluations = await evaluations(form["course"], *period)
        return download(evaluations_csv(found), "evaluations.csv")


def _form(request: ActorRequest) -> dict[str, str]:
    asked = request.query_params
    return {n: asked.get(n, "").strip().replace("\x00", "") for n in ("course", "from", "to")}


def _period(form: dict[str, str]) -> tuple[tuple[date, date], dict[str, str]]:
    """The period that a form asks for, all time when it asks for none; and what is wrong."""
    days, errors = {"from": FIRST, "to": LAST}, dict[str, str]()
    for name in days:
        if form[name]:
            try:
                days[name] = date.fromisoformat(form[name])
            except ValueError:
                errors[name] = "Write the day as 2026-03-04."
    if not errors and days["to"] < days["from"]:
        errors["to"] = "The last day must not be before the first."
    return (days["from"], days["to"]), errors
