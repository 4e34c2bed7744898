"""What people completed elsewhere, or before this site was there."""

from enum import StrEnum

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
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.catalog.tables import Course
from connect.db import uuid7


class ExternalState(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by its holder before a decision, by staff after one


class ExternalCompletion(Table, tablename="external_completion"):
    """One completion that did not happen here. Never counted as a training.

    Its day, minutes and number are the provider's. It stands for a course of ours once accepted,
    when one is named.
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=200)
    provider = Varchar(length=120)
    day = Date()
    minutes = Integer()
    number = Varchar(length=60, default="")  # of the provider's certificate
    course = ForeignKey(Course, null=True, default=None, on_delete=OnDelete.restrict)
    evidence = Varchar(length=64, null=True, default=None)  # SHA-256 of the sealed file
    evidence_kind = Varchar(length=10, null=True, default=None)  # of uploads.TYPES
    evidence_size = Integer(null=True, default=None)  # bytes
    brought_in = Boolean(default=False)  # by staff, from older records
    import_file = UUID(null=True, default=None, index=True)  # the file that brought it
    state = Varchar(length=10, default=ExternalState.SUBMITTED, index=True)
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    reason = Text(default="")  # of a decision
