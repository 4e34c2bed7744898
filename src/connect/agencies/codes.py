"""Codes that an agency hands to its people: whoever has one works there."""

from datetime import datetime, timedelta
from uuid import UUID

from connect import audit, clock
from connect.agencies import rules
from connect.agencies.queries import active_agency, family_of, managed_agency, standing_agency
from connect.agencies.tables import Agency, AgencyCode, AgencyState
from connect.audit import record
from connect.db import transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.policy import VISITOR, Actor

MOST_USES = 10_000
LONGEST = timedelta(days=366)


class CodeUnusable(Conflict):
    message = (
        "This code is unknown, used up or too old. Check it, or ask your agency's coordinator "
        "for a new one."
    )


def _hash(code: str) -> str:
    # With a key: 50 bits are few enough to be tried out by whoever gets hold of a backup.
    return audit.keyed_hash(f"agency code {rules.normal_code(code)}")


async def make_code(
    actor: Actor, agency_id: UUID, *, max_uses: int, expires_at: datetime
) -> tuple[AgencyCode, str]:
    """A new code, and its row. The code itself is kept nowhere: it is shown once.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: it is not listed.
        Invalid: every bad value.
    """
    async with transaction():
        agency = await active_agency(actor, agency_id)
        wrong: dict[str, str] = {}
        if not 1 <= max_uses <= MOST_USES:
            wrong["max_uses"] = f"Write a whole number from 1 to {MOST_USES:,}."
        if not clock.now() < expires_at <= clock.now() + LONGEST:
            wrong["expires_at"] = "Choose a moment within the next 12 months."
        if wrong:
            raise Invalid(wrong)
        code = rules.new_code()
        row = AgencyCode(
            agency=agency.id,
            code_hash=_hash(code),
            max_uses=max_uses,
            expires_at=expires_at,
            made_by=actor.id,
        )
        await AgencyCode.insert(row)
        await record(
            actor,
            "agency.code_made",
            Agency,
            of=agency.id,
            code=row.id,
            max_uses=max_uses,
            expires_at=expires_at,
        )
    return row, rules.grouped_code(code)


async def end_code(actor: Actor, agency_id: UUID, code_id: UUID) -> None:
    """Make a code good for nothing from now on. Twice is once.

    Raises:
        NotFound: no such agency or code, or it is not the actor's.
    """
    async with transaction():
        agency = await managed_agency(actor, agency_id, lock=True)
        its = AgencyCode.objects().where(
            AgencyCode.id == code_id, AgencyCode.agency.is_in(await family_of(agency.id))
        )
        row = await its.first()
        if row is None:
            raise NotFound
        if row.expires_at <= clock.now():
            return
        await AgencyCode.update({AgencyCode.expires_at: clock.now()}).where(
            AgencyCode.id == code_id
        )
        await record(actor, "agency.code_ended", Agency, of=agency.id, code=code_id)


async def use_code(code: str, actor: Actor = VISITOR) -> Agency:
    """Use up one of a code's uses, in the caller's transaction; the agency it is of.

    However many try at once, no more of them succeed than it has uses. Codes can be guessed at:
    the caller limits how often.

    Raises:
        CodeUnusable: it is unknown, used up or too old, or its agency is not active.
    """
    async with transaction():
        used = (
            await AgencyCode.update({AgencyCode.uses: AgencyCode.uses + 1})
            .where(
                AgencyCode.code_hash == _hash(code),
                AgencyCode.uses < AgencyCode.max_uses,
                AgencyCode.expires_at > clock.now(),
            )
            .returning(AgencyCode.id, AgencyCode.agency)
        )
        if not used:
            raise CodeUnusable
        agency = await standing_agency(UUID(str(used[0]["agency"])))
        if agency.status != AgencyState.ACTIVE:
            raise CodeUnusable
        await record(actor, "agency.code_used", Agency, of=agency.id, code=used[0]["id"])
    return agency
