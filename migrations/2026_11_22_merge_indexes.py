"""Indexes over merges that stand, and over accounts and trainings that a merge touched.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T17:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "merge indexes"

INDEXES = {
    "record_merge_standing": "UNIQUE INDEX {} ON record_merge (gone) WHERE undone_at IS NULL",
    "record_merge_step_row": "INDEX {} ON record_merge_step (table_name, row_key)",
    "account_merged_into": "INDEX {} ON account (merged_into) WHERE merged_into IS NOT NULL",
    "training_voided_by": "INDEX {} ON training (voided_by) WHERE voided_by IS NOT NULL",
    "duplicate_pair_untold": "INDEX {} ON duplicate_pair (id) WHERE told_at IS NULL",
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
