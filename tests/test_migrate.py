"""Each change of a table, with rows in it, on both engines; what is written, what is refused."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from piccolo.columns import (
    UUID,
    BigInt,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    OnDelete,
    OnUpdate,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from connect import clock as time
from connect import migrate, migrate_ddl
from connect.db import fetch, uuid7
from connect.migrate_writer import write_migration
from migrating import assert_as_new, catalog, change, table, write

REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nullable column": ({}, {"b": Integer(null=True, default=None)}),
    "column with a value for old rows": ({}, {"b": Varchar(length=20, default="none")}),
    "indexed column": ({}, {"b": Integer(null=True, default=None, index=True)}),
    "unique column": ({}, {"b": Integer(null=True, default=None, unique=True)}),
    "moment column": ({}, {"b": Timestamptz()}),
    "moment by Python": ({}, {"b": Timestamptz(null=True, default=time.now)}),
    "boolean column": ({}, {"b": Boolean(default=False)}),
    "unique pair": ({"b": Integer()}, {"b": Integer(), "pair": Unique(["a", "b"])}),
    "no unique pair": ({"b": Integer(), "twin": Unique(["a", "b"])}, {"b": Integer()}),
    "check": ({}, {"positive": Check("a >= 0")}),
    "another check": ({"positive": Check("a >= 0")}, {"not_negative": Check("a > -1")}),
    "bigger numbers": ({"b": Integer(default=1)}, {"b": BigInt(default=1)}),
    "text to number": ({"b": Varchar(length=9, default="7")}, {"b": Integer(default=7)}),
    "number to text": ({"b": Integer(default=7)}, {"b": Text(default="7")}),
    "may be empty": ({"b": Integer(default=1)}, {"b": Integer(default=1, null=True)}),
    "must not be empty": ({"b": Integer(default=1, null=True)}, {"b": Integer(default=1)}),
    "another default": ({"b": Integer(default=1)}, {"b": Integer(default=2)}),
    "no default": ({"b": Integer(default=1)}, {"b": Integer(default=None, null=True)}),
    "default by Python": ({"b": UUID()}, {"b": UUID(default=uuid7)}),
    "longer text": ({"b": Varchar(length=9)}, {"b": Varchar(length=90)}),
    "index": ({"b": Integer()}, {"b": Integer(index=True)}),
    "no index": ({"b": Integer(index=True)}, {"b": Integer()}),
    "unique": (
        {"b": Integer(null=True, default=None)},
        {"b": Integer(null=True, default=None, unique=True)},
    ),
    "not unique": ({"b": Integer(unique=True)}, {"b": Integer()}),
    "dropped column": ({"b": Integer(index=True)}, {}),
    "dropped unique column": ({"b": Integer(unique=True)}, {}),
    "swapped columns": ({"b": Integer(index=True)}, {"c": Integer(null=True, default=None)}),
}


def things(state: int) -> dict[str, type[Table]]:
    """A table for each change: before it, or after it."""
    return {
        name: table(f"Thing{n}", a=Integer(unique=True), **CHANGES[name][state])
        for n, name in enumerate(CHANGES)
    }


async def test_changed_tables_keep_their_rows_and_equal_new_ones(empty, small_app):
    old, new = things(0), things(1)
    await change(small_app, *old.values())
    ids = {name: uuid7() for name in CHANGES}
    for name, thing in old.items():
        await thing.insert(thing(id=ids[name], a=1))

    await change(small_app, *new.values())

    rows = {name: await thing.select() for name, thing in new.items()}
    assert {name: [(row["id"], row["a"]) for row in found] for name, found in rows.items()} == {
        name: [(ids[name], 1)] for name in CHANGES
    }
    assert rows["text to number"][0]["b"] == 7
    assert rows["number to text"][0]["b"] == "7"
    for thing in new.values():
        await thing.insert(thing(id=uuid7(), a=2))
        with pytest.raises(REFUSED):
            await thing.insert(thing(id=uuid7(), a=2))
    await assert_as_new(empty, *new.values())


async def test_a_new_table_has_its_constraints(empty, small_app):
    thing = table("Thing", a=Integer(), b=Integer(), pair=Unique(["a", "b"]), low=Check("a < 9"))
    await change(small_app, thing)
    await thing.insert(thing(a=1, b=1), thing(a=1, b=2))

    for a, b in ((1, 1), (9, 1)):
        with pytest.raises(REFUSED):
            await thing.insert(thing(a=a, b=b))


async def test_a_value_that_python_makes_has_no_default_in_the_database(empty, small_app):
    await change(
        small_app, table("Thing", at=Timestamptz(default=time.now), key=UUID(default=uuid7))
    )

    assert "DEFAULT" not in str(await catalog(empty)).upper()
    with pytest.raises(REFUSED):
        await fetch("INSERT INTO thing (id, at) VALUES ({}, {})", uuid7(), datetime.now(UTC))


@pytest.mark.parametrize(
    "changed",
    [
        {"text": Text(), "b": UUID(default=uuid7)},
        {"text": Integer()},
        {"text": Text(), "low": Check("a < 1")},
        {"text": Text(), "once": Unique(["a"])},
    ],
)
async def test_what_old_rows_do_not_fit_is_refused_and_leaves_nothing(empty, small_app, changed):
    old = table("Thing", a=Integer(), text=Text())
    await change(small_app, old)
    await old.insert(old(a=1, text="seven"), old(a=1, text="eight"))
    before = await catalog(empty)

    with pytest.raises((*REFUSED, ValueError, asyncpg.DataError)):
        await change(small_app, table("Thing", a=Integer(), **changed))

    assert await catalog(empty) == before
    assert await migrate.migrate(only_check=True) == ["step 1"]
    assert await fetch("SELECT text FROM thing ORDER BY text") == [
        {"text": "eight"},
        {"text": "seven"},
    ]


async def test_a_rebuilt_parent_leaves_its_children_alone(empty, small_app):
    def both(rule: OnDelete, **more: Column) -> tuple[type[Table], type[Table]]:
        parent = table("Parent", a=Integer(), **more)
        key = ForeignKey(parent, null=False, on_delete=rule, on_update=OnUpdate.restrict)
        return parent, table("Child", parent=key)

    parent, child = both(OnDelete.cascade)
    await change(small_app, parent, child)
    row = await parent.objects().create(a=1)
    await child.objects().create(parent=row.id)

    parent, child = both(OnDelete.restrict, b=Integer(default=5))
    await change(small_app, parent, child)

    assert await child.count() == 1
    with pytest.raises(REFUSED):
        await parent.delete(force=True)
    with pytest.raises(REFUSED):
        await child.insert(child(parent=uuid7()))
    rules = str(await catalog(empty))
    assert "ON DELETE RESTRICT" in rules
    assert "ON UPDATE RESTRICT" in rules


async def test_renamed_columns_and_tables_keep_their_rows(empty, small_app):
    old = table("Thing", a=Integer(index=True))
    await change(small_app, old)
    await old.insert(old(a=7))

    await change(small_app, table("Thing", b=Integer(index=True), c=Text()), answer="y")
    assert await fetch("SELECT b FROM thing") == [{"b": 7}]

    renamed = table("Matter", b=Integer(index=True), c=Text())
    await change(small_app, renamed, answer="y")
    assert await fetch("SELECT b, c FROM matter") == [{"b": 7, "c": ""}]

    await change(small_app, table("Other", d=Integer()))
    assert not await renamed.table_exists()


async def test_indexes_and_triggers_made_by_hand_survive_a_rebuild(empty_sqlite, small_app):
    await change(small_app, table("Thing", a=Integer(), b=Integer()))
    await fetch("CREATE UNIQUE INDEX once ON thing (a) WHERE b > 0")
    await fetch("CREATE INDEX whole ON thing (a, id)")
    await fetch(
        "CREATE TRIGGER kept BEFORE DELETE ON thing BEGIN SELECT RAISE(ABORT, 'is kept'); END"
    )

    changed = table("Thing", a=BigInt(), b=Integer(), c=Integer(default=1))
    await change(small_app, changed)
    await changed.insert(changed(a=1, b=1))

    with pytest.raises(REFUSED):
        await changed.insert(changed(a=1, b=1))
    with pytest.raises(REFUSED, match="is kept"):
        await changed.delete(force=True)
    await change(small_app, table("Thing", a=BigInt(), c=Integer(default=1)))
    names = await fetch("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    assert names == [{"name": "whole"}]


async def test_a_rebuild_outside_of_a_schema_change_is_refused(empty_sqlite, small_app):
    await change(small_app, table("Thing", a=Integer()))

    with pytest.raises(RuntimeError, match="schema_change"):
        await migrate_ddl.rebuild(table("Thing", a=Integer()))


async def test_a_written_migration_is_tidy_and_stands_alone(empty, small_app):
    parent = table("Parent", at=Timestamptz(default=time.now))
    small_app.table_classes[:] = [parent, table("Child", parent=ForeignKey(parent, null=False))]
    path = await write_migration('Parents, and their "children".')
    text = path.read_text()

    assert path.name.endswith("_parents_and_their_children.py")
    assert [line for line in text.splitlines() if "connect" in line and "import" in line] == [
        "from connect.db import uuid7"
    ]
    assert "uuid.UUID" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.index('class_name="Parent"') < text.index('class_name="Child"')
    assert await migrate.drift() == []
    assert await write_migration("nothing") is None
    with pytest.raises(ValueError, match="few words"):
        await write_migration("...")
    assert len(await migrate.migrate()) == 1


async def test_drift_tells_what_is_missing_and_what_changed_its_meaning(small_app):
    await write(small_app, "1", table("Thing", a=Integer(), low=Check("a < 9")))

    small_app.table_classes[:] = [table("Thing", a=Integer(), b=Integer(), low=Check("a < 10"))]
    column, constraint = await migrate.drift()

    assert "add_column" in column
    assert constraint == "Thing.low is now CHECK (a < 10), was CHECK (a < 9): give it a new name"
    with pytest.raises(ValueError, match="new name"):
        await write_migration("another limit")


async def test_a_column_class_of_our_own_is_refused(small_app, monkeypatch):
    class Marks(Integer):
        value_type = int

    monkeypatch.setattr(Marks, "__module__", "connect.db")
    monkeypatch.setattr("connect.db.Marks", Marks, raising=False)

    with pytest.raises(ValueError, match=r"connect\.db\.Marks cannot stand in a migration"):
        await write(small_app, "1", table("Thing", a=Marks()))


async def test_a_check_changes_nothing_and_unknown_migrations_are_told(empty, small_app):
    path = await write(small_app, "1", table("Thing", a=Integer()))

    assert await migrate.migrate(only_check=True) == ["1"]
    assert await migrate.ahead() == []
    exists: list[Any] = [
        await known.table_exists() for known in (migrate.Migration, table("Thing"))
    ]
    assert exists == [False, False]
    assert await migrate.migrate() == ["1"]
    assert await migrate.migrate(only_check=True) == await migrate.migrate() == []
    path.unlink()
    assert await migrate.ahead() == ["1"]
