"""What is held about somebody, as the register says."""

from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import JSON, Boolean

from connect import clock
from connect.accounts.queries import proved_addresses
from connect.accounts.tables import Account
from connect.db import fetch, one
from connect.records.holdings import HOLDINGS, Holding, Tag
from connect.records.whose import Person


async def held_about(account_id: UUID) -> dict[str, Any]:
    """Everything that is held about somebody but secrets: table → rows.

    What was sent to an address is theirs to read only when they proved it.
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
    return {"person": account.id, "made_at": clock.now(), "tables": tables}


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
