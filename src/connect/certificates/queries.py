"""Certificates: the holder's own, and what anybody may check."""

from uuid import UUID

from connect.certificates.rules import normal_code, same_last_name
from connect.certificates.tables import Certificate
from connect.db import fetch
from connect.errors import NotFound
from connect.policy import Actor, Permission

# By hand, as what is read on most requests: Piccolo words a statement for longer than it runs.
CERTIFICATES = """
SELECT id, number, code, kind, holder, name, title, minutes, issued_on, status, facts, digest, pdf,
  source_kind, source, issued_at
FROM certificate WHERE
"""


async def _certificates(where: str, *args: object) -> list[Certificate]:
    rows = await fetch(f"{CERTIFICATES} {where}", *args)
    return [Certificate(**row, _exists_in_db=True) for row in rows]


async def _certificate(where: str, *args: object) -> Certificate | None:
    return next(iter(await _certificates(where, *args)), None)


async def certificate_of(actor: Actor, number: str) -> Certificate:
    """A certificate that the actor holds, or may read as staff.

    Raises:
        NotFound: no such certificate, or somebody else's.
    """
    found = await _certificate("number = {}", number.upper())
    if found is None or not actor.may(Permission.READ_RECORDS, owner=found.holder):
        raise NotFound
    return found


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


async def by_file(digest: str) -> Certificate | None:
    """The certificate whose stored PDF has this SHA-256."""
    return await _certificate("pdf = {}", digest)
