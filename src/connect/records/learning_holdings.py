"""The register's part on learning: what somebody did in courses, and what it came to.

Children stand before their parents, as in ``holdings``.
"""

import msgspec

from connect.audit import keyed_hash
from connect.learning import tables as learning
from connect.records.register import Holding, Row
from connect.records.whose import by, via


def _asked(row: Row) -> bytes:
    """The questions of an attempt, without what they show: its names tell the key of some."""
    return msgspec.json.encode([q for q, _ in msgspec.json.decode(row["questions"])])


def _given(row: Row) -> bytes:
    """An answer whose items and pairs can be told apart, and no more.

    By the course's own names they would say what is right, and an export may be had of each try.
    """

    def hidden(name: str) -> str:
        return keyed_hash(f"{row['attempt']} {row['question']} {name}")[:12]

    given = msgspec.json.decode(row["given"])
    if "order" in given:
        given["order"] = [hidden(name) for name in given["order"]]
    if "pairs" in given:
        given["pairs"] = {hidden(left): hidden(right) for left, right in given["pairs"].items()}
    return msgspec.json.encode(given)


LEARNING = [
    Holding(
        table=learning.Answer,
        whose=via("attempt", "attempt", via("enrollment", "enrollment", by("learner"))),
        none="question saved_at",
        pseudonym="id attempt",
        personal="given",  # some are written in one's own words
        becomes={"given": "{}"},
        shows={"given": _given},
    ),
    Holding(
        table=learning.Attempt,
        whose=via("enrollment", "enrollment", by("learner")),
        none="component number seed questions state started_at expires_at submitted_at score "
        "result",
        pseudonym="id enrollment",
        # From the seed anybody could work out which item has which place.
        shows={"seed": lambda _: None, "questions": _asked},
    ),
    Holding(
        table=learning.Accommodation,
        whose=via("enrollment", "enrollment", by("learner")),
        none="extra_time_percent more_attempts no_time_limit made_at",
        pseudonym="enrollment made_by",
        hidden="private_reason",  # for staff only
    ),
    Holding(
        table=learning.Progress,
        whose=via("enrollment", "enrollment", by("learner")),
        none="component seconds last_at beats done_at told",
        pseudonym="id enrollment",
    ),
    Holding(
        table=learning.EnrollmentLanguage,
        whose=via("enrollment", "enrollment", by("learner")),
        none="language",
        pseudonym="enrollment",
    ),
    Holding(
        table=learning.Attention,
        whose=by("learner"),
        none="counted_until",
        pseudonym="learner",
    ),
    Holding(
        table=learning.Override,
        whose=via("enrollment", "enrollment", by("learner")),
        none="component kind made_at withdrawn_at",
        pseudonym="id enrollment made_by withdrawn_by",
        personal="reason evidence withdrawal_reason",
    ),
    Holding(
        table=learning.CarriedComponent,
        whose=via("enrollment", "enrollment", by("learner")),
        none="component",
        pseudonym="id enrollment completion",
    ),
    Holding(
        table=learning.EvaluationResponse,
        whose=via("enrollment", "enrollment", by("learner")),
        none="day discipline state marks",
        pseudonym="id enrollment",
        personal="texts",
        becomes={"texts": "{}"},
        closes={"texts": "{}"},  # somebody may have written how to be reached
    ),
    Holding(
        table=learning.Completion,
        whose=by("learner"),
        none="day zone minutes completed_at",
        pseudonym="id enrollment learner certificate training",
    ),
    Holding(
        table=learning.Enrollment,
        whose=by("learner"),
        none="state last_component enrolled_at completed_at",
        pseudonym="id learner course version",
    ),
]
