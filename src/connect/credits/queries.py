"""Credit offers and accreditations; what a course is worth on a day."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.catalog.content import CourseContent, Credit
from connect.credits import rules
from connect.credits.tables import Accreditation, CreditOffer
from connect.db import fetch
from connect.policy import Actor, Permission

LISTED = """
SELECT o.id, k.slug AS course, v.title, o.state, o.board, o.course_number, o.minutes, o.kind,
  o.since, o.until
FROM credit_offer o JOIN course k ON k.id = o.course
LEFT JOIN course_version v ON v.course = k.id AND v.is_current
ORDER BY k.slug, o.state, o.board, o.since, o.id
"""
FACTS = ("state", "board", "course_number", "minutes", "kind", "since", "until")


async def accreditations() -> list[rules.Accreditation]:
    """All that were ever written down; a rule asks which are valid on its day."""
    rows = await Accreditation.objects()
    return [
        rules.Accreditation(r.body, tuple(msgspec.json.decode(r.kinds)), r.since, r.until)
        for r in rows
    ]


async def accreditation_rows(actor: Actor) -> list[dict[str, Any]]:
    """The same with ids and numbers, latest first."""
    actor.must(Permission.MANAGE_CREDITS)
    rows = await Accreditation.select().order_by(Accreditation.since, ascending=False)
    return [row | {"kinds": msgspec.json.decode(row["kinds"])} for row in rows]


async def offers(actor: Actor) -> list[dict[str, Any]]:
    """All offers of the database, by course and state, each with what it is worth."""
    actor.must(Permission.MANAGE_CREDITS)
    rows = await fetch(LISTED)
    return [row | {"worth": rules.amount(row["minutes"], row["kind"])} for row in rows]


async def offers_of(course: UUID) -> list[rules.Offer]:
    """The offers of the database for a course."""
    columns = [getattr(CreditOffer, name) for name in FACTS]
    rows = await CreditOffer.select(*columns).where(CreditOffer.course == course)
    return [rules.Offer(**row) for row in rows]


async def credits_now(content: CourseContent, course: UUID) -> list[Credit]:
    """What a course gives today: by its own folder, then by the database."""
    day = clock.today()
    found = [o for o in await offers_of(course) if rules.is_within(day, o.since, o.until)]
    return [
        *content.credits,
        *(Credit(o.state, o.board, o.minutes, o.course_number, o.since) for o in found),
    ]


async def credit_lines(
    content: CourseContent, course: UUID, day: date, *, state: str | None, most: int
) -> list[str]:
    """What a certificate for a course of *day* prints, the learner's own *state* first."""
    own = [
        rules.Offer(c.state, c.board, c.minutes, c.course_number, since=c.valid_from)
        for c in content.credits
    ]
    found = [*own, *await offers_of(course)]
    if not found:
        return []
    return rules.lines(found, day, await accreditations(), state=state, most=most)
