"""Pairs that wait for a judgment, and merges that can be undone."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import USABLE_SQL
from connect.accounts.rules import normal_email
from connect.accounts.tables import Account
from connect.db import fetch
from connect.merges.rules import UNDO, Reason, undo_until
from connect.policy import Actor, Permission

OF_ONE = ("id", "legal_name", "email", "state", "title", "made_at")
SIDE = ", ".join(f"{{a}}.{name} AS {{s}}_{name}" for name in OF_ONE)
MANY = "(SELECT count(*) FROM completion m WHERE m.learner = {a}.id) AS {s}_completions"
BOTH = ", ".join(
    part.format(a=a, s=s) for a, s in (("a", "one"), ("b", "other")) for part in (SIDE, MANY)
)
PAIRS = f"""
SELECT p.id, p.reasons, {BOTH}
FROM duplicate_pair p JOIN account a ON a.id = p.one JOIN account b ON b.id = p.other
WHERE p.told_at IS NULL AND a.status {USABLE_SQL} AND b.status {USABLE_SQL}
  AND ({{}} = 1 OR p.id < {{}})
ORDER BY p.id DESC LIMIT {{}}
"""  # noqa: S608 -- our own names
STANDING = """
SELECT m.id, m.kept, m.gone, m.made_at, m.made_by, {name} AS name, w.legal_name AS by_name
FROM record_merge m JOIN {table} g ON g.id = m.gone LEFT JOIN account w ON w.id = m.made_by
WHERE m.undone_at IS NULL AND m.made_at > {{}} AND m.kept = {{}} ORDER BY m.id DESC
"""


class Twin(msgspec.Struct, frozen=True):
    """One of two accounts that may be one person's."""

    id: UUID
    legal_name: str
    email: str
    state: str | None
    title: str
    made_at: datetime
    completions: int


class Pair(msgspec.Struct, frozen=True):
    """Two accounts that may be one person's, and why."""

    id: UUID
    one: Twin  # the older account
    other: Twin
    reasons: list[Reason]


async def duplicates(actor: Actor, *, before: UUID | None = None, limit: int) -> list[Pair]:
    """Pairs that nobody has judged, found last first, one more than *limit* at most."""
    actor.must(Permission.MERGE_PEOPLE)
    rows = await fetch(PAIRS, int(before is None), before or UUID(int=0), limit + 1)
    return [
        Pair(
            id=row["id"],
            one=_side(row, "one"),
            other=_side(row, "other"),
            reasons=[Reason(code) for code in row["reasons"].split()],
        )
        for row in rows
    ]


def _side(row: dict[str, Any], side: str) -> Twin:
    return Twin(**{name: row[f"{side}_{name}"] for name in Twin.__struct_fields__})


async def undoable(kept: UUID, *, people: bool) -> list[dict[str, Any]]:
    """Merges into a record that can still be undone, newest first.

    Rows are ``{id, kept, gone, name, made_at, made_by, by_name, until}``.
    """
    table, name = ("account", "g.legal_name") if people else ("agency", "g.name")
    statement = STANDING.format(table=table, name=name)
    rows = await fetch(statement, clock.now() - UNDO, kept)
    return [row | {"until": undo_until(row["made_at"])} for row in rows]


async def account_named(typed: str) -> UUID | None:
    """The account that somebody means by an id or an address."""
    try:
        return UUID(typed.strip())
    except ValueError:
        if not typed.isprintable():
            return None
        found = await Account.select(Account.id).where(Account.email == normal_email(typed)).first()
        return found["id"] if found else None
