"""Joining people and agencies that are listed twice, and undoing it within 30 days."""

from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import USABLE
from connect.accounts.roles import GRANTS
from connect.accounts.tables import Account, AccountStatus, RoleGrant
from connect.agencies.tables import Agency, AgencyState
from connect.audit import record
from connect.db import fetch, is_unique_violation, locked, one, placeholders, transaction, uuid7
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.learning.tables import Enrollment
from connect.mail.actions import write_mail
from connect.merges import steps
from connect.merges.agencies import plan_of_agencies
from connect.merges.people import plan_of_people
from connect.merges.rules import UNDO, Plan, masked, undo_until
from connect.merges.tables import Merge, MergeKind, MergeStep
from connect.policy import Actor, Permission, Role
from connect.web.templating import day

TABLES: dict[str, type[Account] | type[Agency]] = {
    MergeKind.PEOPLE: Account,
    MergeKind.AGENCIES: Agency,
}
# Later merges of the same record; of an agency for which this one ended a role; and those that
# changed a value that it wrote or ended a row that it touched. What they decided stands on it.
LATER = """
SELECT m.id, m.kind, m.gone, m.made_at FROM record_merge m
WHERE m.undone_at IS NULL AND m.id > {}
AND (m.kept = {} OR m.gone = {} OR m.gone IN ({agencies}) OR EXISTS (
  SELECT 1 FROM record_merge_step mine JOIN record_merge_step s
    ON s.table_name = mine.table_name AND s.row_key = mine.row_key
  WHERE mine.merge = {} AND s.merge = m.id
    AND (s.column_name = mine.column_name OR s.column_name IN ('', 'until'))
)) ORDER BY m.id DESC LIMIT 1
"""


class NotStanding(Conflict):
    message = (
        "This account cannot take in another one: its address is not proved, or it was "
        "suspended, closed or merged."
    )


class NotOneself(Forbidden):
    message = "Nobody merges an account of their own. Ask another registrar."


class NotAbove(Forbidden):
    message = (
        "One of the two holds a role that you may not grant. Somebody above both has to do this."
    )


class MergedMeanwhile(Conflict):
    message = "Somebody has just merged this one. Look at it again."


class Gone(Conflict):
    message = "One of the two was closed, suspended or erased since, so they stay as they are."


class PlaceTaken(Conflict):
    message = (
        "Another agency is listed under the ORI or PSAP ID of the one that would come back. Take "
        "it away from there first."
    )


class UndoneAlready(Conflict):
    message = "This merge was undone already."


class TooLate(Conflict):
    message = "A merge can be undone for 30 days. This one could be until {until}."


class BuiltOn(Conflict):
    message = "A later merge builds on this one. Undo the one of {name} first, of {made} ({id})."


class Outcome(msgspec.Struct, frozen=True):
    """What a merge does or did; ``merge`` is None for a preview."""

    plan: Plan
    merge: Any  # Merge | None
    keep: Any  # Account | Agency
    gone: Any


async def merge_people(
    actor: Actor, keep_id: UUID, gone_id: UUID, *, dry_run: bool = False
) -> Outcome:
    """Make one account stand for another one of the same person.

    The other keeps its address and never signs in again. Both owners are told by mail.

    Args:
        dry_run: only tell what would be done, worked out by the same code.

    Raises:
        NotFound: no account *keep_id*.
        NotOneself, NotAbove, StepUpNeeded: who may not.
        NotStanding: the one that is to stay may not be used.
        Invalid: so is the other one, or the two are one.
    """
    actor.must(Permission.MERGE_PEOPLE)
    if not dry_run:
        actor.must_be_fresh()
    async with transaction():
        keep, gone = await _hold_people(keep_id, gone_id)
        await _must_stand_above(actor, keep_id, gone_id)
        if keep.status not in USABLE or keep.proved_at is None:
            raise NotStanding
        if gone is None or gone.status not in USABLE or keep_id == gone_id:
            raise Invalid({"other_id": "Choose another account that is in use."})
        merge_id = uuid7()
        plan = await plan_of_people(actor, keep, gone, merge_id)
        if dry_run:
            return Outcome(plan, None, keep, gone)
        merge = await _write(actor, MergeKind.PEOPLE, keep_id, gone_id, plan, merge_id)
        await record(
            actor,
            "account.merged",
            Account,
            of=gone_id,
            into=keep_id,
            merge=merge.id,
            **_told(plan),
        )
        for told, other in ((keep, gone), (gone, keep)):
            await write_mail(
                "merges/joined",
                to=told.email,
                account=told.id,
                name=told.legal_name,
                other=masked(other.email),
                kept=told is keep,
                until=day(undo_until(merge.made_at)),
            )
    return Outcome(plan, merge, keep, gone)


