"""Older completions by the thousand, out of a file: original days and numbers, marked so."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from connect import audit, clock
from connect.accounts.imports import held_accounts
from connect.accounts.queries import USABLE
from connect.accounts.tables import Account
from connect.catalog.queries import course_named
from connect.external import rules
from connect.external.actions import STANDING
from connect.external.tables import ExternalCompletion
from connect.policy import Actor

AT_ONCE = 400  # rows in one statement; PostgreSQL takes 32,767 parameters
Rows = Sequence[tuple[int, dict[str, Any]]]
Taken = tuple[int, int, dict[int, dict[str, str]]]  # taken, unchanged, row → field → sentence
Key = tuple[UUID, rules.Identity]
Said = tuple[int, str]  # minutes, number


async def take_completions(actor: Actor, rows: Rows, *, import_file: UUID, dry_run: bool) -> Taken:
    """Write what is not there yet, in the caller's transaction; somebody else accepts it.

    Args:
        rows: number of the row and what ``rules.row_of`` made of it.
    """
    accounts = await held_accounts(facts["email"] for _, facts in rows)
    courses = {name: await course_named(name) for name in {f["course"] for _, f in rows} if name}
    present = await _present({account.id for account in accounts.values()})
    today = clock.today()
    new: list[ExternalCompletion] = []
    faults: dict[int, dict[str, str]] = {}
    for number, facts in rows:
        account = accounts.get(facts["email"])
        wrong = _wrong(facts, account, courses, today)
        if wrong or account is None:
            faults[number] = wrong
            continue
        key = account.id, rules.identity(facts["title"], facts["provider"], facts["day"])
        said = facts["minutes"], facts["number"]
        stood = present.get(key)
        if stood is not None and stood != said:
            faults[number] = {
                "title": f"This completion stands already with {stood[0]} minutes and the number "
                f'"{stood[1]}". Have that withdrawn first.'
            }
        elif stood is None:
            present[key] = said
            given = {n: facts[n] for n in ("title", "provider", "day", "minutes", "number")}
            new.append(
                ExternalCompletion(
                    **given,
                    account=account.id,
                    course=courses.get(facts["course"]),
                    brought_in=True,
                    import_file=import_file,
                    made_by=actor.id,
                )
            )
    if not dry_run:
        for part in _parts(new):
            await ExternalCompletion.insert(*part)
        acts = [(row.id, "external_completion.brought_in") for row in new]
        await audit.record_many(actor, ExternalCompletion, acts)
    return len(new), len(rows) - len(new) - len(faults), faults


def _wrong(
    facts: dict[str, Any],
    account: Account | None,
    courses: dict[str, UUID | None],
    today: date,
) -> dict[str, str]:
    found = {}
    if account is None:
        found["email"] = "Nobody has this address here. Bring the people in first."
    elif account.status not in USABLE:
        found["email"] = f"The account with this address is {account.status}. Leave the row out."
    if facts["day"] > today:
        found["completed_on"] = "This day is still to come."
    if facts["course"] and courses[facts["course"]] is None:
        found["course"] = "No course of ours has this code. Leave it empty, or write the code."
    return found


async def _present(accounts: Iterable[UUID]) -> dict[Key, Said]:
    """What stands of these people: identity → minutes and number."""
    found: dict[Key, Said] = {}
    for part in _parts(sorted(accounts)):
        for r in await ExternalCompletion.select().where(
            ExternalCompletion.account.is_in(part), ExternalCompletion.state.is_in(STANDING)
        ):
            key = r["account"], rules.identity(r["title"], r["provider"], r["day"])
            found[key] = r["minutes"], r["number"]
    return found


def _parts(items: list[Any]) -> Iterable[list[Any]]:
    return (items[first : first + AT_ONCE] for first in range(0, len(items), AT_ONCE))
