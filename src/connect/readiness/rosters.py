"""An agency's roster: who has to be trained, in which categories, from when to when (R16)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.queries import family_of, standing_agency
from connect.agencies.tables import Agency
from connect.audit import record, record_many
from connect.db import fetch, is_unique_violation, placeholders, transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.policy import Actor, Permission
from connect.readiness import rules
from connect.readiness.tables import RosterLine

MOST = 25_000  # lines of one agency: five thousand people in five categories
AT_ONCE = 500
CHANGEABLE = ("exemption", "exempt_until", "hired_on")
NO_NAME = "Write the name, or choose one of your people."
NOT_THERE = "This person is not among your people. Invite them first, or write the name."

LINES = """
SELECT l.id, l.account AS account_id, COALESCE(a.legal_name, l.name) AS name, l.category, l.since,
  l.exemption, l.exempt_until, l.hired_on
FROM roster_line l LEFT JOIN account a ON a.id = l.account
WHERE l.agency = {} AND (l.until IS NULL OR l.until >= {})
ORDER BY lower(COALESCE(a.legal_name, l.name)), l.id
"""
# Those who work there now, as the agency's list of people has them.
PEOPLE = """
SELECT f.account, a.legal_name AS name, f.category, f.title
FROM affiliation f JOIN account a ON a.id = f.account
WHERE f.agency IN ({agencies}) AND (f.until IS NULL OR f.until >= {})
  AND a.status NOT IN ('merged', 'closed', 'erased')
ORDER BY lower(a.legal_name), f.id
"""


class TakenAlready(Conflict):
    message = "This person is on the roster in that category already."


class Line(msgspec.Struct, frozen=True):
    """A current line of a roster."""

    id: UUID
    account_id: UUID | None
    name: str
    category: str
    since: date
    exemption: str | None
    exempt_until: date | None
    hired_on: date | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it ought to be: of an account or of a typed name."""

    account: UUID | None = None
    name: str = ""
    category: str
    exemption: str | None = None
    exempt_until: date | None = None
    hired_on: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Whom the line is of, and in which category: one line of these."""
        return str(self.account or rules.plain_name(self.name)), self.category


async def roster_agency(
    actor: Actor, agency_id: UUID, to: Permission = Permission.READ_READINESS, *, lock: bool = False
) -> Agency:
    """The agency whose roster the actor may see (or keep), by this id or one merged into it.

    Raises:
        NotSignedIn, Forbidden: the actor may do this for no agency.
        NotFound: no such agency, or it is not the actor's.
    """
    actor.must(to)
    row = await standing_agency(agency_id, lock=lock)
    if not actor.may(to, agency=row.id):
        raise NotFound
    return row


async def line_of(actor: Actor, agency_id: UUID, line_id: UUID) -> tuple[Line, Agency]:
    """A line of today, for somebody who keeps the roster, and its agency.

    Raises:
        NotFound: no such line of an agency of the actor's.
    """
    agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS)
    return await _line(agency.id, line_id), agency


async def lines_of(agency: UUID) -> list[Line]:
    """An agency's roster of today, by name."""
    return msgspec.convert(await fetch(LINES, agency, clock.today()), list[Line])


async def people_of(agency: UUID) -> list[dict[str, Any]]:
    """Those who work for an agency now: ``{account, name, category, title}``, by name."""
    family = await family_of(agency)
    sql = PEOPLE.replace("{agencies}", placeholders(family))
    return await fetch(sql, *family, clock.today())


async def keep_roster(actor: Actor, agency_id: UUID, wanted: Sequence[Wanted]) -> None:
    """Make the roster exactly *wanted*: who is not in it ends, who is new begins today.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        Invalid: every bad line, as ``people.3.category``.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        await _must_be_good(agency.id, wanted)
        present = {_key(line): line for line in await lines_of(agency.id)}
        kept = {its.key for its in wanted}
        await _end(actor, [line.id for key, line in present.items() if key not in kept])
        begun = [its for its in wanted if its.key not in present]
        await _begin(actor, agency.id, begun)
        await _change(actor, [(present[its.key], its) for its in wanted if its.key in present])
        await record(
            actor, "agency.roster_kept", Agency, of=agency.id, lines=len(wanted), begun=len(begun)
        )


async def add_line(actor: Actor, agency_id: UUID, wanted: Wanted) -> None:
    """Put somebody on the roster from today on.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        TakenAlready: there is such a line.
        Invalid: every bad field.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        if wrong := await _faults(agency.id, [wanted]):
            raise Invalid(wrong[0])
        lines = await lines_of(agency.id)
        if wanted.key in {_key(line) for line in lines}:
            raise TakenAlready
        if len(lines) >= MOST:
            raise Invalid({"name": f"A roster has at most {MOST:,} lines."})
        await _begin(actor, agency.id, [wanted])


async def change_line(
    actor: Actor,
    agency_id: UUID,
    line_id: UUID,
    *,
    exemption: str | None,
    exempt_until: date | None,
    hired_on: date | None,
) -> None:
    """Say anew why somebody need not be trained yet, and until when.

    Raises:
        NotFound: no such line of an agency of the actor's.
        Invalid: every bad field.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        line = await _line(agency.id, line_id)
        wanted = Wanted(
            account=line.account_id,
            name=line.name,
            category=line.category,
            exemption=exemption,
            exempt_until=exempt_until,
            hired_on=hired_on,
        )
        if wrong := _line_faults(wanted):
            raise Invalid(wrong)
        await _change(actor, [(line, wanted)])


async def end_line(actor: Actor, agency_id: UUID, line_id: UUID) -> None:
    """Take somebody off the roster from today on.

    Raises:
        NotFound: no such line of an agency of the actor's.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        line = await _line(agency.id, line_id)
        await _end(actor, [line.id])


