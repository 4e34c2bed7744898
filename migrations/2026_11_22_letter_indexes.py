"""Indexes over mails: one's notices, those not read, the outbox by state and address, the hour.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T17:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "letter indexes"

UNREAD = "read_at IS NULL AND account IS NOT NULL AND state NOT IN ('held', 'discarded')"
INDEXES = {
    "mail_notice": "INDEX {} ON mail (account, id) WHERE account IS NOT NULL",
    "mail_unread": f"INDEX {{}} ON mail (account) WHERE {UNREAD}",
    "mail_state": "INDEX {} ON mail (state, id)",
    "mail_to": 'INDEX {} ON mail ("to", id)',
    "mail_held": "INDEX {} ON mail (kind, id) WHERE state = 'held'",
    "mail_passed": "INDEX {} ON mail (kind, passed_at) WHERE passed_at IS NOT NULL",
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
