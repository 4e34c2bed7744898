"""What an agency was like on one day."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from connect import clock
from connect.agencies import rules
from connect.agencies.queries import active_agency
from connect.agencies.tables import Agency, AgencyProfile
from connect.audit import record
from connect.db import transaction
from connect.errors import Invalid
from connect.policy import Actor


async def record_profile(
    actor: Actor, agency_id: UUID, facts: Mapping[str, Any], *, as_of: date | None = None
) -> AgencyProfile:
    """Write down what an agency is like; earlier profiles stay as they are.

    Args:
        facts: some of the columns of ``AgencyProfile`` from ``population`` to ``agencies_served``.
        as_of: the day it was so; today when left out.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: it is not listed.
        Invalid: every bad value.
    """
    today = clock.today()
    day = as_of or today
    given = {name: value for name, value in facts.items() if value not in (None, "")}
    if source := given.get("population_source"):
        given["population_source"] = rules.normal_line(source)
    async with transaction():
        agency = await active_agency(actor, agency_id)
        if wrong := rules.profile_faults(given, kind=agency.kind, as_of=day, today=today):
            raise Invalid(wrong)
        row = AgencyProfile(agency=agency.id, as_of=day, recorded_by=actor.id, **given)
        await AgencyProfile.insert(row)
        await record(
            actor,
            "agency.profile_recorded",
            Agency,
            of=agency.id,
            as_of=day,
            profile=row.id,
            **given,
        )
    return row
