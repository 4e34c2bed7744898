"""Becoming verified: by domain, code, sponsor or registrar; never by oneself."""

from datetime import timedelta
from uuid import UUID

from connect import clock, limits
from connect.accounts.affiliations import TwoAlready, affiliate
from connect.accounts.cases import (
    WAITING,
    CaseDecided,
    applicant_of,
    approve_case,
    case_held,
    decline_case,
    employ,
    end_case,
    mail_no,
    put,
)
from connect.accounts.documents import keep_document
from connect.accounts.links import make_link, use_link
from connect.accounts.queries import Ended, account_of, proved_addresses
from connect.accounts.rules import normal_email
from connect.accounts.tables import (
    Account,
    Affiliation,
    CaseRoute,
    CaseState,
    EligibilityCase,
    LinkKind,
    OneTimeLink,
)
from connect.agencies.codes import use_code
from connect.agencies.queries import unlisted
from connect.agencies.rules import IMPLIED_DISCIPLINE
from connect.agencies.tables import Agency, AgencyDomain, AgencyState
from connect.db import one, transaction
from connect.errors import Conflict, Invalid
from connect.mail.actions import write_mail
from connect.policy import SYSTEM, VISITOR, Actor, Permission
from connect.security import token_hash

SPONSOR_HAS = timedelta(days=30)


class DomainProvesNothing(Conflict):
    message = (
        "Your address alone does not prove where you work and what you do. Use a code of your "
        "agency, name somebody there who can vouch for you, or ask a registrar."
    )


async def agency_by_address(email: str) -> tuple[Agency, AgencyDomain] | None:
    """The agency whose listed domain *email* has, if it is one agency's."""
    domain = email.rpartition("@")[2]
    rows = await AgencyDomain.objects(AgencyDomain.agency).where(
        AgencyDomain.domain == domain, AgencyDomain.agency.status == AgencyState.ACTIVE
    )
    return (rows[0].agency, rows[0]) if len(rows) == 1 else None


def domain_proves(agency: Agency, domain: AgencyDomain, discipline: str | None) -> bool:
    """Whether an address at *domain* proves the discipline, not only the employment.

    Only when the agency's kind implies it and the domain is the agency's alone: a county's
    domain serves sheriff, library and child welfare (R1 as amended).
    """
    return bool(domain.is_its_alone) and IMPLIED_DISCIPLINE.get(agency.kind) == discipline


async def verify_by_address(account: Account) -> bool:
    """Verify somebody of whose proved addresses one is an agency's, in the caller's transaction.

    Nothing is done for who is verified already. Employment is written, unless there are two
    already; the person is verified when the domain proves the discipline too.
    """
    if account.verified_at is not None:
        return False
    for email in await proved_addresses(account):
        if not (found := await agency_by_address(email)):
            continue
        agency, domain = found
        actor = Actor(account_id=account.id)
        try:
            await employ(actor, account, agency)
        except TwoAlready:  # by an import; an address is proved nevertheless
            continue
        if domain_proves(agency, domain, account.discipline):
            case = EligibilityCase(
                account=account.id, route=CaseRoute.DOMAIN, state=CaseState.OPEN, agency=agency.id
            )
            await EligibilityCase.insert(case)
            await approve_case(SYSTEM, case, account)
            return True
    return False


async def request_by_domain(actor: Actor) -> EligibilityCase:
    """Become verified by one's own proved address.

    Raises:
        AddressNotProved: nobody has opened the link that was mailed to it.
        DomainProvesNothing: the address is not an agency's, or it does not prove the discipline.
    """
    async with transaction():
        account = await applicant_of(actor)
        if not await verify_by_address(account):
            raise DomainProvesNothing
        return await one(
            EligibilityCase.objects()
            .where(EligibilityCase.account == account.id)
            .order_by(EligibilityCase.id, ascending=False)
        )


