"""Suspending people, and verifications that run out."""

from datetime import date, datetime
from uuid import UUID

from connect import clock
from connect.accounts.queries import USABLE
from connect.accounts.roles import NotAbove, must_not_be_the_last
from connect.accounts.rules import VERIFIED_FOR, is_reverify_due, months_before, status_of
from connect.accounts.sign_in import end_ways_in
from connect.accounts.tables import Account, AccountStatus, RoleGrant
from connect.audit import record
from connect.config import settings
from connect.db import fetch, locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid
from connect.mail.actions import write_mail
from connect.policy import SYSTEM, Actor, Permission, Role

AT_ONCE = 500
RUN_OUT = """
SELECT a.id, a.verified_at, (SELECT max(f.until) FROM affiliation f WHERE f.account = a.id) AS until
FROM account a WHERE a.status = 'active_verified' AND a.id > {} AND (a.verified_at < {} OR (
  EXISTS (SELECT 1 FROM affiliation f WHERE f.account = a.id) AND NOT EXISTS (
    SELECT 1 FROM affiliation f WHERE f.account = a.id AND (f.until IS NULL OR f.until >= {}))))
ORDER BY a.id LIMIT {}
"""


class NotOneself(Forbidden):
    message = "Nobody does this to oneself. Ask another registrar or administrator."


class NotInUse(Conflict):
    message = "This account is suspended or closed already."


class NotSuspended(Conflict):
    message = "This account is not suspended."


async def suspend(actor: Actor, account_id: UUID, *, reason: str) -> Account:
    """Keep somebody out until further notice: every way in ends at once, and the person is told.

    Raises:
        NotOneself, NotAbove: the actor may not; whoever holds a role for the whole site is
            suspended by an administrator.
        LastAdministrator: nobody else would be one.
        Invalid: there is no reason.
        NotFound, NotInUse: there is nothing to suspend.
    """
    _must_not_be_oneself(actor, account_id)
    if not reason.strip():
        raise Invalid({"reason": "Say why; the person is told, and it stays on record."})
    async with transaction():
        await must_not_be_the_last(account_id)
        account = await _held_from_above(actor, account_id)
        if account.status not in USABLE:
            raise NotInUse
        account.status, account.suspended_at = AccountStatus.SUSPENDED, clock.now()
        account.suspension_reason = reason.strip()
        await account.save([Account.status, Account.suspended_at, Account.suspension_reason])
        await end_ways_in(account.id)
        await record(actor, "account.suspended", Account, of=account.id)
        await write_mail(
            "accounts/suspended",
            to=account.email,
            account=account.id,
            name=account.legal_name,
            reason=reason.strip(),
        )
    return account


async def lift_suspension(actor: Actor, account_id: UUID) -> Account:
    """Let somebody in again, as verified as before.

    Raises:
        NotOneself, NotAbove: as ``suspend``.
        NotFound, NotSuspended: there is nothing to lift.
    """
    _must_not_be_oneself(actor, account_id)
    async with transaction():
        account = await _held_from_above(actor, account_id)
        if account.status != AccountStatus.SUSPENDED:
            raise NotSuspended
        account.status = status_of(
            proved=account.proved_at is not None,
            verified=account.verified_at is not None,
            reverify=account.reverify_since is not None,
        )
        account.suspended_at, account.suspension_reason = None, ""
        await account.save([Account.status, Account.suspended_at, Account.suspension_reason])
        await record(actor, "account.suspension_lifted", Account, of=account.id)
        await write_mail(
            "accounts/suspension_lifted",
            to=account.email,
            account=account.id,
            name=account.legal_name,
        )
    return account


def _must_not_be_oneself(actor: Actor, account_id: UUID) -> None:
    actor.must(Permission.SUSPEND_PEOPLE)
    if account_id == actor.account_id:
        raise NotOneself


async def _held_from_above(actor: Actor, account_id: UUID) -> Account:
    """The account, held; one that holds a role for the whole site only by an administrator."""
    account = await one(locked(Account.objects().where(Account.id == account_id), Account))
    is_staff = await RoleGrant.exists().where(
        RoleGrant.account == account_id, RoleGrant.agency.is_null()
    )
    if is_staff and (Role.ADMIN, None) not in actor.roles:
        raise NotAbove
    return account


async def end_old_verifications() -> None:
    """Ask those to be verified again whose verification has run out, and tell them; job.

    New enrollments in restricted courses wait for it; certificates stay.
    """
    now = clock.now()
    today = clock.day_in(settings().time_zone, now)
    before = months_before(now, VERIFIED_FOR)
    last = UUID(int=0)
    while rows := await fetch(RUN_OUT, last, before, today, AT_ONCE):
        last = rows[-1]["id"]
        for row in rows:
            # On SQLite what a subquery gives is a text.
            until = date.fromisoformat(str(row["until"])) if row["until"] else None
            if is_reverify_due(now, verified_at=row["verified_at"], worked_until=until):
                await _end_verification(row["id"], row["verified_at"])


async def _end_verification(account_id: UUID, verified_at: datetime) -> None:
    async with transaction():
        ended = (
            await Account.update(
                {
                    Account.status: AccountStatus.REVERIFY_DUE,
                    Account.verified_at: None,
                    Account.reverify_since: clock.now(),
                }
            )
            .where(
                Account.id == account_id,
                Account.status == AccountStatus.ACTIVE_VERIFIED,
                Account.verified_at == verified_at,
            )
            .returning(Account.email, Account.legal_name)
        )
        if ended:
            await record(SYSTEM, "account.reverify_due", Account, of=account_id)
            await write_mail(
                "accounts/reverify",
                to=ended[0]["email"],
                account=account_id,
                name=ended[0]["legal_name"],
            )
