"""Many rows at once, and what somebody who has the database in his hands can do to them."""

from collections.abc import Awaitable, Callable

from connect import db
from connect.audit_chain import seal_of, values
from connect.db import fetch

ROWS = 300  # in the chain that is changed; CHANGES name rows of it
# Rows that are alike on both engines and unlike each other.
FILL = {
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT FIRST UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
        INSERT INTO audit_event (id, at, actor, act, subject_kind, subject, details, request)
        SELECT printf('0195%04x-0000-7000-8000-%012x', i / 50, i),
          strftime('%Y-%m-%d %H:%M:%f000+00:00', '2026-01-01', i || ' seconds'),
          CASE WHEN i % 3 THEN printf('0195aaaa-0000-7000-8000-%012x', i % 100) END,
          'act.' || (i % 20), 'enrollment', printf('0195bbbb-0000-7000-8000-%012x', i),
          '{"number":' || i || ',"before":null,"after":"café"}', printf('%032x', i / 3)
        FROM n
    """,
    "postgres": """
        INSERT INTO audit_event (id, at, actor, act, subject_kind, subject, details, request)
        SELECT CAST('0195' || lpad(to_hex(i / 50), 4, '0') || '-0000-7000-8000-'
            || lpad(to_hex(i), 12, '0') AS uuid),
          timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second',
          CASE WHEN i % 3 > 0 THEN CAST('0195aaaa-0000-7000-8000-'
            || lpad(to_hex(i % 100), 12, '0') AS uuid) END,
          'act.' || (i % 20), 'enrollment',
          '0195bbbb-0000-7000-8000-' || lpad(to_hex(i), 12, '0'),
          CAST('{"number":' || i || ',"before":null,"after":"café"}' AS json),
          lpad(to_hex(i / 3), 32, '0')
        FROM generate_series(FIRST, LAST) AS n(i)
    """,
}


async def fill(last: int, *, first: int = 1) -> None:
    """Write the rows from *first* to *last*, as if in one transaction."""
    engine = db.engine()
    sql = FILL[engine.engine_type].replace("FIRST", str(first)).replace("LAST", str(last))
    await engine.run(sql)


async def drop_guards() -> None:
    """Take away what keeps the tables from being changed, as their owner can."""
    run = db.engine().run
    if db.engine().engine_type == "postgres":
        await run("DROP FUNCTION audit_refuse() CASCADE")
        return
    for row in await run("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        await run(f"DROP TRIGGER {row['name']}")


async def edit(what: str, which: str) -> None:
    await db.engine().run(f"UPDATE audit_event SET {what} WHERE {which}")  # noqa: S608


async def delete(which: str) -> None:
    await db.engine().run(f"DELETE FROM audit_event WHERE {which}")  # noqa: S608


async def chain_from(first: int) -> None:
    """Seal again, as the worker would, every row from *first* on, and what marks the end."""
    rows = await fetch("SELECT * FROM audit_event WHERE number >= {} ORDER BY number", first)
    before = await fetch("SELECT seal FROM audit_event WHERE number = {}", first - 1)
    seal = before[0]["seal"] if before else "0" * 64
    for row in rows:
        seal = await own_seal(row["number"], seal)
        await edit(f"seal = '{seal}'", f"number = {row['number']}")
    await fetch("UPDATE audit_head SET number = {}, seal = {}", rows[-1]["number"], seal)


async def own_seal(number: int, before: str) -> str:
    from connect.audit_chain import sql

    (row,) = await fetch(sql().sealed, number - 1, number, 1)
    return seal_of(before, number, values(row))


async def move(*places: tuple[int, int], with_seals: bool) -> None:
    """Give each row at *a* the number *b*; seals go along, or stay at their places."""
    seals = {
        row["number"]: row["seal"]
        for row in await fetch("SELECT number, seal FROM audit_event WHERE number IS NOT NULL")
    }
    for old, _ in places:
        await edit(f"number = {-old}", f"number = {old}")
    for old, new in places:
        seal = seals[old] if with_seals else seals[new]
        await edit(f"number = {new}, seal = '{seal}'", f"number = {-old}")


async def delete_and_close_up(number: int) -> None:
    await delete(f"number = {number}")
    await edit("number = -number", f"number > {number}")
    await edit("number = -number - 1", "number < 0")
    await fetch("UPDATE audit_head SET number = number - 1")


async def replace(number: int) -> None:
    """Another row in the place and with the seal of the one that was there."""
    (gone,) = await fetch("SELECT seal FROM audit_event WHERE number = {}", number)
    await delete(f"number = {number}")
    await db.engine().run(
        "INSERT INTO audit_event (id, at, act, subject_kind, subject, details, request, number,"
        " seal) VALUES ('0195cccc-0000-7000-8000-000000000000', '2026-01-01 00:00:00+00:00',"
        " 'nothing.happened', 'account', '', '{}', '', 0, '')"
    )
    await edit(f"number = {number}, seal = '{gone['seal']}'", "number = 0")


async def edit_and_seal(number: int) -> None:
    (row,) = await fetch("SELECT seal FROM audit_event WHERE number = {}", number - 1)
    await edit("act = 'nothing.happened'", f"number = {number}")
    await edit(f"seal = '{await own_seal(number, row['seal'])}'", f"number = {number}")


def swap(a: int, b: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (a, b), (b, a)


OTHER = "'0195dddd-0000-7000-8000-000000000000'"
TEN_ON = [(n, n + 10 if n < 220 else n - 20) for n in range(200, 230)]
REVERSED = [(n, 259 - n) for n in range(100, 160)]
TO_THE_END = [(50, ROWS), *((n, n - 1) for n in range(51, ROWS + 1))]

Change = Callable[[], Awaitable[None]]
EDITS: dict[str, Change] = {
    "id": lambda: edit(f"id = {OTHER}", "number = 1"),
    "moment": lambda: edit("at = '2025-12-31 23:59:59+00:00'", "number = 7"),
    "actor": lambda: edit(f"actor = {OTHER}", "number = 100"),
    "act": lambda: edit("act = 'act.2'", "number = 101"),
    "kind": lambda: edit("subject_kind = 'Enrollment'", "number = 150"),
    "subject": lambda: edit("subject = ''", "number = 151"),
    "details": lambda: edit("""details = '{"number": 152}'""", "number = 152"),
    "request": lambda: edit("request = request || ' '", f"number = {ROWS}"),
    "another row in its place": lambda: replace(150),
    "edited and sealed anew": lambda: edit_and_seal(200),
}
DELETIONS: dict[str, Change] = {
    "first": lambda: delete("number = 1"),
    "one": lambda: delete("number = 150"),
    "ten": lambda: delete("number BETWEEN 100 AND 109"),
    "every fiftieth": lambda: delete("number % 50 = 0"),
    "all but one": lambda: delete("number <> 150"),
    "all": lambda: delete("number > 0"),
    "last": lambda: delete(f"number = {ROWS}"),
    "closed up": lambda: delete_and_close_up(150),
    "most": lambda: delete("number > 2"),
    "unsealed": lambda: edit("number = NULL, seal = NULL", "number = 150"),
}
ORDERS: dict[str, Change] = {
    "neighbors": lambda: move(*swap(10, 11), with_seals=True),
    "neighbors, seals stay": lambda: move(*swap(10, 11), with_seals=False),
    "far apart": lambda: move(*swap(20, 280), with_seals=True),
    "far apart, seals stay": lambda: move(*swap(20, 280), with_seals=False),
    "first and last": lambda: move(*swap(1, ROWS), with_seals=True),
    "three in a ring": lambda: move((5, 90), (90, 170), (170, 5), with_seals=False),
    "thirty rows": lambda: move(*TEN_ON, with_seals=True),
    "to the end": lambda: move(*TO_THE_END, with_seals=False),
    "backwards": lambda: move(*REVERSED, with_seals=True),
    "backwards, seals stay": lambda: move(*REVERSED, with_seals=False),
}