async def limit_guesses(actor: Actor) -> None:
    """Count a try of a code: codes are short enough to be typed, so they can be guessed at.

    Before the transaction of ``join_by_code`` or ``request_by_code``, whose refusal would take it
    back.

    Raises:
        TooMany: the tries are used up.
    """
    await limits.hit(("sign_in", f"code {actor.id}"))


async def join_by_code(actor: Actor, code: str, *, consent: bool) -> Affiliation:
    """Begin to work for the agency that handed out *code*, after ``limit_guesses``.

    Raises:
        NotFound, Conflict: the code is unknown, used up or too old.
        TwoAlready, WorksThere: by the rules of a person's affiliations.
    """
    async with transaction():
        account = await account_of(actor, lock=True)
        return await affiliate(actor, account, await use_code(code, actor), consent=consent)


async def request_by_code(actor: Actor, code: str, *, consent: bool) -> EligibilityCase:
    """Become verified by a code that one's agency hands out, after ``limit_guesses``.

    Raises:
        AddressNotProved: it would stand for whoever reads that mail.
        NotFound, Conflict: the code is unknown, used up or too old.
    """
    async with transaction():
        account = await applicant_of(actor)
        return await admit(actor, account, await use_code(code, actor), consent=consent)


async def admit(
    actor: Actor, account: Account, agency: Agency, *, consent: bool
) -> EligibilityCase:
    """Verify somebody whom *agency* let in, by a code or an invitation, in the transaction."""
    case = EligibilityCase(
        account=account.id, route=CaseRoute.CODE, state=CaseState.OPEN, agency=agency.id
    )
    await EligibilityCase.insert(case)
    await employ(actor, account, agency, consent=consent)
    await approve_case(SYSTEM, case, account)
    return case


async def request_by_sponsor(
    actor: Actor, *, sponsor_email: str, explanation: str
) -> EligibilityCase:
    """Have somebody at an agency asked to vouch; the answer comes by a mailed link.

    Raises:
        AddressNotProved: one's own is not.
        Invalid: the sponsor's address is not at a known agency, or is one's own.
        CaseWaits: another request waits.
    """
    async with transaction():
        account = await applicant_of(actor)
        email = normal_email(sponsor_email)
        found = await agency_by_address(email)
        wrong = {}
        if email in {account.email, *await proved_addresses(account)}:
            wrong["sponsor_email"] = "Somebody else has to vouch for you."
        elif not found:
            wrong["sponsor_email"] = (
                "This is not the address of an agency that we know. Name a supervisor's work "
                "address, or send a document instead."
            )
        if not explanation.strip():
            wrong["explanation"] = "Say in a sentence why you have no agency address."
        if wrong or not found:
            raise Invalid(wrong)
        case = EligibilityCase(
            account=account.id,
            route=CaseRoute.SPONSOR,
            state=CaseState.WAITING_SPONSOR,
            agency=found[0].id,
            sponsor_email=email,
            explanation=explanation,
        )
        await put(actor, case)
        token = await make_link(LinkKind.SPONSOR, account.id, about=case.id)
        await write_mail(
            "accounts/sponsor",
            to=email,
            secret=True,
            name=account.legal_name,
            title=account.title,
            agency=found[0].name,
            explanation=explanation,
            token=token,
        )
    return case


async def request_by_registrar(
    actor: Actor, *, explanation: str, agency: UUID | None, document: bytes | None
) -> EligibilityCase:
    """Ask a registrar, with a document, an explanation, or both.

    Raises:
        AddressNotProved: one's own is not.
        CaseWaits: another request waits.
        Invalid: neither document nor explanation, an agency that is not active, or a document
            that cannot be taken.
        TooMany: too many documents within the hour.
    """
    wrong = {}
    if not explanation.strip() and not document:
        wrong["explanation"] = "Say where you work and what shows it, or add a document."
    if agency and (fault := await unlisted(agency)):
        wrong["agency_id"] = fault
    if wrong:
        raise Invalid(wrong)
    kept = await keep_document(actor, document) if document is not None else None
    async with transaction():
        account = await applicant_of(actor)
        case = EligibilityCase(
            account=account.id,
            route=CaseRoute.DOCUMENT,
            state=CaseState.OPEN,
            agency=agency,
            explanation=explanation,
            document=kept.digest if kept else None,
            document_kind=kept.kind if kept else None,
            document_size=kept.size if kept else None,
        )
        await put(actor, case)
    return case