async def merge_agencies(
    actor: Actor, keep_id: UUID, gone_id: UUID, *, dry_run: bool = False
) -> Outcome:
    """Let one agency stand for another one, which was listed twice.

    Args:
        dry_run: only tell what would be done, worked out by the same code.

    Raises:
        NotFound: *keep_id* is no active agency.
        Invalid: *gone_id* is none, or the two are one.
    """
    actor.must(Permission.MANAGE_AGENCIES)
    if not dry_run:
        actor.must_be_fresh()
    async with transaction():
        held = await _hold(Agency, keep_id, gone_id)
        keep, gone = held.get(keep_id), held.get(gone_id)
        if keep is None or keep.status != AgencyState.ACTIVE:
            raise NotFound
        if gone is None or gone.status != AgencyState.ACTIVE or keep_id == gone_id:
            raise Invalid({"other_id": "Choose another agency that is listed."})
        plan = await plan_of_agencies(keep, gone)
        if dry_run:
            return Outcome(plan, None, keep, gone)
        merge = await _write(actor, MergeKind.AGENCIES, keep_id, gone_id, plan, uuid7())
        await record(
            actor, "agency.merged", Agency, of=gone_id, into=keep_id, merge=merge.id, **_told(plan)
        )
    return Outcome(plan, merge, keep, gone)


async def undo_merge(actor: Actor, merge_id: UUID) -> Merge:
    """Put back what a merge moved, ended and voided; what came after it stays with the kept one.

    Raises:
        NotFound: there is no such merge.
        UndoneAlready, TooLate, BuiltOn, Gone, PlaceTaken: why it cannot be undone.
        NotOneself, NotAbove, StepUpNeeded: who may not.
    """
    actor.must(Permission.MERGE_PEOPLE)
    actor.must_be_fresh()
    async with transaction():
        merge = await one(locked(Merge.objects().where(Merge.id == merge_id), Merge))
        if merge.kind == MergeKind.PEOPLE:
            kept, gone = await _hold_people(merge.kept, merge.gone)
            if merge.undone_at is None and not _can_be_parted(kept, gone):
                raise Gone
            await _must_stand_above(actor, merge.kept, merge.gone, ended_by=merge_id)
        else:
            actor.must(Permission.MANAGE_AGENCIES)
            await _hold(Agency, merge.kept, merge.gone)
        await _must_be_undoable(merge, actor)
        left = await steps.put_back(merge_id)
        await _must_stand_again(merge)
        merge.undone_at, merge.undone_by = clock.now(), actor.id
        await merge.save([Merge.undone_at, Merge.undone_by])
        table = TABLES[merge.kind]
        act = f"{table._meta.tablename}.unmerged"
        await record(actor, act, table, of=merge.gone, kept=merge.kept, merge=merge_id, left=left)
        if merge.kind == MergeKind.PEOPLE:
            for told in await Account.objects().where(Account.id.is_in([merge.kept, merge.gone])):
                await write_mail(
                    "merges/parted", to=told.email, account=told.id, name=told.legal_name
                )
    return merge


async def sweep() -> None:
    """Forget the rows that merges ended, which hold ways in, once nothing brings them back; job."""
    old = Merge.select(Merge.id).where(Merge.made_at < clock.now() - UNDO)
    await MergeStep.delete().where(MergeStep.column_name == "", MergeStep.merge.is_in(old))


def _can_be_parted(kept: Account, gone: Account | None) -> bool:
    """Whether both are still as the merge left them: what was emptied since must not come back."""
    is_left = gone is not None and gone.status == AccountStatus.MERGED
    return is_left and kept.status in (*USABLE, AccountStatus.MERGED)


