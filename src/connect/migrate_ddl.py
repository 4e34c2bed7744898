"""What migrations do to tables, mended where Piccolo 1.38 cannot: importing this patches it.

- CREATE TABLE carries its constraints, since SQLite cannot add them afterwards.
- A column whose value Python makes has no DEFAULT; else one value, made once, would stand there.
- On SQLite a table is rebuilt for whatever ALTER TABLE cannot do.
- A changed ON DELETE keeps ON UPDATE, and the other way round.
"""

import re
import sqlite3

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Column
from piccolo.columns.column_types import BigInt, Integer, SmallInt
from piccolo.query.methods.create import Create
from piccolo.query.methods.create_index import CreateIndex
from piccolo.table import Table, create_table_class

from connect import db

WHOLE = (Integer, BigInt, SmallInt)
PLAIN_INDEX = re.compile(r"CREATE INDEX (?!.*\bWHERE\b)", re.IGNORECASE | re.DOTALL)
_stock_column_ddl = Column.ddl.fget  # type: ignore[attr-defined]


def _column_ddl(column: Column) -> str:
    if callable(getattr(column, "default", None)):
        column = column.copy()
        column.default = None
    ddl: str = _stock_column_ddl(column)
    return ddl.removesuffix(" DEFAULT null").removesuffix(" DEFAULT None")


def create_sql(table: type[Table], name: str, if_not_exists: bool = False) -> str:
    meta = table._meta
    parts = [column.ddl for column in meta.columns]
    parts += [f"CONSTRAINT {c._meta.name} {c.ddl}" for c in meta.constraints]
    condition = "IF NOT EXISTS " if if_not_exists else ""
    return f'CREATE TABLE {condition}"{name}" ({", ".join(parts)})'


def _create_ddl(create: Create) -> list[str]:
    table = create.table
    statements = [create_sql(table, table._meta.tablename, create.if_not_exists)]
    for column in table._meta.columns:
        if column._meta.index:
            statements += _index_ddl(table, column)
    return statements


def _index_ddl(table: type[Table], column: Column) -> list[str]:
    index = CreateIndex(table, [column], column._meta.index_method, if_not_exists=True)
    return [*index.ddl]


Column.ddl = property(_column_ddl)  # type: ignore[assignment]
Create.default_ddl = property(_create_ddl)  # type: ignore[assignment]


async def change_server(manager: MigrationManager) -> None:
    """What *manager* says about tables, on PostgreSQL and CockroachDB."""
    for change in manager.alter_columns.alter_columns:
        if callable(change.params.get("default")):
            change.params = change.params | {"default": None}
        if {"on_delete", "on_update"} & change.params.keys():
            table = await manager.get_table_from_snapshot(change.table_class_name, None)
            rules = table._meta.get_column_by_name(change.column_name)._meta.params
            change.params = {n: rules[n] for n in ("on_delete", "on_update")} | change.params
    await manager._run_rename_tables()
    await manager._run_add_tables()
    await manager._run_drop_columns()
    await manager._run_rename_columns()
    await manager._run_add_columns()
    await manager._run_drop_tables()  # type: ignore[no-untyped-call]
    await manager._run_alter_columns()
    await manager._run_add_constraints()
    await manager._run_drop_constraints()


async def change_sqlite(manager: MigrationManager) -> None:
    """The same on SQLite. Names change first, so that rebuilt tables find their columns."""
    await manager._run_rename_tables()
    await manager._run_rename_columns()
    await manager._run_add_tables()
    await manager._run_drop_tables()  # type: ignore[no-untyped-call]
    changed: set[str] = set()
    for part in (
        manager.add_columns,
        manager.drop_columns,
        manager.alter_columns,
        manager.add_constraints,
        manager.drop_constraints,
    ):
        changed |= {*part.table_class_names}
    for name in sorted(changed - {table.class_name for table in manager.add_tables}):
        await rebuild(_anew(await manager.get_table_from_snapshot(name, None)))


def _anew(table: type[Table]) -> type[Table]:
    """*table* with columns made from their parameters: a snapshot changes only those."""
    columns = {c._meta.name: c.__class__(**c._meta.params) for c in table._meta.columns}
    constraints = {c._meta.name: c for c in table._meta.constraints}
    return create_table_class(
        table.__name__,
        class_kwargs={"tablename": table._meta.tablename},
        class_members=columns | constraints,
    )


async def rebuild(table: type[Table]) -> None:
    """Make the table anew as *table* is, move the rows, bring back indexes and triggers.

    Needs the transaction of ``schema_change``: with foreign keys on, DROP TABLE would delete
    the rows of other tables.

    Raises:
        RuntimeError: foreign keys are on.
        ValueError: a column of whole numbers holds something else, which PostgreSQL refuses.
    """
    run = db.engine().run
    if (await run("PRAGMA foreign_keys"))[0]["foreign_keys"]:
        raise RuntimeError("a table is rebuilt only in schema_change()")
    name = table._meta.tablename
    columns = {column._meta.db_column_name: column for column in table._meta.columns}
    before = {row["name"] for row in await run(f'PRAGMA table_info("{name}")')}
    again = await _indexes_and_triggers(name, columns)

    await run(create_sql(table, f"{name}__new"))
    common = ", ".join(f'"{column}"' for column in columns if column in before)
    await run(f'INSERT INTO "{name}__new" ({common}) SELECT {common} FROM "{name}"')  # noqa: S608
    await run(f'DROP TABLE "{name}"')
    await run(f'ALTER TABLE "{name}__new" RENAME TO "{name}"')
    for sql in again:
        try:
            await run(sql)
        except sqlite3.OperationalError as error:
            # A partial index over a column that goes, goes with it, as on PostgreSQL.
            if "no such column" not in str(error):
                raise
    for column in table._meta.columns:
        if column._meta.index:
            for sql in _index_ddl(table, column):
                await run(sql)
    await _check_whole_numbers(name, columns)


async def _indexes_and_triggers(name: str, columns: dict[str, Column]) -> list[str]:
    """The statements that make what hangs on the table, without indexes of columns that go."""
    run = db.engine().run
    again = []
    for row in await run(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
        " AND type IN ('index', 'trigger')",
        [name],
    ):
        over = []
        if row["type"] == "index":
            over = [part["name"] for part in await run(f'PRAGMA index_info("{row["name"]}")')]
        if any(part is not None and part not in columns for part in over):  # None: an expression
            continue
        if len(over) == 1 and PLAIN_INDEX.match(row["sql"]):
            column = columns[over[0]]
            if column._meta.index or row["name"] == f"{name}_{over[0]}":  # from index=True
                continue
        again.append(row["sql"])
    return again


async def _check_whole_numbers(name: str, columns: dict[str, Column]) -> None:
    for column in [c for c, kind in columns.items() if isinstance(kind, WHOLE)]:
        sql = f'SELECT "{column}" IS NULL AS n FROM "{name}"'  # noqa: S608
        sql += f" WHERE typeof(\"{column}\") NOT IN ('integer', 'null') LIMIT 1"
        if await db.engine().run(sql):
            raise ValueError(f"{name}.{column} holds values that are not whole numbers")