async def sponsor_case(token: str) -> EligibilityCase | None:
    """The request that a sponsor's link is about, while it can be answered."""
    link = (
        await OneTimeLink.objects()
        .where(
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.kind == LinkKind.SPONSOR,
            OneTimeLink.used_at.is_null(),
            OneTimeLink.expires_at > clock.now(),
        )
        .first()
    )
    if link is None:
        return None
    return (
        await EligibilityCase.objects(EligibilityCase.agency, EligibilityCase.account)
        .where(EligibilityCase.id == link.about, EligibilityCase.state == CaseState.WAITING_SPONSOR)
        .first()
    )


async def answer_as_sponsor(token: str, *, approve: bool) -> None:
    """A sponsor's answer by the mailed link.

    Raises:
        LinkUsedUp: the link is no good.
        CaseDecided: the request does not wait for it any more.
    """
    async with transaction():
        link = await use_link(LinkKind.SPONSOR, token)
        case, account = await case_held(link.about)
        if case.state != CaseState.WAITING_SPONSOR:
            raise CaseDecided
        if approve:
            agency = await one(Agency.objects().where(Agency.id == case.agency))
            await employ(VISITOR, account, agency)
            await approve_case(VISITOR, case, account)
        else:
            await decline_case(
                VISITOR, case, account, "The person you named did not vouch for you."
            )


async def decide_case(
    actor: Actor, case_id: UUID, *, approve: bool, reason: str, agency: UUID | None = None
) -> EligibilityCase:
    """A registrar's decision on any waiting request but one's own.

    Raises:
        Forbidden: it is the actor's own.
        CaseDecided: somebody was quicker.
        Ended: the person has closed the account.
        Invalid: declined without a reason, or an agency that is not active.
    """
    actor.must(Permission.VERIFY_PEOPLE)
    if not approve and not reason.strip():
        raise Invalid({"reason": "Say why, so that the person knows what to do."})
    async with transaction():
        case, account = await case_held(case_id)
        if case.account == actor.account_id:
            raise NotOneself
        if case.state not in WAITING:
            raise CaseDecided
        if account.ended_at is not None:
            raise Ended
        named = agency or (case.agency if approve else None)
        if named and (wrong := await unlisted(named)):
            raise Invalid({"agency_id": wrong})
        case.agency = agency or case.agency
        if approve:
            if case.agency:
                found = await one(Agency.objects().where(Agency.id == case.agency))
                await employ(actor, account, found)
            await approve_case(actor, case, account, reason)
        else:
            await decline_case(actor, case, account, reason)
    return case


async def expire_cases() -> None:
    """End requests whose sponsor did not answer within 30 days, and tell the people; job."""
    old = await EligibilityCase.select(EligibilityCase.id).where(
        EligibilityCase.state == CaseState.WAITING_SPONSOR,
        EligibilityCase.opened_at < clock.now() - SPONSOR_HAS,
    )
    for row in old:
        async with transaction():
            case, account = await case_held(row["id"])
            if case.state != CaseState.WAITING_SPONSOR:
                continue
            reason = "The person you named did not answer within 30 days. You may name another."
            await end_case(SYSTEM, case, CaseState.EXPIRED, reason)
            await mail_no(case, account, reason)


async def read_again(case: EligibilityCase) -> EligibilityCase:
    """The request as it stands now."""
    return await one(EligibilityCase.objects().where(EligibilityCase.id == case.id))


class NotOneself(Conflict):
    status = 403
    message = "Nobody verifies oneself. Another registrar has to decide this."
