"""Kind of job → action, in one table; recurring work in another."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from connect import audit_chain, clock, idempotency, jobs, limits
from connect.accounts import actions as accounts
from connect.accounts import (
    addresses,
    administrators,
    invitations,
    sign_in,
    states,
    verification,
)
from connect.assignments import actions as assignments
from connect.assignments import reminders
from connect.certificates import actions as certificates
from connect.certificates import batches
from connect.imports import actions as imports
from connect.mail import actions as mail
from connect.merges import actions as merges
from connect.merges import duplicates
from connect.paths import actions as paths
from connect.readiness import idle
from connect.readiness import reminders as memberships
from connect.records import actions as records
from connect.records import retention
from connect.transcripts import actions as transcripts

HANDLERS: dict[str, jobs.Handler] = {
    "accounts.answer_address": addresses.answer_address,
    "accounts.answer_registration": accounts.answer_registration,
    "accounts.end_old_verifications": states.end_old_verifications,
    "accounts.expire_cases": verification.expire_cases,
    "accounts.send_invitation": invitations.send_invitation,
    "accounts.send_proof": accounts.send_proof,
    "accounts.send_reset": sign_in.send_reset,
    "accounts.sweep": sign_in.sweep,
    "accounts.tell_administrators": administrators.tell_administrators,
    "assignments.apply": assignments.apply,
    "assignments.apply_all": assignments.apply_all,
    "assignments.remind": reminders.remind,
    "certificates.batch": batches.make_batch,
    "certificates.draw": certificates.draw,
    "certificates.expire": certificates.expire,
    "certificates.sweep": batches.sweep,
    "idempotency.sweep": idempotency.sweep,
    "imports.run": imports.run_import,
    "imports.sweep": imports.sweep,
    "jobs.sweep": jobs.sweep,
    "limits.sweep": limits.sweep,
    "mail.deliver": mail.deliver,
    "mail.sweep": mail.sweep,
    "paths.look": paths.look,
    "paths.sweep": paths.sweep,
    "readiness.end_idle": idle.end_idle,
    "readiness.look_at_terms": memberships.look_at_terms,
    "records.remove_files": records.remove_files,
    "records.retention": retention.end_retention,
    "merges.look": duplicates.look,
    "merges.sweep": merges.sweep,
    "transcripts.end_expired": transcripts.end_expired,
}
EVERY: dict[str, timedelta] = {
    "accounts.end_old_verifications": timedelta(days=1),
    "accounts.expire_cases": timedelta(hours=1),
    "accounts.sweep": timedelta(days=1),
    "assignments.apply_all": timedelta(days=1),
    "assignments.remind": timedelta(hours=1),
    "certificates.expire": timedelta(hours=1),
    "certificates.sweep": timedelta(days=1),
    "idempotency.sweep": timedelta(days=1),
    "imports.sweep": timedelta(days=1),
    "jobs.sweep": timedelta(days=1),
    "limits.sweep": timedelta(hours=1),
    "mail.sweep": timedelta(days=1),
    "merges.look": timedelta(minutes=5),
    "merges.sweep": timedelta(days=1),
    "paths.sweep": timedelta(days=1),
    "readiness.end_idle": timedelta(days=1),
    "readiness.look_at_terms": timedelta(hours=1),
    "records.retention": timedelta(days=1),
    "transcripts.end_expired": timedelta(days=1),
}

_last_slots: dict[str, int] = {}


async def recur() -> None:
    """Enqueue what is due by the clock. A slot has a key, so two workers do not double it."""
    for kind, every in EVERY.items():
        slot = int(clock.now().timestamp() // every.total_seconds())
        if _last_slots.get(kind) != slot:
            await jobs.enqueue(kind, key=f"{kind} {slot}")
            _last_slots[kind] = slot


async def work(before_each: Callable[[], Awaitable[object]] | None = None) -> None:
    """Work until cancelled."""

    async def look() -> None:
        if before_each:
            await before_each()
        await recur()

    await asyncio.gather(jobs.run(HANDLERS, look), audit_chain.keep())
