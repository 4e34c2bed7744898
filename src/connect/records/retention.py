"""The end of keeping: closed accounts whose time is over, and documents.

The clock of a person starts when the account is closed; an open account keeps its transcript (R33
as amended). A legal hold stops it. What goes is emptied as by an erasure, so that counts stay.
"""

from uuid import UUID

from connect import clock
from connect.accounts.documents import forget_documents, old_documents
from connect.accounts.tables import Account, AccountStatus
from connect.audit import record
from connect.db import fetch, locked, one, transaction
from connect.errors import Invalid
from connect.policy import SYSTEM, Actor, Permission
from connect.records.actions import ErasedAlready, OnHold, erase_wholly
from connect.records.rules import YEARS, kept_until

OVER = "The time for which records are kept is over."
LATEST_GRANT = """
SELECT g.ends_on FROM training t JOIN grant_award g ON g.id = t."grant"
WHERE t.person = {} ORDER BY g.ends_on DESC LIMIT 1
"""


async def hold(actor: Actor, account_id: UUID, *, reason: str) -> None:
    """Put a legal hold on a person; again, it changes the reason.

    Raises:
        Invalid: there is no reason.
        NotFound, ErasedAlready: there is nobody to keep.
    """
    actor.must(Permission.ERASE_PEOPLE)
    if not reason.strip():
        raise Invalid({"reason": "Say which case it is and who asked for it, without names."})
    async with transaction():
        account = await _held(account_id)
        if account.erased_at:
            raise ErasedAlready
        account.held_at, account.hold_reason = account.held_at or clock.now(), reason.strip()
        await account.save([Account.held_at, Account.hold_reason])
        await record(actor, "account.held", Account, of=account_id)


async def lift(actor: Actor, account_id: UUID) -> None:
    """Lift a legal hold; without one nothing happens.

    Raises:
        NotFound: there is no such account.
    """
    actor.must(Permission.ERASE_PEOPLE)
    async with transaction():
        account = await _held(account_id)
        if account.held_at is None:
            return
        account.held_at, account.hold_reason = None, ""
        await account.save([Account.held_at, Account.hold_reason])
        await record(actor, "account.hold_lifted", Account, of=account_id)


async def _held(account_id: UUID) -> Account:
    return await one(locked(Account.objects().where(Account.id == account_id), Account))


async def due() -> dict[str, list[UUID]]:
    """What would go today: kind → ids of accounts and requests."""
    return {"person": await _people(), "document": await old_documents()}


async def end_retention() -> None:
    """Let go what is kept no longer; job."""
    for account_id in await _people():
        async with transaction():
            account = await _held(account_id)
            if account.status != AccountStatus.CLOSED or account.erased_at:
                continue
            try:
                async with transaction():
                    await erase_wholly(SYSTEM, account, OVER)
            except OnHold:  # on an account that was joined with it
                continue
    await forget_documents()


async def _people() -> list[UUID]:
    now = clock.now()
    rows = (
        await Account.select(Account.id, Account.ended_at, Account.time_zone)
        .where(
            Account.status == AccountStatus.CLOSED,
            Account.erased_at.is_null(),
            Account.held_at.is_null(),
            Account.merged_into.is_null(),
            Account.ended_at < now.replace(year=now.year - YEARS, day=min(now.day, 28)),
        )
        .order_by(Account.id)
    )
    over = []
    for row in rows:
        grants = await fetch(LATEST_GRANT, row["id"])
        closed_on = clock.day_in(row["time_zone"], row["ended_at"])
        if kept_until(closed_on, grants[0]["ends_on"] if grants else None) < now.date():
            over.append(row["id"])
    return over
