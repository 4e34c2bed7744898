"""The evaluation comes last, opens the certificate, is given once and kept from the trail."""

import asyncio

import msgspec
import pytest

import make
from connect import policy
from connect.audit import AuditEvent
from connect.errors import Invalid, NotFound
from connect.learning import rules
from connect.learning.actions import ComponentLocked, EnrollmentEnded, Event, enroll, note_event
from connect.learning.evaluation_rules import read
from connect.learning.evaluations import AlreadyGiven, give_evaluation
from connect.learning.queries import enrollment_of
from connect.learning.tables import Completion, Enrollment, EvaluationResponse
from connect.records.actions import erase

GOOD = {"clarity": 4, "length": "b", "barriers": ["a", "c"], "missing": " More maps. \n"}
EVERY = [
    make.ask("clarity"),
    make.ask("length", "choice"),
    make.ask("barriers", "choices"),
    make.ask("missing", "text"),
]


async def asked(*, done=True, **changes):
    """A learner enrolled in a course of a statement and an evaluation."""
    steps = [make.acknowledgement("promise"), make.evaluation()]
    content = make.content(**{"components": steps, **changes})
    await make.course(content)
    actor = await make.learner(discipline="educator", state="OH")
    enrollment, _ = await enroll(actor, content.slug)
    if done:
        await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
    return actor, enrollment, content


async def test_when_all_else_is_done_exactly_the_evaluation_is_missing(database, api):
    actor, enrollment, _ = await asked()
    program = await api(actor)

    shown = (await program.get(f"/enrollments/{enrollment.id}")).json()

    assert shown["missing"] == [
        {
            "component": "evaluation",
            "kind": "evaluation",
            "what": "Tell us what you think of the course. The certificate follows at once.",
        }
    ]
    assert (shown["next_component"], shown["certificate"]) == ("evaluation", None)


async def test_handing_it_in_completes_the_course_at_once(database, api):
    actor, enrollment, _ = await asked()
    program = await api(actor)

    answer = await program.post(f"/enrollments/{enrollment.id}/evaluation", json={"answers": GOOD})

    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["missing"]) == ("completed", [])
    assert answer.json()["certificate"]
    row = await EvaluationResponse.objects().first()
    assert msgspec.json.decode(row.marks) == {
        "clarity": ["4"],
        "length": ["b"],
        "barriers": ["a", "c"],
    }
    assert msgspec.json.decode(row.texts) == {"missing": "More maps."}
    assert (row.discipline, row.state) == ("educator", "OH")


async def test_ten_clicks_at_once_hand_it_in_once(database):
    actor, enrollment, _ = await asked()

    answers = await asyncio.gather(
        *(give_evaluation(actor, enrollment.id, GOOD) for _ in range(10)), return_exceptions=True
    )

    assert sum(isinstance(a, AlreadyGiven) for a in answers) == 9
    assert sum(isinstance(a, Enrollment) for a in answers) == 1
    assert (await EvaluationResponse.count(), await Completion.count()) == (1, 1)


@pytest.mark.parametrize("sequence", [True, False])
async def test_it_comes_last_in_a_sequence_or_not(database, sequence):
    actor, enrollment, _ = await asked(done=False, sequence=sequence)

    with pytest.raises(ComponentLocked):
        await give_evaluation(actor, enrollment.id, GOOD)

    assert await EvaluationResponse.count() == 0


async def test_a_refused_one_leaves_nothing_and_tells_every_fault(database):
    actor, enrollment, _ = await asked()
    bad = {"clarity": 6, "length": "z", "barriers": ["a", "z"], "other": "x", "missing": "x" * 2001}

    with pytest.raises(Invalid) as refusal:
        await give_evaluation(actor, enrollment.id, bad)

    assert sorted(refusal.value.errors) == ["barriers", "clarity", "length", "missing", "other"]
    assert (await EvaluationResponse.count(), await Completion.count()) == (0, 0)


async def test_strangers_courses_without_one_and_ended_enrollments_are_refused(database):
    actor, enrollment, _ = await asked()
    plain = make.content(components=[make.acknowledgement("promise")])
    await make.course(plain)
    without, _ = await enroll(actor, plain.slug)

    with pytest.raises(NotFound):
        await give_evaluation(await make.learner(), enrollment.id, GOOD)
    with pytest.raises(NotFound):
        await give_evaluation(actor, without.id, GOOD)
    await Enrollment.update({Enrollment.state: "withdrawn"}).where(Enrollment.id == enrollment.id)
    with pytest.raises(EnrollmentEnded):
        await give_evaluation(actor, enrollment.id, GOOD)


