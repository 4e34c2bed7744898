"""Writing down accreditations and credit offers, and ending them."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect.agencies.rules import normal_line
from connect.audit import record
from connect.catalog.queries import content_of, current_version
from connect.catalog.tables import Course
from connect.credits import queries, rules
from connect.credits.tables import Accreditation, CreditOffer
from connect.db import locked, one, transaction
from connect.errors import Invalid
from connect.policy import Actor, Permission


async def add_accreditation(
    actor: Actor,
    *,
    body: str,
    kinds: list[str],
    since: date,
    until: date | None = None,
    number: str = "",
) -> Accreditation:
    """Write down that *body* lets us award units by the names *kinds*.

    Raises:
        Invalid: every bad value.
    """
    actor.must(Permission.MANAGE_CREDITS)
    names = list(dict.fromkeys(n for n in map(normal_line, kinds) if n))
    facts: dict[str, Any] = {"body": normal_line(body), "number": normal_line(number)}
    facts |= {"kinds": names, "since": since, "until": until}
    if wrong := rules.accreditation_faults(facts):
        raise Invalid({"from" if n == "since" else n: words for n, words in wrong.items()})
    row = Accreditation(**facts | {"kinds": msgspec.json.encode(names).decode()}, made_by=actor.id)
    async with transaction():
        await Accreditation.insert(row)
        await record(actor, "accreditation.added", Accreditation, of=row.id, **facts)
    return row


async def add_offer(
    actor: Actor,
    *,
    course: str,
    state: str,
    board: str,
    since: date,
    minutes: int | None = None,
    not_countable: int = 0,
    until: date | None = None,
    course_number: str = "",
    kind: str = rules.CONTACT_HOURS,
) -> CreditOffer:
    """Offer credit of a board for a course from *since* on.

    Args:
        course: slug.
        minutes: of the course as a whole; None: its countable minutes as the course says.
        not_countable: breaks, credits and promotion among *minutes*.
        kind: name of the unit; every one but contact hours needs an accreditation.

    Raises:
        NotFound: there is no such course.
        Invalid: every bad value.
    """
    actor.must(Permission.MANAGE_CREDITS)
    version = await current_version(course)
    whole = minutes or (await content_of(version.id)).contact_minutes
    offer = rules.Offer(
        state=state,
        board=normal_line(board),
        minutes=rules.countable(whole, not_countable),
        course_number=normal_line(course_number),
        kind=normal_line(kind),
        since=since,
        until=until,
    )
    async with transaction():
        await one(locked(Course.objects().where(Course.id == version.course), Course))
        known = await queries.accreditations()
        if wrong := rules.offer_faults(offer, known, await queries.offers_of(version.course)):
            raise Invalid(wrong)
        facts = msgspec.structs.asdict(offer)
        row = CreditOffer(course=version.course, made_by=actor.id, **facts)
        await CreditOffer.insert(row)
        await record(actor, "credit_offer.added", CreditOffer, of=row.id, course=course, **facts)
    return row


async def end_accreditation(actor: Actor, accreditation_id: UUID, until: date) -> None:
    """Let an accreditation end with the day *until*.

    Raises:
        NotFound: there is none.
        Invalid: it begins later.
    """
    await _end(actor, Accreditation, accreditation_id, until)


async def end_offer(actor: Actor, offer_id: UUID, until: date) -> None:
    """Let an offer end with the day *until*. Certificates that print it stay.

    Raises:
        NotFound: there is none.
        Invalid: it begins later.
    """
    await _end(actor, CreditOffer, offer_id, until)


async def _end(
    actor: Actor, table: type[Accreditation] | type[CreditOffer], row_id: UUID, until: date
) -> None:
    actor.must(Permission.MANAGE_CREDITS)
    async with transaction():
        row = await one(locked(table.objects().where(table.id == row_id), table))
        if until < row.since:
            raise Invalid({"until": f"Use a day from {row.since} on."})
        if row.until == until:
            return
        before, row.until = row.until, until
        await row.save([table.until])
        name = "accreditation" if table is Accreditation else "credit_offer"
        await record(actor, f"{name}.ended", table, of=row_id, before=before, after=until)
