"""By what an agency is judged, and how far it is."""

from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.tables import Agency
from connect.readiness import rules
from connect.readiness.coverage import rostered
from connect.readiness.criteria import RequirementSet, current_set, requirement_sets
from connect.readiness.rosters import Line, lines_of
from connect.readiness.rules import Covered, Criterion, Rostered
from connect.readiness.tables import OPEN, Review


class Standing(msgspec.Struct, frozen=True):
    """An agency's roster and what it comes to, all of one moment."""

    asked: RequirementSet | None
    lines: list[Line]
    people: dict[str, Rostered]  # by ``Rostered.key``
    criteria: list[Criterion]
    categories: dict[str, Covered]


async def set_of(agency: Agency) -> RequirementSet | None:
    """The set that an open review is judged by, else the one in force; None: there is none."""
    review = (
        await Review.select(Review.requirements)
        .where(Review.agency == agency.id, Review.state.is_in(OPEN))
        .first()
    )
    if review and review["requirements"] in requirement_sets():
        return requirement_sets()[review["requirements"]]
    return current_set(agency.kind, clock.today())


async def standing_of(agency: Agency) -> Standing:
    """How far an agency is today."""
    asked = await set_of(agency)
    people = await rostered(agency.id, asked, clock.today())
    return Standing(
        asked=asked,
        lines=await lines_of(agency.id),
        people={person.key: person for person in people},
        criteria=rules.criteria_of(people, asked) if asked else [],
        categories=rules.by_category(people, asked) if asked else {},
    )


def key_of(account: UUID | None, name: str) -> str:
    """Under which key a line's person stands in ``Standing.people``."""
    return str(account) if account else rules.plain_name(name)
