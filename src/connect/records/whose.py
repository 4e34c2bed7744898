"""How rows belong to a person, as conditions of SQL."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from connect.db import engine


class Person(msgspec.Struct, frozen=True):
    """Somebody, and every address that leads to this person."""

    id: UUID
    addresses: Sequence[str] = ()


Condition = tuple[str, list[Any]]  # with {} for each value
Whose = Callable[[Person], Condition]
NONE: Condition = ("1 = 0", [])
# What stands beside an address and is no part of it, as GLOB and regular expressions write it: no
# sign of a longer address. An apostrophe may enclose one, or be inside as that of o'brien is.
BEFORE = ("[^a-z0-9._%+'-]", "[^a-z0-9._%+'-]'")
BEHIND = ("[^a-z0-9.-]", "[.][^a-z0-9]")


def nobody(_: Person) -> Condition:
    """These rows are about no person."""
    return NONE


def by(*columns: str) -> Whose:
    """One of *columns* holds the account's id."""
    return lambda person: _any([(f'"{column}" = {{}}', [person.id]) for column in columns])


def named(column: str) -> Whose:
    """*column* holds the account's id as a text."""
    return lambda person: (f'"{column}" = {{}}', [str(person.id)])


def addressed(column: str) -> Whose:
    """*column* holds an address."""
    return lambda person: _any([(f'"{column}" = {{}}', [email]) for email in person.addresses])


def mentions(*columns: str) -> Whose:
    """An address, or the account's id, stands somewhere in one of *columns*, as a word of its own.

    So the address of Ann is not found in that of Joann, nor in a longer one that begins with it.
    """

    def where(person: Person) -> Condition:
        words = [str(person.id), *person.addresses]
        return _any([_stands_in(column, word.lower()) for column in columns for word in words])

    return where


def via(column: str, table: str, whose: Whose) -> Whose:
    """*column* names a row of *table*, which belongs to the person by *whose*."""

    def where(person: Person) -> Condition:
        condition, values = whose(person)
        return f'"{column}" IN (SELECT id FROM "{table}" WHERE {condition})', values  # noqa: S608

    return where


def either(*ways: Whose) -> Whose:
    """By one way or another."""
    return lambda person: _any([way(person) for way in ways])


def _any(conditions: Sequence[Condition]) -> Condition:
    if not conditions:
        return NONE
    sql = " OR ".join(condition for condition, _ in conditions)
    return f"({sql})", [value for _, values in conditions for value in values]


def _stands_in(column: str, word: str) -> Condition:
    text = f"' ' || lower(CAST(\"{column}\" AS TEXT)) || ' '"
    for line_break in (r"\n", r"\r", r"\t"):  # as JSON writes it
        text = f"replace({text}, '{line_break}', ' ')"
    if engine().engine_type != "sqlite":
        return f"{text} ~ {{}}", [f"({'|'.join(BEFORE)}){re.escape(word)}({'|'.join(BEHIND)})"]
    word = re.sub(r"([*?\[])", r"[\1]", word)
    return _any([(f"{text} GLOB {{}}", [f"*{a}{word}{b}*"]) for a in BEFORE for b in BEHIND])
