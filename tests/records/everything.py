"""One row in every table that belongs to a person, with a canary in each personal column."""

from datetime import date
from typing import Any

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns import UUID as Uuid
from piccolo.table import Table

from connect import clock, files
from connect.accounts.tables import Account
from connect.db import fetch, uuid7
from connect.piccolo_app import APP_CONFIG
from connect.records.holdings import HOLDINGS
from connect.records.register import Holding, Tag
from connect.records.tables import Erasure
from connect.records.whose import NONE, Person
from connect.security import seal

ADDRESSES = {("mail", "to"), ("account", "email"), ("invitation", "email")}
PERSONAL = (Tag.PERSONAL, Tag.SENSITIVE)
HOLDING = {holding.name: holding for holding in HOLDINGS}


class Made:
    """What was made of one person: the canaries, and the bytes of the stored files."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.canaries: dict[tuple[str, str], str] = {}
        self.files: dict[str, str] = {}
        self.rows: dict[str, Any] = {"account": account.id}


async def everything(account: Account) -> Made:
    """Rows in every table about *account* but that it was erased, and nobody's where needed."""
    made = Made(account)
    for table in [t for t in APP_CONFIG.table_classes if t is not Erasure]:
        if HOLDING[table._meta.tablename].whose(_somebody(account))[0] != NONE[0]:
            await _row(made, table)
    return made


def _somebody(account: Account) -> Person:
    return Person(account.id, [account.email])


async def _row(made: Made, table: type[Table]) -> Any:
    """The primary key of this person's row of *table*, which is made the first time."""
    name = table._meta.tablename
    if name in made.rows and table is not Account:
        return made.rows[name]
    holding = HOLDING[name]
    values = {c._meta.name: await _value(made, holding, c) for c in table._meta.columns}
    if table is Account:
        kept = {n: v for n, v in values.items() if holding.tags[n] in PERSONAL and n != "email"}
        await Account.update(kept).where(Account.id == made.account.id)
        return made.account.id
    owner = holding.whose(_somebody(made.account))
    await table.insert(table(**values))
    found = await fetch(f'SELECT * FROM "{name}" WHERE {owner[0]}', *owner[1])  # noqa: S608
    made.rows[name] = values[table._meta.primary_key._meta.name]
    if owner[0] != NONE[0]:
        assert found, f"the row of {name} does not belong to the person by its own rule"
    return made.rows[name]


OWNERS = (
    *("account", "learner", "holder", "person", "actor", "kept"),
    *("made_by", "opened_by", "recorded_by"),
)


async def _value(made: Made, holding: Holding, column: Column) -> Any:
    name, tag = column._meta.name, holding.tags[column._meta.name]
    if isinstance(column, ForeignKey):
        parent = column._foreign_key_meta.resolved_references
        return made.account.id if parent is Account else await _row(made, parent)
    if name in holding.files:
        made.files[holding.name] = await files.put(_canary(made, holding, name).encode())
        return made.files[holding.name]
    if tag in PERSONAL:
        return _personal(made, holding, column)
    if name in OWNERS:
        return made.account.id if isinstance(column, Uuid) else str(made.account.id)
    return _plain(holding, column)


def _personal(made: Made, holding: Holding, column: Column) -> Any:
    name = column._meta.name
    if (holding.name, name) in ADDRESSES:
        made.canaries[holding.name, name] = made.account.email
        return made.account.email
    canary = _canary(made, holding, name)
    made.canaries[holding.name, name] = canary
    if holding.name == "professional_id":
        return seal(canary)
    if holding.name == "certificate" and name == "facts":
        return f'{{"name":"{canary}"}}'
    if isinstance(column, JSON):
        words = f"{canary} {made.account.email}" if holding.name != "answer" else canary
        return f'["{words}"]'
    return canary[: column.length] if isinstance(column, Varchar) else canary


def _canary(made: Made, holding: Holding, column: str) -> str:
    number = sorted(HOLDING).index(holding.name)
    return f"canary {made.account.id.hex[-6:]} {number} {column}"


def _plain(holding: Holding, column: Column) -> Any:
    if column._meta.null:
        return None
    if isinstance(column, Uuid):
        return uuid7()
    if isinstance(column, Timestamptz):
        return clock.now()
    if isinstance(column, Date):
        return date(2026, 3, 2)
    if isinstance(column, Boolean):
        return False
    if isinstance(column, BigInt | Integer):
        return 1
    if isinstance(column, JSON):
        return "{}"
    words = uuid7().hex
    return words[-column.length :] if isinstance(column, Varchar) and column.length else words
