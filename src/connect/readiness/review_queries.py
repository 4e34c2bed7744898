"""Reviews for those who review: the queue, who may take one, who is told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import IN_USE, USABLE_SQL
from connect.accounts.tables import Account
from connect.agencies.queries import family_of
from connect.audit import AuditEvent
from connect.config import settings
from connect.db import fetch, locked, one, placeholders
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission, Role
from connect.readiness import findings_rules as rules
from connect.readiness.differences import differences
from connect.readiness.facts import asked_of
from connect.readiness.snapshots import State, decoded, latest, names_in
from connect.readiness.tables import Review, ReviewState, Snapshot

QUEUE = """
SELECT r.id, r.agency, g.name AS agency_name, g.state AS agency_state, g.kind AS agency_kind,
  r.kind, r.state, r.state_since, r.submitted_at, r.waited_seconds, r.answer_due, r.answered_at,
  r.decided_at, r.reviewer, a.legal_name AS reviewer_name
FROM readiness_review r JOIN agency g ON g.id = r.agency LEFT JOIN account a ON a.id = r.reviewer
WHERE r.submitted_at IS NOT NULL{filters} ORDER BY r.submitted_at, r.id LIMIT {limit}
"""
WAITING = (
    ReviewState.SUBMITTED,
    ReviewState.IN_REVIEW,
    ReviewState.CHANGES_REQUESTED,
    ReviewState.RECOMMENDED,
)
# Ties of an account to an agency that are not over for long: work, a role, a place on its roster.
TIES = f"""
SELECT a.id FROM account a WHERE a.id = {{}} AND (
  EXISTS (SELECT 1 FROM affiliation f WHERE f.account = a.id AND f.agency IN ({{agencies}})
    AND (f.until IS NULL OR f.until >= {{}}))
  OR EXISTS (SELECT 1 FROM role_grant g WHERE g.account = a.id AND g.agency IN ({{agencies}}))
  OR EXISTS (SELECT 1 FROM roster_line l WHERE l.account = a.id AND l.agency IN ({{agencies}})
    AND (l.until IS NULL OR (l.until >= l.since AND l.until >= {{}}))))
"""  # noqa: F541 -- our own words
OF_THE_PROGRAM = f"""
SELECT DISTINCT a.id, a.email, a.legal_name AS name
FROM role_grant g JOIN account a ON a.id = g.account
WHERE g.role = {{}} AND g.agency IS NULL AND a.status {USABLE_SQL} ORDER BY a.legal_name, a.id
"""  # noqa: S608
COORDINATORS = f"""
SELECT DISTINCT a.id, a.email, a.legal_name AS name
FROM role_grant g JOIN account a ON a.id = g.account
WHERE g.role = 'coordinator' AND g.agency IN ({{agencies}}) AND a.status {USABLE_SQL}
ORDER BY a.id
"""  # noqa: S608


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A review in the queue."""

    id: UUID
    agency_id: UUID
    agency: str
    agency_state: str
    kind: str
    state: str
    reviewer_id: UUID | None
    reviewer: str
    submitted_at: datetime
    age_seconds: int  # without the agency's own time
    answer_due: Any  # date or None
    is_overdue: bool


async def queue(
    actor: Actor,
    *,
    states: Iterable[str] = (),
    reviewer: UUID | None = None,
    unassigned: bool = False,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Queued]:
    """Reviews that were submitted, longest ago first, one more than *limit* at most.

    Args:
        states: only in one of these.
        unassigned: only those that have no reviewer.
        after: moment of the submission and id of the one behind which to begin.
    """
    actor.must(Permission.READ_REVIEWS)
    filters, given = "", list[Any]()
    if wanted := list(states):
        filters += f" AND r.state IN ({placeholders(wanted)})"
        given += wanted
    if reviewer:
        filters += " AND r.reviewer = {}"
        given.append(reviewer)
    if unassigned:
        filters += " AND r.reviewer IS NULL"
    if after:
        filters += " AND (r.submitted_at > {} OR (r.submitted_at = {} AND r.id > {}))"
        given += [after[0], after[0], after[1]]
    sql = QUEUE.replace("{filters}", filters).replace("{limit}", str(int(limit) + 1))
    return [_queued(row) for row in await fetch(sql, *given)]


