"""What a database holds, to tell that an act left it alone."""

from connect.db import engine, fetch

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}


async def contents(*, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every row of every table but those *without*, as text."""
    names = [row["name"] for row in await fetch(TABLES[engine().engine_type])]
    found = {}
    for name in sorted({*names} - {*without}):
        rows = await fetch(f'SELECT * FROM "{name}"')  # noqa: S608 -- our own names
        found[name] = sorted(str(row) for row in rows)
    return found


async def text_of(*tables: str) -> str:
    """All that stands in *tables*."""
    held = await contents()
    return str({name: held[name] for name in tables})


async def count(table: str) -> int:
    """How many rows *table* has."""
    rows = await fetch(f'SELECT count(*) AS number FROM "{table}"')  # noqa: S608 -- as above
    return int(rows[0]["number"])
