"""Bringing a database up to date: one line of migrations for SQLite, PostgreSQL and CockroachDB.

A migration and its row in the table ``migration`` are one transaction, and one process at a time
runs them. Piccolo's own commands do neither, so they are not to be used.
"""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from types import ModuleType

from piccolo.apps.migrations.auto.diffable_table import DiffableTable
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.auto.schema_differ import AlterStatements, SchemaDiffer
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from connect import db, migrate_ddl

# What makes other processes wait until the transaction ends. On SQLite BEGIN IMMEDIATE does.
LOCK = {
    "postgres": ["SELECT pg_advisory_xact_lock(1668247150)"],
    "cockroach": [  # its advisory locks do nothing
        "SET LOCAL autocommit_before_ddl = off",
        "SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE",
    ],
}
LOCK_ROW = [
    "CREATE TABLE IF NOT EXISTS migration_lock (id INTEGER PRIMARY KEY)",
    "INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING",
]


def app() -> AppConfig:
    """The tables, and the folder of their migrations."""
    from connect.piccolo_app import APP_CONFIG

    return APP_CONFIG


async def migrate(only_check: bool = False) -> list[str]:
    """Run every migration that has not run here; safe to start in several processes at once.

    Returns:
        The ids that ran, oldest first; with *only_check* those that would, and nothing changes.

    Raises:
        RuntimeError: rows would point nowhere (SQLite; PostgreSQL has its own error).
    """
    modules = _modules()
    ran = await _ran()
    pending = [name for name in modules if name not in ran]
    if only_check or not pending:
        return pending
    if db.engine().engine_type == "cockroach":
        for statement in LOCK_ROW:
            await db.engine().run(statement)
    async with _alone():
        await Migration.create_table(if_not_exists=True)
    return [name for name in pending if await db.retried(partial(_run, name, modules[name]))]


async def _run(name: str, module: ModuleType) -> bool:
    async with _alone():
        if name in await _ran():  # by another process, a moment ago
            return False
        manager = await module.forwards()
        if isinstance(manager, MigrationManager) and not manager.fake:
            await _apply(manager)
        await Migration.insert(Migration(name=name, app_name=app().app_name))
    return True


async def ahead() -> list[str]:
    """Ids that ran here and that this version does not know: a newer one was here."""
    return sorted(await _ran() - _modules().keys())


async def drift() -> list[str]:
    """What the tables say and the migrations do not, one line for each; empty when they agree."""
    before = await snapshot()
    lines = [line for part in differences(before, answer="n") for line in part.statements]
    return lines + changed_constraints(before)


def differences(before: list[DiffableTable], *, answer: str | None) -> list[AlterStatements]:
    """The statements that lead from *before* to the tables.

    *answer* is given to every question whether something was renamed; None asks the terminal.
    """
    now = [
        DiffableTable(
            class_name=table.__name__,
            tablename=table._meta.tablename,
            columns=table._meta.non_default_columns,
            constraints=table._meta.constraints,
        )
        for table in app().table_classes
    ]
    differ = SchemaDiffer(schema=now, schema_snapshot=before, auto_input=answer)
    with redirect_stdout(StringIO()):
        return differ.get_alter_statements()


def changed_constraints(before: list[DiffableTable]) -> list[str]:
    """Constraints whose meaning changed under the same name, which Piccolo does not see."""
    old = {(t.class_name, c._meta.name): c.ddl for t in before for c in t.constraints}
    return [
        f"{table.__name__}.{name} is now {constraint.ddl}, was {old[key]}: give it a new name"
        for table in app().table_classes
        for constraint in table._meta.constraints
        if (key := (table.__name__, name := constraint._meta.name)) in old
        and old[key] != constraint.ddl
    ]


async def snapshot(last: str | None = None, *, without_last: bool = False) -> list[DiffableTable]:
    """The tables as the migrations make them, up to the one with the id *last*."""
    managers = []
    for migration, module in _modules().items():
        manager = await module.forwards()
        if isinstance(manager, MigrationManager):
            managers.append(manager)
        if migration == last:
            break
    return SchemaSnapshot(managers[:-1] if without_last else managers).get_snapshot()


def _modules() -> dict[str, ModuleType]:
    """The files of the folder by their id, oldest first."""
    found: dict[str, ModuleType] = {}
    for path in sorted(Path(app().resolved_migrations_folder_path).glob("[0-9]*.py")):
        spec = spec_from_file_location(f"connect_migrations.{path.stem}", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be read as a module")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        if module.ID in found:
            raise ImportError(f"{path} has the id of another migration: {module.ID}")
        found[module.ID] = module
    return dict(sorted(found.items()))


async def _ran() -> set[str]:
    if not await Migration.table_exists():
        return set()
    return set(await Migration.get_migrations_which_ran(app().app_name))


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """A transaction that changes the schema while no other process does."""
    engine = db.engine()
    async with engine.schema_change():
        for statement in LOCK.get(engine.engine_type, []):
            await engine.run(statement)
        if engine.engine_type != "sqlite":
            # A change that waits for a busy table makes all later queries wait behind it.
            await engine.run("SET LOCAL lock_timeout = '5s'")
        yield
        if engine.engine_type == "sqlite":
            broken = await engine.run("PRAGMA foreign_key_check")
            if broken:
                raise RuntimeError(f"{len(broken)} rows point nowhere, such as {broken[0]}")


async def _apply(manager: MigrationManager) -> None:
    for raw in manager.raw:
        result = raw()
        if inspect.isawaitable(result):
            await result
    if db.engine().engine_type == "sqlite":
        await migrate_ddl.change_sqlite(manager)
    else:
        await migrate_ddl.change_server(manager)


async def _table_from_snapshot(
    self: MigrationManager,
    table_class_name: str,
    app_name: str | None,
    offset: int = 0,
    migration_id: str | None = None,
) -> type[Table]:
    """Piccolo's, reading the migrations as ``snapshot`` does."""
    tables = await snapshot(migration_id or self.migration_id, without_last=offset < 0)
    return next(t for t in tables if t.class_name == table_class_name).to_table_class()


MigrationManager.get_table_from_snapshot = _table_from_snapshot  # type: ignore[method-assign]
