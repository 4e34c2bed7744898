"""People by the thousand: matched by their addresses, written in bulk.

Nobody becomes verified by a file, and nobody is a registered user before the address is proved:
a new account waits in ``pending_email`` without a password, so that signing in fails as for an
unknown address; a reset link or an invitation lets its owner in.

An account whose owner has proved the address keeps what the owner says: a file only fills what
is empty there. An account that is not proved takes the facts of the newest file. A roster
touches no account that is there, only the work at its agency.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from connect import audit, clock, limits
from connect.accounts import invitations
from connect.accounts.imported_work import GIVEN, Work, judge
from connect.accounts.queries import USABLE
from connect.accounts.tables import Account, Affiliation
from connect.agencies.imports import named_agencies
from connect.agencies.rules import IMPLIED_DISCIPLINE
from connect.agencies.tables import Agency
from connect.config import settings
from connect.db import engine, fetch
from connect.jobs import Retry
from connect.policy import Actor

AT_ONCE = 400  # rows in one statement; PostgreSQL takes 32,767 parameters
LOOKED_UP = 4_000  # values
FACTS = ("legal_name", "certificate_name", "discipline", "title", "state", "time_zone")
FILLED = ("certificate_name", "discipline", "title", "state")  # where a proved account has nothing
WORK = ("id", "account", "agency", "discipline", "is_primary", *GIVEN)
# Joined, because PostgreSQL compares each row with each value of a long IN.
HELD = """
WITH meant (value) AS (VALUES {marks})
SELECT m.value AS meant, a.* FROM meant m JOIN account a ON a.email = m.value
ORDER BY a.email {lock}
"""
HELD_BESIDES = """
WITH meant (value) AS (VALUES {marks})
SELECT m.value AS meant, a.* FROM meant m
JOIN address d ON d.email = m.value AND d.proved_at IS NOT NULL JOIN account a ON a.id = d.account
ORDER BY a.email {lock}
"""
PEOPLE_OF = """
SELECT a.id, a.email, d.email AS further FROM affiliation f JOIN account a ON a.id = f.account
LEFT JOIN address d ON d.account = a.id AND d.proved_at IS NOT NULL
WHERE f.agency = {} AND f.since <= {} AND (f.until IS NULL OR f.until >= {})
"""
Rows = Sequence[tuple[int, dict[str, Any]]]
Taken = tuple[int, int, dict[int, dict[str, str]]]  # taken, unchanged, row → field → sentence


class _Batch:
    """The people of one piece of a file: what stands, and what is to be written."""

    def __init__(self, accounts: dict[str, Account], works: dict[UUID, list[Work]]) -> None:
        self.accounts = accounts  # by address
        self.works = works  # by account
        self.new: list[Account] = []
        self.changed: dict[UUID, Account] = {}
        self.written: dict[UUID, Work] = {}  # affiliations, new and changed, by id
        self.begun: set[UUID] = set()
        self.today = clock.today()

    def person(self, facts: dict[str, Any]) -> tuple[Account, bool]:
        """The account of a row, and whether the row made or changed it."""
        account = self.accounts.get(facts["email"])
        if account is None:
            account = Account(
                email=facts["email"],
                password_hash="",  # fits no password
                legal_name=facts["legal_name"],
                certificate_name=facts["certificate_name"],
                discipline=facts["discipline"] or None,
                title=facts["title"],
                state=facts["state"] or None,
                time_zone=facts["time_zone"] or settings().time_zone,
            )
            self.accounts[account.email] = account
            self.new.append(account)
            return account, True
        proved = account.proved_at is not None
        names = {
            name: facts[name]
            for name in (FILLED if proved else FACTS)
            if facts[name] and facts[name] != getattr(account, name)
            if not (proved and getattr(account, name))
        }
        for name, value in names.items():
            setattr(account, name, value)
        if names:
            self.changed[account.id] = account
        return account, bool(names)

    def work(self, account: Account, agency: UUID, facts: dict[str, Any]) -> dict[str, str] | bool:
        """Take what a row says of somebody's work: what is wrong, or whether anything changed."""
        held = self.works.setdefault(account.id, [])
        wanted = {n: facts[n] for n in GIVEN} | {
            "account": account.id,
            "agency": agency,
            "discipline": account.discipline,
        }
        row, wrong = judge(held, wanted, self.today)
        if wrong or row is None:
            return wrong or False
        before = next((work for work in held if work["id"] == row["id"]), None)
        if before:
            held.remove(before)
        else:
            self.begun.add(row["id"])
        held.append(row)
        self.written[row["id"]] = row
        return True

    async def write(self, actor: Actor) -> None:
        await _take_addresses([account.email for account in self.new])
        for part in _parts(self.new):
            made = await Account.insert(*part).on_conflict(
                target=Account.email, action="DO NOTHING"
            )
            if len(made) < len(part):
                raise Retry(timedelta(0), "Somebody registered meanwhile.")
        for part in _parts(list(self.changed.values())):
            await Account.insert(*part).on_conflict(
                target=Account.email,
                action="DO UPDATE",
                values=[getattr(Account, name) for name in FACTS],
            )
        for works in _parts(list(self.written.values())):
            await Affiliation.insert(*(Affiliation(**work) for work in works)).on_conflict(
                target=Affiliation.id,
                action="DO UPDATE",
                values=[getattr(Affiliation, name) for name in GIVEN],
            )
        new = {row.id for row in self.new}
        people = [(account, "account.imported") for account in new]
        people += [(a, "account.changed_by_import") for a in self.changed if a not in new]
        await audit.record_many(actor, Account, people)
        words = ("affiliation.changed_by_import", "affiliation.imported")
        await audit.record_many(
            actor, Affiliation, [(work, words[work in self.begun]) for work in self.written]
        )


