"""What is held about somebody, as the register says."""

from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import JSON, Boolean

from connect import clock
from connect.accounts.queries import proved_addresses
from connect.accounts.tables import Account
from connect.db import fetch, one
from connect.records.holdings import HOLDINGS
from connect.records.register import Holding, Tag
from connect.records.whose import Person


async def held_about(account_id: UUID) -> dict[str, Any]:
    """Everything that is held about somebody but secrets: table → rows.

    What was sent to an address is theirs to read only when they proved it. ``joined`` holds the
    same of each account that was joined with this one.
    """
    account = await one(Account.objects().where(Account.id == account_id))
    person = Person(account.id, await proved_addresses(account))
    tables = {}
    for holding in HOLDINGS:
        columns = [column for column, tag in holding.tags.items() if tag is not Tag.HIDDEN]
        rows = await rows_of(holding, person)
        if rows:
            tables[holding.name] = [
                {column: _shown(holding, column, row) for column in columns} for row in rows
            ]
    joined = [await held_about(other) for other in await joined_to(account.id)]
    return {"person": account.id, "made_at": clock.now(), "tables": tables, "joined": joined}


async def joined_to(account_id: UUID) -> list[UUID]:
    """The accounts for which this one stands since they were joined, nearest first."""
    rows = await Account.select(Account.id).where(Account.merged_into == account_id)
    return [row["id"] for row in rows]


async def all_joined_to(account_id: UUID) -> list[UUID]:
    """The same, and those that were joined to them before."""
    found: list[UUID] = []
    for other in await joined_to(account_id):
        found += [other, *await all_joined_to(other)]
    return found


async def rows_of(holding: Holding, person: Person) -> list[dict[str, Any]]:
    """The rows of one table that belong to somebody."""
    condition, values = holding.whose(person)
    return await fetch(f'SELECT * FROM "{holding.name}" WHERE {condition}', *values)  # noqa: S608


def _shown(holding: Holding, column: str, row: dict[str, Any]) -> Any:
    value = holding.shows[column](row) if column in holding.shows else row[column]
    kind = holding.table._meta.get_column_by_name(column)
    if isinstance(kind, JSON) and value:
        return msgspec.json.decode(value)
    return bool(value) if isinstance(kind, Boolean) else value
