"""Sharing a transcript: a link that its holder makes, and that ends by itself (R30)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from connect import clock, security
from connect.accounts.queries import account_of
from connect.audit import record, record_many
from connect.db import transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.policy import SYSTEM, Actor, Permission
from connect.transcripts import rules
from connect.transcripts.queries import Shared, all_rows, share_by_token, shown_by
from connect.transcripts.rules import Scope
from connect.transcripts.tables import TranscriptShare

MOST_SHARES = 20  # of one person at a time


class NoShare(NotFound):
    """One answer, whether a link was never there, has ended, or its holder is gone."""

    message = (
        "This link shows nothing. It may have ended, or a part of it is missing. Ask whoever sent "
        "it for another."
    )
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


class TooManyShares(Conflict):
    message = "20 of your links work at the moment. End one of them first."


async def share(actor: Actor, scope: Scope, expires_on: date) -> tuple[TranscriptShare, str]:
    """Let whoever has a link see the actor's transcript up to the day *expires_on*.

    Returns:
        The share, and the token of its link, which is not stored.

    Raises:
        Invalid: every bad value.
        TooManyShares: too many of the actor's links work.
    """
    actor.must(Permission.READ_RECORDS)
    token = security.new_token()
    async with transaction():
        account = await account_of(actor, lock=True)
        today = clock.day_in(account.time_zone, clock.now())
        own = [row.id for row in await all_rows(account.id)]
        if wrong := rules.share_faults(scope, expires_on, today=today, own=own):
            raise Invalid(wrong)
        working = await TranscriptShare.count().where(
            TranscriptShare.account == account.id,
            TranscriptShare.ended_at.is_null(),
            TranscriptShare.expires_on >= today,
        )
        if working >= MOST_SHARES:
            raise TooManyShares
        row = TranscriptShare(
            account=account.id,
            token_hash=security.token_hash(token),
            scope=scope.kind,
            since=scope.since,
            chosen=msgspec.json.encode(scope.chosen).decode(),
            expires_on=expires_on,
        )
        await TranscriptShare.insert(row)
        await record(
            actor,
            "transcript_share.made",
            TranscriptShare,
            of=row.id,
            scope=scope,
            expires_on=expires_on,
        )
    return row, token


async def end_share(actor: Actor, share_id: UUID) -> None:
    """Let a link of the actor's show nothing any more; one that has ended stays so.

    Raises:
        NotFound: it is not the actor's.
    """
    mine = (TranscriptShare.id == share_id) & (TranscriptShare.account == actor.id)
    async with transaction():
        if not await TranscriptShare.exists().where(mine):
            raise NotFound
        await _end(actor, mine, "transcript_share.ended")


async def end_shares_of(actor: Actor, account: UUID) -> None:
    """End all links of somebody who is erased, in the caller's transaction."""
    await _end(actor, TranscriptShare.account == account, "transcript_share.ended")


async def end_expired() -> None:
    """Mark the links whose last day is over everywhere; job. They show nothing before that."""
    day = clock.now().date() - timedelta(days=1)
    async with transaction():
        await _end(SYSTEM, TranscriptShare.expires_on < day, "transcript_share.expired")


async def _end(actor: Actor, which: Any, act: str) -> None:
    done = (
        await TranscriptShare.update({TranscriptShare.ended_at: clock.now()})
        .where(which, TranscriptShare.ended_at.is_null())
        .returning(TranscriptShare.id)
    )
    await record_many(actor, TranscriptShare, [(row["id"], act) for row in done])


async def open_share(token: str) -> Shared:
    """What a link shows; that it was opened is noted once a day.

    Raises:
        NoShare: it shows nothing.
    """
    found = await share_by_token(token)
    if found is None:
        raise NoShare
    row, account = found
    now = clock.now()
    if row.last_seen_at is None or row.last_seen_at.date() != now.date():
        await TranscriptShare.update({TranscriptShare.last_seen_at: now}).where(
            TranscriptShare.id == row.id
        )
    return await shown_by(row, account)