async def take_people(actor: Actor, rows: Rows, *, dry_run: bool, invite: bool) -> Taken:
    """Write people who are new or whose facts differ, in the caller's transaction.

    Args:
        rows: number of the row and what ``imports.rules.person_of`` made of it.
        invite: mail each new person an invitation.
    """
    batch = await _batch(rows)
    agencies = await named_agencies({(f["agency"], f["state"]) for _, f in rows if f["agency"]})
    seen: dict[str, tuple[int, list[Any]]] = {}
    invited: list[dict[str, Any]] = []
    faults: dict[int, dict[str, str]] = {}
    taken = 0
    for number, facts in rows:
        agency = agencies.get((facts["agency"], facts["state"]))
        wrong = _unusable(batch.accounts.get(facts["email"]))
        said = [facts[name] for name in FACTS]
        earlier, stood = seen.setdefault(facts["email"], (number, said))
        if stood != said:
            wrong["email"] = f"The same address stands in row {earlier:,} with other facts."
        if isinstance(agency, str):
            wrong["agency"] = agency
        is_new = facts["email"] not in batch.accounts
        if agency and not wrong:
            wrong = _try_work(batch, agency, facts)
        if wrong:
            faults[number] = wrong
            continue
        account, changed = batch.person(facts)
        if agency and isinstance(agency, UUID):
            changed = bool(batch.work(account, agency, facts)) or changed
        taken += changed
        if is_new:
            invited.append(_invited(facts, agency))
    if not dry_run:
        await batch.write(actor)
        if invite:
            await invitations.put(actor, invited)
    return taken, len(rows) - taken - len(faults), faults


async def take_roster(
    actor: Actor, rows: Rows, *, agency: UUID | None, dry_run: bool, invite: bool
) -> Taken:
    """Begin, change and end people's work for an agency, in the caller's transaction.

    People who are not in the file are left alone. Nobody becomes verified.

    Args:
        rows: number of the row and what ``imports.rules.member_of`` made of it.
        agency: whose roster it is; None: each row says.
        invite: mail each new person an invitation.
    """
    batch = await _batch(rows)
    named = await named_agencies({(f["agency"], "") for _, f in rows if f["agency"]})
    found = {name: at for (name, _), at in named.items()}
    ids = {agency, *found.values()}
    facts_of = await _agencies({at for at in ids if isinstance(at, UUID)})
    invited: list[dict[str, Any]] = []
    faults: dict[int, dict[str, str]] = {}
    taken = 0
    for number, facts in rows:
        at = found.get(facts["agency"], agency)
        wrong = _unusable(batch.accounts.get(facts["email"]))
        if isinstance(at, str):
            wrong["agency"] = at
        elif at is None:
            wrong["agency"] = "Say of which agency: here, or for the whole file."
        elif agency and at != agency:
            wrong["agency"] = "This file is the roster of another agency."
        elif not wrong:
            known = facts_of[at]
            facts = facts | {
                "certificate_name": "",
                "discipline": IMPLIED_DISCIPLINE.get(known.kind, ""),
                "state": known.state,
                "time_zone": "",
            }
            wrong = _try_work(batch, at, facts)
        if wrong or not isinstance(at, UUID):
            faults[number] = wrong
            continue
        account = batch.accounts.get(facts["email"])
        if account is None:
            account, _ = batch.person(facts)
            invited.append(_invited(facts, at))
        taken += bool(batch.work(account, at, facts))
    if not dry_run:
        await batch.write(actor)
        if invite:
            await invitations.put(actor, invited)
    return taken, len(rows) - taken - len(faults), faults


