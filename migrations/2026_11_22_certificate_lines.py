"""Certificates that replace others, are revoked, or end on a day.

The one constraint on what a certificate is for goes: a reissue is for the same. What takes its
place is in certificate_indexes.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Date, Text

ID = "2026-11-22T19:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "certificate lines"

COLUMNS = [
    ("supersedes", UUID, {"null": True, "default": None, "unique": True}),
    ("reissue_reason", Text, {"default": ""}),
    ("revoked_on", Date, {"null": True, "default": None}),
    ("revocation_reason", Text, {"default": ""}),
    ("expires_on", Date, {"null": True, "default": None}),
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for name, column_class, params in COLUMNS:
        manager.add_column(
            table_class_name="Certificate",
            tablename="certificate",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=column_class(**params)._meta.params,
        )
    manager.drop_constraint(
        table_class_name="Certificate",
        tablename="certificate",
        constraint_name="certificate_source_once",
    )
    return manager
