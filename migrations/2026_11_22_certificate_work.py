"""Proposals to revoke, batches of certificates, and the public keys that PDFs were signed with.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import JSON, UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T19:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "certificate work"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class RevocationProposal(Table, tablename="revocation_proposal"):
    id = UUID(primary_key=True, default=uuid7)
    numbers = JSON()
    reason = Text()
    state = Varchar(length=10, default="open")
    made_by = UUID()
    made_at = Timestamptz(default=now)
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class CertificateBatch(Table, tablename="certificate_batch"):
    id = UUID(primary_key=True, default=uuid7)
    chosen = JSON()
    certificates = JSON()
    total = Integer()
    done = Integer(default=0)
    state = Varchar(length=10, default="waiting")
    file = Varchar(length=64, null=True, default=None)
    made_by = UUID()
    made_at = Timestamptz(default=now)
    done_at = Timestamptz(null=True, default=None)


class SigningCertificate(Table, tablename="signing_certificate"):
    fingerprint = Varchar(length=64, primary_key=True)
    pem = Text()
    first_used_at = Timestamptz(default=now)


TABLES = [RevocationProposal, CertificateBatch, SigningCertificate]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in TABLES:
        name, tablename = table.__name__, table._meta.tablename
        manager.add_table(name, tablename)
        for column in table._meta.non_default_columns:
            manager.add_column(
                table_class_name=name,
                tablename=tablename,
                column_name=column._meta.name,
                db_column_name=column._meta.db_column_name,
                column_class_name=type(column).__name__,
                column_class=type(column),
                params=column._meta.params,
            )
    return manager