def _queued(row: dict[str, Any]) -> Queued:
    return Queued(
        id=row["id"],
        agency_id=row["agency"],
        agency=row["agency_name"],
        agency_state=row["agency_state"],
        kind=row["kind"],
        state=row["state"],
        reviewer_id=row["reviewer"],
        reviewer=row["reviewer_name"] or "",
        submitted_at=row["submitted_at"],
        age_seconds=age_of(row),
        answer_due=row["answer_due"],
        is_overdue=rules.is_overdue(
            row["state"], row["answer_due"], row["answered_at"] is not None, clock.today()
        ),
    )


def age_of(row: dict[str, Any]) -> int:
    """How long the program has had a review, in seconds, by the columns of its row."""
    names = ("submitted_at", "waited_seconds", "state", "state_since", "decided_at")
    return rules.age_seconds(**{name: row[name] for name in names}, now=clock.now())


async def held_review(review_id: UUID) -> Review:
    """A review, held until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    return await one(locked(Review.objects().where(Review.id == review_id), Review))


async def is_tied(account: UUID, agency: UUID) -> bool:
    """Whether somebody worked for an agency or held a role for it in the last three years (R19)."""
    since = rules.apart_since(clock.today())
    family = await family_of(agency)
    sql = TIES.replace("{agencies}", placeholders(family))
    if await fetch(sql, account, *family, since, *family, *family, since):
        return True
    ended = await AuditEvent.select(AuditEvent.details).where(
        AuditEvent.act == "role.revoked",
        AuditEvent.subject == str(account),
        AuditEvent.at >= clock.midnight(settings().time_zone, since),
    )
    its = {str(agency_id) for agency_id in family}
    return any(msgspec.json.decode(row["details"]).get("agency") in its for row in ended)


async def reviewers() -> list[dict[str, Any]]:
    """Everybody who may review: ``{id, email, name}``, by name."""
    return await fetch(OF_THE_PROGRAM, Role.REVIEWER)


async def approvers() -> list[dict[str, Any]]:
    """Everybody who may decide, likewise."""
    return await fetch(OF_THE_PROGRAM, Role.APPROVER)


async def tell(
    people: Iterable[dict[str, Any]], template: str, review: Review, agency: str
) -> None:
    """Write to people of the program, in the caller's transaction, with the way to a review."""
    for row in people:
        await write_mail(
            template,
            to=row["email"],
            account=row["id"],
            name=row["name"],
            agency=agency,
            due=review.answer_due,
            link=f"{settings().base_url}/reviews/{review.id}",
        )


async def is_reviewer(account: UUID) -> bool:
    return any(row["id"] == account for row in await reviewers())


async def coordinators_of(agency: UUID) -> list[dict[str, Any]]:
    """Who is told on an agency's side: ``{id, email, name}`` of its coordinators."""
    family = await family_of(agency)
    return await fetch(COORDINATORS.replace("{agencies}", placeholders(family)), *family)


async def person(account: UUID | None) -> Account | None:
    """An account that can be written to."""
    if account is None:
        return None
    return await Account.objects().where(Account.id == account, IN_USE).first()


async def changes_since(
    review: Review, digest: str | None, present: State, *, findings: bool = True
) -> list[str]:
    """What changed from a kept state, or else the last that was kept, to the present one."""
    row = (
        await Snapshot.objects()
        .where(Snapshot.review == review.id, Snapshot.hash == (digest or ""))
        .first()
    ) or await latest(review)
    if row is None:
        return []
    old = decoded(row)
    names = await names_in(old, present)
    return differences(old, present, asked_of(review), names, findings=findings)
