"""Completions elsewhere: handed in, decided on by another person, taken back."""

from datetime import date
from typing import Any
from uuid import UUID

from connect import clock, uploads
from connect.accounts.tables import Account
from connect.audit import record, record_many
from connect.catalog.queries import course_named
from connect.config import settings
from connect.db import locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.external import rules
from connect.external.queries import external_of
from connect.external.rules import Verdict
from connect.external.tables import ExternalCompletion, ExternalState
from connect.jobs import enqueue
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission

STANDING = [ExternalState.SUBMITTED, ExternalState.ACCEPTED]


class DecidedAlready(Conflict):
    message = "This was decided already, or withdrawn. Open the page again to see how it stands."


class NotTheOther(Forbidden):
    message = "{why}"


class TooManyWaiting(Conflict):
    message = "100 of your completions wait for a decision. Hand in more when some are decided."


async def submit(
    actor: Actor,
    *,
    title: str,
    provider: str,
    completed_on: date,
    minutes: int,
    number: str = "",
    course: str = "",
    evidence: uploads.Kept | None = None,
    account_id: UUID | None = None,
) -> ExternalCompletion:
    """Hand in what was completed elsewhere; somebody else decides on it.

    Args:
        course: code or slug of the course of ours that it stands for; empty: none.
        account_id: whose it is; None: the actor's own. Of another only staff bring one in.

    Raises:
        NotFound: there is no such account.
        Invalid: every bad value; the same may stand already.
        TooManyWaiting: so many were handed in that none is decided on.
    """
    holder = account_id or actor.id
    brought_in = holder != actor.id
    actor.must(Permission.REVIEW_COMPLETIONS if brought_in else Permission.LEARN)
    facts: dict[str, Any] = {"title": rules.normal(title), "provider": rules.normal(provider)}
    facts |= {"day": completed_on, "minutes": minutes, "number": rules.normal(number)}
    async with transaction():
        account = await one(locked(Account.objects().where(Account.id == holder), Account))
        today = clock.day_in(account.time_zone, clock.now())
        wrong = rules.faults(facts, today)
        meant = await course_named(course) if course else None
        if course and meant is None:
            wrong["course"] = "Choose a course from the list, or none."
        present = await _standing_of(holder)
        if rules.identity(facts["title"], facts["provider"], completed_on) in present:
            wrong.setdefault("title", "This completion of that day stands already.")
        if wrong:
            raise Invalid(wrong)
        if (
            sum(state == ExternalState.SUBMITTED for state in present.values())
            >= rules.MOST_WAITING
        ):
            raise TooManyWaiting
        row = ExternalCompletion(**facts, account=holder, course=meant, made_by=actor.id)
        row.brought_in = brought_in
        if evidence:
            row.evidence, row.evidence_kind = evidence.digest, evidence.kind
            row.evidence_size = evidence.size
        await ExternalCompletion.insert(row)
        act = "external_completion.brought_in" if brought_in else "external_completion.submitted"
        await record(
            actor,
            act,
            ExternalCompletion,
            of=row.id,
            person=holder,
            day=completed_on,
            minutes=minutes,
            course=meant,
            evidence=row.evidence,
        )
    return row


async def _standing_of(account: UUID) -> dict[rules.Identity, str]:
    rows = await ExternalCompletion.select(
        ExternalCompletion.title,
        ExternalCompletion.provider,
        ExternalCompletion.day,
        ExternalCompletion.state,
    ).where(ExternalCompletion.account == account, ExternalCompletion.state.is_in(STANDING))
    return {rules.identity(r["title"], r["provider"], r["day"]): r["state"] for r in rows}


async def decide(
    actor: Actor,
    external_id: UUID,
    verdict: Verdict,
    *,
    reason: str = "",
    course: str | None = None,
) -> ExternalCompletion:
    """Accept or decline what waits, or take back what was accepted.

    Args:
        reason: needed unless it is accepted; its holder reads it.
        course: code or slug of the course of ours that it stands for; empty: none; None: as its
            holder said.

    Raises:
        NotFound: there is no such completion.
        NotTheOther: it is the actor's own, or the actor brought it in.
        DecidedAlready: it does not wait, or was not accepted.
        Invalid: every bad value.
    """
    actor.must(Permission.REVIEW_COMPLETIONS)
    async with transaction():
        query = ExternalCompletion.objects().where(ExternalCompletion.id == external_id)
        row = await one(locked(query, ExternalCompletion))
        why = rules.deciding_fault(actor.id, holder=row.account, made_by=row.made_by)
        if why:
            raise NotTheOther(why=why)
        taken_back = verdict is Verdict.WITHDRAWN
        if row.state != (ExternalState.ACCEPTED if taken_back else ExternalState.SUBMITTED):
            raise DecidedAlready
        wrong = {}
        if verdict is not Verdict.ACCEPTED and not reason.strip():
            wrong["reason"] = "Write why, so that its holder can mend it."
        meant = row.course
        if course is not None and verdict is Verdict.ACCEPTED:
            meant = await course_named(course) if course else None
            if course and meant is None:
                wrong["course"] = "Choose a course from the list, or none."
        if wrong:
            raise Invalid(wrong)
        row.state, row.course, row.reason = ExternalState(verdict), meant, reason.strip()
        row.decided_by, row.decided_at = actor.id, clock.now()
        await row.save()
        await record(
            actor, f"external_completion.{verdict}", ExternalCompletion, of=row.id, course=meant
        )
        if verdict is Verdict.ACCEPTED and meant:
            await enqueue("paths.look", learner=row.account)  # it may complete a path
        if not row.brought_in:
            await _tell(row)
    return row


