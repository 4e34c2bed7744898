"""Readiness reviews: applications, rosters, evidence, findings, decisions and memberships.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
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

ID = "2026-11-22T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "readiness"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Agency(Table, tablename="agency"):
    id = UUID(primary_key=True, default=uuid7)


class Review(Table, tablename="readiness_review"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=8)
    state = Varchar(length=20, default="draft", index=True)
    requirements = Varchar(length=80)
    opened_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    opened_at = Timestamptz(default=now)
    state_since = Timestamptz(default=now)
    waited_seconds = BigInt(default=0)
    submitted_at = Timestamptz(null=True, default=None)
    answer_due = Date(null=True, default=None)
    reviewer = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    recommended_hash = Varchar(length=64, null=True, default=None)
    decided_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=True, default=None)
    decided_hash = Varchar(length=64, null=True, default=None)
    reasons = Text(default="")


class ReviewAnswer(Table, tablename="review_answer"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict)
    field = Varchar(length=60)
    value = Text()
    saved_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(default=now)
    review_answer_once = Unique([review, field])


class PolicyDocument(Table, tablename="policy_document"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=200)
    file_name = Varchar(length=200)
    content_type = Varchar(length=100)
    size = Integer()
    sha256 = Varchar(length=64)
    pages = JSON(default="[]")
    replaces = UUID(null=True, default=None)
    replaced_at = Timestamptz(null=True, default=None)
    uploaded_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    uploaded_at = Timestamptz(default=now)


class Evidence(Table, tablename="policy_evidence"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict)
    element = Varchar(length=60)
    document = ForeignKey(PolicyDocument, null=False, on_delete=OnDelete.restrict)
    page = Integer(null=True, default=None)
    passage = Text(default="")
    pointed_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    pointed_at = Timestamptz(default=now)
    policy_evidence_once = Unique([review, element])


class Finding(Table, tablename="policy_finding"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    element = Varchar(length=60)
    finding = Varchar(length=16)
    document = ForeignKey(PolicyDocument, null=True, default=None, on_delete=OnDelete.restrict)
    page = Integer(null=True, default=None)
    comment = Text(default="")
    found_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    found_at = Timestamptz(default=now)


class Affirmation(Table, tablename="affirmation"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    token_hash = Varchar(length=64, unique=True)
    email = Varchar(length=254)
    asked_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    asked_at = Timestamptz(default=now)
    expires_at = Timestamptz(default=now)
    facts_hash = Varchar(length=64)
    name = Varchar(length=120, default="")
    title = Varchar(length=120, default="")
    affirmed_at = Timestamptz(null=True, default=None)
    voided_at = Timestamptz(null=True, default=None)


class ReviewMessage(Table, tablename="review_message"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    author = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    text = Text()
    sent_at = Timestamptz(default=now)


class Snapshot(Table, tablename="review_snapshot"):
    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict)
    hash = Varchar(length=64)
    state = Text()
    made_for = Varchar(length=20)
    made_at = Timestamptz(default=now)
    review_snapshot_once = Unique([review, hash])


class RosterLine(Table, tablename="roster_line"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    account = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120, default="")
    category = Varchar(length=20)
    since = Date()
    until = Date(null=True, default=None)
    exemption = Varchar(length=16, null=True, default=None)
    exempt_until = Date(null=True, default=None)
    made_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    made_at = Timestamptz(default=now)


class Membership(Table, tablename="membership"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    review = ForeignKey(Review, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    number = Varchar(length=40, default="")
    state = Varchar(length=10, default="active", index=True)
    starts_on = Date()
    ends_on = Date()
    ended_on = Date(null=True, default=None)
    edition = Varchar(length=200)
    requirements = Varchar(length=80)
    population = Integer(null=True, default=None)
    population_source = Varchar(length=120, default="")
    population_year = Integer(null=True, default=None)
    agency_name = Varchar(length=200)
    is_brought_in = Boolean(default=False)
    decided_on = Date()
    reason = Text(default="")
    made_at = Timestamptz(default=now)


class MembershipStep(Table, tablename="membership_step"):
    id = UUID(primary_key=True, default=uuid7)
    membership = ForeignKey(Membership, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=10)
    day = Date()
    reason = Text(default="")
    done_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    done_at = Timestamptz(default=now)


class MembershipNotice(Table, tablename="membership_notice"):
    id = UUID(primary_key=True, default=uuid7)
    membership = ForeignKey(Membership, null=False, on_delete=OnDelete.restrict)
    days_before = Integer()
    due_on = Date()
    sent_at = Timestamptz(null=True, default=None)
    skipped = Varchar(length=200, default="")
    membership_notice_once = Unique([membership, days_before])


class RecognitionTask(Table, tablename="recognition_task"):
    id = UUID(primary_key=True, default=uuid7)
    membership = ForeignKey(Membership, null=False, on_delete=OnDelete.restrict)
    task = Varchar(length=16)
    note = Text(default="")
    done_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    done_at = Timestamptz(null=True, default=None)
    recognition_task_once = Unique([membership, task])


TABLES = [
    Review,
    ReviewAnswer,
    PolicyDocument,
    Evidence,
    Finding,
    Affirmation,
    ReviewMessage,
    Snapshot,
    RosterLine,
    Membership,
    MembershipStep,
    MembershipNotice,
    RecognitionTask,
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
    return manager
