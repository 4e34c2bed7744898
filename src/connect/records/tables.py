"""Erasures that were done."""

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.table import Table

from connect import clock
from connect.db import uuid7


class Erasure(Table, tablename="erasure"):
    """That a person was erased. The same stands in a file, for the day a backup is restored."""

    id = UUID(primary_key=True, default=uuid7)
    account = UUID(unique=True)
    reason = Text(default="")  # without names
    erased_by = UUID(null=True, default=None)  # None: replayed after a restore
    erased_at = Timestamptz(default=clock.now)
