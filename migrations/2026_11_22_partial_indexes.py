"""Indexes over part of a table, which Piccolo cannot describe; one SQL text for all engines.

Their own file, because raw statements run before the tables of the same migration. Backwards:
they are dropped.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "partial indexes"

INDEXES = {
    "course_version_current": "UNIQUE INDEX {} ON course_version (course) WHERE is_current",
    "enrollment_open": (
        "UNIQUE INDEX {} ON enrollment (learner, course) WHERE state IN ('enrolled', 'in_progress')"
    ),
    "attempt_open": "UNIQUE INDEX {} ON attempt (enrollment, component) WHERE state = 'open'",
    "role_grant_site": "UNIQUE INDEX {} ON role_grant (account, role) WHERE agency IS NULL",
    "job_ready": "INDEX {} ON job (run_at, id) WHERE done_at IS NULL",
    "enrollment_learner": "INDEX {} ON enrollment (learner, id)",
    "training_person_course": "INDEX {} ON training (person, course, day, id)",
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
