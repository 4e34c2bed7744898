"""Who may do what: one table of permission, role and relation; and who asks."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from connect import clock
from connect.errors import Forbidden, NotSignedIn, OtpNeeded, SecondFactorNeeded, StepUpNeeded


class Role(StrEnum):
    """Held for the whole site or for one agency; ``ANYONE`` and ``LEARNER`` by being here."""

    ANYONE = "anyone"
    LEARNER = "learner"
    COORDINATOR = "coordinator"
    EXECUTIVE = "executive"
    PRESENTER = "presenter"
    PARTNER_COORDINATOR = "partner-coordinator"
    INSTRUCTOR = "instructor"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    REGISTRAR = "registrar"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    MODERATOR = "moderator"
    ADMIN = "admin"


# All others read or change what is not one's own: whoever holds one needs a second factor.
UNPRIVILEGED = frozenset(
    {
        Role.ANYONE,
        Role.LEARNER,
        Role.PRESENTER,
        Role.PARTNER_COORDINATOR,
        Role.INSTRUCTOR,
        Role.EXECUTIVE,
    }
)


class Relation(StrEnum):
    """How far a permission reaches: what is one's own, one's agency's, or all."""

    OWN = "own"
    AGENCY = "agency"
    ANY = "any"


class Permission(StrEnum):
    """What a route lets somebody do. Every route names one."""

    READ_SITE = "read_site"  # public pages, assets, the API's document, health
    REGISTER = "register"
    SIGN_IN = "sign_in"
    CHECK_CERTIFICATE = "check_certificate"
    READ_CATALOG = "read_catalog"
    EDIT_ACCOUNT = "edit_account"
    LEARN = "learn"
    ACCOMMODATE = "accommodate"  # more time and attempts for one person, and why
    READ_RECORDS = "read_records"  # completions, certificates, transcripts
    REISSUE_CERTIFICATES = "reissue_certificates"  # with a corrected name
    REVOKE_CERTIFICATES = "revoke_certificates"
    EXPORT_CERTIFICATES = "export_certificates"  # many as one file
    READ_ENROLLMENTS = "read_enrollments"  # where others stand in courses, and what staff set aside
    OVERRIDE = "override"  # say that a component is met, or open a failed course again
    REVIEW_COMPLETIONS = "review_completions"  # of what others completed elsewhere
    READ_REPORTS = "read_reports"
    READ_OUTBOX = "read_outbox"
    RELEASE_MAIL = "release_mail"  # send or discard what is held; try again what failed
    READ_AUDIT = "read_audit"
    READ_AGENCIES = "read_agencies"  # name, kind, state and county of those that are active
    OPEN_AGENCY = "open_agency"  # ask for one that is not listed
    MANAGE_AGENCIES = "manage_agencies"
    MANAGE_OWN_AGENCY = "manage_own_agency"
    READ_AGENCY_PEOPLE = "read_agency_people"  # who works there, and the courses it requires
    ASSIGN = "assign"  # courses and paths to people: to all, or to one's agency's who share
    READ_PEOPLE = "read_people"
    EDIT_PEOPLE = "edit_people"
    VERIFY_PEOPLE = "verify_people"
    READ_DOCUMENT = "read_document"  # of a request to be verified
    SUSPEND_PEOPLE = "suspend_people"
    EXPORT_PEOPLE = "export_people"  # everything that is held about one
    ERASE_PEOPLE = "erase_people"
    GRANT_ROLES = "grant_roles"
    RESET_FACTORS = "reset_factors"
    INVITE_PEOPLE = "invite_people"
    READ_READINESS = "read_readiness"  # an agency's roster, and how far its training is
    APPLY_FOR_READINESS = "apply_for_readiness"  # keep the roster, fill in the application
    AFFIRM = "affirm"  # with a mailed link
    READ_REVIEWS = "read_reviews"  # every agency's, with findings and decisions
    ASSIGN_REVIEWS = "assign_reviews"  # to a reviewer
    REVIEW_READINESS = "review_readiness"  # findings, return, recommendation
    DECIDE_READINESS = "decide_readiness"  # by another person
    MANAGE_MEMBERSHIPS = "manage_memberships"  # suspend, revoke, tick what a member receives
    MERGE_PEOPLE = "merge_people"  # who is registered twice, and to undo it
    IMPORT_ROWS = "import_rows"
    MANAGE_GRANTS = "manage_grants"
    PUBLISH_COURSES = "publish_courses"  # in the site: from a ZIP, or mended there as a draft
    MANAGE_CREDITS = "manage_credits"  # what boards give for courses, and who accredits us
    ADMINISTER = "administer"