async def _tell(row: ExternalCompletion) -> None:
    account = await one(Account.objects().where(Account.id == row.account))
    if "@" not in account.email:  # closed meanwhile
        return
    await write_mail(
        "external/decided",
        to=account.email,
        account=account.id,
        name=account.legal_name,
        title=row.title,
        state=row.state,
        reason=row.reason,
        link=f"{settings().base_url}/external-completions",
    )


async def decide_import(
    actor: Actor, import_id: UUID, verdict: Verdict, *, reason: str = ""
) -> int:
    """Decide on all that one file brought in: what waits, or for ``WITHDRAWN`` what stands.

    Its own importer may only take it back. Rows of the actor's own stay as they are.

    Returns:
        How many rows were decided.

    Raises:
        Invalid: a reason is needed.
        DecidedAlready: no row is left for the actor to decide on.
    """
    actor.must(Permission.REVIEW_COMPLETIONS)
    if verdict is not Verdict.ACCEPTED and not reason.strip():
        raise Invalid({"reason": "Write why."})
    taken_back = verdict is Verdict.WITHDRAWN
    states = STANDING if taken_back else [ExternalState.SUBMITTED]
    where = [
        ExternalCompletion.import_file == import_id,
        ExternalCompletion.state.is_in(states),
        ExternalCompletion.account != actor.id,
    ]
    if not taken_back:
        where.append(ExternalCompletion.made_by != actor.id)
    async with transaction():
        done = (
            await ExternalCompletion.update(
                {
                    ExternalCompletion.state: ExternalState(verdict),
                    ExternalCompletion.reason: reason.strip(),
                    ExternalCompletion.decided_by: actor.id,
                    ExternalCompletion.decided_at: clock.now(),
                }
            )
            .where(*where)
            .returning(ExternalCompletion.id)
        )
        if not done:
            raise DecidedAlready
        act = f"external_completion.{verdict}"
        await record_many(actor, ExternalCompletion, [(row["id"], act) for row in done])
        if verdict is Verdict.ACCEPTED:
            await enqueue("paths.sweep")  # they may complete paths
    return len(done)


async def withdraw(actor: Actor, external_id: UUID) -> None:
    """Take back one's own before it is decided on.

    Raises:
        NotFound: it is not one's own.
        DecidedAlready: it does not wait.
    """
    row = await external_of(actor, external_id)
    async with transaction():
        if not await _withdraw(actor, ExternalCompletion.id == row.id):
            raise DecidedAlready


async def withdraw_waiting(actor: Actor, account: UUID) -> None:
    """Nobody decides any more on what somebody who leaves handed in; in the caller's
    transaction."""
    await _withdraw(actor, ExternalCompletion.account == account)


async def _withdraw(actor: Actor, which: Any) -> bool:
    done = (
        await ExternalCompletion.update(
            {
                ExternalCompletion.state: ExternalState.WITHDRAWN,
                ExternalCompletion.decided_by: actor.account_id,
                ExternalCompletion.decided_at: clock.now(),
            }
        )
        .where(which, ExternalCompletion.state == ExternalState.SUBMITTED)
        .returning(ExternalCompletion.id)
    )
    act = "external_completion.withdrawn"
    await record_many(actor, ExternalCompletion, [(row["id"], act) for row in done])
    return bool(done)


async def evidence_of(actor: Actor, external_id: UUID) -> tuple[str, bytes]:
    """The kind and bytes of the evidence; each reading by another than its holder is noted.

    Raises:
        NotFound: there is none, or it is not the actor's to read.
    """
    row = await external_of(actor, external_id)
    if not row.evidence:
        raise NotFound
    data = await uploads.opened(row.evidence)
    if row.account != actor.account_id:
        async with transaction():
            await record(
                actor,
                "external_completion.evidence_read",
                ExternalCompletion,
                of=row.id,
                person=row.account,
            )
    return str(row.evidence_kind), data
