"""The end of an account: closed by its owner, or erased; and what is held, handed out."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from connect import clock, files
from connect.accounts.queries import account_of
from connect.accounts.roles import must_not_be_the_last
from connect.accounts.sign_in import check_own_password, hold
from connect.accounts.tables import (
    Account,
    Address,
    Affiliation,
    CaseState,
    EligibilityCase,
)
from connect.audit import record
from connect.config import settings
from connect.db import fetch, locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid
from connect.external.actions import withdraw_waiting
from connect.jobs import enqueue
from connect.mail.actions import forget_mail
from connect.mail.tables import Mail
from connect.policy import SYSTEM, Actor, Permission
from connect.records.holdings import HOLDINGS
from connect.records.queries import all_joined_to, held_about, rows_of
from connect.records.register import Holding, When
from connect.records.tables import Erasure
from connect.records.whose import Person
from connect.security import unseal
from connect.transcripts.actions import end_shares_of

# Of the addresses that somebody added and did not prove, those that are another one's.
TAKEN = """
SELECT d.email FROM address d WHERE d.account = {} AND d.proved_at IS NULL AND (
  EXISTS (SELECT 1 FROM account a WHERE a.email = d.email)
  OR EXISTS (SELECT 1 FROM address o WHERE o.email = d.email AND o.account <> {}
    AND o.proved_at IS NOT NULL))
"""


class NotOneself(Forbidden):
    message = "Nobody erases oneself. Close your account, or ask another administrator."


class ErasedAlready(Conflict):
    message = "This person was erased already."


class OnHold(Conflict):
    message = "A legal hold keeps what is held about this person. Lift the hold first."


class Erased(msgspec.Struct, frozen=True):
    """One line of the file of erasures: ids and moments, nothing else."""

    account: UUID
    erased_at: datetime
    ended_at: datetime


async def export_person(actor: Actor, account_id: UUID) -> dict[str, Any]:
    """``held_about`` for an administrator, who is noted in the trail.

    Raises:
        NotFound: there is no such account.
    """
    actor.must(Permission.EXPORT_PEOPLE)
    async with transaction():
        found = await held_about(account_id)
        await record(actor, "account.exported", Account, of=account_id)
    return found


async def close_account(actor: Actor, password: str) -> None:
    """End one's own account: contact data go, name and completions stay until retention ends.

    No mail tells of it, since its address would have to stay in the outbox.

    Raises:
        TooMany: too many wrong tries.
        Invalid: the password is wrong.
        LastAdministrator: nobody else would be one.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    checked = await account_of(actor)
    if wrong := await check_own_password(checked, password, "password"):
        raise Invalid(wrong)
    async with transaction():
        await must_not_be_the_last(actor.id)
        await hold(checked)
        account = await account_of(actor, lock=True)
        for each in [account, *await _joined(account)]:
            await _end_work(each)
            await _unask(each)
            await _reduce(await _reached(each), When.CLOSURE)
            moment = each.ended_at or clock.now()
            await Account.update({Account.ended_at: moment}).where(Account.id == each.id)
            await record(actor, "account.closed", Account, of=each.id)


async def erase(actor: Actor, account_id: UUID, *, reason: str) -> None:
    """Empty everything that tells who somebody is. Facts stay under the id, so counts stay.

    Raises:
        NotOneself: it is the actor's own account.
        LastAdministrator: nobody else would be one.
        Invalid: there is no reason.
        NotFound, ErasedAlready: there is nobody to erase.
        OnHold: a legal hold keeps the records.
    """
    actor.must(Permission.ERASE_PEOPLE)
    if account_id == actor.account_id:
        raise NotOneself
    if not reason.strip():
        raise Invalid({"reason": "Say who asked for it and how, without names."})
    async with transaction():
        await must_not_be_the_last(account_id)
        account = await one(locked(Account.objects().where(Account.id == account_id), Account))
        if account.erased_at is not None:
            raise ErasedAlready
        await erase_wholly(actor, account, reason.strip())


async def erase_wholly(actor: Actor, account: Account, reason: str) -> None:
    """Erase a locked account and those that were joined with it, in the caller's transaction.

    Raises:
        OnHold: a legal hold is on one of them.
    """
    now = clock.now()
    every = [account, *await _joined(account)]
    if any(each.held_at for each in every):
        raise OnHold
    for each in every:
        erased = Erased(each.id, now, each.ended_at or now)
        await _erase(actor, each, erased, reason)
        # Before the commit: who asked for it must not come back with an old backup.
        await asyncio.to_thread(files.append_line, erasure_file(), msgspec.json.encode(erased))


async def _joined(account: Account) -> list[Account]:
    """Accounts of the same person, which were joined with this one and are not erased yet."""
    ids = await all_joined_to(account.id)
    if not ids:
        return []
    return await locked(
        Account.objects().where(Account.id.is_in(ids), Account.erased_at.is_null()), Account
    )


async def replay(path: Path) -> list[UUID]:
    """Erase again, after an older backup was restored, whom the file *path* names; who it was."""
    again: list[UUID] = []
    for line in (await asyncio.to_thread(path.read_bytes)).splitlines():
        try:
            erased = msgspec.json.decode(line, type=Erased)
        except msgspec.DecodeError:
            continue  # torn by a loss of power; its transaction never committed
        async with transaction():
            account = await locked(
                Account.objects().where(Account.id == erased.account), Account
            ).first()
            if account and account.erased_at is None:
                await _erase(SYSTEM, account, erased, "Replayed after a restore.")
                again.append(account.id)
    return again