async def _must_stand_again(merge: Merge) -> None:
    """Do nothing when the record that was gone stands for itself once more."""
    table = TABLES[merge.kind]
    if await table.exists().where(table.id == merge.gone, table.status == "merged"):
        raise PlaceTaken


async def _must_be_undoable(merge: Merge, actor: Actor) -> None:
    if merge.undone_at is not None:
        raise UndoneAlready
    if clock.now() >= undo_until(merge.made_at):
        raise TooLate(until=day(clock.day_in(actor.time_zone, undo_until(merge.made_at))))
    agencies = [row["agency"] for row in await _ended_roles(merge.id) if row["agency"]]
    marks = placeholders(agencies) or "NULL"
    later_than = LATER.replace("{agencies}", marks)
    if later := await fetch(later_than, merge.id, merge.kept, merge.kept, *agencies, merge.id):
        other = TABLES[later[0]["kind"]]
        row = await one(other.objects().where(other.id == later[0]["gone"]))
        name = row.legal_name if isinstance(row, Account) else row.name
        made = day(clock.day_in(actor.time_zone, later[0]["made_at"]))
        raise BuiltOn(name=name, made=made, id=later[0]["id"])


async def _write(
    actor: Actor, kind: MergeKind, keep: UUID, gone: UUID, plan: Plan, merge_id: UUID
) -> Merge:
    """Carry out *plan*. That one record is merged away once is a constraint's word too."""
    merge = Merge(
        id=merge_id,
        kind=kind,
        kept=keep,
        gone=gone,
        summary=msgspec.json.encode(_told(plan)).decode(),
        made_by=actor.id,
        made_at=clock.now(),
    )
    try:
        async with transaction():
            await Merge.insert(merge)
    except Exception as error:
        if not is_unique_violation(error):
            raise
        raise MergedMeanwhile from None
    await steps.do(merge.id, plan.steps)
    return merge


def _told(plan: Plan) -> dict[str, Any]:
    """Plain numbers, for the trail and for whoever thinks of an undo."""
    return {"moves": plan.moves(), "ends": plan.ends(), "repeats": len(plan.repeats)}


async def _hold_people(keep_id: UUID, gone_id: UUID) -> tuple[Account, Account | None]:
    """Both accounts, held until the transaction ends, after their enrollments.

    In this order, since whoever completes a course holds the enrollment and then refers to the
    account. Whoever begins something new holds the account first and finds it merged.
    """
    both = [keep_id, gone_id]
    await locked(
        Enrollment.objects().where(Enrollment.learner.is_in(both)).order_by(Enrollment.id),
        Enrollment,
    )
    held = await _hold(Account, *both)
    if keep_id not in held:
        raise NotFound
    return held[keep_id], held.get(gone_id)


async def _hold(table: type[Any], *ids: UUID) -> dict[UUID, Any]:
    """These rows, which nobody else changes before the transaction ends."""
    query = table.objects().where(table.id.is_in(list(ids))).order_by(table.id)
    return {row.id: row for row in await locked(query, table)}


async def _must_stand_above(actor: Actor, *people: UUID, ended_by: UUID | None = None) -> None:
    """Do nothing when the actor may merge or part these accounts.

    Args:
        ended_by: the merge whose undoing brings roles back, which count too.

    Raises:
        NotOneself: the actor is one of them.
        NotAbove: one of them holds a role that the actor may not grant.
    """
    if actor.account_id in people:
        raise NotOneself
    held = await RoleGrant.select(RoleGrant.role).where(RoleGrant.account.is_in(list(people)))
    ended = await _ended_roles(ended_by) if ended_by else []
    roles = [row["role"] for row in [*held, *ended]]
    own = {role for role, agency in actor.roles if agency is None}
    below: set[Role] = set().union(*(GRANTS.get(role, set()) for role in own))
    if any(Role(role) not in below for role in roles):
        raise NotAbove


async def _ended_roles(merge: UUID) -> list[dict[str, str | None]]:
    """The roles that a merge ended and its undoing brings back, with their agencies."""
    ended = await MergeStep.select(MergeStep.before).where(
        MergeStep.merge == merge,
        MergeStep.table_name == RoleGrant._meta.tablename,
        MergeStep.column_name == "",
    )
    return [msgspec.json.decode(row["before"]) for row in ended]
