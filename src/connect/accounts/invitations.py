"""Inviting people by mail, to an agency or to the site. What they answer: ``accounts.invited``.

Nothing that an inviter sees tells whether an address has an account: the same row is written,
and a job writes the mail.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from connect import audit, clock, limits
from connect.accounts.links import make_link
from connect.accounts.rules import faults, normal_email, normal_name
from connect.accounts.tables import Account, AccountStatus, Invitation, LinkKind, OneTimeLink
from connect.agencies.queries import active_agency
from connect.agencies.tables import Agency
from connect.db import fetch, locked, one, transaction
from connect.errors import Forbidden, Invalid, NotFound, field_errors
from connect.fields import Email, Line
from connect.jobs import Retry, enqueue, enqueue_many
from connect.lists import ROSTER_CATEGORIES
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission, Relation

LASTS = timedelta(days=30)
MOST = 500  # in one call
LONGEST_NOTE = 1_000
RENEWED = ("legal_name", "title", "category", "note", "invited_by", "sent_at", "expires_at")
AT_ONCE = 400  # rows in one statement
INVITE = Permission.INVITE_PEOPLE
OPEN = Invitation.accepted_at.is_null() & Invitation.withdrawn_at.is_null()
UNANSWERED = "i.accepted_at IS NULL AND i.withdrawn_at IS NULL"
LISTED = """
SELECT i.id, i.email, i.agency, g.name AS agency_name, i.legal_name, i.title, i.category,
  i.sent_at, i.expires_at, i.accepted_at, i.withdrawn_at
