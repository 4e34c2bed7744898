"""One open invitation for an address and an agency, and one that is for no agency.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T16:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "intake indexes"

OPEN = "accepted_at IS NULL AND withdrawn_at IS NULL"
INDEXES = {
    "invitation_open": (
        f"UNIQUE INDEX {{}} ON invitation (email, agency) WHERE {OPEN} AND agency IS NOT NULL"
    ),
    "invitation_open_to_all": (
        f"UNIQUE INDEX {{}} ON invitation (email) WHERE {OPEN} AND agency IS NULL"
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
