"""Certificates: the holder's own, and what anybody may check."""

from uuid import UUID

from connect.certificates.rules import normal_code, same_last_name
from connect.certificates.tables import Certificate
from connect.db import one
from connect.errors import NotFound
from connect.policy import Actor, Permission


async def certificate_of(actor: Actor, number: str) -> Certificate:
    """A certificate that the actor holds, or may read as staff.

    Raises:
        NotFound: no such certificate, or somebody else's.
    """
    found = await one(Certificate.objects().where(Certificate.number == number.upper()))
    if not actor.may(Permission.READ_RECORDS, owner=found.holder):
        raise NotFound
    return found


async def certificates_of(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[Certificate]:
    """The actor's own certificates, newest first, one more than *limit* when there are more."""
    query = Certificate.objects().where(Certificate.holder == actor.id)
    if before:
        query = query.where(Certificate.id < before)
    return await query.order_by(Certificate.id, ascending=False).limit(limit + 1)


async def by_code(code: str) -> Certificate | None:
    """The certificate with this check code, however it was typed."""
    return await Certificate.objects().where(Certificate.code == normal_code(code)).first()


async def by_number(number: str, last_name: str) -> Certificate | None:
    """The certificate with this number, if its holder has that last name."""
    found = await Certificate.objects().where(Certificate.number == number.strip().upper()).first()
    return found if found and same_last_name(found.name, last_name) else None


async def by_file(digest: str) -> Certificate | None:
    """The certificate whose stored PDF has this SHA-256."""
    return await Certificate.objects().where(Certificate.pdf == digest).first()
