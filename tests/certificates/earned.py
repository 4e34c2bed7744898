"""Certificates as learners earn them."""

from uuid import UUID

import make
from connect.accounts.tables import Account
from connect.certificates.tables import Certificate
from connect.learning.actions import Event, enroll, note_event
from connect.policy import Actor


async def earned(actor: Actor, **changes: object) -> Certificate:
    """The certificate of *actor* for a course of one step; *changes* are the course's."""
    content = make.content(components=[make.acknowledgement("oath")], **changes)
    await make.course(content)
    enrollment, _ = await enroll(actor, content.slug)
    await note_event(actor, enrollment.id, "oath", Event.ACKNOWLEDGE)
    return await read(source=enrollment.id)


async def read(**where: UUID | str) -> Certificate:
    """The certificate with these values, as it stands in the database."""
    query = Certificate.objects()
    for name, value in where.items():
        query = query.where(getattr(Certificate, name) == value)
    found = await query.first()
    assert found is not None
    return found


async def rename(actor: Actor, name: str) -> None:
    """Give the actor's account another name for certificates."""
    await Account.update({Account.certificate_name: name}).where(Account.id == actor.id)
