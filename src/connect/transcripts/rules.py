"""What a transcript adds up, and what a share shows and for how long. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

LONGEST_SHARE = timedelta(days=90)  # R30
USUAL_SHARE = timedelta(days=30)
MOST_CHOSEN = 500  # rows of a share


class Origin(StrEnum):
    OWN = "own"  # completed here
    EXTERNAL = "external"  # handed in by its holder, accepted by staff
    BROUGHT_IN = "brought_in"  # by staff out of older records


class Row(msgspec.Struct, frozen=True):
    """One completion of a transcript, of any cycle."""

    id: UUID
    origin: Origin
    title: str
    provider: str  # empty for one's own
    version: int | None
    day: date
    minutes: int
    certificate: str  # its number, or the provider's; may be empty
    status: str  # of the certificate; "accepted" elsewhere
    course: str | None  # slug
    expires_on: date | None = None  # the first day on which it does not count any more
    by_hand: bool = False  # staff recorded a part of it


class Scope(msgspec.Struct, frozen=True):
    """Which rows are shared: all, those since a day, or some by their ids."""

    since: date | None = None
    chosen: tuple[UUID, ...] = ()

    @property
    def kind(self) -> str:
        return "chosen" if self.chosen else "since" if self.since else "all"


class Sum(msgspec.Struct, frozen=True):
    """Completions of a year, or of all: here and elsewhere apart."""

    own: int = 0
    own_minutes: int = 0
    elsewhere: int = 0
    elsewhere_minutes: int = 0


def is_counted(row: Row) -> bool:
    """Whether a completion adds to sums: one whose certificate was revoked does not."""
    return row.status != "revoked"


def total(rows: Iterable[Row]) -> Sum:
    """The sums of *rows*."""
    counted = [row for row in rows if is_counted(row)]
    own = [row.minutes for row in counted if row.origin is Origin.OWN]
    elsewhere = [row.minutes for row in counted if row.origin is not Origin.OWN]
    return Sum(len(own), sum(own), len(elsewhere), sum(elsewhere))


def by_year(rows: Sequence[Row]) -> dict[int, Sum]:
    """Year of completion → its sums, latest first."""
    years = sorted({row.day.year for row in rows}, reverse=True)
    return {year: total(row for row in rows if row.day.year == year) for year in years}


def in_scope(scope: Scope, rows: Sequence[Row]) -> list[Row]:
    """The rows that a share shows."""
    if scope.chosen:
        return [row for row in rows if row.id in scope.chosen]
    return [row for row in rows if scope.since is None or row.day >= scope.since]


def share_faults(
    scope: Scope, expires_on: date, *, today: date, own: Iterable[UUID]
) -> dict[str, str]:
    """What is wrong with a share: field → sentence.

    Args:
        own: ids of all rows of the person who shares.
    """
    found = {}
    if len(scope.chosen) > MOST_CHOSEN:
        found["scope"] = f"Choose at most {MOST_CHOSEN} completions, or share all."
    elif not set(scope.chosen) <= set(own):
        found["scope"] = "Choose completions of your own transcript."
    elif scope.since and scope.since > today:
        found["scope"] = "Choose a day that is not in the future."
    if not today <= expires_on <= today + LONGEST_SHARE:
        found["expires_on"] = f"Choose a day from {today} to {today + LONGEST_SHARE}."
    return found
