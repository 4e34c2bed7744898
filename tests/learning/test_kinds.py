"""Questions of every kind over JSON: shown without a key, saved, refused, graded, told."""

import msgspec
import pytest

import make
from connect.audit import AuditEvent
from connect.catalog.content import Item, Number, Pair
from connect.learning.tables import Answer
from learning.kinds import right_answer, with_every_kind

CANARY = "canary"


async def begun(api, **changes):
    actor, enrollment = await with_every_kind(**changes)
    program = await api(actor)
    answer = await program.post(f"/enrollments/{enrollment}/quizzes/final/attempts")
    assert answer.status_code == 201
    return program, answer.json()


async def test_whoever_answers_every_kind_rightly_passes(database, api):
    program, attempt = await begun(api)
    here = f"/attempts/{attempt['id']}"

    for question in attempt["questions"]:
        saved = await program.put(f"{here}/answers/{question['id']}", json=right_answer(question))
        assert saved.status_code == 200, saved.text
    shown = (await program.get(here)).json()
    result = (await program.post(f"{here}/submission", json={})).json()

    assert [q["answer"] for q in shown["questions"]] == [
        right_answer(q) for q in attempt["questions"]
    ]
    assert (result["state"], result["score_percent"]) == ("passed", 100)
    assert [told["right"] for told in result["feedback"]] == [True] * 8
    told = {told["question"]: told["right_answer"] for told in result["feedback"]}
    assert told["order"] == ["1. Intake", "2. Answer", "3. End"]
    assert told["cloze"] == ["Gap 1: 2", "Gap 2: 21"]


async def test_each_kind_shows_its_own_parts_and_nothing_else(database, api):
    _, attempt = await begun(api)

    parts = {"choices", "items", "left", "right", "gaps"}
    shown = {q["kind"]: {part: q[part] for part in parts & q.keys()} for q in attempt["questions"]}
    texts = {
        kind: {part: sorted(str(one.get("text")) for one in found if isinstance(one, dict))}
        for kind, given in shown.items()
        for part, found in given.items()
    }

    assert shown["numeric"] == shown["short"] == {}
    assert shown["cloze"] == {"gaps": ["hours", "age"]}
    assert shown["match"].keys() == {"left", "right"}
    assert texts["order"] == {"items": ["Answer", "End", "Intake"]}
    assert texts["choice"] == {"choices": ["a", "b"]}


async def test_nothing_of_an_attempt_tells_a_key(database, api, browser):
    canaries = [
        make.question("n", kind="numeric", choices=[], number=Number(917253, 1)),
        make.question("s", kind="short", choices=[], accept=[CANARY]),
        make.question(
            "c", kind="cloze", choices=[], text="A {g}.", html="{g}", gaps={"g": [CANARY]}
        ),
        make.question(
            "o", kind="order", choices=[], items=[Item(f"{CANARY}-{n}", f"T{n}") for n in range(4)]
        ),
        make.question(
            "m", kind="match", choices=[], pairs=[Pair(f"L{n}", f"R{n}") for n in range(4)]
        ),
    ]
    actor, enrollment = await with_every_kind(questions=canaries)
    program, person = await api(actor), await browser(actor)
    attempt = (await program.post(f"/enrollments/{enrollment}/quizzes/final/attempts")).json()
    questions = {question["id"]: question for question in attempt["questions"]}

    shown = [
        await program.get(f"/attempts/{attempt['id']}"),
        await person.get(f"/attempts/{attempt['id']}"),
    ]

    assert [answer.status_code for answer in shown] == [200, 200]
    for answer in shown:
        assert CANARY not in answer.text
        assert "917253" not in answer.text
    order = [item["text"] for item in questions["o"]["items"]]
    assert order != sorted(order)
    by_id = sorted(questions["o"]["items"], key=lambda item: item["id"])
    left, right = questions["m"]["left"], questions["m"]["right"]
    assert [one["text"][1:] for one in left] != [one["text"][1:] for one in right]
    assert {one["id"] for one in left}.isdisjoint(one["id"] for one in right)
    assert len({one["id"] for one in by_id}) == 4


async def test_two_attempts_name_the_same_items_differently(database, api):
    program, first = await begun(api)
    await program.post(f"/attempts/{first['id']}/submission", json={})
    enrollment = (await program.get("/enrollments")).json()["items"][0]["id"]

    second = (await program.post(f"/enrollments/{enrollment}/quizzes/final/attempts")).json()

    ids = [
        {one["id"] for q in attempt["questions"] for one in q.get("items", []) + q.get("left", [])}
        for attempt in (first, second)
    ]
    assert ids[0].isdisjoint(ids[1])


