"""One's own sessions: where one is signed in, and ending that."""

from datetime import datetime
from typing import Any

from connect import clock
from connect.accounts.proofs import has_factor
from connect.accounts.rules import IDLE, PRIVILEGED_SESSION, is_privileged
from connect.accounts.tables import Session
from connect.audit import record
from connect.db import transaction
from connect.errors import NotFound
from connect.policy import Actor, Permission

Place = tuple[datetime, str]  # of a row in the list


async def sessions_of(
    actor: Actor, *, before: Place | None = None, limit: int
) -> list[dict[str, Any]]:
    """The actor's sessions that are alive, newest first, one more than *limit* at most.

    ``{id, network, browser, made_at, last_seen_at, is_this}``.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    now = clock.now()
    query = Session.select(
        Session.id_hash.as_alias("id"),
        Session.network,
        Session.browser,
        Session.made_at,
        Session.last_seen_at,
    ).where(Session.account == actor.id, Session.expires_at > now)
    if any(is_privileged(role) for role, _ in actor.roles | actor.sleeping):
        query = query.where(
            Session.made_at >= now - PRIVILEGED_SESSION, Session.last_seen_at >= now - IDLE
        )
    if await has_factor(actor.id):
        query = query.where(Session.factor_at.is_not_null())
    if before:
        made_at, id_hash = before
        query = query.where(
            (Session.made_at < made_at)
            | ((Session.made_at == made_at) & (Session.id_hash < id_hash))
        )
    rows = await query.order_by(Session.made_at, Session.id_hash, ascending=False).limit(limit + 1)
    return [row | {"is_this": row["id"] == actor.session} for row in rows]


async def end_session(actor: Actor, session_id: str) -> None:
    """End one of the actor's own sessions, at its next request.

    Raises:
        NotFound: it is not the actor's.
        StepUpNeeded: the actor's last proof is too old.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    actor.must_be_fresh()
    async with transaction():
        gone = (
            await Session.delete()
            .where(Session.id_hash == session_id, Session.account == actor.id)
            .returning(Session.id_hash)
        )
        if not gone:
            raise NotFound
        await record(actor, "session.ended", Session, of=actor.id)


async def end_other_sessions(actor: Actor) -> None:
    """End all of the actor's sessions but the one that asks.

    Raises:
        StepUpNeeded: the actor's last proof is too old.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    actor.must_be_fresh()
    async with transaction():
        await Session.delete().where(Session.account == actor.id, Session.id_hash != actor.session)
        await record(actor, "session.others_ended", Session, of=actor.id)
