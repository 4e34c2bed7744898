"""Indexes over part of the agencies: what identifies one, and the search.

Their own file, because Piccolo cannot describe them and raw statements run before the tables of
the same migration. Before running: no two agencies that stand may have the same ORI, or the same
PSAP ID in one state, and nobody may wait for the same agency twice. Backwards: they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "agency indexes"

STANDING = "IS NOT NULL AND status NOT IN ('declined', 'merged')"
INDEXES = {
    "agency_ori": f"UNIQUE INDEX {{}} ON agency (ori) WHERE ori {STANDING}",
    "agency_psap": f"UNIQUE INDEX {{}} ON agency (psap_id, state) WHERE psap_id {STANDING}",
    "agency_draft_once": (
        "UNIQUE INDEX {} ON agency (opened_by, state, words) WHERE status = 'draft'"
    ),
    "agency_draft": "INDEX {} ON agency (opened_at, id) WHERE status = 'draft'",
    "agency_opened_by": "INDEX {} ON agency (opened_by, id) WHERE opened_by IS NOT NULL",
    "agency_merged_into": "INDEX {} ON agency (merged_into) WHERE merged_into IS NOT NULL",
    "agency_search": "INDEX {} ON agency (words, id, state, kind) WHERE status = 'active'",
    "agency_search_state": "INDEX {} ON agency (state, words, id, kind) WHERE status = 'active'",
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
