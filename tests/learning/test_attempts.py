"""Attempts at quizzes: starting, saving, submitting, and every way in which that is refused."""

import asyncio
from datetime import timedelta

import pytest

import make
from connect.catalog.content import Purpose
from connect.errors import Invalid, NotFound
from connect.learning.actions import AttemptsUsedUp, EnrollmentEnded, enroll
from connect.learning.answers import Given
from connect.learning.attempts import (
    AlreadyPassed,
    AttemptClosed,
    NoAttemptsLeft,
    WaitBeforeRetry,
    save_answer,
    shown_in,
    start_attempt,
    submit_answers,
    submit_attempt,
)
from connect.learning.queries import answers_to
from connect.learning.tables import Answer, Attempt, AttemptState, Completion, Enrollment

RIGHT = {"q1": Given(choices=["a"]), "q2": Given(choices=["a", "b"])}
WRONG = {"q1": Given(choices=["b"]), "q2": Given(choices=["a"])}


async def quizzed(**changes):
    """A learner enrolled in a course that is one final test of two questions."""
    questions = [make.question("q1"), make.question("q2", right={"a", "b"})]
    test = make.component_quiz("final", **{"questions": questions, **changes})
    content = make.content(components=[test])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    return actor, enrollment, content


async def attempted(actor, enrollment, answers):
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    for question, given in answers.items():
        await save_answer(actor, attempt.id, question, given)
    return attempt


async def test_a_pass_completes_the_course(database):
    actor, enrollment, _ = await quizzed()
    attempt = await attempted(actor, enrollment, RIGHT)

    result = await submit_attempt(actor, attempt.id)

    assert (result.state, result.score_percent, result.passed) == ("passed", 100, True)
    assert {told.question: told.right for told in result.feedback} == {"q1": True, "q2": True}
    assert await Completion.count() == 1


async def test_submitted_again_it_gives_the_same_answer(database):
    actor, enrollment, _ = await quizzed()
    attempt = await attempted(actor, enrollment, WRONG)

    first = await submit_attempt(actor, attempt.id)
    answers = await asyncio.gather(*(submit_attempt(actor, attempt.id) for _ in range(10)))

    assert first.passed is False
    assert answers == [first] * 10


async def test_saving_alone_grades_nothing(database):
    actor, enrollment, _ = await quizzed()
    attempt = await attempted(actor, enrollment, RIGHT)

    row = await Attempt.objects().where(Attempt.id == attempt.id).first()

    assert (row.state, row.score) == (AttemptState.OPEN, None)
    assert await Completion.count() == 0


async def test_the_last_answer_stays(database, clock):
    actor, enrollment, _ = await quizzed()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    first = await save_answer(actor, attempt.id, "q1", Given(choices=["b"]))
    clock.move(timedelta(seconds=5))
    second = await save_answer(actor, attempt.id, "q1", Given(choices=["c"]))

    saved = await answers_to(attempt.id)
    assert second - first == timedelta(seconds=5)
    assert saved == {"q1": {"given": Given(choices=["c"]), "saved_at": second}}


async def test_answers_from_two_tabs_are_both_kept(database):
    actor, enrollment, _ = await quizzed()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    await asyncio.gather(
        save_answer(actor, attempt.id, "q1", Given(choices=["a"])),
        save_answer(actor, attempt.id, "q2", Given(choices=["b"])),
    )

    assert {q: a["given"].choices for q, a in (await answers_to(attempt.id)).items()} == {
        "q1": ["a"],
        "q2": ["b"],
    }


@pytest.mark.parametrize("choices", [["z"], ["a", "z"], ["a", "b"]])
async def test_choices_that_do_not_fit_are_refused(database, choices):
    actor, enrollment, _ = await quizzed()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    with pytest.raises(Invalid) as refusal:
        await save_answer(actor, attempt.id, "q1", Given(choices=choices))

    assert list(refusal.value.errors) == ["choices"]
    assert await Answer.count() == 0


async def test_a_submitted_attempt_takes_no_more_answers(database):
    actor, enrollment, _ = await quizzed()
    attempt = await attempted(actor, enrollment, WRONG)
    await submit_attempt(actor, attempt.id)

    with pytest.raises(AttemptClosed):
        await save_answer(actor, attempt.id, "q1", Given(choices=["a"]))

    assert (await answers_to(attempt.id))["q1"]["given"] == Given(choices=["b"])


async def test_a_strangers_attempt_is_not_found(database):
    actor, enrollment, _ = await quizzed()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    stranger = await make.learner()

    for act in (
        save_answer(stranger, attempt.id, "q1", Given(choices=["a"])),
        submit_attempt(stranger, attempt.id),
        submit_answers(stranger, attempt.id, RIGHT),
        start_attempt(stranger, enrollment.id, "final"),
    ):
        with pytest.raises(NotFound):
            await act


async def test_an_open_attempt_is_gone_on_with(database):
    actor, enrollment, _ = await quizzed()
    first, new = await start_attempt(actor, enrollment.id, "final")

    again, new_again = await start_attempt(actor, enrollment.id, "final")

    assert (again.id, new, new_again) == (first.id, True, False)
    assert shown_in(again) == shown_in(first)


