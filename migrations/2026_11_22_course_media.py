"""Which files of courses everybody may read. What was published before stays as it was: public."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Boolean

ID = "2026-11-22T20:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "course media"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    manager.add_column(
        table_class_name="CourseMedia",
        tablename="course_media",
        column_name="is_public",
        db_column_name="is_public",
        column_class_name="Boolean",
        column_class=Boolean,
        params=Boolean(default=True)._meta.params,
    )
    return manager
