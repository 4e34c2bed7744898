"""Counting trainings."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import registered_on
from connect.db import fetch
from connect.lists import DISCIPLINES, STATES

DEFINITION = (
    "One instance is one professional who completed one course that counts. A repetition of the "
    "same course by the same person within the period is counted once (the first); repetitions "
    "left out are shown. Discipline and state are those on the day of the training; what was not "
    "reported is shown as such. The day is the one on the certificate."
)
# The ledger with repeats of its own period marked; the parts are made of the same rows. What a
# merge of two accounts found to be recorded twice is no training.
ROWS = """
SELECT t.*, g.award_number,
  row_number() OVER (PARTITION BY t.person, t.course ORDER BY t.day, t.id) AS turn
FROM training t LEFT JOIN grant_award g ON g.id = t."grant"
WHERE t.day BETWEEN {} AND {} AND t.voided_by IS NULL
"""
PARTS = {
    "discipline": "discipline",
    "state": "state",
    "course": "course",
    "month": "substr(CAST(day AS VARCHAR(10)), 1, 7)",
    "grant": "award_number",
}
USUAL = [name for name in PARTS if name != "grant"]  # shown when nobody asks for others
COLUMNS = (
    "id, day, mode, minutes, person, discipline, state, agency, agency_name, course, version, "
    "source_kind, source"
)


class Part(msgspec.Struct):
    """One line of a breakdown; ``value`` None is "not reported"."""

    value: str | None
    label: str
    instances: int
    persons: int
    rows: str  # address of just these rows


class Total(msgspec.Struct):
    instances: int
    persons: int
    repeats_not_counted: int


class Counts(msgspec.Struct):
    total: Total
    by: dict[str, list[Part]]


async def counts(
    since: date, until: date, by: list[str], *, filters: Mapping[str, str] | None = None
) -> Counts:
    """Trainings from *since* to *until*, both days included: instances and distinct persons.

    The instances of each breakdown add up to the total. Persons do not have to: somebody may
    stand in two parts.

    Args:
        filters: some of ``PARTS``, as in ``training_rows``.
    """
    where, arguments = _where(filters or {})
    found = await fetch(
        "SELECT count(*) AS everything, sum(CASE WHEN turn = 1 THEN 1 ELSE 0 END) AS instances, "  # noqa: S608 -- our own
        f"count(DISTINCT person) AS persons FROM ({ROWS}) counted{' WHERE ' if where else ''}"
        f"{' AND '.join(where)}",
        since,
        until,
        *arguments,
    )
    instances = int(found[0]["instances"] or 0)
    total = Total(instances, found[0]["persons"], found[0]["everything"] - instances)
    return Counts(total, {name: await _parts(name, since, until, filters or {}) for name in by})


def _where(filters: Mapping[str, str]) -> tuple[list[str], list[Any]]:
    """Conditions on the rows of the ledger, and their values."""
    where, arguments = list[str](), list[Any]()
    for name, value in filters.items():
        if value == "":
            where.append(f"{PARTS[name]} IS NULL")
        else:
            where.append(f"{PARTS[name]} = {{}}")
            arguments.append(value)
    return where, arguments


async def _parts(name: str, since: date, until: date, filters: Mapping[str, str]) -> list[Part]:
    where, arguments = _where(filters)
    rows = await fetch(
        f"SELECT {PARTS[name]} AS value, count(*) AS instances, "  # noqa: S608 -- our own names
        f"count(DISTINCT person) AS persons FROM ({ROWS}) counted "
        f"WHERE {' AND '.join(['turn = 1', *where])} GROUP BY {PARTS[name]}",
        since,
        until,
        *arguments,
    )
    titles = await _titles(name, since, until)
    kept = [f"&{n}={quote(v)}" for n, v in filters.items() if n != name]
    parts = [
        Part(
            row["value"],
            label(name, row["value"], titles),
            row["instances"],
            row["persons"],
            f"?from={since}&to={until}{''.join(kept)}"
            f"&{name}={'' if row['value'] is None else quote(row['value'])}",
        )
        for row in rows
    ]
    return sorted(parts, key=lambda p: (p.value is None, p.value if name == "month" else p.label))


TITLES = {
    "course": (
        "SELECT course AS value, max(course_title) AS title FROM training "
        "WHERE day BETWEEN {} AND {} GROUP BY course"
    ),
    "grant": (
        "SELECT award_number AS value, title FROM grant_award "
        "WHERE ends_on >= {} AND starts_on <= {}"
    ),
}


async def _titles(name: str, since: date, until: date) -> dict[str, str]:
    if name not in TITLES:
        return {}
    rows = await fetch(TITLES[name], since, until)
    return {row["value"]: row["title"] for row in rows}


def label(name: str, value: str | None, titles: dict[str, str]) -> str:
    """What a part is called on pages and in exports."""
    if value is None:
        return "No grant" if name == "grant" else "Not reported"
    if name == "grant":
        return f"{value}, {titles[value]}" if value in titles else value
    if name == "month":
        return f"{date.fromisoformat(value + '-01'):%B %Y}"
    known = {"discipline": DISCIPLINES, "state": STATES}.get(name)
    return known[value].label if known and value in known else titles.get(value, value)


async def training_rows(
    since: date,
    until: date,
    *,
    filters: dict[str, str],
    after: tuple[date, UUID] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """The rows behind a number, by day; one more than *limit* when there are more.

    Args:
        filters: some of ``PARTS``; an empty value is "not reported", or no grant.
        after: day and id of the row behind which to begin.
    """
    where, values = _where(filters)
    where.insert(0, "turn = 1")
    arguments: list[Any] = [since, until, *values]
    if after:
        where.append("(day, id) > ({}, {})")
        arguments += after
    end = "" if limit is None else f" LIMIT {limit + 1}"
    return await fetch(
        f"SELECT {COLUMNS} FROM ({ROWS}) counted WHERE {' AND '.join(where)} ORDER BY day, id{end}",  # noqa: S608
        *arguments,
    )


async def live_numbers() -> dict[str, int]:
    """The three numbers of the landing page."""
    rows = await fetch(
        "SELECT (SELECT count(*) FROM training WHERE voided_by IS NULL) AS trainings, "
        "(SELECT count(*) FROM certificate) AS certificates"
    )
    today = clock.today()
    return {"registered": await registered_on(today), **rows[0]}