async def test_d13_twenty_starts_at_the_last_attempt_start_one(database):
    actor, enrollment, _ = await quizzed(max_attempts=2)
    await submit_attempt(actor, (await attempted(actor, enrollment, WRONG)).id)

    found = await asyncio.gather(*(start_attempt(actor, enrollment.id, "final") for _ in range(20)))

    assert len({attempt.id for attempt, _ in found}) == 1
    assert await Attempt.count() == 2


async def test_when_all_attempts_are_used_the_enrollment_has_failed(database):
    actor, enrollment, content = await quizzed(max_attempts=2)
    for _ in range(2):
        result = await submit_attempt(actor, (await attempted(actor, enrollment, WRONG)).id)

    row = await Enrollment.objects().where(Enrollment.id == enrollment.id).first()
    assert row.state == "failed"
    assert result.feedback[0].key is not None  # nothing is left to protect
    with pytest.raises(EnrollmentEnded):
        await start_attempt(actor, enrollment.id, "final")
    with pytest.raises(AttemptsUsedUp):
        await enroll(actor, content.slug)


async def test_an_optional_test_with_no_attempts_left_fails_nothing(database):
    actor, enrollment, _ = await quizzed(max_attempts=1, required=False)
    await submit_attempt(actor, (await attempted(actor, enrollment, WRONG)).id)

    with pytest.raises(NoAttemptsLeft):
        await start_attempt(actor, enrollment.id, "final")


async def test_after_a_pass_there_is_nothing_left_to_try(database):
    questions = [make.question("q1")]
    content = make.content(
        components=[make.component_quiz("final", questions=questions), make.lesson("after")]
    )
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    await submit_answers(actor, attempt.id, {"q1": Given(choices=["a"])})

    with pytest.raises(AlreadyPassed) as refusal:
        await start_attempt(actor, enrollment.id, "final")

    assert refusal.value.facts == {"score": 100}


async def test_a_pause_between_attempts_is_kept(database, clock):
    actor, enrollment, _ = await quizzed(wait_minutes=10)
    await submit_attempt(actor, (await attempted(actor, enrollment, WRONG)).id)
    clock.move(timedelta(minutes=9, seconds=30))

    with pytest.raises(WaitBeforeRetry) as refusal:
        await start_attempt(actor, enrollment.id, "final")
    clock.move(timedelta(seconds=30))
    _, new = await start_attempt(actor, enrollment.id, "final")

    assert (refusal.value.facts, new) == ({"minutes": 1}, True)


async def test_the_servers_clock_ends_an_attempt(database, clock):
    actor, enrollment, _ = await quizzed(time_limit_minutes=10)
    attempt = await attempted(actor, enrollment, RIGHT)
    clock.move(timedelta(minutes=10, seconds=31))

    with pytest.raises(AttemptClosed):
        await save_answer(actor, attempt.id, "q1", Given(choices=["a"]))
    result = await submit_attempt(actor, attempt.id)
    _, new = await start_attempt(actor, enrollment.id, "final")

    assert (result.state, result.passed) == ("expired", False)
    assert new
    assert await Completion.count() == 0


async def test_a_submission_on_its_way_when_the_time_is_up_counts(database, clock):
    actor, enrollment, _ = await quizzed(time_limit_minutes=10)
    attempt = await attempted(actor, enrollment, RIGHT)
    clock.move(timedelta(minutes=10, seconds=29))

    assert (await submit_attempt(actor, attempt.id)).passed


async def test_unseen_questions_come_first(database):
    questions = [make.question(f"q{n}") for n in range(6)]
    actor, enrollment, _ = await quizzed(questions=questions, draw=3)
    first, _ = await start_attempt(actor, enrollment.id, "final")
    await submit_attempt(actor, first.id)

    second, _ = await start_attempt(actor, enrollment.id, "final")

    asked = [{question for question, _ in shown_in(attempt)} for attempt in (first, second)]
    assert asked[0] | asked[1] == {f"q{n}" for n in range(6)}


async def test_a_practice_quiz_is_done_when_submitted_and_may_be_repeated(database):
    actor, enrollment, _ = await quizzed(purpose=Purpose.PRACTICE)
    attempt = await attempted(actor, enrollment, WRONG)

    result = await submit_attempt(actor, attempt.id)

    assert result.passed is False
    assert await Completion.count() == 1


async def test_answering_and_submitting_in_one_post_does_all_or_nothing(database):
    actor, enrollment, _ = await quizzed()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    with pytest.raises(Invalid):
        await submit_answers(
            actor, attempt.id, {"q1": Given(choices=["a"]), "q2": Given(choices=["nothing"])}
        )
    untouched = await Answer.count(), (await Attempt.objects().first()).state
    result = await submit_answers(actor, attempt.id, RIGHT)

    assert untouched == (0, AttemptState.OPEN)
    assert result.passed
