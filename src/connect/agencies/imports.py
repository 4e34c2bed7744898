"""Agencies by the thousand: matched with those that are there, written in bulk."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from connect import audit
from connect.agencies.rules import ORI_FORM, PSAP_FORM, agency_words, normal_ori, normal_state
from connect.agencies.tables import Agency, AgencyState
from connect.db import fetch, placeholders
from connect.policy import Actor

AT_ONCE = 400  # rows in one statement; PostgreSQL takes 32,767 parameters
LOOKED_UP = 4_000  # values
FACTS = ("kind", "name", "ori", "psap_id", "state", "county")
WITH_STATE = re.compile(r"(.+?),\s*([A-Za-z]{2})")
# Joined, because PostgreSQL compares each row with each value of a long IN.
NAMED = """
WITH meant (value) AS (VALUES {marks})
SELECT a.{column} AS value, a.state, a.id FROM meant m JOIN agency a ON a.{column} = m.value
WHERE a.status = 'active'
"""
Key = tuple[str, ...]


def identity(facts: dict[str, Any]) -> Key:
    """What makes two rows the same agency: the ORI, the PSAP ID, else name and place."""
    if facts["ori"]:
        return ("ori", facts["ori"])
    if facts["psap_id"]:
        return ("psap_id", facts["state"], facts["psap_id"])
    place = facts["state"], facts["county"].casefold()
    return ("name", facts["kind"], *place, facts["name"].casefold())


async def take_agencies(
    actor: Actor, rows: Sequence[tuple[int, dict[str, Any]]], *, dry_run: bool
) -> tuple[int, int, dict[int, dict[str, str]]]:
    """Write agencies that are new or changed, in the caller's transaction.

    Args:
        rows: number of the row and its facts (``FACTS``), each checked.

    Returns:
        How many were taken, how many stood so already, and what is wrong with the others:
        row → field → sentence.
    """
    present = await _present([facts for _, facts in rows])
    clashes: dict[int, dict[str, str]] = {}
    seen: dict[Key, tuple[int, dict[str, Any]]] = {}
    new: list[dict[str, Any]] = []
    changed: list[tuple[UUID, dict[str, Any]]] = []
    unchanged = 0
    for number, facts in rows:
        key = identity(facts)
        earlier, stood = seen.setdefault(key, (number, facts))
        known = present.get(key)
        if stood != facts:
            words = f"The same agency stands in row {earlier:,} with other facts."
            clashes[number] = {"name" if key[0] == "name" else key[0]: words}
        elif earlier != number or (known and _stands(known, facts)):
            unchanged += 1
        elif known is None:
            new.append(facts)
        else:
            changed.append((known["id"], facts))
    if not dry_run:
        await _write(actor, new, changed)
    return len(new) + len(changed), unchanged, clashes


def _stands(known: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Whether nothing is to be written: it stands so, or another agency stands for it."""
    return known["status"] == AgencyState.MERGED or all(known[n] == facts[n] for n in FACTS)


async def _present(rows: Sequence[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """The agencies that are there already, of those that *rows* describe.

    One that was merged away is there too, unless another of the same identity stands.
    """
    found: dict[Key, dict[str, Any]] = {}
    for column in ("ori", "psap_id", "name"):
        values = sorted({str(row[column]) for row in rows if row[column]})
        if column == "name":
            values = sorted({r["name"] for r in rows if not r["ori"] and not r["psap_id"]})
        for first in range(0, len(values), AT_ONCE):
            part = values[first : first + AT_ONCE]
            marks = placeholders(part)
            listed = await fetch(
                f"SELECT id, status, {', '.join(FACTS)} FROM agency "  # noqa: S608 -- our own names
                f"WHERE {column} IN ({marks}) AND status <> 'declined'",
                *part,
            )
            for agency in listed:
                if agency["status"] != AgencyState.MERGED or identity(agency) not in found:
                    found[identity(agency)] = agency
    return found


async def _write(
    actor: Actor, new: list[dict[str, Any]], changed: list[tuple[UUID, dict[str, Any]]]
) -> None:
    made = [Agency(**facts, words=agency_words(facts), status=AgencyState.ACTIVE) for facts in new]
    for first in range(0, len(made), AT_ONCE):
        await Agency.insert(*made[first : first + AT_ONCE])
    for agency_id, facts in changed:
        columns = {getattr(Agency, name): facts[name] for name in FACTS}
        await Agency.update({**columns, Agency.words: agency_words(facts)}).where(
            Agency.id == agency_id
        )
    events = [(row.id, "agency.imported") for row in made]
    events += [(agency_id, "agency.changed_by_import") for agency_id, _ in changed]
    await audit.record_many(actor, Agency, events)


async def named_agencies(names: set[tuple[str, str]]) -> dict[tuple[str, str], UUID | str]:
    """The active agencies that people mean: an ORI, a PSAP ID, or the exact name; with a state.

    Args:
        names: (what was written, state of whoever works there). ``Name, TX`` says the state too.

    Returns:
        For each its id, or a sentence that says why it is not known which one is meant.
    """
    meant = {name: _meant(*name) for name in names}
    found: dict[tuple[str, ...], set[UUID]] = {}
    for column in ("ori", "psap_id", "name"):
        values = sorted({key[1] for key in meant.values() if key[0] == column})
        for first in range(0, len(values), LOOKED_UP):
            part = values[first : first + LOOKED_UP]
            sql = NAMED.replace("{column}", column).replace(
                "{marks}", ", ".join(["({})"] * len(part))
            )
            for row in await fetch(sql, *part):
                key = (column, row["value"], *([] if column == "ori" else [row["state"]]))
                found.setdefault(key, set()).add(row["id"])
    return {name: _the_one(found.get(key, set())) for name, key in meant.items()}


def _meant(written: str, state: str) -> Key:
    if ORI_FORM.fullmatch(normal_ori(written)):
        return ("ori", normal_ori(written))
    if named := WITH_STATE.fullmatch(written):
        written, state = named[1], named[2]
    column = "psap_id" if PSAP_FORM.fullmatch(written) else "name"
    return (column, " ".join(written.split()), normal_state(state))


def _the_one(found: set[UUID]) -> UUID | str:
    if len(found) == 1:
        return next(iter(found))
    if found:
        return "Two agencies have this name. Write the ORI or the PSAP ID."
    return (
        "No agency is listed so. Write the ORI, the PSAP ID, or the exact name as in Austin PD, TX."
    )