async def test_the_trail_says_that_it_was_given_and_nothing_of_what(database):
    actor, enrollment, _ = await asked()

    await give_evaluation(actor, enrollment.id, {**GOOD, "missing": "canary words"})

    rows = await AuditEvent.select()
    given = [row for row in rows if row["act"] == "evaluation.given"]
    assert [(row["actor"], row["subject"]) for row in given] == [
        (actor.account_id, str(enrollment.id))
    ]
    assert "canary" not in str(rows)
    assert "clarity" not in str(rows)


async def test_an_erasure_keeps_the_numbers_and_not_the_words(database, work):
    actor, enrollment, _ = await asked()
    await give_evaluation(actor, enrollment.id, GOOD)

    await erase(await make.staff(policy.Role.ADMIN), actor.account_id, reason="asked")
    await work()

    row = await EvaluationResponse.objects().first()
    assert (msgspec.json.decode(row.texts), "clarity" in row.marks) == ({}, True)


async def test_the_page_keeps_what_was_typed_tells_all_faults_and_acts_once(database, browser):
    actor, enrollment, _ = await asked(
        components=[
            make.acknowledgement("promise"),
            make.evaluation(make.ask("clarity"), make.ask("use"), make.ask("missing", "text")),
        ]
    )
    person = await browser(actor)
    page = f"/learn/{enrollment.id}/evaluation"
    token = (await person.get(page)).text.split('name="csrf" value="')[1].split('"')[0]

    refused = await person.post(
        f"{page}/answers", data={"csrf": token, "a-missing": "Kept words", "language": "en"}
    )
    sent = {"csrf": token, "a-clarity": "4", "a-use": "5", "a-missing": "Kept words"}
    answers = [await person.post(f"{page}/answers", data=sent) for _ in range(2)]

    assert refused.status_code == 422
    assert "Kept words" in refused.text
    assert 'href="#a-clarity"' in refused.text
    assert 'href="#a-use"' in refused.text
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"].startswith("/certificates/")
    assert answers[1].headers["location"] == answers[0].headers["location"]
    assert await EvaluationResponse.count() == 1
    assert (await enrollment_of(actor, enrollment.id)).state == "completed"
    assert "Your view of the course is in" in (await person.get(page)).text


async def test_the_questions_are_read_over_the_api_without_an_answer_of_anybody(database, api):
    actor, enrollment, _ = await asked()
    program = await api(actor)

    before = (await program.get(f"/enrollments/{enrollment.id}/evaluation")).json()
    await give_evaluation(actor, enrollment.id, GOOD)
    after = (await program.get(f"/enrollments/{enrollment.id}/evaluation")).json()

    assert [q["id"] for q in before["questions"]] == ["clarity", "length", "barriers", "missing"]
    assert (before["language"], before["languages"]) == ("en", ["en"])
    assert (before["given"], after["given"]) == (False, True)
    assert before["questions"] == after["questions"]


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"clarity": "5"}, []),
        ({"clarity": 1, "missing": ""}, []),
        ({}, ["clarity"]),
        ({"clarity": ""}, ["clarity"]),
        ({"clarity": 0}, ["clarity"]),
        ({"clarity": [1, 2]}, ["clarity"]),
        ({"clarity": 3, "length": ["a", "b"]}, ["length"]),
        ({"clarity": 3, "missing": "a\x00b"}, ["missing"]),
        ({"clarity": 3, "missing": "tab\tand\nline"}, []),
    ],
)
def test_what_an_answer_may_be(answers, wrong):
    answers = {k: [str(x) for x in v] if isinstance(v, list) else v for k, v in answers.items()}

    _, faults = read(EVERY, answers)

    assert sorted(faults) == wrong
    assert all(told.startswith(f"{name}? ") for name, told in faults.items())


def test_an_evaluation_is_locked_until_all_that_is_required_is_done():
    steps = [
        make.lesson("one"),
        make.lesson("two", required=False),
        make.lesson("three"),
        make.evaluation(),
    ]
    content = make.content(components=steps, sequence=False)
    done = rules.Fact(done=True)

    before = rules.states(content, {"one": done})
    after = rules.states(content, {"one": done, "three": done})

    assert before["evaluation"] is rules.ComponentState.LOCKED
    assert after["evaluation"] is rules.ComponentState.OPEN
