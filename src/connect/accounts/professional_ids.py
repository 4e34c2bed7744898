"""The numbers by which boards of the states know somebody: sealed, and shown by their end."""

import msgspec

from connect import audit
from connect.accounts.queries import account_of
from connect.accounts.tables import ProfessionalId, ProfessionalIdKind
from connect.audit import record
from connect.db import transaction
from connect.errors import NotFound
from connect.policy import Actor, Permission
from connect.security import seal, unseal

SHOWN = 4  # characters, and never more than half of them


class Known(msgspec.Struct):
    """One number as its owner sees it."""

    state: str
    kind: str
    ends_in: str


def end_of(value: str) -> str:
    """What is shown of a number."""
    return value[len(value) - min(SHOWN, len(value) // 2) :]


async def professional_ids_of(actor: Actor) -> list[Known]:
    """The actor's numbers, by state."""
    rows = (
        await ProfessionalId.objects()
        .where(ProfessionalId.account == actor.id)
        .order_by(ProfessionalId.state)
        .order_by(ProfessionalId.kind)
    )
    return [Known(row.state, row.kind, end_of(unseal(row.value))) for row in rows]


async def set_professional_id(
    actor: Actor, state: str, kind: ProfessionalIdKind, value: str
) -> Known:
    """Keep the number that *state* gave the actor, in place of an earlier one."""
    actor.must(Permission.EDIT_ACCOUNT)
    value = value.strip()
    async with transaction():
        await account_of(actor, lock=True)
        row = ProfessionalId(account=actor.id, state=state, kind=kind, value=seal(value))
        columns = [ProfessionalId.value, ProfessionalId.changed_at]
        await ProfessionalId.insert(row).on_conflict(
            target=(ProfessionalId.account, ProfessionalId.state, ProfessionalId.kind),
            action="DO UPDATE",
            values=[(c, getattr(row, c._meta.name)) for c in columns],
        )
        await _record(actor, "professional_id.set", state, kind, audit.keyed_hash(value))
    return Known(state, kind, end_of(value))


async def remove_professional_id(actor: Actor, state: str, kind: ProfessionalIdKind) -> None:
    """Forget one number.

    Raises:
        NotFound: there is none.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    async with transaction():
        gone = (
            await ProfessionalId.delete()
            .where(
                ProfessionalId.account == actor.id,
                ProfessionalId.state == state,
                ProfessionalId.kind == kind,
            )
            .returning(ProfessionalId.id)
        )
        if not gone:
            raise NotFound
        await _record(actor, "professional_id.removed", state, kind, "")


async def _record(actor: Actor, act: str, state: str, kind: ProfessionalIdKind, value: str) -> None:
    await record(actor, act, ProfessionalId, of=actor.id, state=state, kind=kind, value=value)
