"""The index that lets one override of a component stand at a time.

Its own file, because Piccolo cannot describe it and raw statements run before the tables of
the same migration. Backwards: it is dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T20:07:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "override indexes"

INDEXES = {
    "override_met": (
        "UNIQUE INDEX {} ON override (enrollment, component) "
        "WHERE kind = 'met' AND withdrawn_at IS NULL"
    ),
}


class Raw(Table):
    """A handle for raw SQL; has no columns."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)

    async def add() -> None:
        for name, index in INDEXES.items():
            await Raw.raw("CREATE " + index.format(name))

    async def drop() -> None:
        for name in INDEXES:
            await Raw.raw(f"DROP INDEX {name}")

    manager.add_raw(add)
    manager.add_raw_backwards(drop)
    return manager
