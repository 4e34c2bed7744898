"""Revoking: one certificate by one person, several at once by two."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import USABLE
from connect.accounts.tables import Account
from connect.audit import record
from connect.certificates.queries import certificate_of, certificates_numbered, successor_of
from connect.certificates.reissues import STANDING, AlreadyReplaced
from connect.certificates.tables import (
    Certificate,
    CertificateStatus,
    ProposalState,
    RevocationProposal,
)
from connect.db import fetch, locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.web.templating import day

MOST = 500  # certificates in one proposal
OPEN_FOR = timedelta(days=7)
REASON = "Say why. The holder is told; the public check page is not."


class AlreadyRevoked(Conflict):
    message = "This certificate was revoked on {day}. Nothing is left to do."


class NeedsAnother(Forbidden):
    message = (
        "Revoking several at once needs two people. Ask somebody else of the staff to confirm."
    )


class ProposalOver(Conflict):
    message = "This proposal is {state}. Make a new one if it is still needed."


class Changed(Conflict):
    message = "Nothing was revoked, because something changed since: {faults} Make a new proposal."


async def revoke(actor: Actor, number: str, *, reason: str) -> Certificate:
    """End a certificate for good, today in the organization's zone, and tell its holder why.

    The public check says that it is revoked and since when. Completion, transcript and training
    instance stay: a count changes only by a correction of its own (R11, R26). For an agency's
    roster a revoked certificate meets no requirement any more.

    Raises:
        StepUpNeeded: the actor's last proof of who it is is too old.
        Invalid: no reason.
        NotFound, AlreadyReplaced, AlreadyRevoked.
    """
    actor.must(Permission.REVOKE_CERTIFICATES)
    actor.must_be_fresh()
    if not reason.strip():
        raise Invalid({"reason": REASON})
    async with transaction():
        row = await certificate_of(actor, number, Permission.REVOKE_CERTIFICATES)
        ended = await _end(actor, row, reason.strip())
        row = await certificate_of(actor, number, Permission.REVOKE_CERTIFICATES)
    if not ended and row.status == CertificateStatus.SUPERSEDED:
        raise AlreadyReplaced(number=await successor_of(row))
    if not ended:
        raise AlreadyRevoked(day=day(row.revoked_on))
    return row


async def end_with(actor: Actor, source_kind: str, source: UUID, *, reason: str) -> None:
    """Revoke what stands for something that itself was revoked, in the caller's transaction."""
    query = Certificate.objects().where(
        Certificate.source_kind == source_kind,
        Certificate.source == source,
        Certificate.status != CertificateStatus.SUPERSEDED,
    )
    for row in await query:
        await _end(actor, row, reason)


async def _end(actor: Actor, row: Certificate, reason: str) -> bool:
    """Revoke what stands, in the caller's transaction; whether it stood."""
    ended = (
        await Certificate.update(
            {
                Certificate.status: CertificateStatus.REVOKED,
                Certificate.revoked_on: clock.today(),
                Certificate.revocation_reason: reason,
            }
        )
        .where(Certificate.id == row.id, Certificate.status.is_in(STANDING))
        .returning(Certificate.id)
    )
    if not ended:
        return False
    await record(actor, "certificate.revoked", Certificate, of=row.id)
    if row.holder is None:
        return True
    holder = await one(Account.objects().where(Account.id == row.holder))
    if holder.status in USABLE:
        await write_mail(
            "certificates/revoked",
            to=holder.email,
            account=holder.id,
            once=str(row.id),
            name=holder.legal_name,
            number=row.number,
            title=row.title,
            reason=reason,
        )
    return True


