"""What was merged and how to put it back; pairs of accounts that may be one person's."""

from enum import StrEnum

from piccolo.columns import JSON, UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.db import uuid7


class MergeKind(StrEnum):
    PEOPLE = "people"
    AGENCIES = "agencies"


class Merge(Table, tablename="record_merge"):
    """One act of joining two records; the one that is gone leads to the one that is kept."""

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=10)
    kept = UUID(index=True)  # account or agency, by the kind
    gone = UUID(index=True)
    summary = JSON(default="{}")  # of rules.Plan, as it was told
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    undone_by = UUID(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)


class MergeStep(Table, tablename="record_merge_step"):
    """One value that a merge changed, or one row that it ended."""

    id = UUID(primary_key=True, default=uuid7)
    merge = ForeignKey(Merge, null=False, on_delete=OnDelete.cascade)
    place = Integer()  # 0, 1, 2 in the order in which it was done
    table_name = Varchar(length=60)
    row_key = Varchar(length=80)  # the row's primary key
    column_name = Varchar(length=60, default="")  # empty: the whole row ended
    before = Text()  # JSON: the value, or the whole row by column
    after = Text(default="null")  # JSON
    record_merge_step_place = Unique([merge, place])


class DuplicatePair(Table, tablename="duplicate_pair"):
    """Two accounts that may be one person's, until somebody says that they are not."""

    id = UUID(primary_key=True, default=uuid7)
    one = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)  # the older account
    other = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    reasons = Varchar(length=60)  # codes of rules.Reason with spaces between
    found_at = Timestamptz(default=clock.now)
    told_by = UUID(null=True, default=None)  # who said that these are two people
    told_at = Timestamptz(null=True, default=None)
    duplicate_pair_once = Unique([one, other])
