"""Enrollments as staff see them, and what staff set aside in them, as pages."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts.tables import Account
from connect.db import one
from connect.errors import Conflict, Forbidden, Invalid, NotFound, StepUpNeeded, decode
from connect.idempotency import once_by_form
from connect.learning import views
from connect.learning.overrides import override, withdraw_override
from connect.learning.overrides_api import OverrideIn, WithdrawalIn
from connect.learning.queries import (
    enrollment_for_staff,
    enrollments_for_staff,
    overrides_of,
)
from connect.learning.tables import OPEN, EnrollmentState
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
NOTICES = {
    "recorded": "Recorded by hand. The learner is told.",
    "withdrawn": "Taken back. The learner is told.",
}
STATES = {
    EnrollmentState.ENROLLED: "Enrolled",
    EnrollmentState.IN_PROGRESS: "In progress",
    EnrollmentState.COMPLETED: "Completed",
    EnrollmentState.FAILED: "Failed by a test",
    EnrollmentState.EXPIRED: "Expired",
    EnrollmentState.WITHDRAWN: "Withdrawn",
}
KINDS = {"met": "Counts as done", "reopened": "Attempts given anew"}


class OverridePages(Controller):
    path = "/admin"
    include_in_schema = False

    @get("/enrollments", permission=Permission.READ_ENROLLMENTS)
    async def search(
        self, request: ActorRequest, q: FromQuery[str] = "", after: FromQuery[str] = ""
    ) -> Response[str]:
        words = q[:100].replace("\x00", "")
        before = read_cursor(after, UUID) if after else None
        rows = await enrollments_for_staff(request.user, q=words, before=before, limit=PER_PAGE)
        here = f"/admin/enrollments?q={quote(words)}"
        return _listed(request, rows, here=here, q=words)

    @get("/people/{account_id:uuid}/enrollments", permission=Permission.READ_ENROLLMENTS)
    async def of_person(
        self, request: ActorRequest, account_id: FromPath[UUID], after: FromQuery[str] = ""
    ) -> Response[str]:
        person = await one(Account.objects().where(Account.id == account_id))
        before = read_cursor(after, UUID) if after else None
        rows = await enrollments_for_staff(
            request.user, learner=account_id, before=before, limit=PER_PAGE
        )
        return _listed(
            request,
            rows,
            here=f"/admin/people/{account_id}/enrollments?",
            person={"id": person.id, "name": person.legal_name or "Erased person"},
        )

    @get("/enrollments/{enrollment_id:uuid}", permission=Permission.READ_ENROLLMENTS)
    async def enrollment(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await _enrollment(request, enrollment_id, notice=NOTICES.get(notice, ""))

    @post("/enrollments/{enrollment_id:uuid}/overrides", permission=Permission.OVERRIDE)
    async def change(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        act = str(fields.pop("act", ""))
        form = {name: value for name, value in fields.items() if value != ""}

        async def changed() -> None:
            if act == "withdraw":
                taken = decode(WithdrawalIn, {"reason": ""} | form, strict=False)
                await withdraw_override(
                    request.user, enrollment_id, component=taken.component, reason=taken.reason
                )
                return
            given = decode(OverrideIn, {"reason": "", "evidence": ""} | form, strict=False)
            await override(
                request.user,
                enrollment_id,
                component=_chosen(act, given),
                reason=given.reason,
                evidence=given.evidence,
            )

        try:
            await once_by_form(request, changed)
        except Invalid as refusal:
            errors = refusal.errors
        except StepUpNeeded:
            raise
        except (Conflict, Forbidden, NotFound) as refusal:
            errors = {"reason": str(refusal)}
        else:
            done = "withdrawn" if act == "withdraw" else "recorded"
            return redirect(f"/admin/enrollments/{enrollment_id}?notice={done}")
        return await _enrollment(request, enrollment_id, form=fields, errors=errors, act=act)


def _chosen(act: str, given: OverrideIn) -> str | None:
    """The step that the form names; none when it opens the course again.

    Raises:
        Invalid: a step is to be met, and none is chosen; with what else is empty.
    """
    if act == "reopen":
        return None
    return given.component or "-"  # no step is called so: it is refused with all else


def _listed(
    request: ActorRequest,
    rows: list[dict[str, Any]],
    *,
    here: str,
    q: str = "",
    person: dict[str, Any] | None = None,
) -> Response[str]:
    kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
    return page(
        request,
        "learning/enrollments.html",
        enrollments=[
            row
            | {
                "state": STATES[row["state"]],
                "since": moment(row["completed_at"] or row["enrolled_at"], request.user.time_zone),
            }
            for row in kept
        ],
        q=q,
        person=person,
        next=f"{here}&after={following}" if following else "",
    )


async def _enrollment(
    request: ActorRequest,
    enrollment_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    act: str = "",
    notice: str = "",
) -> Response[str]:
    row = await enrollment_for_staff(request.user, enrollment_id)
    view = await views.enrollment(row)
    account = await one(Account.objects().where(Account.id == row.learner))
    zone = request.user.time_zone
    made = await overrides_of(row.id)
    if act == "withdraw" and errors:
        errors = _beside(made, str((form or {}).get("component", "")), errors)
    titles = {c["id"]: c["title"] for c in view["components"]}
    may = request.user.may(Permission.OVERRIDE) and row.learner != request.user.account_id
    return page(
        request,
        "learning/enrollment.html",
        status=422 if errors else 200,
        enrollment=view
        | {
            "state": STATES[EnrollmentState(row.state)],
            "name": account.legal_name or "Erased person",
            "learner": row.learner,
            "is_completed": row.state == EnrollmentState.COMPLETED,
            "missing": [(m.component, titles[m.component]) for m in view["missing"]],
        },
        overrides=[
            found
            | {
                "title": titles[found["component"]],
                "what": KINDS[found["kind"]],
                "made": moment(found["made_at"], zone),
                "withdrawn": moment(found["withdrawn_at"], zone) if found["withdrawn_at"] else "",
            }
            for found in made
        ],
        may_meet=may and row.state in (*OPEN, EnrollmentState.FAILED),
        may_reopen=may and row.state == EnrollmentState.FAILED,
        may_withdraw=may,
        may_accommodate=request.user.may(Permission.ACCOMMODATE),
        form=form or {},
        errors=errors or {},
        act=act,
        notice=notice,
    )


def _beside(
    overrides: list[dict[str, Any]], component: str, errors: dict[str, str]
) -> dict[str, str]:
    """What is wrong with taking one back, at its own form among several."""
    for row in overrides:
        asked = row["component"] if row["kind"] == "met" else ""
        if row["withdrawn_at"] is None and asked == component:
            return {f"withdraw-{row['id']}": next(iter(errors.values()))}
    return errors
