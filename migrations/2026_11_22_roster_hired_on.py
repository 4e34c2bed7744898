"""The first day of work on a roster line, from which a new hire is exempt by itself."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Date

ID = "2026-11-22T21:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "roster hired on"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    manager.add_column(
        table_class_name="RosterLine",
        tablename="roster_line",
        column_name="hired_on",
        db_column_name="hired_on",
        column_class_name="Date",
        column_class=Date,
        params=Date(null=True, default=None)._meta.params,
    )
    return manager
