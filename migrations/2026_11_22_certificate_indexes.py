"""One certificate that stands for each thing it was earned with.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T19:31:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "certificate indexes"

INDEXES = {
    "certificate_source_standing": (
        "UNIQUE INDEX {} ON certificate (source_kind, source) WHERE status <> 'superseded'"
    ),
    "certificate_expires": "INDEX {} ON certificate (expires_on) WHERE status = 'valid'",
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
