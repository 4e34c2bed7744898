"""What the register says of a table: whose its rows are, and what each column holds of a person."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from piccolo.columns import JSON
from piccolo.table import Table

from connect.records.whose import Whose

Row = Mapping[str, Any]


def its_id(row: Row) -> str:
    """What stands in for a value that must be there and unique; nobody can type it."""
    return str(row["id"])


class Tag(StrEnum):
    """What a column holds. What is personal or more is emptied at erasure."""

    NONE = "none"
    PSEUDONYM = "pseudonym"  # ids, hashes: they lead to a person only by way of other rows
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    HIDDEN = "hidden"  # secrets: never exported


class When(StrEnum):
    CLOSURE = "closure"  # and at an erasure, if it was not closed before
    ERASURE = "erasure"


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One table. Each column stands under one tag; several in one text, parted by spaces."""

    table: type[Table]
    whose: Whose
    none: str = ""
    pseudonym: str = "id"
    personal: str = ""
    sensitive: str = ""
    hidden: str = ""
    rows_go: When | None = None
    emptied: When = When.ERASURE
    becomes: Mapping[str, Any] = {}  # at erasure, instead of nothing: a value, or one for each row
    closes: Mapping[str, Any] = {}  # at closure: likewise
    shows: Mapping[str, Callable[[Row], Any]] = {}  # in an export, instead of what is stored
    addresses: tuple[str, ...] = ()  # columns that may hold the address of whose the row is not
    files: Mapping[str, str] = {}  # names a stored file that goes at erasure → which rows need it

    @property
    def name(self) -> str:
        return str(self.table._meta.tablename)

    @property
    def tags(self) -> dict[str, Tag]:
        return {column: tag for tag in Tag for column in getattr(self, tag).split()}

    def changes(self, when: When) -> dict[str, Any]:
        """Column → what it becomes then; a function makes it of each row."""
        emptied = when is When.ERASURE or self.emptied is When.CLOSURE
        gone = (Tag.PERSONAL, Tag.SENSITIVE, Tag.HIDDEN)
        found = {c: self.nothing(c) for c, tag in self.tags.items() if emptied and tag in gone}
        return found | dict(self.becomes if emptied else {}) | dict(self._closing(when))

    def _closing(self, when: When) -> Mapping[str, Any]:
        return self.closes if when is When.CLOSURE else {}

    def nothing(self, column: str) -> Any:
        """What an emptied column holds."""
        kind = self.table._meta.get_column_by_name(column)
        if kind._meta.null:
            return None
        return "[]" if isinstance(kind, JSON) else ""
