"""Writing the ledger."""

from datetime import date
from uuid import UUID

from connect.audit import record
from connect.grants.queries import grant_on
from connect.policy import Actor
from connect.trainings.rules import is_professional
from connect.trainings.tables import Mode, SourceKind, Training


async def record_training(
    actor: Actor,
    *,
    person: UUID,
    day: date,
    minutes: int,
    course: str,
    course_title: str,
    version: int,
    discipline: str | None,
    state: str | None,
    title: str | None,
    agency: UUID | None = None,
    agency_name: str | None = None,
    source: UUID,
) -> UUID | None:
    """Write the instance that an enrollment earned, in the caller's transaction.

    What was not reported stays None and is never guessed. It belongs to the grant that pays
    for the course on its day.

    Returns:
        The instance, or None for somebody whose discipline is not a professional one.
    """
    if not is_professional(discipline):
        return None
    row = Training(
        person=person,
        day=day,
        mode=Mode.ON_DEMAND,
        minutes=minutes,
        course=course,
        course_title=course_title,
        version=version,
        discipline=discipline or None,
        state=state or None,
        title=title or None,
        agency=agency,
        agency_name=agency_name,
        grant=await grant_on(course, day),
        source_kind=SourceKind.ENROLLMENT,
        source=source,
    )
    await Training.insert(row)
    await record(actor, "training.recorded", Training, of=row.id, source=source)
    return row.id
