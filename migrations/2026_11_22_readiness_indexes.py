"""Indexes over part of the reviews and rosters.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T20:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "readiness indexes"

INDEXES = {
    # An agency has one open review, and each person one current line in a category.
    "review_open_once": "UNIQUE INDEX {} ON readiness_review (agency) WHERE state IN "
    "('draft', 'submitted', 'in_review', 'changes_requested', 'recommended')",
    "roster_line_once": "UNIQUE INDEX {} ON roster_line (agency, account, category) "
    "WHERE until IS NULL AND account IS NOT NULL",
    "policy_finding_newest": "INDEX {} ON policy_finding (review, element, found_at)",
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
