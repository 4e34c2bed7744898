"""How rows belong to a person, as conditions of SQL. Pure."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody, and every address that leads to this person."""

    id: UUID
    addresses: Sequence[str] = ()


Condition = tuple[str, list[Any]]  # with {} for each value
Whose = Callable[[Person], Condition]
NONE: Condition = ("1 = 0", [])


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
    """An address, or the account's id, stands somewhere in one of *columns*."""

    def where(person: Person) -> Condition:
        words = [str(person.id), *person.addresses]
        return _any(
            [
                (f"lower(CAST(\"{column}\" AS TEXT)) LIKE {{}} ESCAPE '!'", [_anywhere(word)])
                for column in columns
                for word in words
            ]
        )

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


def _anywhere(word: str) -> str:
    for sign in "!%_":
        word = word.replace(sign, f"!{sign}")
    return f"%{word.lower()}%"