def erasure_file() -> Path:
    """Where erasures are kept outside of the database. Copies of it belong with every backup."""
    return Path(settings().data_dir) / "erasures.jsonl"


async def remove_files(digests: list[str]) -> None:
    """Delete stored files that nobody needs any more; job."""
    for digest in digests:
        if not await _is_needed(digest):
            await files.remove(digest)


async def _erase(actor: Actor, account: Account, erased: Erased, reason: str) -> None:
    await end_shares_of(actor, account.id)
    await _end_work(account)
    await _unask(account)
    person = await _reached(account)
    if digests := await _files_of(person):
        await enqueue("records.remove_files", digests=digests)
    await _reduce(person, When.ERASURE)
    moments: dict[Any, datetime] = {
        Account.erased_at: erased.erased_at,
        Account.ended_at: erased.ended_at,
    }
    await Account.update(moments).where(Account.id == account.id)
    row = Erasure(account=account.id, reason=reason, erased_by=actor.account_id)
    row.erased_at = erased.erased_at
    await Erasure.insert(row)
    await record(actor, "account.erased", Account, of=account.id)


async def _end_work(account: Account) -> None:
    """Nobody waits for this person any more, and no agency counts on them."""
    await withdraw_waiting(SYSTEM, account.id)
    today = clock.day_in(account.time_zone, clock.now())
    await Affiliation.update({Affiliation.until: today}).where(
        Affiliation.account == account.id,
        Affiliation.until.is_null() | (Affiliation.until > today),
    )
    await EligibilityCase.update(
        {EligibilityCase.state: CaseState.EXPIRED, EligibilityCase.decided_at: clock.now()}
    ).where(
        EligibilityCase.account == account.id,
        EligibilityCase.state.is_in([CaseState.OPEN, CaseState.WAITING_SPONSOR]),
    )


async def _unask(account: Account) -> None:
    """Empty the mails in which others were asked to vouch: they tell who it is, and are sealed."""
    cases = await EligibilityCase.select(EligibilityCase.sponsor_email).where(
        EligibilityCase.account == account.id, EligibilityCase.sponsor_email != ""
    )
    asked = [case["sponsor_email"] for case in cases]
    for mail in (
        await Mail.objects().where(Mail.to.is_in(asked), Mail.sealed.eq(True)) if asked else []
    ):
        if account.legal_name in unseal(mail.body):
            await forget_mail(mail.id)


async def _reached(account: Account) -> Person:
    """Somebody with all addresses that lead here, proved or not, and to nobody else."""
    rows = await Address.select(Address.email).where(Address.account == account.id)
    taken = await fetch(TAKEN, account.id, account.id)
    further = {row["email"] for row in rows} - {row["email"] for row in taken}
    own = {account.email} if "@" in account.email else set()
    return Person(account.id, sorted(own | further))


async def _reduce(person: Person, when: When) -> None:
    """Do what the register says of this moment, table by table."""
    for holding in HOLDINGS:
        condition, values = holding.whose(person)
        if holding.rows_go is When.CLOSURE or holding.rows_go is when:
            await fetch(f'DELETE FROM "{holding.name}" WHERE {condition}', *values)  # noqa: S608
        elif changes := holding.changes(when):
            await _change(holding, changes, condition, values, person)
        for column in holding.addresses:
            for address in person.addresses:
                sql = f'UPDATE "{holding.name}" SET "{column}" = {{}} WHERE "{column}" = {{}}'  # noqa: S608
                await fetch(sql, holding.nothing(column), address)


async def _change(
    holding: Holding, changes: dict[str, Any], condition: str, values: list[Any], person: Person
) -> None:
    made = {column: make for column, make in changes.items() if callable(make)}
    plain = {column: value for column, value in changes.items() if column not in made}
    rows = await rows_of(holding, person) if made else []  # as they stood: a change may hide them
    if plain:
        assigned = ", ".join(f'"{column}" = {{}}' for column in plain)
        sql = f'UPDATE "{holding.name}" SET {assigned} WHERE {condition}'  # noqa: S608
        await fetch(sql, *plain.values(), *values)
    for row in rows:
        assigned = ", ".join(f'"{column}" = {{}}' for column in made)
        fresh = [make(row) for make in made.values()]
        await fetch(f'UPDATE "{holding.name}" SET {assigned} WHERE id = {{}}', *fresh, row["id"])  # noqa: S608


async def _files_of(person: Person) -> list[str]:
    found = set()
    for holding in HOLDINGS:
        if holding.files:
            rows = await rows_of(holding, person)
            found |= {row[column] for row in rows for column in holding.files if row[column]}
    return sorted(found)


async def _is_needed(digest: str) -> bool:
    """Whether a row of somebody who was not erased names the file."""
    for holding in HOLDINGS:
        for column, need in holding.files.items():
            sql = f'SELECT 1 AS found FROM "{holding.name}" WHERE "{column}" = {{}} AND {need}'  # noqa: S608
            if await fetch(f"{sql} LIMIT 1", digest):
                return True
    return False
