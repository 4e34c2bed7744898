"""Certificates: the holder's own, and what anybody may check."""

from collections.abc import Sequence
from uuid import UUID

from connect import clock
from connect.agencies.queries import standing_agency
from connect.certificates.rules import has_ended, normal_code, same_last_name
from connect.certificates.tables import Certificate, CertificateStatus
from connect.db import fetch, placeholders
from connect.errors import NotFound
from connect.policy import Actor, Permission

# By hand, as what is read on most requests: Piccolo words a statement for longer than it runs.
CERTIFICATES = """
SELECT id, number, code, kind, holder, agency, name, title, minutes, issued_on, status, facts,
  digest, pdf, source_kind, source, issued_at, supersedes, reissue_reason, expires_on, revoked_on,
  revocation_reason
FROM certificate WHERE
"""
SUCCESSORS = """
SELECT o.id, n.number FROM certificate o JOIN certificate n
  ON n.source_kind = o.source_kind AND n.source = o.source AND n.status <> 'superseded'
WHERE o.id IN ({marks})
"""


def standing(certificate: str, source: str, kind: str = "enrollment") -> str:
    """SQL: *certificate* is the one that stands for what *source* (a column) earned.

    Args:
        kind: what the source is: an enrollment in a course, or a ``path_enrollment``.
    """
    return (
        f"{certificate}.source_kind = '{kind}' AND {certificate}.source = {source} "
        f"AND {certificate}.status <> 'superseded'"
    )


async def _certificates(where: str, *args: object) -> list[Certificate]:
    found = await fetch(f"{CERTIFICATES} {where}", *args)
    rows = [Certificate(**row, _exists_in_db=True) for row in found]
    today = clock.today()
    for row in rows:  # the job that writes it down may be late
        if row.status == CertificateStatus.VALID and has_ended(row.expires_on, today):
            row.status = CertificateStatus.EXPIRED
    return rows


async def _certificate(where: str, *args: object) -> Certificate | None:
    return next(iter(await _certificates(where, *args)), None)


async def certificate_of(
    actor: Actor, number: str, to: Permission = Permission.READ_RECORDS
) -> Certificate:
    """A certificate that the actor holds, one of the actor's agency, or that *to* reaches as staff.

    Raises:
        NotFound: no such certificate, or somebody else's.
    """
    found = await _certificate("number = {}", number.upper())
    if found is None or not await reaches(actor, found, to):
        raise NotFound
    return found


async def reaches(actor: Actor, row: Certificate, to: Permission) -> bool:
    """Whether *to* holds for a certificate. An agency's is read by whoever reads its readiness."""
    if row.agency is None:
        return actor.may(to, owner=row.holder)
    agency = (await standing_agency(row.agency)).id
    reads = to is Permission.READ_RECORDS and actor.may(Permission.READ_READINESS, agency=agency)
    return reads or actor.may(to, agency=agency)


async def number_for(source_kind: str, source: UUID) -> str | None:
    """The number of the certificate that stands for something."""
    sql = f"SELECT x.number FROM certificate x WHERE {standing('x', '{}', source_kind)}"  # noqa: S608
    rows = await fetch(sql, source)
    return str(rows[0]["number"]) if rows else None


async def certificates_numbered(numbers: Sequence[str]) -> list[Certificate]:
    """Those of *numbers* that there are, for staff."""
    marks = placeholders(numbers)
    return await _certificates(f"number IN ({marks}) ORDER BY number", *numbers)


async def certificates_of(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[Certificate]:
    """The actor's own certificates, newest first, one more than *limit* when there are more."""
    where, given = "holder = {}", [actor.id]
    if before:
        where, given = f"{where} AND id < {{}}", [*given, before]
    return await _certificates(f"{where} ORDER BY id DESC LIMIT {limit + 1}", *given)


async def by_code(code: str) -> Certificate | None:
    """The certificate with this check code, however it was typed."""
    return await _certificate("code = {}", normal_code(code))


async def by_number(number: str, last_name: str) -> Certificate | None:
    """The certificate with this number, if its holder has that last name."""
    found = await _certificate("number = {}", number.strip().upper())
    return found if found and same_last_name(found.name, last_name) else None


async def successors(rows: Sequence[Certificate]) -> dict[UUID, str]:
    """Of those of *rows* that were superseded: the number that stands in place of each."""
    old = [row.id for row in rows if row.status == CertificateStatus.SUPERSEDED]
    if not old:
        return {}
    marks = placeholders(old)
    return {r["id"]: r["number"] for r in await fetch(SUCCESSORS.replace("{marks}", marks), *old)}


async def successor_of(row: Certificate | None) -> str | None:
    """The number of the certificate that stands in place of *row*; None when *row* stands."""
    return (await successors([row])).get(row.id) if row else None


async def by_file(digest: str) -> Certificate | None:
    """The certificate whose stored PDF has this SHA-256."""
    return await _certificate("pdf = {}", digest)
