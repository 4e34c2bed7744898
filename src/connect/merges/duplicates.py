"""Looking for accounts that may be one person's: every few minutes, over all of them.

The keys of ``rules.keys`` bring together who is compared, so the work grows with the number of
accounts, not of pairs. What is found stands in a table; a list of it is read by its index.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.queries import USABLE_SQL
from connect.audit import record
from connect.db import fetch, placeholders, transaction
from connect.errors import NotFound
from connect.merges.rules import MOST_ALIKE, Someone, keys, reasons
from connect.merges.tables import DuplicatePair
from connect.policy import Actor, Permission

AT_ONCE = 1000  # accounts in one piece: a process that serves pages too goes on in between
IN_ONE = 400  # rows in one statement
COLUMNS = "SELECT id, legal_name, email, state, proved_at FROM account WHERE"
IN_USE = f"status {USABLE_SQL}"
BEHIND = f"{COLUMNS} {IN_USE} AND id > {{}} ORDER BY id LIMIT {{}}"
WORK = """
SELECT account, agency FROM affiliation
WHERE account >= {} AND account <= {} AND (until IS NULL OR until >= {})
"""
Pair = tuple[UUID, UUID]


async def look() -> None:
    """Find the pairs anew and store what differs from the last time; job."""
    first: dict[int, UUID] = {}  # hash of a key → who had it first
    groups: dict[int, list[UUID]] = {}  # the same, when others have it too
    async for people in _everybody():
        for person in people:
            for key in map(hash, keys(person)):
                if key in first:
                    groups.setdefault(key, [first[key]]).append(person.id)
                else:
                    first[key] = person.id
    del first
    alike = [ids for ids in groups.values() if len(ids) <= MOST_ALIKE]
    known = {p.id: p for p in await _people({i for ids in alike for i in ids})}
    found: dict[Pair, str] = {}
    for ids in alike:
        for pair in combinations(sorted(set(ids) & known.keys()), 2):
            one, other = known[pair[0]], known[pair[1]]
            if (one.proved or other.proved) and (why := reasons(one, other)):
                found[pair] = " ".join(why)
    await _store(found)


async def _everybody() -> AsyncIterator[list[Someone]]:
    """All accounts in use, in pieces."""
    last = UUID(int=0)
    while rows := await fetch(BEHIND, last, AT_ONCE):
        yield await _with_work(rows)
        last = rows[-1]["id"]


async def _people(ids: Iterable[UUID]) -> list[Someone]:
    wanted, found = sorted(ids), list[Someone]()
    for start in range(0, len(wanted), IN_ONE):
        some = wanted[start : start + IN_ONE]
        marks = placeholders(some)
        rows = await fetch(f"{COLUMNS} {IN_USE} AND id IN ({marks}) ORDER BY id", *some)
        found += await _with_work(rows) if rows else []
    return found


async def _with_work(rows: Sequence[dict[str, Any]]) -> list[Someone]:
    today = clock.today()
    work: dict[UUID, list[UUID]] = {}
    for row in await fetch(WORK, rows[0]["id"], rows[-1]["id"], today):
        work.setdefault(row["account"], []).append(row["agency"])
    return [
        Someone(
            id=row["id"],
            name=row["legal_name"],
            email=row["email"],
            state=row["state"],
            agencies=tuple(set(work.get(row["id"], ()))),
            proved=row["proved_at"] is not None,
        )
        for row in rows
    ]


async def _store(found: dict[Pair, str]) -> None:
    """Write new pairs, and take away those that do not look alike any more.

    What somebody said of a pair stays.
    """
    async with transaction():
        rows = await DuplicatePair.select(
            DuplicatePair.id,
            DuplicatePair.one,
            DuplicatePair.other,
            DuplicatePair.reasons,
            DuplicatePair.told_at,
        )
        stored = {(row["one"], row["other"]): row for row in rows}
        new = [p for p in found if p not in stored]
        for start in range(0, len(new), IN_ONE):
            some = [
                DuplicatePair(one=p[0], other=p[1], reasons=found[p]) for p in new[start:][:IN_ONE]
            ]
            await DuplicatePair.insert(*some).on_conflict(
                target=(DuplicatePair.one, DuplicatePair.other), action="DO NOTHING"
            )
        over = [r["id"] for p, r in stored.items() if p not in found and r["told_at"] is None]
        for start in range(0, len(over), IN_ONE):
            await DuplicatePair.delete().where(DuplicatePair.id.is_in(over[start:][:IN_ONE]))
        for pair, row in stored.items():
            if found.get(pair, row["reasons"]) != row["reasons"]:
                await DuplicatePair.update({DuplicatePair.reasons: found[pair]}).where(
                    DuplicatePair.id == row["id"]
                )


async def tell_apart(actor: Actor, pair_id: UUID) -> None:
    """Say that two accounts are two people's: the pair is not shown again. Twice is once.

    Raises:
        NotFound: there is no such pair.
    """
    actor.must(Permission.MERGE_PEOPLE)
    async with transaction():
        if not await DuplicatePair.exists().where(DuplicatePair.id == pair_id):
            raise NotFound
        told = (
            await DuplicatePair.update(
                {DuplicatePair.told_at: clock.now(), DuplicatePair.told_by: actor.id}
            )
            .where(DuplicatePair.id == pair_id, DuplicatePair.told_at.is_null())
            .returning(DuplicatePair.one, DuplicatePair.other)
        )
        if told:
            await record(actor, "duplicate.told_apart", DuplicatePair, of=pair_id, **told[0])
