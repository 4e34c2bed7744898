"""What the public list showed of a member from which day on; the ledger's day of decision."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Date, Integer, Varchar
from piccolo.table import Table

ID = "2026-11-22T22:57:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "memberships"


class Membership(Table, tablename="membership"):
    member_since = Date(null=True, default=None)


class MembershipStep(Table, tablename="membership_step"):
    place = Integer(default=0)
    agency_name = Varchar(length=200, default="")
    agency_kind = Varchar(length=30, default="")
    agency_state = Varchar(length=2, default="")
    agency_county = Varchar(length=120, default="")


class MembershipNotice(Table, tablename="membership_notice"):
    decided_on = Date(null=True, default=None)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in (Membership, MembershipStep, MembershipNotice):
        for column in table._meta.non_default_columns:
            manager.add_column(
                table_class_name=table.__name__,
                tablename=table._meta.tablename,
                column_name=column._meta.name,
                db_column_name=column._meta.db_column_name,
                column_class_name=type(column).__name__,
                column_class=type(column),
                params=column._meta.params,
            )
    return manager
