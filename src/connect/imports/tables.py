"""Files that bring many rows at once, and what became of each row."""

from enum import StrEnum

from piccolo.columns import (
    JSON,
    UUID,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from connect import clock
from connect.db import uuid7


class ImportKind(StrEnum):
    AGENCIES = "agencies"
    PEOPLE = "people"
    ROSTER = "roster"
    COMPLETIONS = "completions"
    MEMBERSHIPS = "memberships"


class ImportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    UNREADABLE = "unreadable"


class Import(Table, tablename="import_file"):
    """One file that was handed in. The same file twice changes nothing the second time."""

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=20)
    state = Varchar(length=12, default=ImportState.WAITING)
    dry_run = Boolean(default=False)
    agency = UUID(null=True, default=None)  # whose roster it is
    invite = Boolean(default=False)  # whether new people are mailed an invitation
    file = Varchar(length=64)  # SHA-256 of the stored table, as CSV
    file_name = Varchar(length=200, default="")
    columns = JSON(default="{}")  # our field → heading in the file
    rows = Integer(default=0)  # looked at so far
    taken = Integer(default=0)  # new or changed
    unchanged = Integer(default=0)
    refused = Integer(default=0)
    left_alone = Integer(null=True, default=None)  # people of the agency who are not in the file
    trouble = Text(default="")  # why the file as a whole could not be read
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    done_at = Timestamptz(null=True, default=None)


class RefusedRow(Table, tablename="import_refused_row"):
    """A row that was not taken, as it stood, and why."""

    id = UUID(primary_key=True, default=uuid7)
    import_file = ForeignKey(Import, null=False, on_delete=OnDelete.cascade, index=True)
    row = Integer()  # line of the table: the heading is 1
    cells = JSON()  # as they stood, by heading
    faults = JSON()  # field → sentence
