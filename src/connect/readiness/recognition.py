"""What a member receives and who hears of it: tasks, and the text for the press."""

from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.queries import standing_agency
from connect.audit import record
from connect.db import fetch, locked, one, transaction
from connect.errors import Invalid, NotFound
from connect.lists import STATES
from connect.policy import Actor, Permission
from connect.readiness.tables import Membership, Recognition, RecognitionTask
from connect.web.templating import environment

LONGEST_NOTE = 500
LABELS = {
    Recognition.CERTIFICATE: "Certificate handed over",
    Recognition.PLAQUE: "Plaque sent",
    Recognition.PRESS: "Text for the press handed over",
    Recognition.LISTING: "Listing looked at",
    Recognition.ANNOUNCEMENT: "Named in the annual announcement",
}
TASKS = """
SELECT t.task, t.note, t.done_at, a.legal_name AS done_by FROM recognition_task t
LEFT JOIN account a ON a.id = t.done_by WHERE t.membership = {}
"""


class Task(msgspec.Struct):
    """One thing that a member receives."""

    task: str
    label: str
    note: str
    done_at: Any  # a moment in UTC, or None
    done_by: str | None


async def tasks_of(membership: UUID) -> list[Task]:
    """A membership's tasks, in the order of ``Recognition``; none of one that was brought in."""
    found = {row["task"]: row for row in await fetch(TASKS, membership)}
    return [Task(label=LABELS[t], **found[t]) for t in Recognition if t in found]


async def note_task(
    actor: Actor, membership_id: UUID, task: str, *, done: bool, note: str = ""
) -> Task:
    """Write down that something was done for a member, or that it was not.

    Raises:
        NotFound: no such membership, or it has no such task.
        Invalid: the note is too long.
    """
    actor.must(Permission.MANAGE_MEMBERSHIPS)
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": f"Write at most {LONGEST_NOTE} characters."})
    async with transaction():
        query = RecognitionTask.objects().where(
            RecognitionTask.membership == membership_id, RecognitionTask.task == task
        )
        row = await one(locked(query, RecognitionTask))
        was_done = row.done_at is not None
        if (was_done, row.note) != (done, note):
            row.note = note
            if was_done != done:
                row.done_at = clock.now() if done else None
                row.done_by = actor.id if done else None
            await row.save()
            await record(
                actor,
                "membership.recognized" if done else "membership.recognition_open",
                Membership,
                of=membership_id,
                task=task,
                note=note,
            )
    return next(t for t in await tasks_of(membership_id) if t.task == task)


async def seen_membership(actor: Actor, membership_id: UUID) -> Membership:
    """A term as staff and the agency's coordinators see it.

    Raises:
        NotSignedIn, Forbidden: the actor sees none.
        NotFound: no such term, or of another agency.
    """
    actor.must(Permission.READ_READINESS)
    row = await one(Membership.objects().where(Membership.id == membership_id))
    if not actor.may(Permission.READ_READINESS, agency=(await standing_agency(row.agency)).id):
        raise NotFound
    return row


async def press_text(term: Membership) -> str:
    """A text for the press, filled with the agency's facts; plain text with blank lines between
    paragraphs."""
    agency = await standing_agency(term.agency)
    text = environment.get_template("readiness/press.txt").render(
        name=agency.name,
        county=agency.county,
        state=STATES[agency.state].label,
        term=term,
        is_renewal=term.member_since is not None and term.member_since < term.starts_on,
        is_center=agency.kind == "emergency-communications",
    )
    return text.strip() + "\n"