@pytest.mark.parametrize(
    ("question", "body", "fields"),
    [
        ("numeric", {"number": "many"}, ["number"]),
        ("numeric", {"number": "NaN"}, ["number"]),
        ("numeric", {"number": True}, ["number"]),
        ("numeric", {"number": 0.12345678901234567}, ["number"]),
        ("numeric", {"text": "2"}, ["text", "number"]),
        ("short", {"text": "a" * 501}, ["text"]),
        ("short", {"text": "a\x00"}, ["text"]),
        ("short", {"text": 2}, ["text"]),
        ("short", {}, ["text"]),
        ("order", {"order": ["intake", "answer", "end"]}, ["order"]),  # the course's own ids
        ("order", {"order": "intake"}, ["order"]),
        ("match", {"pairs": {"l0": "r0"}}, ["pairs"]),
        ("match", {"pairs": [["a", "b"]]}, ["pairs"]),
        ("cloze", {"gaps": {"days": "2"}}, ["gaps"]),
        ("cloze", {"gaps": {"hours": 2}}, ["gaps"]),
        ("cloze", {"gap": {"hours": "2"}}, ["gap"]),
    ],
)
async def test_an_answer_that_is_none_is_refused_by_field(database, api, question, body, fields):
    program, attempt = await begun(api)

    answer = await program.put(f"/attempts/{attempt['id']}/answers/{question}", json=body)

    assert answer.status_code == 422
    told = answer.json()["errors"]
    assert sorted(error["field"].partition(".")[0] for error in told) == sorted(fields)
    assert await Answer.count() == 0


@pytest.mark.parametrize("sent", [2, 2.0, 2.5, 1.5])
async def test_a_number_within_the_tolerance_is_right_however_it_is_written(database, api, sent):
    program, attempt = await begun(api)
    here = f"/attempts/{attempt['id']}"

    await program.put(f"{here}/answers/numeric", json={"number": sent})
    shown = {q["id"]: q["answer"] for q in (await program.get(here)).json()["questions"]}
    result = (await program.post(f"{here}/submission", json={})).json()

    assert shown["numeric"] == {"number": sent}
    assert {told["question"] for told in result["feedback"] if told["right"]} == {"numeric"}


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("numeric", {"number": None}),
        ("short", {"text": ""}),
        ("order", {"order": []}),
        ("match", {"pairs": {}}),
        ("cloze", {"gaps": {}}),
    ],
)
async def test_an_answer_can_be_taken_back(database, api, question, body):
    program, attempt = await begun(api)
    here = f"/attempts/{attempt['id']}"
    asked = next(q for q in attempt["questions"] if q["id"] == question)
    await program.put(f"{here}/answers/{question}", json=right_answer(asked))

    saved = await program.put(f"{here}/answers/{question}", json=body)

    shown = {q["id"]: q["answer"] for q in (await program.get(here)).json()["questions"]}
    assert (saved.status_code, shown[question]) == (200, body)


async def test_the_trail_holds_no_own_words(database, api):
    program, attempt = await begun(api)
    here = f"/attempts/{attempt['id']}"
    await program.put(f"{here}/answers/short", json={"text": "my own words"})
    await program.put(f"{here}/answers/cloze", json={"gaps": {"age": "own words too"}})
    await program.put(
        f"{here}/answers/order",
        json=right_answer(next(q for q in attempt["questions"] if q["id"] == "order")),
    )

    await program.post(f"{here}/submission", json={})

    row = await AuditEvent.objects().where(AuditEvent.act == "attempt.submitted").first()
    assert "own words" not in row.details
    answers = msgspec.json.decode(row.details)["answers"]
    assert answers["order"] == ["intake", "answer", "end"]
    assert answers.keys() == {"short", "cloze", "order"}
    assert len(answers["short"]) == 32


async def test_before_a_pass_the_right_answer_is_not_told(database, api):
    program, attempt = await begun(api, max_attempts=2)
    here = f"/attempts/{attempt['id']}"

    first = (await program.post(f"{here}/submission", json={})).json()

    assert first["passed"] is False
    assert [told.keys() for told in first["feedback"]] == [{"question", "right", "text"}] * 8
