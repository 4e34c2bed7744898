"""Agencies, who works there, how somebody becomes verified.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import (
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T14:09:39:779029"
VERSION = "1.38.0"
DESCRIPTION = "people and agencies"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Agency(Table, tablename="agency"):
    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=30)
    name = Varchar(length=200)
    ori = Varchar(length=9, null=True, default=None)
    psap_id = Varchar(length=10, null=True, default=None)
    state = Varchar(length=2)
    county = Varchar(length=120)
    parent = UUID(null=True, default=None)
    status = Varchar(length=10, default="active")
    merged_into = UUID(null=True, default=None)
    words = Text()
    opened_by = UUID(null=True, default=None)
    opened_at = Timestamptz(default=now)
    screened_by = UUID(null=True, default=None)
    screened_at = Timestamptz(null=True, default=None)
    reason = Text()


class AgencyCode(Table, tablename="agency_code"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, index=True, on_delete=OnDelete.restrict)
    code_hash = Varchar(length=64, unique=True)
    max_uses = Integer()
    uses = Integer()
    expires_at = Timestamptz(default=now)
    made_by = UUID()
    made_at = Timestamptz(default=now)


class AgencyDomain(Table, tablename="agency_domain"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    domain = Varchar(length=253, index=True)
    is_its_alone = Boolean(default=True)
    made_at = Timestamptz(default=now)
    agency_domain_once = Unique([agency, domain])


class AgencyProfile(Table, tablename="agency_profile"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, index=True, on_delete=OnDelete.restrict)
    as_of = Date()
    population = Integer(null=True, default=None)
    population_source = Varchar(length=120)
    population_year = Integer(null=True, default=None)
    employees = Integer(null=True, default=None)
    sworn = Integer(null=True, default=None)
    psap_level = Varchar(length=10, null=True, default=None)
    ecc_scope = Varchar(length=24, null=True, default=None)
    yearly_calls = Integer(null=True, default=None)
    positions = Integer(null=True, default=None)
    work_stations = Integer(null=True, default=None)
    agencies_served = Integer(null=True, default=None)
    recorded_by = UUID(null=True, default=None)
    recorded_at = Timestamptz(default=now)


class Affiliation(Table, tablename="affiliation"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    agency = ForeignKey(Agency, null=False, index=True, on_delete=OnDelete.restrict)
    title = Varchar(length=120)
    discipline = Varchar(length=30, null=True, default=None)
    category = Varchar(length=20, null=True, default=None)
    is_supervisor = Boolean()
    is_primary = Boolean(default=True)
    since = Date()
    until = Date(null=True, default=None)
    consented_at = Timestamptz(null=True, default=None)
    made_at = Timestamptz(default=now)


class EligibilityCase(Table, tablename="eligibility_case"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    route = Varchar(length=10)
    state = Varchar(length=16)
    agency = ForeignKey(Agency, null=True, on_delete=OnDelete.restrict)
    sponsor_email = Varchar(length=254)
    explanation = Text()
    document = Varchar(length=64, null=True, default=None)
    opened_at = Timestamptz(default=now)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = UUID(null=True, default=None)
    reason = Text()


TABLES = [
    Agency,
    AgencyCode,
    AgencyDomain,
    AgencyProfile,
    Affiliation,
    EligibilityCase,
]

COLUMNS = [
    ("Account", "account", "verified_at", Timestamptz, {"null": True, "default": None}),
    ("OneTimeLink", "one_time_link", "about", UUID, {"null": True, "default": None}),
]


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
        for constraint in table._meta.constraints:
            manager.add_constraint(
                table_class_name=name,
                tablename=tablename,
                constraint_name=constraint._meta._name,
                constraint_class=type(constraint),
                params=constraint._meta.params,
            )
    for class_name, tablename, name, column_class, params in COLUMNS:
        manager.add_column(
            table_class_name=class_name,
            tablename=tablename,
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=column_class(**params)._meta.params,
        )
    return manager
