"""People, their work for agencies, roles and verification, over JSON."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from connect.accounts import actions, affiliations, roles, verification
from connect.accounts.people import person, roles_of, waiting_cases
from connect.accounts.queries import account_of
from connect.accounts.rules import faults
from connect.accounts.screening import screen_agency
from connect.accounts.tables import Account, CaseRoute, EligibilityCase
from connect.agencies.actions import Verdict
from connect.errors import Invalid
from connect.fields import Discipline, Email, Line, Name, State, Zone
from connect.idempotency import once
from connect.paging import Page
from connect.policy import Actor, Permission, Role
from connect.web.templating import MISSING

ActorRequest = Request[Actor, Any, Any]
Words = Annotated[
    str, Meta(max_length=2000, pattern=r"^[^\x00]*$", description="Write at most 2,000 characters.")
]


class AffiliationOut(msgspec.Struct):
    id: UUID
    agency: UUID
    agency_name: str
    kind: str
    title: str
    discipline: str | None
    category: str | None
    is_supervisor: bool
    is_primary: bool
    since: date
    until: date | None
    consented_at: datetime | None


class AffiliationIn(msgspec.Struct, forbid_unknown_fields=True):
    title: Line | UnsetType = UNSET
    is_primary: bool | UnsetType = UNSET
    consent: bool | UnsetType = UNSET
    ended: bool | UnsetType = UNSET


class JoinIn(msgspec.Struct, forbid_unknown_fields=True):
    code: Line
    consent: bool = False


class CaseIn(msgspec.Struct, forbid_unknown_fields=True):
    route: CaseRoute
    code: Line = ""
    consent: bool = False
    sponsor_email: Email | UnsetType = UNSET
    explanation: Words = ""
    agency_id: UUID | None = None


class CaseOut(msgspec.Struct):
    id: UUID
    route: str
    state: str
    agency: UUID | None
    opened_at: datetime
    decided_at: datetime | None
    reason: str
    document_kind: str | None
    document_size: int | None  # bytes


class WaitingCase(msgspec.Struct):
    id: UUID
    route: str
    state: str
    account: UUID
    legal_name: str
    explanation: str
    agency: UUID | None
    agency_name: str | None
    opened_at: datetime
    document_kind: str | None
    document_size: int | None  # bytes


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    approve: bool
    reason: Words = ""
    agency_id: UUID | None = None


class ScreeningIn(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Verdict
    match_id: UUID | None = None
    reason: Words = ""
    domains: Annotated[list[Line], Meta(max_length=20)] | None = None


class ProfileIn(msgspec.Struct, forbid_unknown_fields=True):
    legal_name: Name | UnsetType = UNSET
    certificate_name: Line | UnsetType = UNSET
    discipline: Discipline | UnsetType = UNSET
    title: Line | UnsetType = UNSET
    state: State | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET

    faults = staticmethod(faults)


class PersonRow(msgspec.Struct):
    id: UUID
    legal_name: str
    email: str
    status: str
    discipline: str | None
    state: str | None
    title: str


class HeldRole(msgspec.Struct):
    role: str
    agency: UUID | None
    agency_name: str | None


class PersonOut(PersonRow):
    certificate_name: str
    time_zone: str
    proved_at: datetime | None
    verified_at: datetime | None
    merged_into: UUID | None
    roles: list[HeldRole]
    affiliations: list[AffiliationOut]


async def limit_guesses(actor: Actor, data: CaseIn) -> None:
    """Count the code that *data* tries, if it does; before a transaction begins."""
    if data.route is CaseRoute.CODE:
        await verification.limit_guesses(actor)


async def open_case(actor: Actor, data: CaseIn, document: bytes | None = None) -> EligibilityCase:
    """The request to be verified that *data* describes, by its route."""
    if data.route is CaseRoute.CODE:
        return await verification.request_by_code(actor, data.code, consent=data.consent)
    if data.route is CaseRoute.SPONSOR:
        if data.sponsor_email is UNSET:
            raise Invalid({"sponsor_email": MISSING})
        return await verification.request_by_sponsor(
            actor, sponsor_email=data.sponsor_email, explanation=data.explanation
        )
    if data.route is CaseRoute.DOMAIN:
        return await verification.request_by_domain(actor)
    return await verification.request_by_registrar(
        actor, explanation=data.explanation, agency=data.agency_id, document=document
    )


def shown(row: EligibilityCase) -> CaseOut:
    """A request as its owner and registrars see it."""
    return CaseOut(**{name: getattr(row, name) for name in CaseOut.__struct_fields__})


async def _person(account: Account) -> PersonOut:
    rows = await affiliations.affiliations_on(account.id, affiliations.today_of(account))
    names = [n for n in PersonOut.__struct_fields__ if n not in ("roles", "affiliations")]
    return PersonOut(
        **{name: getattr(account, name) for name in names},
        roles=msgspec.convert(await roles_of(account.id), list[HeldRole]),
        affiliations=msgspec.convert(rows, list[AffiliationOut]),
    )


class PeopleApi(Controller):
    path = "/api/v1"
    tags = ["people"]

    @get("/me/affiliations", permission=Permission.EDIT_ACCOUNT, summary="Where you work now")
    async def affiliations(self, request: ActorRequest) -> Page[AffiliationOut]:
        account = await account_of(request.user)
        rows = await affiliations.affiliations_on(account.id, affiliations.today_of(account))
        return Page(msgspec.convert(rows, list[AffiliationOut]), None)

    @post("/me/affiliations", permission=Permission.EDIT_ACCOUNT, summary="Join by a code")
    async def join(self, request: ActorRequest, data: JSONBody[JoinIn]) -> Response[Any]:
        async def act() -> tuple[int, Any]:
            row = await verification.join_by_code(request.user, data.code, consent=data.consent)
            return 201, {"id": row.id, "agency": row.agency, "since": row.since}

        await verification.limit_guesses(request.user)
        return await once(request, act)

    @patch(
        "/me/affiliations/{affiliation_id:uuid}",
        permission=Permission.EDIT_ACCOUNT,
        summary="Change title, primary, consent, or end it",
        status_code=204,
    )
    async def change_affiliation(
        self, request: ActorRequest, affiliation_id: FromPath[UUID], data: JSONBody[AffiliationIn]
    ) -> None:
        given = {n: v for n, v in msgspec.structs.asdict(data).items() if v is not UNSET}
        await affiliations.change_affiliation(request.user, affiliation_id, given)

    @post(
        "/me/eligibility-cases",
        permission=Permission.EDIT_ACCOUNT,
        summary="Ask to be verified: by domain, code, sponsor or a registrar",
    )
    async def open_case(self, request: ActorRequest, data: JSONBody[CaseIn]) -> Response[Any]:
        async def act() -> tuple[int, CaseOut]:
            return 201, shown(await verification.read_again(await open_case(request.user, data)))

        await limit_guesses(request.user, data)
        return await once(request, act)

    @get(
        "/eligibility-cases",
        permission=Permission.VERIFY_PEOPLE,
        summary="Requests that wait, oldest first",
    )
    async def cases(self, request: ActorRequest) -> Page[WaitingCase]:
        return Page(msgspec.convert(await waiting_cases(request.user), list[WaitingCase]), None)

    @post(
        "/eligibility-cases/{case_id:uuid}/decision",
        permission=Permission.VERIFY_PEOPLE,
        summary="Approve or decline a request",
        status_code=200,
    )
    async def decide(
        self, request: ActorRequest, case_id: FromPath[UUID], data: JSONBody[DecisionIn]
    ) -> CaseOut:
        case = await verification.decide_case(
            request.user, case_id, approve=data.approve, reason=data.reason, agency=data.agency_id
        )
        return shown(await verification.read_again(case))

    @post(
        "/agencies/{agency_id:uuid}/screening",
        permission=Permission.MANAGE_AGENCIES,
        summary="List, match or decline an agency that somebody brought",
        status_code=200,
    )
    async def screen(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[ScreeningIn]
    ) -> dict[str, Any]:
        asked = msgspec.structs.asdict(data)
        screened = await screen_agency(request.user, agency_id, asked.pop("verdict"), **asked)
        return {"agency_id": screened.agency.id, "verdict": screened.verdict}

    @get("/accounts/{account_id:uuid}", permission=Permission.READ_PEOPLE, summary="One person")
    async def person(self, request: ActorRequest, account_id: FromPath[UUID]) -> PersonOut:
        return await _person(await person(request.user, account_id))

    @patch(
        "/accounts/{account_id:uuid}", permission=Permission.EDIT_PEOPLE, summary="Mend a profile"
    )
    async def mend(
        self, request: ActorRequest, account_id: FromPath[UUID], data: JSONBody[ProfileIn]
    ) -> PersonOut:
        given = {n: v for n, v in msgspec.structs.asdict(data).items() if v is not UNSET}
        return await _person(await actions.mend_profile(request.user, account_id, given))

    @put(
        "/accounts/{account_id:uuid}/roles/{role:str}",
        permission=Permission.GRANT_ROLES,
        summary="Grant a role, for the site or for one agency",
        status_code=204,
    )
    async def grant(
        self,
        request: ActorRequest,
        account_id: FromPath[UUID],
        role: FromPath[Role],
        agency_id: FromQuery[UUID | None] = None,
    ) -> None:
        await roles.grant_role(request.user, account_id, role, agency_id)

    @delete(
        "/accounts/{account_id:uuid}/roles/{role:str}",
        permission=Permission.GRANT_ROLES,
        summary="Take a role back",
    )
    async def revoke(
        self,
        request: ActorRequest,
        account_id: FromPath[UUID],
        role: FromPath[Role],
        agency_id: FromQuery[UUID | None] = None,
    ) -> None:
        await roles.revoke_role(request.user, account_id, role, agency_id)
