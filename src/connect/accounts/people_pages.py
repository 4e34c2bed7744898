"""Becoming verified, vouching, and people as registrars see them, as pages."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import uploads
from connect.accounts import affiliations, roles, verification
from connect.accounts.documents_api import shown_document
from connect.accounts.links import LinkUsedUp
from connect.accounts.people import joined_into, people, person, roles_of, waiting_cases
from connect.accounts.people_api import CaseIn, DecisionIn, limit_guesses, open_case
from connect.accounts.proofs import has_factor
from connect.accounts.queries import USABLE, account_of, proved_addresses
from connect.accounts.tables import AccountStatus, CaseRoute, EligibilityCase
from connect.errors import Conflict, ConnectError, Invalid, decode
from connect.lists import DISCIPLINES, STATES
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission, Role
from connect.web.forms import read_form
from connect.web.templating import day, moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
NOTICES = {
    "attached": "Your document is with your request.",
    "asked": "Your request is on its way. This page says where it stands.",
    "verified": "You are verified. Courses for verified people are open to you.",
    "saved": "Your changes are saved.",
    "reset": "The second factors are gone, and the person is told.",
    "erased": "The person is erased. Every count stays as it was.",
    "decided": "The decision is recorded, and the person is told.",
}
STATE_WORDS = {
    "open": "Waits for a registrar",
    "waiting_sponsor": "Waits for the person you named",
    "approved": "Approved",
    "declined": "Not approved",
    "expired": "Ended without a decision",
}


class VerificationPages(Controller):
    include_in_schema = False

    @get("/account/verification", permission=Permission.EDIT_ACCOUNT)
    async def verification(
        self, request: ActorRequest, notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await verification_page(request, notice=NOTICES.get(notice, ""))

    @post(
        "/account/verification",
        permission=Permission.EDIT_ACCOUNT,
        status_code=303,
        request_max_body_size=uploads.MULTIPART,
    )
    async def ask(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        document = await uploads.uploaded(fields.pop("file", None))
        fields = {n: v for n, v in fields.items() if v != ""}
        if "consent" in fields:
            fields["consent"] = True
        try:
            asked = _asked(fields, document)
            await limit_guesses(request.user, asked)
            case = await open_case(request.user, asked, document)
        except Invalid as refusal:
            errors = {_place(field, fields): told for field, told in refusal.errors.items()}
            return await verification_page(request, form=fields, errors=errors)
        except ConnectError as refusal:
            errors = {_field_of(fields.get("route", "")): str(refusal)}
            return await verification_page(request, form=fields, errors=errors)
        state = (await verification.read_again(case)).state
        done = "verified" if state == "approved" else "asked"
        return redirect(f"/account/verification?notice={done}")

    @post("/account/affiliations/{affiliation_id:uuid}", permission=Permission.EDIT_ACCOUNT)
    async def change_affiliation(
        self, request: ActorRequest, affiliation_id: FromPath[UUID]
    ) -> Response[None]:
        fields = await read_form(request)
        changes = {
            "consent": fields.get("consent") == "yes",
            "is_primary": fields.get("is_primary") == "yes",
            "ended": fields.get("act") == "end",
        }
        await affiliations.change_affiliation(request.user, affiliation_id, changes)
        return redirect("/account/verification?notice=saved")

    @get("/sponsor/{token:str}", permission=Permission.REGISTER)
    async def sponsor_form(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        case = await verification.sponsor_case(token)
        if case is None:
            raise LinkUsedUp
        return page(request, "accounts/sponsor.html", case=_vouched(case), answered="")

    @post("/sponsor/{token:str}", permission=Permission.REGISTER, status_code=200)
    async def sponsor(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        fields = await read_form(request)
        case = await verification.sponsor_case(token)
        if case is None:
            raise LinkUsedUp
        approve = fields.get("answer") == "yes"
        await verification.answer_as_sponsor(token, approve=approve)
        answered = "yes" if approve else "no"
        return page(request, "accounts/sponsor.html", case=_vouched(case), answered=answered)


def _asked(fields: dict[str, Any], document: bytes | None) -> CaseIn:
    """The request that a form describes; what is wrong with its document is told with the rest."""
    fault = uploads.sniff(document)[1] if document is not None else ""
    also = {"file": fault} if fault else {}
    try:
        asked = decode(CaseIn, fields, strict=False)
    except Invalid as refusal:
        raise Invalid(refusal.errors | also) from None
    if also:
        raise Invalid(also)
    return asked


def _place(field: str, fields: dict[str, Any]) -> str:
    """Where the page has *field*: two of its forms take an explanation."""
    in_another = field == "explanation" and fields.get("route") == CaseRoute.DOCUMENT
    return "where" if in_another else field


def _field_of(route: Any) -> str:
    return {"code": "code", "sponsor": "sponsor_email"}.get(str(route), "")


def _vouched(case: EligibilityCase) -> dict[str, Any]:
    return {
        "name": case.account.legal_name,
        "title": case.account.title,
        "agency": case.agency.name,
        "explanation": case.explanation,
    }


async def verification_page(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    account = await account_of(request.user)
    zone = account.time_zone
    cases = (
        await EligibilityCase.objects()
        .where(EligibilityCase.account == account.id)
        .order_by(EligibilityCase.opened_at, ascending=False)
        .limit(10)
    )
    here = await affiliations.affiliations_on(account.id, affiliations.today_of(account))
    agency = ""
    for email in await proved_addresses(account):
        if not agency and (found := await verification.agency_by_address(email)):
            agency = found[0].name
    return page(
        request,
        "accounts/verification.html",
        status=422 if errors else 200,
        verified_on=day(account.verified_at) if account.verified_at else "",
        address_proved=account.proved_at is not None,
        agency_by_address=agency,
        ran_out=account.reverify_since is not None,
        affiliations=[row | {"since": day(row["since"])} for row in here],
        cases=[
            {
                "state": STATE_WORDS[case.state],
                "since": moment(case.decided_at or case.opened_at, zone),
                "reason": case.reason,
                "waits": case.decided_at is None,
                "id": case.id,
                "by_document": case.route == CaseRoute.DOCUMENT,
                "document": shown_document(case.document_kind, case.document_size),
            }
            for case in cases
        ],
        form=form or {},
        errors=errors or {},
        notice=notice,
    )


class PeoplePages(Controller):
    path = "/admin"
    include_in_schema = False

    @get("/people", permission=Permission.READ_PEOPLE)
    async def people(
        self, request: ActorRequest, q: FromQuery[str] = "", after: FromQuery[str] = ""
    ) -> Response[str]:
        words = q[:100].replace("\x00", "")
        before = read_cursor(after, UUID) if after else None
        rows = await people(request.user, q=words, before=before, limit=PER_PAGE)
        kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
        waiting = request.user.may(Permission.VERIFY_PEOPLE)
        return page(
            request,
            "accounts/people.html",
            people=[_listed(row) for row in kept],
            q=words,
            next=f"/admin/people?q={words}&after={following}" if following else "",
            waiting=len(await waiting_cases(request.user)) if waiting else 0,
            may_invite=request.user.may(Permission.INVITE_PEOPLE),
            may_merge=request.user.may(Permission.MERGE_PEOPLE),
        )

    @get("/people/{account_id:uuid}", permission=Permission.READ_PEOPLE)
    async def person(
        self, request: ActorRequest, account_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        return await person_page(request, account_id, notice=NOTICES.get(notice, ""))

    @post("/people/{account_id:uuid}/roles", permission=Permission.GRANT_ROLES)
    async def change_role(self, request: ActorRequest, account_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        change = roles.revoke_role if fields.get("act") == "revoke" else roles.grant_role
        try:
            asked = decode(RoleForm, {n: v for n, v in fields.items() if v}, strict=False)
            await change(request.user, account_id, asked.role, asked.agency_id)
        except Invalid as refusal:
            return await person_page(request, account_id, errors=refusal.errors)
        except (roles.NotAbove, Conflict) as refusal:
            return await person_page(request, account_id, errors={"role": str(refusal)})
        return redirect(f"/admin/people/{account_id}?notice=saved")

    @get("/verifications", permission=Permission.VERIFY_PEOPLE)
    async def cases(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _cases(request, notice=NOTICES.get(notice, ""))

    @post("/verifications/{case_id:uuid}", permission=Permission.VERIFY_PEOPLE)
    async def decide(self, request: ActorRequest, case_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        approve = fields.pop("verdict", "") == "approve"
        try:
            given = decode(DecisionIn, fields | {"approve": approve}, strict=False)
            await verification.decide_case(
                request.user, case_id, approve=approve, reason=given.reason
            )
        except Invalid as refusal:
            return await _cases(request, errors=refusal.errors, at=case_id)
        return redirect("/admin/verifications?notice=decided")


class RoleForm(msgspec.Struct):
    role: Role
    agency_id: UUID | None = None
    act: str = "grant"


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for name, known in (("discipline", DISCIPLINES), ("state", STATES)):
        shown[name] = known[row[name]].label if row[name] in known else ""
    shown["status"] = row["status"].replace("_", " ")
    return shown


async def person_page(
    request: ActorRequest,
    account_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    account = await person(request.user, account_id)
    here = await affiliations.affiliations_on(account.id, affiliations.today_of(account))
    names = ("id", "legal_name", "email", "status", "discipline", "state", "title", "time_zone")
    return page(
        request,
        "accounts/person.html",
        status=422 if errors else 200,
        person=_listed({name: getattr(account, name) for name in names})
        | {
            "address": account.email if "@" in account.email else "",
            "suspended": account.status == AccountStatus.SUSPENDED,
            "in_use": account.status in USABLE,
            "erased": account.erased_at is not None,
            "reason": account.suspension_reason,
        },
        affiliations=[row | {"since": day(row["since"])} for row in here],
        roles=await roles_of(account.id),
        may_grant=request.user.may(Permission.GRANT_ROLES) and account.status in USABLE,
        may_suspend=request.user.may(Permission.SUSPEND_PEOPLE) and account.id != request.user.id,
        may_erase=request.user.may(Permission.ERASE_PEOPLE) and account.id != request.user.id,
        may_reset=request.user.may(Permission.RESET_FACTORS) and await has_factor(account.id),
        may_read_courses=request.user.may(Permission.READ_ENROLLMENTS),
        merged_into=account.merged_into,
        joined=await joined_into(account.id),
        may_undo=request.user.may(Permission.MERGE_PEOPLE),
        may_merge=not account.merged_into and request.user.may(Permission.MERGE_PEOPLE),
        role_options=[
            (role, role.replace("-", " ").capitalize()) for role in sorted(roles.BY_HAND)
        ],
        agency_options=[(str(row["agency"]), row["agency_name"]) for row in here],
        errors=errors or {},
        notice=notice,
    )


async def _cases(
    request: ActorRequest,
    *,
    errors: dict[str, str] | None = None,
    at: UUID | None = None,
    notice: str = "",
) -> Response[str]:
    zone = request.user.time_zone
    return page(
        request,
        "accounts/verifications.html",
        status=422 if errors else 200,
        cases=[
            row
            | {
                "since": moment(row["opened_at"], zone),
                "waits_for": STATE_WORDS[row["state"]].replace("you", "they"),
                "document": shown_document(row["document_kind"], row["document_size"]),
                "own": row["account"] == request.user.account_id,
                "errors": errors if row["id"] == at else {},
            }
            for row in await waiting_cases(request.user)
        ],
        notice=notice,
    )
