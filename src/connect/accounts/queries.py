"""Who is signed in, and what is an account's own."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from connect import audit, clock
from connect.accounts.rules import FRESH, is_over, is_privileged, sleeps
from connect.accounts.tables import Account, AccountStatus, Address, ApiToken
from connect.config import settings
from connect.db import fetch, locked, one
from connect.errors import Conflict
from connect.policy import Actor, Role

USABLE = (
    AccountStatus.PENDING_EMAIL,
    AccountStatus.ACTIVE_UNVERIFIED,
    AccountStatus.ACTIVE_VERIFIED,
    AccountStatus.REVERIFY_DUE,
)
IN_USE = Account.status.is_in([*USABLE])
USABLE_SQL = "IN ({})".format(", ".join(f"'{status}'" for status in USABLE))
WAY_IN = """
SELECT a.id, a.legal_name, a.proved_at, a.time_zone, d.made_at, d.factor_at, d.fresh_at,
  g.role, g.agency, g.granted_at, EXISTS (
    SELECT 1 FROM factor f WHERE f.account = a.id AND f.confirmed_at IS NOT NULL
  ) AS has_factor{more}
FROM {table} d JOIN account a ON a.id = d.account LEFT JOIN role_grant g ON g.account = a.id
WHERE d.{key} = {} AND d.expires_at > {} AND {used}
"""
REGISTERED = """
SELECT count(*) AS users FROM account WHERE proved_at < {} AND (ended_at IS NULL OR ended_at >= {})
"""
HELD = """
SELECT id FROM account WHERE email = {}
UNION ALL SELECT account FROM address WHERE email = {} AND proved_at IS NOT NULL
"""


def _way_in(table: str, key: str, more: str = "") -> str:
    sql = WAY_IN.replace("{table}", table).replace("{key}", key)
    return sql.replace("{more}", more).replace("{used}", f"a.status {USABLE_SQL}")


UNREAD = """, (SELECT count(*) FROM (
    SELECT 1 FROM mail m WHERE m.account = a.id AND m.read_at IS NULL
    AND m.account IS NOT NULL AND m.state NOT IN ('held', 'discarded') LIMIT 100) n) AS unread"""
SIGNED_IN = _way_in("session", "id_hash", f", d.last_seen_at{UNREAD}")
HOLDER = _way_in("api_token", "token_hash", ", d.scopes")


class Ended(Conflict):
    message = "This account has ended. Nothing about it changes any more."


async def actor_of_session(id_hash: str) -> tuple[Actor, Any] | None:
    """Whose session this is, and when it was last seen; None when it is not one."""
    rows = await fetch(SIGNED_IN, id_hash, clock.now())
    if not rows:
        return None
    csrf = audit.keyed_hash(f"form {id_hash}")
    made, seen = rows[0]["made_at"], rows[0]["last_seen_at"]
    privileged = any(r["role"] and is_privileged(Role(r["role"])) for r in rows)
    if privileged and is_over(clock.now(), made_at=made, last_seen_at=seen):
        return None
    if _lacks_factor(rows):
        return Actor(half_open=rows[0]["id"], session=id_hash, csrf=csrf), seen
    return _actor(rows, id_hash, csrf), seen


async def actor_of_token(token_hash: str) -> Actor | None:
    """Whose API token this is; None when it is not one."""
    rows = await fetch(HOLDER, token_hash, clock.now())
    return _actor(rows, token_hash) if rows and not _lacks_factor(rows) else None


def _lacks_factor(rows: list[dict[str, Any]]) -> bool:
    """Whether the account has a second factor and this way in was opened without it."""
    return bool(rows[0]["has_factor"]) and rows[0]["factor_at"] is None


def _actor(rows: list[dict[str, Any]], key: str, csrf: str = "") -> Actor:
    now, with_factor = clock.now(), rows[0]["factor_at"] is not None
    held = {(Role(r["role"]), r["agency"]): r["granted_at"] for r in rows if r["role"]}
    sleeping = frozenset(
        (role, agency)
        for (role, agency), granted_at in held.items()
        if sleeps(role, granted_at=granted_at, with_factor=with_factor, now=now)
    )
    return Actor(
        account_id=rows[0]["id"],
        name=rows[0]["legal_name"],
        proved=rows[0]["proved_at"] is not None,
        time_zone=rows[0]["time_zone"],
        roles=frozenset(held) - sleeping,
        sleeping=sleeping,
        session=key,
        csrf=csrf,
        fresh_until=(rows[0]["fresh_at"] or rows[0]["made_at"]) + FRESH,
        unread=rows[0].get("unread", 0),
        reads_only=rows[0].get("scopes", "[]") != "[]",
    )


async def account_of(actor: Actor, *, lock: bool = False) -> Account:
    """The actor's own account. With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: it was suspended, closed or merged since the request came in.
    """
    query = Account.objects().where(Account.id == actor.id, IN_USE)
    return await one(locked(query, Account) if lock else query)


async def account_by_email(email: str) -> Account | None:
    """The account with this address, if it may be used."""
    return await Account.objects().where(Account.email == email, IN_USE).first()


async def held_by(email: str) -> Account | None:
    """Whose address this is, be it the one that signs in or a proved one besides.

    Call it after ``limits.turn("address", email)`` when a claim follows: the address may stand in
    either of two tables, and a constraint sees only one.
    """
    found = await fetch(HELD, email, email)
    return await one(Account.objects().where(Account.id == found[0]["id"])) if found else None


async def registered_on(day: date) -> int:
    """How many registered users there were on *day*, in the organization's zone.

    Registered is whose address was proved by then and who was not closed, merged away or erased,
    whichever came first; what comes later changes no earlier day. The day counts whole, so who
    left on it is no user of it.
    """
    end = clock.midnight(settings().time_zone, day + timedelta(days=1))
    rows = await fetch(REGISTERED, end, end)
    return int(rows[0]["users"])


async def proved_addresses(account: Account) -> list[str]:
    """The proved addresses of somebody, that which signs in first."""
    further = await Address.select(Address.email).where(
        Address.account == account.id, Address.proved_at.is_not_null()
    )
    first = [account.email] if account.proved_at else []
    return [*first, *sorted(row["email"] for row in further)]


async def merged_account(email: str) -> Account | None:
    """The account with this address, if another one stands for it."""
    return (
        await Account.objects()
        .where(Account.email == email, Account.status == AccountStatus.MERGED)
        .first()
    )


async def account_in_use(account_id: UUID) -> Account | None:
    """The account, held until the transaction ends, if it may be used."""
    return await locked(Account.objects().where(Account.id == account_id, IN_USE), Account).first()


async def tokens_of(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """The actor's API tokens that still work, newest first, one more than *limit* at most."""
    query = ApiToken.select(
        ApiToken.id, ApiToken.name, ApiToken.made_at, ApiToken.expires_at
    ).where(ApiToken.account == actor.id, ApiToken.expires_at > clock.now())
    if before:
        query = query.where(ApiToken.id < before)
    return await query.order_by(ApiToken.id, ascending=False).limit(limit + 1)
