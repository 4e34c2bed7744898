"""Lists in pieces: a cursor in, a cursor out."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from connect.errors import Invalid

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
After = Annotated[str, QueryParameter(max_length=200)]
Word = Annotated[str, QueryParameter(max_length=100, pattern=r"^[^\x00]*$")]
DEFAULT = 25
Item = TypeVar("Item")
Value = TypeVar("Value")
Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Item]):
    """One piece of a list. ``next`` is the ``after`` of the piece behind it."""

    items: list[Item]
    next: str | None


def cursor(value: Any) -> str:
    """The opaque form of the last row's sort value."""
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def read_cursor(after: str, form: type[Value]) -> Value:
    """The sort value in *after*.

    Raises:
        Invalid: it was not made by ``cursor``.
    """
    try:
        data = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        if rb"\u0000" in data:  # a NUL fails on PostgreSQL
            raise ValueError
        return msgspec.json.decode(data, type=form)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise Invalid({"after": "Use the `next` of the page before."}) from None


def cut(rows: Sequence[Row], limit: int, key: Any) -> tuple[list[Row], str | None]:
    """The first *limit* of ``limit + 1`` rows, and the cursor when there is one more."""
    if len(rows) <= limit:
        return list(rows), None
    return list(rows[:limit]), cursor(key(rows[limit - 1]))
