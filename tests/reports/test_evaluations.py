"""What staff see of evaluations: numbers of five people or more, and never who said what."""

import csv
import io
from datetime import timedelta

import pytest

import make
from connect.catalog.content import Purpose
from connect.learning.actions import Event, enroll, note_event
from connect.learning.answers import Given
from connect.learning.attempts import start_attempt, submit_answers
from connect.learning.evaluations import give_evaluation
from connect.policy import Role


def evaluated_course(**changes):
    return make.content(
        slug="asked",
        components=[
            make.acknowledgement("promise"),
            make.evaluation(
                make.ask("clarity"), make.ask("barriers", "choices"), make.ask("missing", "text")
            ),
        ],
        **changes,
    )


async def answered(clarity, *, actor=None, text="", **who):
    actor = actor or await make.learner(**who)
    enrollment, _ = await enroll(actor, "asked")
    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
    answers = {"clarity": clarity, "barriers": ["a"] if clarity < 3 else [], "missing": text}
    await give_evaluation(actor, enrollment.id, answers)
    return actor


async def report(api, **asked):
    program = await api(await make.staff(Role.ANALYST))
    answer = await program.get("/reports/evaluations", params={"course": "asked", **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def question(found, name):
    return next(q for q in found["questions"] if q["id"] == name)


async def test_four_people_are_withheld_and_five_are_told(database, api):
    await make.course(evaluated_course())
    for clarity in (1, 2, 4, 4):
        await answered(clarity, text=f"canary {clarity}")

    before = await report(api)
    await answered(5)
    after = await report(api)

    assert (before["n"], before["withheld"], before["by"]) == (None, True, {})
    assert all(q["withheld"] and q["n"] is None and not q["texts"] for q in before["questions"])
    assert "canary" not in str(before)
    told = question(after, "clarity")
    assert (after["n"], told["n"], told["mean"]) == (5, 5, 3.2)
    assert [option["n"] for option in told["options"]] == [1, 1, 0, 2, 1]
    assert question(after, "barriers")["withheld"]  # two people
    assert question(after, "missing")["withheld"]  # four
    assert "canary" not in str(after)


async def test_words_come_without_person_day_or_agency(database, api):
    await make.course(evaluated_course())
    words = [f"Words of {n}" for n in range(6)]
    people = [await answered(4, text=text) for text in words]

    found = await report(api)

    texts = question(found, "missing")["texts"]
    assert sorted(texts) == words
    assert texts != words
    assert not any(str(person.account_id) in str(found) for person in people)
    assert not any(person.name in str(found) for person in people)


async def test_groups_under_five_go_with_others_that_would_give_them_away(database, api):
    await make.course(evaluated_course())
    for place in range(6):
        await answered(4, state="TX" if place < 5 else "OH", discipline="educator")
    for _ in range(8):
        await answered(2, state="TX", discipline="law-enforcement")

    found = await report(api)

    states = {part["value"]: part["n"] for part in found["by"]["state"]}
    assert states == {"OH": None, "TX": None}  # one person, and what would tell of it
    disciplines = {part["value"]: part["n"] for part in found["by"]["discipline"]}
    assert disciplines == {"educator": 6, "law-enforcement": 8}
    by = {part["value"]: part["mean"] for part in question(found, "clarity")["by"]["discipline"]}
    assert by == {"educator": 4.0, "law-enforcement": 2.0}


async def test_one_person_counts_once_with_the_latest_answers(database, api):
    await make.course(evaluated_course())
    actor = await answered(1)
    for _ in range(4):
        await answered(1, actor=actor)
    for _ in range(3):
        await answered(3)
    before = await report(api)

    await answered(5, actor=actor)
    await answered(3)
    found = await report(api)

    assert before["n"] is None
    assert (found["n"], question(found, "clarity")["mean"]) == (5, 3.4)


async def test_versions_are_counted_together_and_apart(database, api):
    await make.course(evaluated_course())
    for _ in range(5):
        await answered(2)
    await make.course(evaluated_course(), number=2)
    for _ in range(5):
        await answered(4)

    both, first = await report(api), await report(api, version=1)

    assert (both["n"], question(both, "clarity")["mean"]) == (10, 3.0)
    assert (first["n"], question(first, "clarity")["mean"], first["by"]) == (5, 2.0, {})
    assert question(first, "clarity")["by"] == {}


async def test_a_period_never_tells_of_fewer_than_five(database, api, clock):
    await make.course(evaluated_course())
    first = clock.now.date()
    for _ in range(7):
        await answered(2)
    clock.move(timedelta(days=30))
    for _ in range(3):
        await answered(5)

    early = await report(api, **{"to": str(first + timedelta(days=1))})
    everything = await report(api)

    assert everything["n"] == 10
    assert (early["n"], early["left_out"]) == (None, True)  # the other three would be told


async def test_the_csv_has_the_same_numbers_and_no_words(database, api):
    await make.course(evaluated_course())
    for clarity in (1, 2, 4, 4, 5):
        await answered(clarity, text="=canary")
    program = await api(await make.staff(Role.ANALYST))

    answer = await program.get("/reports/evaluations.csv", params={"course": "asked"})

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    numbers = {(r["part"], r["question"], r["by"], r["measure"]): r["number"] for r in rows}
    assert numbers["total", "", "", "people"] == "5"
    assert numbers["question", "clarity", "", "mean"] == "3.2"
    assert numbers["question", "barriers", "", "people"] == "withheld"
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"course": "nothing"}, 404),
        ({"course": "asked", "from": "2026-02-01", "to": "2026-01-01"}, 422),
    ],
)
async def test_what_cannot_be_reported_is_refused(database, api, asked, status):
    await make.course(evaluated_course())
    program = await api(await make.staff(Role.ANALYST))

    answers = [
        await program.get(f"/reports/evaluations{ending}", params=asked) for ending in ("", ".csv")
    ]

    assert [answer.status_code for answer in answers] == [status, status]


async def test_learners_and_instructors_do_not_read_it(database, api):
    await make.course(evaluated_course())
    program = await api(await make.learner())

    answer = await program.get("/reports/evaluations", params={"course": "asked"})

    assert answer.status_code == 403


async def test_the_gain_is_measured_from_first_attempts_at_both_tests(database, api):
    asked = [make.question("q1"), make.question("q2")]
    await make.course(
        make.content(
            slug="asked",
            components=[
                make.component_quiz("before", purpose=Purpose.PRE, questions=asked),
                make.component_quiz("after", purpose=Purpose.POST, questions=asked),
            ],
        )
    )
    for number in range(6):
        actor = await make.learner()
        enrollment, _ = await enroll(actor, "asked")
        for component in ("before", "after")[: 1 if number == 5 else 2]:
            attempt, _ = await start_attempt(actor, enrollment.id, component)
            right = ["a"] if component == "after" and number else ["b"]
            await submit_answers(actor, attempt.id, {"q1": Given(["a"]), "q2": Given(right)})
        if number == 0:  # a second try, which changes nothing
            attempt, _ = await start_attempt(actor, enrollment.id, "after")
            await submit_answers(actor, attempt.id, {"q1": Given(["a"]), "q2": Given(["a"])})

    gain = (await report(api))["gain"]

    assert (gain["n"], gain["only_before"], gain["only_after"]) == (5, 1, 0)
    assert (gain["before"], gain["after"], gain["gain"]) == (50.0, 90.0, 40.0)
    shares = [(q["id"], q["n"], q["right_before"], q["right_after"]) for q in gain["questions"]]
    assert shares == [("q1", 5, 100, 100), ("q2", 5, 0, 80)]
