"""A registrar's word on an agency that somebody brought, and what follows for that person."""

from collections.abc import Sequence
from uuid import UUID

from connect.accounts.affiliations import affiliate, affiliations_on, today_of
from connect.accounts.queries import USABLE
from connect.accounts.roles import give
from connect.accounts.tables import Account
from connect.agencies.actions import Screened, Verdict, screen
from connect.db import locked, one, transaction
from connect.mail.actions import write_mail
from connect.policy import Actor, Role


async def screen_agency(
    actor: Actor,
    agency_id: UUID,
    verdict: Verdict,
    *,
    match_id: UUID | None = None,
    reason: str = "",
    domains: Sequence[str] | None = None,
) -> Screened:
    """List an agency, match it, or decline it; its applicant works there and coordinates it.

    Agency, domains, affiliation and role appear in one act, or nothing does. An applicant who was
    suspended or is gone gets nothing.

    Raises:
        NotFound, AlreadyScreened, OwnRequest, Invalid: as ``agencies.actions.screen``.
        TwoAlready: the applicant works for two other agencies.
    """
    async with transaction():
        screened = await screen(actor, agency_id, verdict, match_id, reason, domains)
        applicant = await one(
            locked(Account.objects().where(Account.id == screened.opened_by), Account)
        )
        if applicant.status not in USABLE:
            return screened  # the agency is decided on; nobody is left to be told
        if verdict is not Verdict.DECLINED:
            present = await affiliations_on(applicant.id, today_of(applicant))
            if all(row["agency"] != screened.agency.id for row in present):
                await affiliate(actor, applicant, screened.agency)
            await give(actor, applicant, Role.COORDINATOR, screened.agency.id)
        await write_mail(
            "accounts/agency_screened",
            to=applicant.email,
            account=applicant.id,
            once=str(agency_id),
            name=applicant.legal_name,
            agency=screened.agency.name,
            agency_id=screened.agency.id,
            verdict=verdict,
            reason=reason,
        )
    return screened
