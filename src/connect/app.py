"""The application on one screen: every controller, in one list."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

from connect import db, pdf, serving
from connect.accounts.api import AccountsApi
from connect.accounts.authentication import Authentication
from connect.accounts.documents_api import DocumentsApi
from connect.accounts.documents_pages import DocumentPages
from connect.accounts.factors_api import FactorsApi
from connect.accounts.factors_pages import FactorPages, SecondStepPages
from connect.accounts.invitations_api import InvitationsApi
from connect.accounts.invitations_pages import InvitationPages
from connect.accounts.inviting_pages import AgencyInvitationPages, SiteInvitationPages
from connect.accounts.pages import AccountPages
from connect.accounts.people_api import PeopleApi
from connect.accounts.people_pages import PeoplePages, VerificationPages
from connect.accounts.person_api import PersonApi
from connect.accounts.person_pages import PersonPages
from connect.accounts.screening_pages import ScreeningPages
from connect.agencies.api import AgenciesApi
from connect.agencies.pages import AgencyPages
from connect.agencies.registrar import RegistrarPages
from connect.assignments.api import AssignmentsApi, MyAssignmentsApi
from connect.assignments.pages import AssignmentPages
from connect.catalog.pages import media
from connect.certificates.api import CertificatesApi, VerificationsApi
from connect.certificates.pages import CertificatePages
from connect.certificates.staff_api import BatchesApi, RevocationsApi
from connect.certificates.staff_pages import CertificateStaffPages
from connect.credits.api import CreditsApi
from connect.credits.pages import CreditPages
from connect.errors import ConnectError, show, show_busy, show_crash, show_http, show_unknown
from connect.external.api import ExternalApi
from connect.external.pages import ExternalPages
from connect.grants.api import GrantsApi
from connect.grants.pages import GrantPages
from connect.home.api import ListsApi, live, metrics, ready
from connect.home.pages import HomePages
from connect.imports.api import ImportsApi
from connect.imports.pages import ImportPages
from connect.learning.accommodations_api import AccommodationsApi
from connect.learning.accommodations_pages import AccommodationPages
from connect.learning.api import AttemptsApi, CoursesApi, EnrollmentsApi
from connect.learning.cycles_api import CyclesApi
from connect.learning.evaluations_api import EvaluationsApi
from connect.learning.overrides_api import OverridesApi
from connect.learning.overrides_pages import OverridePages
from connect.learning.pages import CoursePages
from connect.learning.player import LearningPages
from connect.learning.quiz_pages import QuizPages
from connect.learning.why_pages import WhyApi, WhyPages
from connect.mail.api import NoticesApi
from connect.mail.notice_pages import NoticePages
from connect.mail.outbox_api import OutboxApi
from connect.mail.pages import OutboxPages
from connect.merges.api import MergesApi
from connect.merges.pages import MergePages
from connect.packages.api import PackagesApi
from connect.packages.host import api_script, around, package_file
from connect.packages.pages import PackagePages
from connect.paths.api import MyPathsApi, PathsApi
from connect.paths.pages import PathPages
from connect.policy import Permission, permitted
from connect.publishing.api import PublicationsApi
from connect.publishing.draft_pages import DraftPages
from connect.publishing.pages import PublishingPages
from connect.readiness.affirmation_api import AffirmationsApi
from connect.readiness.affirmation_pages import AffirmationPages
from connect.readiness.agency_api import RostersOfReadinessApi
from connect.readiness.agency_pages import RosterOfReadinessPages
from connect.readiness.application_api import ApplicationsApi
from connect.readiness.application_pages import ApplicationPages
from connect.readiness.document_api import PolicyDocumentsApi
from connect.readiness.document_pages import PolicyPages
from connect.readiness.member_views import agency_terms
from connect.readiness.members_api import MembersApi
from connect.readiness.members_pages import MembersFiles, MembersPages
from connect.readiness.packet_api import PacketFiles, PacketsApi
from connect.readiness.review_api import ReviewsApi
from connect.readiness.review_pages import ReviewPages
from connect.records.api import RecordsApi
from connect.records.pages import RecordsPages
from connect.reports.api import ReportsApi
from connect.reports.evaluations_api import EvaluationReportsApi
from connect.reports.evaluations_pages import EvaluationReportPages
from connect.reports.pages import ReportPages
from connect.rosters.api import RostersApi
from connect.rosters.pages import RosterPages
from connect.trail.api import TrailApi
from connect.trail.pages import TrailPages
from connect.transcripts.api import TranscriptApi
from connect.transcripts.pages import TranscriptPages
from connect.web.edge import edge
from connect.web.templating import STATIC

API = [
    AccommodationsApi,
    AccountsApi,
    AffirmationsApi,
    AgenciesApi,
    ApplicationsApi,
    AssignmentsApi,
    AttemptsApi,
    BatchesApi,
    CertificatesApi,
    CoursesApi,
    CyclesApi,
    DocumentsApi,
    CreditsApi,
    EnrollmentsApi,
    EvaluationsApi,
    ExternalApi,
    FactorsApi,
    GrantsApi,
    ImportsApi,
    InvitationsApi,
    ListsApi,
    MyAssignmentsApi,
    MyPathsApi,
    NoticesApi,
    OutboxApi,
    OverridesApi,
    MergesApi,
    PackagesApi,
    PathsApi,
    PeopleApi,
    PersonApi,
    PolicyDocumentsApi,
    PublicationsApi,
    RecordsApi,
    EvaluationReportsApi,
    ReportsApi,
    ReviewsApi,
    RevocationsApi,
    MembersApi,
    PacketsApi,
    RostersOfReadinessApi,
    RostersApi,
    TrailApi,
    TranscriptApi,
    VerificationsApi,
    WhyApi,
]
PAGES = [
    AccommodationPages,
    AccountPages,
    AgencyInvitationPages,
    AgencyPages,
    AssignmentPages,
    CertificatePages,
    CertificateStaffPages,
    CoursePages,
    DocumentPages,
    DraftPages,
    CreditPages,
    ExternalPages,
    FactorPages,
    GrantPages,
    HomePages,
    ImportPages,
    InvitationPages,
    LearningPages,
    NoticePages,
    MergePages,
    OutboxPages,
    OverridePages,
    PackagePages,
    PathPages,
    PeoplePages,
    PersonPages,
    QuizPages,
    PublishingPages,
    RecordsPages,
    RegistrarPages,
    EvaluationReportPages,
    ReportPages,
    AffirmationPages,
    MembersFiles,
    PacketFiles,
    MembersPages,
    ReviewPages,
    ApplicationPages,
    PolicyPages,
    RosterOfReadinessPages,
    RosterPages,
    ScreeningPages,
    SecondStepPages,
    SiteInvitationPages,
    TrailPages,
    TranscriptPages,
    VerificationPages,
    WhyPages,
]
PLAIN = [live, ready, metrics, media, around, api_script, package_file]

MAX_BODY = 1_000_000  # bytes; raised by the routes that take files
PUBLIC = {"permission": Permission.READ_SITE}


class NoPermissionNamed(Exception):
    """A route does not say who may use it; the application does not start."""


def nameless(app: Litestar) -> list[str]:
    """Handlers that name no permission; those for OPTIONS are the framework's own."""
    return [
        f"{route.path} {handler}"
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if "permission" not in handler.opt and handler.http_methods != {"OPTIONS"}
    ]


