"""The ledger of training instances: what every count is made from."""

from enum import StrEnum

from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.db import uuid7
from connect.grants.tables import Grant


class Mode(StrEnum):
    ON_DEMAND = "on-demand"


class SourceKind(StrEnum):
    ENROLLMENT = "enrollment"


class Training(Table, tablename="training"):
    """One professional in one training, with the facts as they stood on the day."""

    id = UUID(primary_key=True, default=uuid7)
    person = UUID()  # the account; no foreign key, since a count outlives an erased person
    day = Date(index=True)  # the certificate's day
    mode = Varchar(length=20)
    minutes = Integer()
    course = Varchar(length=60)  # slug
    course_title = Varchar(length=200)
    version = Integer()
    discipline = Varchar(length=30, null=True, default=None)  # None: not reported
    state = Varchar(length=2, null=True, default=None)
    title = Varchar(length=120, null=True, default=None)  # job title
    agency = UUID(null=True, default=None)
    agency_name = Varchar(length=200, null=True, default=None)
    # The one that paid for the course on the day; a later correction does not change it.
    grant = ForeignKey(Grant, null=True, default=None, on_delete=OnDelete.restrict)
    source_kind = Varchar(length=20)
    source = UUID()  # what it was earned by: one instance for each
    recorded_at = Timestamptz(default=clock.now)
    voided_by = UUID(null=True, default=None)  # the merge that found it to be a repeat; not counted
    training_source_once = Unique([source_kind, source])