async def propose(actor: Actor, numbers: list[str], *, reason: str) -> RevocationProposal:
    """Ask that several certificates be revoked; nothing happens before somebody else confirms.

    Raises:
        StepUpNeeded: the actor's last proof of who it is is too old.
        Invalid: no reason, too many, or some that are not there or do not stand; each is named.
    """
    actor.must(Permission.REVOKE_CERTIFICATES)
    actor.must_be_fresh()
    wanted = sorted({n.strip().upper() for n in numbers if n.strip()})
    faults = {} if reason.strip() else {"reason": REASON}
    if not 1 <= len(wanted) <= MOST:
        faults["numbers"] = f"Name 1 to {MOST} certificates."
    elif wrong := await _faults(wanted):
        faults["numbers"] = wrong
    if faults:
        raise Invalid(faults)
    row = RevocationProposal(
        numbers=msgspec.json.encode(wanted).decode(), reason=reason.strip(), made_by=actor.id
    )
    async with transaction():
        await RevocationProposal.insert(row)
        await record(
            actor, "revocation.proposed", RevocationProposal, of=row.id, certificates=len(wanted)
        )
    return row


async def _faults(numbers: list[str]) -> str:
    """What keeps *numbers* from being revoked, in sentences; empty when nothing does."""
    found = {row.number: row for row in await certificates_numbered(numbers)}
    said = {
        number: f"was {found[number].status}" if number in found else "is not known"
        for number in numbers
        if number not in found or found[number].status not in STANDING
    }
    return " ".join(f"{number} {words}." for number, words in said.items())


async def decide(actor: Actor, proposal_id: UUID, *, confirm: bool) -> RevocationProposal:
    """Confirm a proposal, and all of it is revoked in one transaction; or withdraw it.

    Raises:
        StepUpNeeded: to confirm, the actor's last proof of who it is must be fresh.
        NotFound: no such proposal.
        NeedsAnother: who proposed cannot confirm.
        ProposalOver: it is decided, or older than ``OPEN_FOR``.
        Changed: one of them does not stand any more; nothing was done.
    """
    actor.must(Permission.REVOKE_CERTIFICATES)
    if confirm:
        actor.must_be_fresh()
    async with transaction():
        query = RevocationProposal.objects().where(RevocationProposal.id == proposal_id)
        row = await one(locked(query, RevocationProposal))
        if (state := state_of(row)) != ProposalState.OPEN:
            raise ProposalOver(state=state)
        if confirm and row.made_by == actor.id:
            raise NeedsAnother
        row.state = ProposalState.CONFIRMED if confirm else ProposalState.WITHDRAWN
        row.decided_by, row.decided_at = actor.id, clock.now()
        await row.save()
        await record(actor, f"revocation.{row.state}", RevocationProposal, of=row.id)
        if confirm:
            numbers = numbers_of(row)
            found = await certificates_numbered(numbers)
            if not all([await _end(actor, certificate, row.reason) for certificate in found]):
                raise Changed(faults=await _faults(numbers))
    return row


def numbers_of(row: RevocationProposal) -> list[str]:
    """The numbers that a proposal names."""
    return msgspec.json.decode(row.numbers, type=list[str])


def state_of(row: RevocationProposal) -> ProposalState:
    """Where a proposal stands; one that nobody decided in time is over."""
    if row.state == ProposalState.OPEN and clock.now() >= ends_at(row):
        return ProposalState.OVER
    return ProposalState(row.state)


def ends_at(row: RevocationProposal) -> datetime:
    """When an open proposal is over."""
    return row.made_at + OPEN_FOR


async def proposals(actor: Actor, *, limit: int) -> list[dict[str, Any]]:
    """The newest proposals with who made each."""
    actor.must(Permission.REVOKE_CERTIFICATES)
    rows = (
        await RevocationProposal.objects()
        .order_by(RevocationProposal.id, ascending=False)
        .limit(limit)
    )
    names = {r["id"]: r["legal_name"] for r in await fetch(PROPOSERS)} if rows else {}
    return [{"row": row, "by": names.get(row.made_by, "")} for row in rows]


PROPOSERS = (
    "SELECT id, legal_name FROM account WHERE id IN (SELECT made_by FROM revocation_proposal)"
)
