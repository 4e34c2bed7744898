"""The landing page, the administrators' start, the reader of the API's document."""

from typing import Any

from litestar import Controller, Request, Response, get

from connect import clock
from connect.agencies.tables import Agency, AgencyState
from connect.assignments.queries import Mine, assigned_to
from connect.certificates.queries import certificates_of
from connect.learning import views
from connect.learning.queries import enrollments_of
from connect.learning.tables import OPEN
from connect.paths.queries import paths_under_way
from connect.policy import Actor, Permission
from connect.readiness.tables import Review, ReviewState
from connect.reports.queries import live_numbers
from connect.web.templating import page

ActorRequest = Request[Actor, Any, Any]
ADMIN_LINKS = [
    (
        Permission.MANAGE_AGENCIES,
        "/admin/agencies",
        "Agencies",
        "Screen the agencies that people bring, search them, and merge what stands twice.",
    ),
    (
        Permission.READ_PEOPLE,
        "/admin/people",
        "People",
        "Search people, grant roles, and decide who is verified.",
    ),
    (
        Permission.MERGE_PEOPLE,
        "/admin/duplicates",
        "Registered twice",
        "Accounts that may be one person's: join them, or say that they are two people.",
    ),
    (
        Permission.READ_ENROLLMENTS,
        "/admin/enrollments",
        "Enrollments",
        "Learners who failed by a test; where anybody stands in a course, and what staff recorded.",
    ),
    (
        Permission.ASSIGN,
        "/assignments",
        "Assignments",
        "Courses and paths that people are asked to complete by a day, and the reminders.",
    ),
    (
        Permission.MANAGE_MEMBERSHIPS,
        "/members",
        "Members of the readiness program",
        "The public list, today or on an earlier day; each agency's page leads to its terms.",
    ),
    (
        Permission.READ_REPORTS,
        "/admin/reports",
        "Training counts",
        "The year's trainings by month, discipline, state and course, and the rows behind each.",
    ),
    (
        Permission.MANAGE_GRANTS,
        "/admin/grants",
        "Grants",
        "The awards that pay for courses, and from when to when each course belongs to one.",
    ),
    (
        Permission.REVOKE_CERTIFICATES,
        "/admin/certificates",
        "Certificates",
        "Open one, revoke one or several, or download many as one file.",
    ),
    (
        Permission.PUBLISH_COURSES,
        "/admin/courses",
        "Publish courses",
        "Publish a course from a ZIP, or mend its wording here: first you see what it changes.",
    ),
    (
        Permission.REVIEW_COMPLETIONS,
        "/admin/external-completions",
        "Completed elsewhere",
        "Accept what people completed with others, or what a file brought in.",
    ),
    (
        Permission.READ_REVIEWS,
        "/reviews",
        "Readiness reviews",
        "Applications to the readiness program: review them, ask for changes, decide.",
    ),
    (
        Permission.MANAGE_CREDITS,
        "/admin/credits",
        "Credit",
        "What boards of states give for each course, and the accreditations behind CEU.",
    ),
    (
        Permission.IMPORT_ROWS,
        "/admin/imports",
        "Imports",
        "Bring in agencies, people, rosters, older completions: first a trial run, then for real.",
    ),
    (
        Permission.READ_OUTBOX,
        "/admin/outbox",
        "Outbox",
        "Every mail that was written, and whether it was sent.",
    ),
    (
        Permission.READ_AUDIT,
        "/admin/audit",
        "Audit trail",
        "Every change: who made it, when, and what it changed.",
    ),
]


class HomePages(Controller):
    include_in_schema = False

    @get("/", permission=Permission.READ_SITE)
    async def landing(self, request: ActorRequest) -> Response[str]:
        current: list[dict[str, Any]] = []
        last_certificate = None
        assigned: list[Mine] = []
        following: list[dict[str, Any]] = []
        if request.user.signed_in:
            recent = [e for e in await enrollments_of(request.user, limit=20) if e.state in OPEN]
            for row in await views.enrollments(recent[:5]):
                titles = {c["id"]: c["title"] for c in row["components"]}
                current.append(
                    {
                        "title": row["title"],
                        "url": f"/learn/{row['id']}",
                        "progress_percent": row["progress_percent"],
                        "next_title": titles.get(row["next_component"], ""),
                    }
                )
            assigned = await assigned_to(request.user)
            following = await paths_under_way(request.user.id)
            for certificate in (await certificates_of(request.user, limit=1))[:1]:
                last_certificate = {
                    "number": certificate.number,
                    "title": certificate.title,
                    "url": f"/certificates/{certificate.number}",
                }
        return page(
            request,
            "home/landing.html",
            numbers={} if request.user.signed_in else await live_numbers(),
            current=current,
            last_certificate=last_certificate,
            assigned=assigned,
            paths=following,
            agencies=await kept_by(request.user),
            today=clock.day_in(request.user.time_zone, clock.now()),
        )

    @get("/admin", permission=Permission.ADMINISTER)
    async def admin(self, request: ActorRequest) -> Response[str]:
        numbers = await live_numbers()
        labels = {
            "registered": "People registered",
            "trainings": "Trainings recorded",
            "certificates": "Certificates issued",
        }
        return page(
            request,
            "home/admin.html",
            numbers=[
                {
                    "label": words,
                    "value": numbers[name],
                    "url": "/admin/reports" if name == "trainings" else "",
                }
                for name, words in labels.items()
            ],
            links=[
                {"url": url, "title": title, "text": text}
                for permission, url, title, text in ADMIN_LINKS
                if request.user.may(permission)
            ],
        )

    @get("/api/docs", permission=Permission.READ_SITE)
    async def api_docs(self, request: ActorRequest) -> Response[str]:
        return page(request, "web/api_docs.html", openapi_url="/api/v1/openapi.json")


async def kept_by(actor: Actor) -> list[dict[str, Any]]:
    """The agencies whose people and roster the actor keeps, by name: ``{id, name, turn}``.

    ``turn`` is whether the readiness program waits for the agency.
    """
    ids = sorted(actor.agencies(Permission.APPLY_FOR_READINESS))
    if not ids:
        return []
    rows = await Agency.select(Agency.id, Agency.name).where(
        Agency.id.is_in(ids), Agency.status == AgencyState.ACTIVE
    )
    waiting = await Review.select(Review.agency).where(
        Review.agency.is_in(ids),
        Review.state.is_in([ReviewState.DRAFT, ReviewState.CHANGES_REQUESTED]),
    )
    turns = {row["agency"] for row in waiting}
    found = [row | {"turn": row["id"] in turns} for row in rows]
    return sorted(found, key=lambda row: row["name"].casefold())
