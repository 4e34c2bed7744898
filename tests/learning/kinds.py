"""A test with a question of each kind, and the answers that somebody who knows them gives."""

from typing import Any

import make
from connect.learning.actions import enroll
from connect.policy import Actor

ORDER = ["Intake", "Answer", "End"]
PARTNERS = {"Dispatcher": "Call", "Chief": "Team", "Nurse": "Care"}


async def with_every_kind(**changes: Any) -> tuple[Actor, str]:
    """A learner, and the id of an enrollment in a course that is one test of eight kinds."""
    test = make.component_quiz("final", **{"questions": make.every_kind(), **changes})
    content = make.content(components=[test])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    return actor, str(enrollment.id)


def right_answer(question: dict[str, Any]) -> dict[str, Any]:
    """By what the attempt shows of the question."""

    def ids(part: str) -> dict[str, str]:
        return {one["text"]: one["id"] for one in question[part]}

    match question["kind"]:
        case "order":
            return {"order": [ids("items")[text] for text in ORDER]}
        case "match":
            left, right = ids("left"), ids("right")
            return {"pairs": {left[a]: right[b] for a, b in PARTNERS.items()}}
        case "numeric":
            return {"number": 2}
        case "short":
            return {"text": " hotline"}
        case "cloze":
            return {"gaps": {"hours": "Two", "age": "21"}}
        case "choices":
            return {"choices": ["a", "c"]}
        case kind:
            return {"choices": ["true" if kind == "true_false" else "a"]}
