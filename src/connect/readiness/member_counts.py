"""Agencies that became or stayed members in a year, and the people in their jurisdictions (R22)."""

from datetime import date
from uuid import UUID

import msgspec

from connect.csv_out import to_csv
from connect.db import fetch

DEFINITION = (
    "Agencies whose membership was approved, new or renewed, with the day of the decision in the "
    "year; each agency once, with its last decision of the year. Population is what the agency "
    "wrote in that application, with its source, added up. Jurisdictions that overlap, such as a "
    "county's 911 center and its towns' police, are added up, too."
)
NO_LINKS = (
    "Not available: which agencies a 911 center serves is not recorded, so overlaps are not known."
)
# The agency is the one that stands today for the one that was approved.
COUNTED = """
WITH RECURSIVE line (start, id, merged_into) AS (
  SELECT id, id, merged_into FROM agency WHERE id IN (
    SELECT agency FROM membership WHERE decided_on BETWEEN {} AND {})
  UNION SELECT l.start, a.id, a.merged_into FROM agency a JOIN line l ON a.id = l.merged_into
)
SELECT l.id AS agency_id, m.agency_name AS agency, a.kind, a.state, a.county, m.id AS membership_id,
  m.review AS review_id, m.number, m.decided_on, m.starts_on, m.ends_on, m.member_since,
  m.population, m.population_source, m.population_year, m.is_brought_in
FROM membership m JOIN line l ON l.start = m.agency AND l.merged_into IS NULL
JOIN agency a ON a.id = l.id
WHERE m.decided_on BETWEEN {} AND {}
ORDER BY m.decided_on, m.made_at, m.id
"""


class Counted(msgspec.Struct, frozen=True):
    """An agency that is counted, with the decision that counts."""

    agency_id: UUID
    agency: str  # as it was called
    kind: str
    state: str
    county: str
    decision: str  # new, renewed
    decided_on: date
    starts_on: date
    ends_on: date
    number: str
    population: int | None
    population_source: str
    population_year: int | None
    is_brought_in: bool
    membership_id: UUID
    review_id: UUID | None


class AgenciesCounted(msgspec.Struct, frozen=True):
    """The figure of a year, and the rows behind it."""

    year: int
    definition: str
    agencies: int
    new: int
    renewed: int
    population: int
    without_population: int  # agencies of which none is known
    population_without_overlap: int | None
    about_overlap: str
    rows: list[Counted]


COLUMNS = Counted.__struct_fields__


async def agencies_counted(year: int) -> AgenciesCounted:
    """The agencies that count for a calendar year of the organization."""
    days = date(year, 1, 1), date(year, 12, 31)
    last: dict[UUID, Counted] = {}
    for row in await fetch(COUNTED, *days, *days):
        since = row.pop("member_since") or row["starts_on"]
        decision = "renewed" if since < row["starts_on"] else "new"
        last[row["agency_id"]] = Counted(
            **row | {"decision": decision, "is_brought_in": bool(row["is_brought_in"])}
        )
    rows = sorted(last.values(), key=lambda one: (one.decided_on, one.agency.casefold()))
    renewed = sum(row.decision == "renewed" for row in rows)
    return AgenciesCounted(
        year=year,
        definition=DEFINITION,
        agencies=len(rows),
        new=len(rows) - renewed,
        renewed=renewed,
        population=sum(row.population or 0 for row in rows),
        without_population=sum(row.population is None for row in rows),
        population_without_overlap=None,
        about_overlap=NO_LINKS,
        rows=rows,
    )


def counted_csv(found: AgenciesCounted) -> str:
    """The rows behind the figure."""
    return to_csv(COLUMNS, [msgspec.structs.astuple(row) for row in found.rows])
