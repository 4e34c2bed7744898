"""One request to be verified: opened, approved, declined, ended. In the caller's transaction."""

from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.affiliations import affiliate, affiliations_on, today_of
from connect.accounts.queries import account_of
from connect.accounts.tables import Account, AccountStatus, CaseState, EligibilityCase
from connect.agencies.tables import Agency
from connect.audit import record
from connect.db import locked, one
from connect.errors import Conflict, Forbidden
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission

WAITING = [CaseState.OPEN, CaseState.WAITING_SPONSOR]
OTHERWISE = "You became verified in another way."


class CaseWaits(Conflict):
    message = "Your request waits for an answer already. You see where it stands on this page."


class AddressNotProved(Forbidden):
    message = "Confirm your address first: open the link that was mailed to it."


class CaseDecided(Conflict):
    message = "This request was decided already."


async def applicant_of(actor: Actor) -> Account:
    actor.must(Permission.EDIT_ACCOUNT)
    account = await account_of(actor, lock=True)
    if account.proved_at is None:
        raise AddressNotProved
    if account.verified_at is not None:
        raise AlreadyVerified
    return account


class AlreadyVerified(Conflict):
    message = "You are verified already. There is nothing to do."


async def put(actor: Actor, case: EligibilityCase) -> None:
    waits = await EligibilityCase.exists().where(
        EligibilityCase.account == case.account, EligibilityCase.state.is_in(WAITING)
    )
    if waits:
        raise CaseWaits
    await EligibilityCase.insert(case)
    await record(actor, "case.opened", EligibilityCase, of=case.id, route=case.route)


async def case_held(case_id: UUID) -> tuple[EligibilityCase, Account]:
    """A request and whose it is, held until the transaction ends.

    The account first: whoever approves one of its requests holds it, and then ends the others.
    """
    query = EligibilityCase.objects().where(EligibilityCase.id == case_id)
    of = (await one(query)).account
    account = await one(locked(Account.objects().where(Account.id == of), Account))
    return await one(locked(query, EligibilityCase)), account


async def employ(actor: Actor, account: Account, agency: Agency, *, consent: bool = False) -> None:
    """Write the affiliation unless it stands already."""
    present = await affiliations_on(account.id, today_of(account))
    if all(row["agency"] != agency.id for row in present):
        await affiliate(actor, account, agency, consent=consent)


async def approve_case(
    actor: Actor, case: EligibilityCase, account: Account, reason: str = ""
) -> None:
    """Verify somebody, who is told; whatever else this person asked for is done with."""
    account.verified_at, account.reverify_since = clock.now(), None
    if account.status != AccountStatus.SUSPENDED:
        account.status = AccountStatus.ACTIVE_VERIFIED
    await account.save([Account.status, Account.verified_at, Account.reverify_since])
    await end_case(actor, case, CaseState.APPROVED, reason)
    others = EligibilityCase.objects().where(
        EligibilityCase.account == account.id, EligibilityCase.state.is_in(WAITING)
    )
    for other in await others:
        await end_case(actor, other, CaseState.EXPIRED, OTHERWISE)
    await write_mail(
        "accounts/verified",
        to=account.email,
        account=account.id,
        once=str(case.id),
        name=account.legal_name,
    )


async def decline_case(actor: Actor, case: EligibilityCase, account: Account, reason: str) -> None:
    await end_case(actor, case, CaseState.DECLINED, reason)
    await mail_no(case, account, reason)


async def mail_no(case: EligibilityCase, account: Account, reason: str) -> None:
    await write_mail(
        "accounts/not_verified",
        to=account.email,
        account=account.id,
        once=str(case.id),
        name=account.legal_name,
        reason=reason,
    )


async def end_case(actor: Actor, case: EligibilityCase, state: CaseState, reason: str) -> None:
    changes: dict[Any, Any] = {
        EligibilityCase.state: state,
        EligibilityCase.agency: case.agency,
        EligibilityCase.decided_at: clock.now(),
        EligibilityCase.decided_by: actor.account_id,
        EligibilityCase.reason: reason,
    }
    await EligibilityCase.update(changes).where(EligibilityCase.id == case.id)
    await record(
        actor, f"case.{state}", EligibilityCase, of=case.id, route=case.route, person=case.account
    )
