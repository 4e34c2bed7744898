"""Indexes of the rosters: a course is required once by an agency at a time; revoked certificates.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T16:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "roster indexes"

INDEXES = {
    "required_course_current": (
        "UNIQUE INDEX {} ON required_course (agency, course) WHERE ended_at IS NULL"
    ),
    "certificate_revoked": "INDEX {} ON certificate (id) WHERE status = 'revoked'",
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