def create_app(*, with_worker: bool = False) -> Litestar:
    """The web application.

    Args:
        with_worker: do the background work in this process too, as the embedded default does.
    """
    static = create_static_files_router(
        path="/static",
        directories=[STATIC],
        opt=PUBLIC,
        cache_control=serving.FOREVER,
        include_in_schema=False,
    )
    document = OpenAPIConfig(
        title="Connect",
        version="1",
        openapi_router=Router(path="/api/v1", route_handlers=[], opt=PUBLIC),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
        ),
        security=[{"token": []}],
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await db.open_pool()
        tasks = [asyncio.create_task(t) for t in serving.background(with_worker=with_worker)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            await pdf.close()
            await serving.checkpoint()
            await db.close_pool()

    app = Litestar(
        [*API, *PAGES, *PLAIN, static],
        openapi_config=document,
        state=State({"agency_terms": agency_terms}),
        lifespan=[lifespan],
        middleware=[DefineMiddleware(Authentication)],
        guards=[permitted],
        exception_handlers={
            ConnectError: show,
            HTTPException: show_http,
            TimeoutError: show_busy,
            db.OutcomeUnknown: show_unknown,
            Exception: show_crash,
        },
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )
    if unnamed := nameless(app):
        raise NoPermissionNamed(", ".join(unnamed))
    # Around the router too: Litestar's own middleware never sees an address that does not exist.
    app.asgi_handler = edge(app.asgi_handler)
    return app