async def left_alone(agency: UUID, emails: set[str]) -> int:
    """How many people work for *agency* now who have none of these addresses."""
    today = clock.today()
    rows = await fetch(PEOPLE_OF, agency, today, today)
    named = {row["id"] for row in rows if {row["email"], row["further"]} & emails}
    return len({row["id"] for row in rows} - named)


def _try_work(batch: _Batch, agency: UUID | str, facts: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a row's work, before anything of the row is taken."""
    account = batch.accounts.get(facts["email"])
    held = batch.works.get(account.id, []) if account else []
    wanted = {n: facts[n] for n in GIVEN} | {"account": None, "agency": agency, "discipline": None}
    return judge(held, wanted, batch.today)[1]


def _unusable(account: Account | None) -> dict[str, str]:
    if account and account.status not in USABLE:
        return {"email": f"The account with this address is {account.status}. Leave the row out."}
    return {}


def _invited(facts: dict[str, Any], agency: UUID | str | None) -> dict[str, Any]:
    names = ("email", "legal_name", "title", "category")
    return {name: facts[name] for name in names} | {"agency": agency}


async def _take_addresses(emails: list[str]) -> None:
    """Have the turn of each address, as whoever claims one; two tables hold them.

    Raises:
        Retry: one has become somebody's further address since the people were read.
    """
    await limits.turns("address", emails)
    for part in _parts(emails, LOOKED_UP):
        if await _held(HELD_BESIDES, part):
            raise Retry(timedelta(0), "Somebody confirmed one of these addresses meanwhile.")


async def _held(sql: str, emails: list[str], lock: str = "") -> list[dict[str, Any]]:
    marks = ", ".join(["({})"] * len(emails))
    return await fetch(sql.replace("{marks}", marks).replace("{lock}", lock), *emails)


async def held_accounts(addresses: Iterable[str]) -> dict[str, Account]:
    """Address → whose it is, proved further ones too; nobody else changes them meanwhile."""
    emails = sorted(set(addresses))
    accounts: dict[str, Account] = {}
    by_id: dict[UUID, Account] = {}  # somebody may stand in a file under two addresses
    for part in _parts(emails, LOOKED_UP):
        lock = "" if engine().engine_type == "sqlite" else "FOR UPDATE OF a"
        for held in (HELD, HELD_BESIDES):
            for row in await _held(held, part, lock):
                address = row.pop("meant")
                accounts[address] = by_id.setdefault(row["id"], Account(**row))
    return accounts


async def _batch(rows: Rows) -> _Batch:
    accounts = await held_accounts(facts["email"] for _, facts in rows)
    works: dict[UUID, list[Work]] = {}
    columns = [getattr(Affiliation, name) for name in WORK]
    for part in _parts(list({row.id for row in accounts.values()}), LOOKED_UP):
        for work in await Affiliation.select(*columns).where(Affiliation.account.is_in(part)):
            works.setdefault(work["account"], []).append(work)
    return _Batch(accounts, works)


async def _agencies(ids: Iterable[UUID]) -> dict[UUID, Agency]:
    found: dict[UUID, Agency] = {}
    for part in _parts(sorted(ids)):
        rows = await Agency.objects().where(Agency.id.is_in(part))
        found |= {row.id: row for row in rows}
    return found


def _parts(items: list[Any], most: int = AT_ONCE) -> Iterable[list[Any]]:
    return (items[first : first + most] for first in range(0, len(items), most))
