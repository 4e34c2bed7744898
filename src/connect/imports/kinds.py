"""What can be imported, in one table: each kind's fields, check of a row, and bulk take."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from connect.accounts.imports import take_people, take_roster
from connect.agencies.imports import take_agencies
from connect.external import rules as external
from connect.external.imports import take_completions
from connect.imports import rules
from connect.imports.tables import Import, ImportKind
from connect.policy import Actor
from connect.readiness import imports as readiness

Rows = Sequence[tuple[int, dict[str, Any]]]
Taken = tuple[int, int, dict[int, dict[str, str]]]  # taken, unchanged, row → field → sentence


class Kind(msgspec.Struct, frozen=True):
    """One kind of file."""

    label: str
    fields: rules.Fields
    needed: tuple[str, ...]
    check: Callable[[Mapping[str, str]], rules.Found]
    take: Callable[[Actor, Import, Rows], Awaitable[Taken]]
    invites: bool = False  # whether its new people can be invited


async def _agencies(actor: Actor, row: Import, rows: Rows) -> Taken:
    return await take_agencies(actor, rows, dry_run=row.dry_run)


async def _people(actor: Actor, row: Import, rows: Rows) -> Taken:
    return await take_people(actor, rows, dry_run=row.dry_run, invite=row.invite)


async def _roster(actor: Actor, row: Import, rows: Rows) -> Taken:
    return await take_roster(actor, rows, agency=row.agency, dry_run=row.dry_run, invite=row.invite)


async def _completions(actor: Actor, row: Import, rows: Rows) -> Taken:
    return await take_completions(actor, rows, import_file=row.id, dry_run=row.dry_run)


async def _memberships(actor: Actor, row: Import, rows: Rows) -> Taken:
    return await readiness.take_memberships(actor, rows, dry_run=row.dry_run)


KINDS = {
    ImportKind.AGENCIES: Kind(
        "Agencies", rules.AGENCY_FIELDS, ("name", "state"), rules.agency_of, _agencies
    ),
    ImportKind.PEOPLE: Kind(
        "People",
        rules.PEOPLE_FIELDS,
        ("email", "legal_name", "discipline", "state"),
        rules.person_of,
        _people,
        invites=True,
    ),
    ImportKind.ROSTER: Kind(
        "The roster of an agency",
        rules.ROSTER_FIELDS,
        ("email", "legal_name"),
        rules.member_of,
        _roster,
        invites=True,
    ),
    ImportKind.COMPLETIONS: Kind(
        "Completions elsewhere",
        external.FIELDS,
        external.NEEDED,
        external.row_of,
        _completions,
    ),
    ImportKind.MEMBERSHIPS: Kind(
        "Memberships in the readiness program",
        readiness.FIELDS,
        readiness.NEEDED,
        readiness.row_of,
        _memberships,
    ),
}
