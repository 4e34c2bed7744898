"""The rows and numbers of a report as CSV or JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from connect.csv_out import to_csv
from connect.reports.queries import Counts

ROW_COLUMNS = [
    "id",
    "day",
    "mode",
    "minutes",
    "person_id",
    "discipline",
    "state",
    "agency_id",
    "agency",
    "course",
    "version",
    "source_kind",
    "source_id",
]
STORED = {
    "person_id": "person",
    "agency_id": "agency",
    "agency": "agency_name",
    "source_id": "source",
}
COUNT_COLUMNS = ["by", "value", "label", "instances", "persons"]


def training_row(row: dict[str, Any]) -> dict[str, Any]:
    """A ledger row under the names that API, page and exports share."""
    return {name: row[STORED.get(name, name)] for name in ROW_COLUMNS}


def rows_csv(rows: list[dict[str, Any]]) -> str:
    """Ledger rows as CSV."""
    return to_csv(ROW_COLUMNS, (list(training_row(row).values()) for row in rows))


def count_rows(counts: Counts) -> list[list[Any]]:
    """The total and every part, one line each; the columns are ``COUNT_COLUMNS``."""
    lines: list[list[Any]] = [
        ["total", "", "Total", counts.total.instances, counts.total.persons],
        ["repeats_not_counted", "", "Repeats not counted", counts.total.repeats_not_counted, ""],
    ]
    for by, parts in counts.by.items():
        lines += [[by, p.value or "", p.label, p.instances, p.persons] for p in parts]
    return lines


def counts_csv(counts: Counts) -> str:
    """Counts as CSV."""
    return to_csv(COUNT_COLUMNS, count_rows(counts))


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as a JSON list of objects, one a line."""
    lines = (msgspec.json.encode(dict(zip(columns, row, strict=True))).decode() for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"
