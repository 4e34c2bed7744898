"""What a person has completed."""

from typing import Any
from uuid import UUID

from connect.catalog.queries import content_of
from connect.certificates.queries import standing
from connect.db import fetch
from connect.learning.queries import BY_HAND
from connect.learning.rules import expires_on
from connect.policy import Actor

COMPLETED = """
SELECT m.id, k.title, v.number AS version, m.day, m.minutes, k.number AS certificate, k.status,
  m.completed_at, c.slug AS course, e.version AS version_id, {by_hand} AS by_hand
FROM completion m JOIN certificate k ON {standing}
JOIN enrollment e ON e.id = m.enrollment JOIN course_version v ON v.id = e.version
JOIN course c ON c.id = e.course
WHERE m.learner = {} AND ({} = 1 OR m.id < {}) ORDER BY m.id DESC LIMIT {}
""".replace("{standing}", standing("k", "m.enrollment")).replace("{by_hand}", BY_HAND)


async def transcript(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """The actor's completions of all cycles, newest first, one more than *limit* when there are.

    ``expires_on`` is the first day on which one does not count any more, or None; ``by_hand``:
    staff recorded a part of it.
    """
    first = before is None
    rows = await fetch(COMPLETED, actor.id, int(first), before or actor.id, limit + 1)
    for row in rows:
        row["by_hand"] = bool(row["by_hand"])
        content = await content_of(row["version_id"])
        row["expires_on"] = expires_on(row["day"], content.valid_months)
    return rows


async def total_minutes(actor: Actor) -> tuple[int, int]:
    """How many completions the actor has, and their minutes."""
    rows = await fetch(
        "SELECT count(*) AS many, coalesce(sum(minutes), 0) AS minutes FROM completion "
        "WHERE learner = {}",
        actor.id,
    )
    return rows[0]["many"], int(rows[0]["minutes"])
