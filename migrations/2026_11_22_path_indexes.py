"""Indexes of the paths: one version is current, one enrollment of a person is open.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T20:16:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "path indexes"

INDEXES = {
    "path_version_current": "UNIQUE INDEX {} ON path_version (path) WHERE is_current",
    "path_enrollment_open": (
        "UNIQUE INDEX {} ON path_enrollment (learner, path) WHERE completed_at IS NULL"
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