TABLE: dict[Permission, dict[Role, Relation]] = {
    Permission.READ_SITE: {Role.ANYONE: Relation.ANY},
    Permission.REGISTER: {Role.ANYONE: Relation.ANY},
    Permission.SIGN_IN: {Role.ANYONE: Relation.ANY},
    Permission.CHECK_CERTIFICATE: {Role.ANYONE: Relation.ANY},
    Permission.READ_CATALOG: {Role.ANYONE: Relation.ANY},
    Permission.EDIT_ACCOUNT: {Role.LEARNER: Relation.OWN},
    Permission.LEARN: {Role.LEARNER: Relation.OWN},
    Permission.ACCOMMODATE: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.READ_RECORDS: {
        Role.LEARNER: Relation.OWN,
        Role.REGISTRAR: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.REISSUE_CERTIFICATES: {
        Role.LEARNER: Relation.OWN,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.REVOKE_CERTIFICATES: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.EXPORT_CERTIFICATES: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.READ_ENROLLMENTS: {
        Role.AUTHOR: Relation.ANY,
        Role.REGISTRAR: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    # Who manages courses, and not who keeps people's records (R4).
    Permission.OVERRIDE: {Role.AUTHOR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.REVIEW_COMPLETIONS: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.READ_REPORTS: {
        Role.ANALYST: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.READ_OUTBOX: {Role.ADMIN: Relation.ANY},
    Permission.RELEASE_MAIL: {Role.ADMIN: Relation.ANY},
    Permission.READ_AUDIT: {Role.AUDITOR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.READ_AGENCIES: {Role.ANYONE: Relation.ANY},
    Permission.OPEN_AGENCY: {Role.LEARNER: Relation.OWN},
    Permission.MANAGE_AGENCIES: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.MANAGE_OWN_AGENCY: {
        Role.COORDINATOR: Relation.AGENCY,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    # A learner is told "not found", as a coordinator of another agency is: OWN finds no agency.
    Permission.READ_AGENCY_PEOPLE: {
        Role.LEARNER: Relation.OWN,
        Role.COORDINATOR: Relation.AGENCY,
        Role.REGISTRAR: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.ASSIGN: {
        Role.COORDINATOR: Relation.AGENCY,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.READ_PEOPLE: {
        Role.REGISTRAR: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.EDIT_PEOPLE: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.SUSPEND_PEOPLE: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.EXPORT_PEOPLE: {Role.ADMIN: Relation.ANY},
    Permission.ERASE_PEOPLE: {Role.ADMIN: Relation.ANY},
    Permission.VERIFY_PEOPLE: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    # A stranger is told "not found": OWN finds nothing of another one.
    Permission.READ_DOCUMENT: {
        Role.LEARNER: Relation.OWN,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.INVITE_PEOPLE: {
        Role.COORDINATOR: Relation.AGENCY,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    # As with the agency's people: OWN finds no agency.
    Permission.READ_READINESS: {
        Role.LEARNER: Relation.OWN,
        Role.COORDINATOR: Relation.AGENCY,
        Role.REVIEWER: Relation.ANY,
        Role.APPROVER: Relation.ANY,
        Role.REGISTRAR: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.APPLY_FOR_READINESS: {
        Role.COORDINATOR: Relation.AGENCY,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.AFFIRM: {Role.ANYONE: Relation.ANY},
    Permission.READ_REVIEWS: {
        Role.REVIEWER: Relation.ANY,
        Role.APPROVER: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.ASSIGN_REVIEWS: {
        Role.REVIEWER: Relation.ANY,
        Role.APPROVER: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.REVIEW_READINESS: {Role.REVIEWER: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.DECIDE_READINESS: {Role.APPROVER: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.MANAGE_MEMBERSHIPS: {Role.APPROVER: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.IMPORT_ROWS: {  # a coordinator: the roster of the agency
        Role.COORDINATOR: Relation.AGENCY,
        Role.REGISTRAR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
    Permission.MANAGE_GRANTS: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.PUBLISH_COURSES: {Role.AUTHOR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.MANAGE_CREDITS: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.GRANT_ROLES: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.RESET_FACTORS: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.MERGE_PEOPLE: {Role.REGISTRAR: Relation.ANY, Role.ADMIN: Relation.ANY},
    Permission.ADMINISTER: {
        Role.AUTHOR: Relation.ANY,
        Role.REVIEWER: Relation.ANY,
        Role.APPROVER: Relation.ANY,
        Role.REGISTRAR: Relation.ANY,
        Role.ANALYST: Relation.ANY,
        Role.AUDITOR: Relation.ANY,
        Role.ADMIN: Relation.ANY,
    },
}


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: made once for a request, passed to every action as its first argument."""

    account_id: UUID | None = None
    name: str = ""
    proved: bool = False  # the e-mail address
    time_zone: str = "America/New_York"
    roles: frozenset[tuple[Role, UUID | None]] = frozenset()
    sleeping: frozenset[tuple[Role, UUID | None]] = frozenset()  # held; need a second factor
    session: str = ""  # hash of the session's id, or of the API token
    csrf: str = ""  # what this session's forms carry
    half_open: UUID | None = None  # whose password fits; signed in only with the second factor
    fresh_until: datetime | None = None  # up to when the last proof of who it is counts
    reads_only: bool = False  # an API token that changes nothing
    unread: int = 0  # notices, 100 at most; counted for pages only

    @property
    def signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def is_admin(self) -> bool:
        """Whether the administrators' pages are of use to this actor."""
        return self.may(Permission.ADMINISTER)

    @property
    def id(self) -> UUID:
        """The account.

        Raises:
            NotSignedIn: nobody is signed in.
        """
        if self.account_id is None:
            raise NotSignedIn
        return self.account_id

    def relation(self, permission: Permission) -> Relation | None:
        """How far *permission* reaches for this actor; None when not at all.

        ``AGENCY`` means some agency: which ones, ``agencies`` tells.
        """
        found = self._relations(permission)
        return next((r for r in (Relation.ANY, Relation.AGENCY, Relation.OWN) if r in found), None)

    def _relations(self, permission: Permission) -> set[Relation]:
        row = TABLE[permission]
        held = {Role.ANYONE, *({Role.LEARNER} if self.signed_in else ())}
        held |= {role for role, agency in self.roles if agency is None}
        found = {row[role] for role in held if role in row}
        if Relation.AGENCY in found:  # held for the whole site
            found.add(Relation.ANY)
        if self.agencies(permission):
            found.add(Relation.AGENCY)
        return found

    def agencies(self, permission: Permission) -> frozenset[UUID]:
        """The agencies for which a role that is held for them gives *permission*.

        A role that reaches everything gives nothing when it is held for one agency.
        """
        row = TABLE[permission]
        return frozenset(
            agency
            for role, agency in self.roles
            if agency is not None and row.get(role) is Relation.AGENCY
        )

    def may(
        self, permission: Permission, *, owner: UUID | None = None, agency: UUID | None = None
    ) -> bool:
        """Whether *permission* holds, for the rows of *owner* or of *agency* when one is given.

        With neither it is asked whether it holds for anything: enough for a route, not for a row.
        """
        found = self._relations(permission)
        if Relation.ANY in found or (owner is None and agency is None):
            return bool(found)
        its_own = owner is not None and owner == self.account_id and Relation.OWN in found
        return its_own or (agency is not None and agency in self.agencies(permission))

    def must(
        self, permission: Permission, *, owner: UUID | None = None, agency: UUID | None = None
    ) -> None:
        """Do nothing when ``may``.

        Raises:
            NotSignedIn: signing in might help.
            SecondFactorNeeded: a role that sleeps would allow it.
            Forbidden: nothing of this helps.
        """
        if self.may(permission, owner=owner, agency=agency):
            return
        if not self.signed_in:
            raise NotSignedIn
        awake = Actor(account_id=self.account_id, roles=self.sleeping)
        raise (
            SecondFactorNeeded if awake.may(permission, owner=owner, agency=agency) else Forbidden
        )

    def must_be_fresh(self) -> None:
        """Do nothing when this actor proved who it is in the last minutes (see ``step_up``).

        For the most sensitive acts: an unwatched screen or a stolen token is not enough for them.

        Raises:
            NotSignedIn: nobody is signed in.
            StepUpNeeded: the last proof is too old.
        """
        if not self.signed_in:
            raise NotSignedIn
        if self.fresh_until is None or self.fresh_until < clock.now():
            raise StepUpNeeded


VISITOR = Actor()
SYSTEM = Actor(name="Connect")  # the worker and the command line


async def permitted(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Guard of the whole application: the route's permission, before its body is read.

    A coroutine, because a plain function would be sent to a thread at each request.
    """
    if (
        connection.scope.get("method") != "OPTIONS"
    ):  # answered by the framework, with nothing of ours
        actor: Actor = connection.scope["user"]
        if actor.half_open and not handler.opt.get("half_open"):
            raise OtpNeeded
        actor.must(handler.opt["permission"])
