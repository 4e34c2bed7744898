"""Assignments as pages: the list, a preview to confirm, one with its people, the reminders."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import clock
from connect.assignments import actions, reminders
from connect.assignments.api import (
    FIRST,
    AssignmentFields,
    people_csv,
    preview_csv,
    preview_shown,
    reminders_shown,
)
from connect.assignments.queries import Shown, assignment_of, assignments, people_of
from connect.assignments.rules import ROLES
from connect.catalog.queries import offered_courses
from connect.db import fetch, placeholders
from connect.errors import Invalid, NotFound, decode
from connect.idempotency import once_by_form
from connect.lists import DISCIPLINES, ROSTER_CATEGORIES
from connect.paging import cut, read_cursor
from connect.paths.queries import offered_paths
from connect.policy import Actor, Permission, Relation
from connect.web.forms import read_form
from connect.web.templating import day, page, plural, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
WILL = {
    "enroll": ("Will be enrolled", ""),
    "enrolled": ("Is enrolled already", "plain"),
    "has_it": ("Has completed it", "well"),
    "cannot": ("Cannot begin yet", "stop"),
}
NOTICES = {
    "made": "It is assigned. People are enrolled and mailed within a minute.",
    "ended": "It is asked of nobody any more. Enrollments stay.",
}
REASONS = {
    "newer": "a later reminder was due, too",
    "before": "it was assigned or completed later than that",
    "no_address": "no address that takes mail",
}


class AssignmentPages(Controller):
    path = "/assignments"
    include_in_schema = False

    @get("/", permission=Permission.ASSIGN)
    async def assignments(
        self, request: ActorRequest, after: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[str]:
        before = read_cursor(after, UUID) if after else None
        found = await assignments(request.user, before=before, limit=PER_PAGE)
        kept, following = cut(found, PER_PAGE, lambda row: row.id)
        return page(
            request,
            "assignments/assignments.html",
            assignments=[_shown(row) for row in kept],
            notice=NOTICES.get(notice, ""),
            next=f"/assignments?after={following}" if following else "",
        )

    @get("/new", permission=Permission.ASSIGN)
    async def new(self, request: ActorRequest) -> Response[str]:
        """The form; with what was typed in, and a preview below when nothing is wrong."""
        given = _given(dict(request.query_params))
        if "preview" not in request.query_params:
            return await _form(request, given)
        try:
            found = await actions.preview(request.user, _read(given).asked)
        except Invalid as refusal:
            return await _form(request, given, errors=_named(refusal.errors))
        return await _form(request, given, preview=found)

    @get("/new/people.csv", permission=Permission.ASSIGN)
    async def new_csv(self, request: ActorRequest) -> Response[str]:
        asked = _read(_given(dict(request.query_params))).asked
        return preview_csv((await actions.preview(request.user, asked)).who)

    @post("/", permission=Permission.ASSIGN, status_code=303)
    async def assign(self, request: ActorRequest) -> Response[Any]:
        given = _given(await read_form(request))

        async def act() -> str:
            return str((await actions.assign(request.user, _read(given).asked)).id)

        try:
            made = await once_by_form(request, act)
        except Invalid as refusal:
            return await _form(request, given, errors=_named(refusal.errors))
        return redirect(f"/assignments/{made}?notice=made")

    @get("/reminders", permission=Permission.ASSIGN)
    async def reminders(self, request: ActorRequest, on: FromQuery[str] = "") -> Response[str]:
        wrong = {}
        try:
            wanted = date.fromisoformat(on) if on else clock.today()
        except ValueError:
            wanted, wrong = clock.today(), {"on": "Write the day as 2026-05-01."}
        found = await reminders.plan_for(request.user, wanted)
        told = reminders_shown(wanted, found)
        return page(
            request,
            "assignments/reminders.html",
            status=422 if wrong else 200,
            form={"on": on or wanted.isoformat()},
            errors=wrong,
            on=wanted,
            is_past=wanted < clock.today(),
            told=told,
            rows=[msgspec.structs.asdict(row) | _words(row) for row in told.items],
            more=len(found) - len(told.items),
        )

    @get("/{assignment_id:uuid}", permission=Permission.ASSIGN)
    async def one(
        self, request: ActorRequest, assignment_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        row = await assignment_of(request.user, assignment_id)
        people = await people_of(row)
        return page(
            request,
            "assignments/assignment.html",
            assignment=_shown(row),
            people=people[:FIRST],
            done=sum(person.done for person in people),
            overdue=sum(not p.done and p.due_on < clock.today() for p in people),
            today=clock.today(),
            notice=NOTICES.get(notice, ""),
        )

    @get("/{assignment_id:uuid}/people.csv", permission=Permission.ASSIGN)
    async def people(self, request: ActorRequest, assignment_id: FromPath[UUID]) -> Response[str]:
        row = await assignment_of(request.user, assignment_id)
        return people_csv(row, await people_of(row))

    @post("/{assignment_id:uuid}/end", permission=Permission.ASSIGN, status_code=303)
    async def end(self, request: ActorRequest, assignment_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await actions.end(request.user, assignment_id)
        return redirect("/assignments?notice=ended")


def _words(row: Any) -> dict[str, str]:
    steps = f"{plural(abs(row.days), 'day')} {'before' if row.days > 0 else 'after'}"
    return {
        "step": "On the day" if row.days == 0 else steps,
        "kind_words": "Expires" if row.kind == "renewal" else "Due",
        "state_words": {"due": "Is sent", "sent": "Was sent", "skipped": "Skipped"}[row.state],
        "reason_words": REASONS.get(row.reason, ""),
    }


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """What was typed in, without what was left empty; ``what`` is course or path with its slug."""
    given = {n: str(v).replace("\x00", "")[:200] for n, v in fields.items() if v != ""}
    given.pop("preview", None)
    return given


def _read(given: dict[str, Any]) -> AssignmentFields:
    fields = dict(given)
    kind, _, slug = fields.pop("what", "").partition(":")
    if slug and kind in ("course", "path"):
        fields[kind] = slug
    return decode(AssignmentFields, fields, strict=False)


def _named(errors: dict[str, str]) -> dict[str, str]:
    """Faults under the fields of the page."""
    names = {"course": "what", "path": "what", "agency": "agency_id"}
    return {names.get(n, n): words for n, words in errors.items()}


def _shown(row: Shown) -> dict[str, Any]:
    due = day(row.due_on) if row.due_on else f"{plural(row.due_days or 0, 'day')} after joining"
    return {
        "id": row.id,
        "title": row.title,
        "url": row.url,
        "kind": "Course" if row.course else "Path",
        "whom": row.whom,
        "only_sharing": row.only_sharing,
        "due": due,
        "people": row.people,
        "is_ended": row.ended_at is not None,
    }


async def _form(
    request: ActorRequest,
    given: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    preview: actions.Preview | None = None,
) -> Response[str]:
    courses = [(f"course:{slug}", title) for slug, title in await offered_courses()]
    paths = [(f"path:{slug}", f"Path: {title}") for slug, title in await offered_paths()]
    whole_site = request.user.relation(Permission.ASSIGN) is Relation.ANY
    agencies = await _agencies(request.user, given.get("agency_id", ""), whole_site=whole_site)
    form = given | ({"agency_id": agencies[0][0]} if not whole_site and len(agencies) == 1 else {})
    told = preview_shown(preview) if preview else None
    return page(
        request,
        "assignments/new.html",
        status=422 if errors else 200,
        form=form,
        errors=errors or {},
        whole_site=whole_site,
        options={
            "what": paths + courses,
            "disciplines": [(d.code, d.label) for d in DISCIPLINES.values()],
            "categories": [(c.code, c.label) for c in ROSTER_CATEGORIES.values()],
            "roles": [(str(role), role.replace("-", " ").capitalize()) for role in ROLES],
            "agencies": agencies,
        },
        preview=told,
        who=[(p.name, day(p.due_on), *WILL[p.will], p.why) for p in told.who] if told else [],
        csv=f"/assignments/new/people.csv?{urlencode(given)}",
    )


async def _agencies(actor: Actor, chosen: str, *, whole_site: bool) -> list[tuple[str, str]]:
    """The agencies to choose from: a coordinator's own; for staff the one that a link named."""
    ids = list(actor.agencies(Permission.ASSIGN))
    if whole_site:
        try:
            ids = [UUID(chosen)] if chosen else []
        except ValueError:
            raise NotFound from None
    marks = placeholders(ids)
    sql = f"SELECT id, name FROM agency WHERE id IN ({marks}) ORDER BY name"  # noqa: S608
    return [(str(row["id"]), row["name"]) for row in await fetch(sql, *ids)] if ids else []