async def match_line(actor: Actor, agency_id: UUID, line_id: UUID, account: UUID) -> None:
    """Say which of the agency's people a typed name is. Only then can training count for it.

    Raises:
        NotFound: no such line of an agency of the actor's.
        TakenAlready: that person has a line in the category.
        Invalid: the account is not one of the agency's people.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        line = await _line(agency.id, line_id)
        if account not in {row["account"] for row in await people_of(agency.id)}:
            raise Invalid({"account_id": NOT_THERE})
        if line.account_id is not None:
            raise NotFound
        try:
            async with transaction():
                await RosterLine.update({RosterLine.account: account, RosterLine.name: ""}).where(
                    RosterLine.id == line.id
                )
        except Exception as error:
            if is_unique_violation(error):
                raise TakenAlready from None
            raise
        await record(actor, "roster.matched", RosterLine, of=line.id, account=account)


async def take_over(actor: Actor, agency_id: UUID) -> int:
    """Put everybody on the roster whose category stands in the list of people; who is there stays.

    Returns:
        How many lines began.

    Raises:
        NotFound: no such agency, or it is not the actor's.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        begun = to_take_over(await people_of(agency.id), await lines_of(agency.id))
        await _begin(actor, agency.id, begun)
    return len(begun)


def to_take_over(people: Sequence[dict[str, Any]], lines: Sequence[Line]) -> list[Wanted]:
    """The lines that the list of people has and the roster has not."""
    present = {_key(line) for line in lines}
    found = {
        one.key: one
        for row in people
        if row["category"]
        for one in [Wanted(account=row["account"], category=row["category"])]
    }
    return [one for key, one in found.items() if key not in present]


def _key(line: Line) -> tuple[str, str]:
    return Wanted(account=line.account_id, name=line.name, category=line.category).key


async def _line(agency: UUID, line_id: UUID) -> Line:
    found = next((line for line in await lines_of(agency) if line.id == line_id), None)
    if found is None:
        raise NotFound
    return found


async def _must_be_good(agency: UUID, wanted: Sequence[Wanted]) -> None:
    if len(wanted) > MOST:
        raise Invalid({"people": f"A roster has at most {MOST:,} lines."})
    wrong = {
        f"people.{n}.{field}": words
        for n, faults in (await _faults(agency, wanted)).items()
        for field, words in faults.items()
    }
    seen: set[tuple[str, str]] = set()
    for n, its in enumerate(wanted):
        if its.key in seen:
            wrong.setdefault(f"people.{n}.category", "This line stands here twice.")
        seen.add(its.key)
    if wrong:
        raise Invalid(wrong)


async def _faults(agency: UUID, wanted: Sequence[Wanted]) -> dict[int, dict[str, str]]:
    """What is wrong with each line, by its place; somebody who is on the roster may stay."""
    there = {row["account"] for row in await people_of(agency)}
    there |= {line.account_id for line in await lines_of(agency)}
    found = {}
    for n, its in enumerate(wanted):
        wrong = _line_faults(its)
        if its.account is not None and its.account not in there:
            wrong["account_id"] = NOT_THERE
        if its.account is None and not its.name.strip():
            wrong["name"] = NO_NAME
        if wrong:
            found[n] = wrong
    return found


def _line_faults(one: Wanted) -> dict[str, str]:
    return rules.line_faults(
        clock.today(),
        category=one.category,
        exemption=one.exemption,
        exempt_until=one.exempt_until,
        hired_on=one.hired_on,
    )


async def _begin(actor: Actor, agency: UUID, wanted: Sequence[Wanted]) -> None:
    rows = [
        RosterLine(
            agency=agency,
            account=one.account,
            name="" if one.account else " ".join(one.name.split()),
            category=one.category,
            since=clock.today(),
            exemption=one.exemption,
            exempt_until=one.exempt_until,
            hired_on=one.hired_on,
            made_by=actor.id,
        )
        for one in wanted
    ]
    for first in range(0, len(rows), AT_ONCE):
        await RosterLine.insert(*rows[first : first + AT_ONCE])
    await record_many(actor, RosterLine, [(row.id, "roster.begun") for row in rows])


async def _end(actor: Actor, ids: Sequence[UUID]) -> None:
    """The last day is yesterday: from today on nothing is asked of them here."""
    for first in range(0, len(ids), AT_ONCE):
        await RosterLine.update({RosterLine.until: clock.today() - timedelta(days=1)}).where(
            RosterLine.id.is_in(list(ids[first : first + AT_ONCE]))
        )
    await record_many(actor, RosterLine, [(i, "roster.ended") for i in ids])


async def _change(actor: Actor, lines: Sequence[tuple[Line, Wanted]]) -> None:
    """Make each line as it is wanted, all that are to be the same in one statement."""
    alike: dict[tuple[object, ...], list[UUID]] = {}
    details = {}
    for line, wanted in lines:
        before = {name: getattr(line, name) for name in CHANGEABLE}
        after = {name: getattr(wanted, name) for name in CHANGEABLE}
        if before != after:
            alike.setdefault(tuple(after.values()), []).append(line.id)
            details[line.id] = {"before": before, "after": after}
    for values, ids in alike.items():
        columns: dict[Any, Any] = dict(zip(CHANGEABLE, values, strict=True))
        for first in range(0, len(ids), AT_ONCE):
            some = ids[first : first + AT_ONCE]
            await RosterLine.update(columns).where(RosterLine.id.is_in(some))
    acts = [(line, "roster.changed") for line in details]
    await record_many(actor, RosterLine, acts, details=details)
