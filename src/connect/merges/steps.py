"""Doing the steps of a merge, and putting them back in reverse, for any table."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column, ForeignKey
from piccolo.table import Table

from connect.db import is_unique_violation, transaction
from connect.merges.rules import Fate, Step, decided
from connect.merges.tables import MergeStep

AT_ONCE = 400  # rows in one statement
Referring = tuple[type[Table], Column, list[dict[str, Any]]]


def table_named(name: str) -> type[Table]:
    """The table class of a table."""
    from connect.piccolo_app import APP_CONFIG

    return next(t for t in APP_CONFIG.table_classes if t._meta.tablename == name)


def key_of(table: type[Table]) -> Column:
    """The column of the primary key."""
    key: Column = table._meta.primary_key
    return key


def form_of(column: Column) -> Any:
    """The type of a column's values; a foreign key has that of the key it points to."""
    if isinstance(column, ForeignKey):
        return form_of(key_of(column._foreign_key_meta.resolved_references))
    return column.value_type


def _read(column: Column, text: str) -> Any:
    """A value from its JSON, as the column takes it."""
    return msgspec.json.decode(text, type=form_of(column) | None)


def _is(column: Column, value: Any) -> Any:
    return column.is_null() if value is None else column == value


async def rows_where(table: type[Table], *where: Any) -> list[dict[str, Any]]:
    """Whole rows, in the order of their keys."""
    return await table.select().where(*where).order_by(key_of(table))


async def referring(of: dict[str, Fate], fate: Fate, to: UUID) -> list[Referring]:
    """For each column with this fate by the list *of*: its table, itself, the rows with *to*."""
    found = []
    for name, column_name in decided(of, fate):
        table = table_named(name)
        column = table._meta.get_column_by_name(column_name)
        found.append((table, column, await rows_where(table, column == to)))
    return found


def moves(
    table: type[Table], rows: Sequence[dict[str, Any]], column: Column, to: Any
) -> list[Step]:
    """Steps that set *column* of *rows* to *to*, where it is not that already."""
    name, key = column._meta.name, key_of(table)._meta.name
    return [
        Step(table._meta.tablename, str(row[key]), name, row[name], to)
        for row in rows
        if row[name] != to
    ]


def ends(table: type[Table], rows: Sequence[dict[str, Any]]) -> list[Step]:
    """Steps that take *rows* away."""
    key = key_of(table)._meta.name
    return [Step(table._meta.tablename, str(row[key]), "", row) for row in rows]


async def do(merge: UUID, steps: Sequence[Step]) -> None:
    """Do *steps* and write them down, in the caller's transaction."""
    kept = [
        MergeStep(
            merge=merge,
            place=place,
            table_name=step.table,
            row_key=step.row,
            column_name=step.column,
            before=msgspec.json.encode(step.before).decode(),
            after=msgspec.json.encode(step.after).decode(),
        )
        for place, step in enumerate(steps)
    ]
    for first in range(0, len(kept), AT_ONCE):
        await MergeStep.insert(*kept[first : first + AT_ONCE])
    for many in _alike(kept):
        table, rows = table_named(many[0].table_name), _rows(many)
        if many[0].column_name:
            column = table._meta.get_column_by_name(many[0].column_name)
            value = _read(column, many[0].after)
            await table.update({column: value}).where(rows)
        else:
            await table.delete().where(rows)


async def put_back(merge: UUID) -> int:
    """Put back what a merge changed, last step first, in the caller's transaction.

    What somebody has changed again since stays as they left it: a value that is not the one the
    merge wrote, or one whose place was taken meanwhile.

    Returns:
        How many values and rows stay as they were left.
    """
    steps = (
        await MergeStep.objects()
        .where(MergeStep.merge == merge)
        .order_by(MergeStep.place, ascending=False)
    )
    back = 0
    for many in _alike(steps):
        try:
            async with transaction():
                back += await _back(many)
        except Exception as error:
            if not is_unique_violation(error):
                raise
            back += await _back_one_by_one(many)
    return len(steps) - back


async def _back_one_by_one(many: Sequence[MergeStep]) -> int:
    back = 0
    for step in many:
        try:
            async with transaction():
                back += await _back([step])
        except Exception as error:
            if not is_unique_violation(error):
                raise
    return back


async def _back(many: Sequence[MergeStep]) -> int:
    table = table_named(many[0].table_name)
    if not many[0].column_name:
        await table.insert(*(table(**_row(table, step.before)) for step in many))
        return len(many)
    column = table._meta.get_column_by_name(many[0].column_name)
    return len(
        await table.update({column: _read(column, many[0].before)})
        .where(_rows(many), _is(column, _read(column, many[0].after)))
        .returning(key_of(table))
    )


def _row(table: type[Table], text: str) -> dict[str, Any]:
    raw: dict[str, msgspec.Raw] = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    columns = {c._meta.name: c for c in table._meta.columns}
    return {name: _read(columns[name], bytes(value).decode()) for name, value in raw.items()}


def _alike(steps: Sequence[MergeStep]) -> list[list[MergeStep]]:
    """Neighbors that one statement can do, in their order."""

    def kind(step: MergeStep) -> tuple[str, ...]:
        values = (step.before, step.after) if step.column_name else ()
        return (step.table_name, step.column_name, *values)

    found = [list(many) for _, many in groupby(steps, kind)]
    return [m[i : i + AT_ONCE] for m in found for i in range(0, len(m), AT_ONCE)]


def _rows(many: Sequence[MergeStep]) -> Any:
    key = key_of(table_named(many[0].table_name))
    form = form_of(key)
    return key.is_in([form(step.row_key) for step in many])
