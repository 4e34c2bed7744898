"""A published course with a question of each kind: failed once, passed, certified; by API."""

from pathlib import Path

import make
from connect.catalog.actions import Published, publish_folder
from connect.policy import SYSTEM

COURSE = Path(__file__).parent / "courses" / "every-kind"
ORDER = ["Intake of the call", "First response", "Search and investigation", "Recovery"]
PARTNERS = {
    "Telecommunicator": "Takes the call and keeps the caller on the line",
    "Patrol officer": "Searches the home first",
    "Detective": "Leads the investigation",
}
ANSWERS = {
    "wait": {"choices": ["false"]},
    "first": {"choices": ["where"]},
    "tell": {"choices": ["state", "patrol"]},
    "hours": {"number": 2.0},
    "hotline": {"text": "1-800-the-lost "},
    "entry": {"gaps": {"hours": "TWO", "age": "21"}},
}


def answered(question):
    """What somebody who knows it answers, by what is shown."""
    if question["id"] == "phases":
        ids = {item["text"]: item["id"] for item in question["items"]}
        return {"order": [ids[text] for text in ORDER]}
    if question["id"] == "roles":
        left, right = ({p["text"]: p["id"] for p in question[side]} for side in ("left", "right"))
        return {"pairs": {left[a]: right[b] for a, b in PARTNERS.items()}}
    return ANSWERS[question["id"]]


async def test_a_learner_fails_then_passes_a_test_of_every_kind(database, api):
    outcome, _, faults = await publish_folder(SYSTEM, COURSE)
    assert (outcome, faults) == (Published.NEW, [])
    program = await api(await make.learner())
    enrollment = (await program.post("/courses/every-kind/enrollments")).json()["id"]
    start = f"/enrollments/{enrollment}/quizzes/final/attempts"

    # The first time in the order in which everything is shown, which is never the right one.
    first = (await program.post(start)).json()
    by_id = {question["id"]: question for question in first["questions"]}
    wrong = {
        "phases": {"order": [item["id"] for item in by_id["phases"]["items"]]},
        "roles": {
            "pairs": {
                left["id"]: right["id"]
                for left, right in zip(by_id["roles"]["left"], by_id["roles"]["right"], strict=True)
            }
        },
        "hours": {"number": 24},
    }
    for question, body in wrong.items():
        saved = await program.put(f"/attempts/{first['id']}/answers/{question}", json=body)
        assert saved.status_code == 200
    failed = (await program.post(f"/attempts/{first['id']}/submission", json={})).json()
    assert (failed["state"], failed["score_percent"]) == ("failed", 0)
    assert not any("right_answer" in told or "key" in told for told in failed["feedback"])

    second = (await program.post(start)).json()
    for question in second["questions"]:
        path = f"/attempts/{second['id']}/answers/{question['id']}"
        assert (await program.put(path, json=answered(question))).status_code == 200
    passed = (await program.post(f"/attempts/{second['id']}/submission", json={})).json()
    assert (passed["state"], passed["score_percent"]) == ("passed", 100)
    told = {one["question"]: one["right_answer"] for one in passed["feedback"]}
    assert told["phases"] == [f"{n}. {text}" for n, text in enumerate(ORDER, 1)]
    assert told["roles"] == [f"{left}: {right}" for left, right in PARTNERS.items()]
    done = (await program.get(f"/enrollments/{enrollment}")).json()
    assert done["state"] == "completed"
    assert done["certificate"]