FROM invitation i LEFT JOIN agency g ON g.id = i.agency
WHERE {where} ORDER BY i.id DESC LIMIT {limit}
"""


class Invitee(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody who is invited."""

    email: Email
    legal_name: Line = ""
    title: Line = ""
    category: str | None = None

    @staticmethod
    def faults(given: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        if given.get("legal_name"):
            found |= faults({"legal_name": given["legal_name"]})
        if given.get("category") and given["category"] not in ROSTER_CATEGORIES:
            found["category"] = "Choose a category from the list."
        return found


async def invite(
    actor: Actor, people: Sequence[Mapping[str, Any]], *, agency_id: UUID | None, note: str = ""
) -> list[dict[str, Any]]:
    """Invite people; who was invited before and did not answer is mailed a new link.

    Args:
        people: each ``email`` and some of ``legal_name, title, category``.
        agency_id: the agency they are to join; None: the site alone.

    Returns:
        ``{id, email, expires_at}`` in the order of *people*.

    Raises:
        Invalid: every fault, as ``people.3.email``.
        Forbidden, NotFound, NotActive: the agency is not the actor's, or not active.
    """
    actor.must(INVITE)
    if agency_id is None and actor.relation(INVITE) is not Relation.ANY:
        raise Invalid({"agency_id": "Name the agency: you invite for your own."})
    wrong, rows = _checked(people)
    if len(note) > LONGEST_NOTE or "\x00" in note:
        wrong["note"] = f"Write at most {LONGEST_NOTE:,} characters."
    if wrong:
        raise Invalid(wrong)
    async with transaction():
        agency = (await active_agency(actor, agency_id)).id if agency_id else None
        written = await put(actor, [row | {"agency": agency} for row in rows], note=note)
    return [written[row["email"], agency] for row in rows]


def _checked(
    people: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    if not 1 <= len(people) <= MOST:
        return {"people": f"Name 1 to {MOST} people."}, []
    wrong: dict[str, str] = {}
    seen: dict[str, int] = {}
    rows = []
    for number, given in enumerate(people):
        found = field_errors(Invitee, given)
        email = normal_email(str(given.get("email", "")))
        if "email" not in found and seen.setdefault(email, number) != number:
            found["email"] = f"This address stands at {seen[email]} already."
        wrong |= {f"people.{number}.{name}": words for name, words in found.items()}
        rows.append(
            {
                "email": email,
                "legal_name": normal_name(str(given.get("legal_name", ""))),
                "title": normal_name(str(given.get("title", ""))),
                "category": given.get("category") or None,
            }
        )
    return wrong, rows


async def put(
    actor: Actor, rows: Sequence[Mapping[str, Any]], *, note: str = ""
) -> dict[tuple[str, UUID | None], dict[str, Any]]:
    """Write invitations and have them mailed, in the caller's transaction.

    One that is open already is renewed, and its earlier link ends.

    Args:
        rows: ``email, legal_name, title, category, agency``, no two the same.

    Returns:
        (address, agency) → ``{id, email, expires_at}``.
    """
    expires = clock.now() + LASTS
    done: dict[tuple[str, UUID | None], dict[str, Any]] = {}
    events: list[tuple[UUID, str]] = []
    for first in range(0, len(rows), AT_ONCE):
        made = [
            Invitation(**row, note=note, invited_by=actor.id, expires_at=expires)
            for row in rows[first : first + AT_ONCE]
        ]
        new = await Invitation.insert(*made).on_conflict(action="DO NOTHING")
        ids = {row["id"] for row in new}
        known = [row for row in made if row.id not in ids]
        renewed = await _renew(known) if known else {}
        for one_made in made:
            row = renewed.get((one_made.email, one_made.agency), one_made)
            done[row.email, row.agency] = {"id": row.id, "email": row.email, "expires_at": expires}
            events.append((row.id, "invitation.sent" if row.id in ids else "invitation.renewed"))
    await audit.record_many(actor, Invitation, events)
    await enqueue_many("accounts.send_invitation", [{"invitation_id": of} for of, _ in events])
    return done


async def _renew(fresh: Sequence[Invitation]) -> dict[tuple[str, UUID | None], Invitation]:
    """Write *fresh* into the invitations that are open for the same people; those, by whose."""
    wanted = {(row.email, row.agency): row for row in fresh}
    query = Invitation.objects().where(Invitation.email.is_in([row.email for row in fresh]), OPEN)
    found = await locked(query.order_by(Invitation.id), Invitation)
    renewed = {(row.email, row.agency): row for row in found if (row.email, row.agency) in wanted}
    for key, row in renewed.items():
        for name in RENEWED:
            setattr(row, name, getattr(wanted[key], name))
    await Invitation.insert(*renewed.values()).on_conflict(
        target=Invitation.id,
        action="DO UPDATE",
        values=[getattr(Invitation, name) for name in RENEWED],
    )
    await _end_links([row.id for row in renewed.values()])
    return renewed


async def _end_links(invitations: list[UUID]) -> None:
    await OneTimeLink.delete().where(
        OneTimeLink.kind == LinkKind.INVITE, OneTimeLink.about.is_in(invitations)
    )


async def send_invitation(invitation_id: UUID) -> None:
    """Mail one invitation; job. Beyond a few an hour for one address it waits.

    Raises:
        Retry: this address was mailed too often in the last hour.
    """
    async with transaction():
        row = await locked(
            Invitation.objects().where(Invitation.id == invitation_id, OPEN), Invitation
        ).first()
        mailed = await OneTimeLink.exists().where(
            OneTimeLink.kind == LinkKind.INVITE, OneTimeLink.about == invitation_id
        )
        account = row and await Account.objects().where(Account.email == row.email).first()
        if row is None or mailed or (account and _is_unusable(account)):
            return
        if not await limits.room(("mail", row.email)):
            raise Retry(timedelta(hours=1), "This address was mailed often enough for an hour.")
        inviter = await one(Account.objects().where(Account.id == row.invited_by))
        agency = row.agency and await one(Agency.objects().where(Agency.id == row.agency))
        token = await make_link(LinkKind.INVITE, None, about=row.id)
        await write_mail(
            "accounts/invitation",
            to=row.email,
            secret=True,
            name=row.legal_name,
            inviter=inviter.legal_name,
            agency=agency.name if agency else "",
            note=row.note,
            token=token,
        )


def _is_unusable(account: Account) -> bool:
    return account.status in (AccountStatus.SUSPENDED, AccountStatus.CLOSED)


async def waiting(
    actor: Actor, *, agency_id: UUID | None = None, before: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """Invitations that were not answered, newest first, one more than *limit* at most.

    Args:
        agency_id: of this agency only.
    """
    actor.must(INVITE)
    where, values = [UNANSWERED], list[Any]()
    if actor.relation(INVITE) is not Relation.ANY:
        own = sorted(actor.agencies(INVITE))
        where.append(f"i.agency IN ({', '.join(['{}'] * len(own))})")
        values += own
    for condition, value in (("i.agency = {}", agency_id), ("i.id < {}", before)):
        if value:
            where.append(condition)
            values.append(value)
    return await _listed(where, values, limit)


async def to_the_site(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """Invitations without an agency, answered ones too, newest first, one more than *limit*."""
    actor.must(INVITE)
    if not _for_all(actor):
        raise Forbidden
    where, values = ["i.agency IS NULL"], list[Any]()
    if before:
        where.append("i.id < {}")
        values.append(before)
    return await _listed(where, values, limit)


async def _listed(where: list[str], values: list[Any], limit: int) -> list[dict[str, Any]]:
    sql = LISTED.replace("{where}", " AND ".join(where)).replace("{limit}", str(limit + 1))
    return await fetch(sql, *values)


async def renew(actor: Actor, invitation_id: UUID) -> Invitation:
    """Mail an invitation that waits, or has run out, again; its earlier link ends.

    Raises:
        NotFound: there is none without an answer, or it is not the actor's to renew.
        NotActive: the agency is not active any more.
    """
    async with transaction():
        row = await _own(actor, invitation_id)
        if row.withdrawn_at:
            raise NotFound
        if row.agency:
            await active_agency(actor, row.agency)
        row.sent_at, row.expires_at, row.invited_by = clock.now(), clock.now() + LASTS, actor.id
        await row.save([Invitation.sent_at, Invitation.expires_at, Invitation.invited_by])
        await _end_links([row.id])
        await audit.record(actor, "invitation.renewed", Invitation, of=row.id)
        await enqueue("accounts.send_invitation", invitation_id=row.id)
    return row


async def withdraw(actor: Actor, invitation_id: UUID) -> Invitation:
    """End an invitation: its link opens nothing any more. Twice is once.

    Raises:
        NotFound: there is none that waits, or it is not the actor's to end.
    """
    async with transaction():
        row = await _own(actor, invitation_id)
        if row.withdrawn_at is None:
            row.withdrawn_at = clock.now()
            await row.save([Invitation.withdrawn_at])
            await _end_links([row.id])
            await audit.record(actor, "invitation.withdrawn", Invitation, of=row.id)
    return row


async def _own(actor: Actor, invitation_id: UUID) -> Invitation:
    """One that the actor may change, with its lock; it was not accepted."""
    actor.must(INVITE)
    row = await one(locked(Invitation.objects().where(Invitation.id == invitation_id), Invitation))
    may = actor.may(INVITE, agency=row.agency) if row.agency else _for_all(actor)
    if not may or row.accepted_at:
        raise NotFound
    return row


def _for_all(actor: Actor) -> bool:
    return actor.relation(INVITE) is Relation.ANY
