"""Attempts at quizzes: starting, saving answers, submitting."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from connect import clock
from connect.audit import keyed_hash, record
from connect.catalog.content import Component, Purpose, Question, Quiz
from connect.catalog.queries import content_of
from connect.db import fetch, transaction, uuid7
from connect.errors import Conflict, Invalid, NotFound
from connect.learning import rules
from connect.learning.actions import (
    AttemptsUsedUp,
    EnrollmentEnded,
    complete_if_met,
    component_in,
    must_be_unlocked,
)
from connect.learning.answers import Given, faults, renamed, shown_ids
from connect.learning.queries import (
    answers_to,
    attempt_and_version,
    attempt_of,
    attempts_at,
    enrollment_of,
    for_update,
    progress_of,
    standing,
)
from connect.learning.tables import (
    OPEN,
    Attempt,
    AttemptState,
    Enrollment,
    EnrollmentState,
    Progress,
)
from connect.policy import Actor, Permission

KEEP_ANSWER = """
INSERT INTO answer (id, attempt, question, given, saved_at)
SELECT {}, id, {}, {}, {} FROM attempt WHERE id = {} AND state = 'open' %s
ON CONFLICT (attempt, question)
DO UPDATE SET given = excluded.given, saved_at = excluded.saved_at RETURNING id
"""
GRACE = timedelta(seconds=30)  # a submission may be on its way when the time is up


class NoAttemptsLeft(AttemptsUsedUp):
    pass


class AlreadyPassed(Conflict):
    message = "You have passed this test already, with {score} %. There is nothing left to do here."


class WaitBeforeRetry(Conflict):
    message = "The next attempt may begin in {minutes} minutes. Use the time to review the lessons."


class AttemptClosed(Conflict):
    message = "This attempt has ended and takes no more answers. Start a new one to try again."


class Submission(msgspec.Struct, frozen=True):
    """What the learner is told after submitting; repeated, the same."""

    state: AttemptState
    score_percent: int
    passed: bool
    feedback: list[rules.Feedback]


async def start_attempt(
    actor: Actor, enrollment_id: UUID, component_id: str
) -> tuple[Attempt, bool]:
    """Begin an attempt at a quiz, or go on with the open one; and whether it is new.

    Raises:
        NotFound: no such quiz in the actor's enrollment.
        ComponentLocked, EnrollmentEnded: it is not its turn.
        NoAttemptsLeft, AlreadyPassed, WaitBeforeRetry: the quiz does not allow another.
    """
    actor.must(Permission.LEARN)
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        content, facts = await standing(enrollment)
        component = component_in(content, component_id)
        if component.quiz is None:
            raise NotFound
        if enrollment.state not in OPEN:
            raise EnrollmentEnded
        must_be_unlocked(content, facts, component)
        earlier = await attempts_at(enrollment.id, component.id)
        if earlier and earlier[-1].state == AttemptState.OPEN:
            if not is_over(earlier[-1]):
                return earlier[-1], False
            await _close(actor, enrollment, component, earlier[-1])
        reopened = facts.get(component.id, rules.NOTHING).reopened
        attempt = _new_attempt(enrollment, component.id, component.quiz, earlier, reopened)
        await Attempt.insert(attempt)
        enrollment.last_component = component.id
        enrollment.state = EnrollmentState.IN_PROGRESS
        await enrollment.save([Enrollment.last_component, Enrollment.state])
        await record(actor, "attempt.started", Attempt, of=attempt.id, number=attempt.number)
    return attempt, True


def _new_attempt(
    enrollment: Enrollment, component: str, quiz: Quiz, earlier: list[Attempt], reopened: int
) -> Attempt:
    now = clock.now()
    passed = [a.score for a in earlier if a.state == AttemptState.PASSED]
    if passed and quiz.purpose is not Purpose.PRACTICE:
        raise AlreadyPassed(score=max(passed))
    if rules.attempts_left(quiz, len(earlier), reopened) == 0:
        raise NoAttemptsLeft
    wait = rules.may_start_at(quiz, earlier[-1].submitted_at if earlier else None)
    if wait and wait > now:
        raise WaitBeforeRetry(minutes=-(-(wait - now).total_seconds() // 60))
    seed = secrets.randbits(60)
    seen = {question for attempt in earlier for question, _ in shown_in(attempt)}
    limit = timedelta(minutes=quiz.time_limit_minutes)
    return Attempt(
        enrollment=enrollment.id,
        component=component,
        number=len(earlier) + 1,
        seed=seed,
        questions=msgspec.json.encode(rules.draw(quiz, seed=seed, seen=seen)).decode(),
        started_at=now,
        expires_at=now + limit if limit else None,
    )


def shown_in(attempt: Attempt) -> rules.Drawn:
    """The questions of an attempt, and what each shows, by name and in order."""
    return msgspec.json.decode(attempt.questions, type=rules.Drawn)


def questions_of(attempt: Attempt, component: Component) -> list[Question]:
    """The questions of an attempt, in its order."""
    by_id = {q.id: q for q in component.quiz.questions} if component.quiz else {}
    return [by_id[question] for question, _ in shown_in(attempt)]


def is_over(attempt: Attempt) -> bool:
    """Whether the time of an attempt has run out, whatever its state says."""
    return attempt.expires_at is not None and clock.now() > attempt.expires_at + GRACE


async def save_answer(actor: Actor, attempt_id: UUID, question_id: str, given: Given) -> datetime:
    """Keep what the learner answered to one question; the moment at which it was kept.

    Args:
        given: named by the ids that the attempt shows.

    Raises:
        NotFound: no such question in the actor's attempt.
        AttemptClosed: it was submitted, or its time is over.
        Invalid: no answer to a question of this kind.
    """
    attempt, version = await attempt_and_version(actor, attempt_id)
    if attempt.state != AttemptState.OPEN or is_over(attempt):
        raise AttemptClosed
    question = (await _asked(attempt, version)).get(question_id)
    if question is None:
        raise NotFound
    named = _named(attempt, question, given)
    if wrong := faults(question, named):
        raise Invalid(wrong)
    if named.choices:
        named = msgspec.structs.replace(named, choices=sorted(set(named.choices)))
    saved_at = clock.now()
    kept = await fetch(
        KEEP_ANSWER % for_update("attempt"),
        uuid7(),
        question_id,
        msgspec.json.encode(named).decode(),
        saved_at,
        attempt_id,
    )
    if not kept:  # submitted since it was read
        raise AttemptClosed
    return saved_at


async def faults_of(actor: Actor, attempt_id: UUID, answers: Mapping[str, Given]) -> dict[str, str]:
    """What is wrong with *answers*, by question id: question → the first fault of its answer."""
    attempt, version = await attempt_and_version(actor, attempt_id)
    asked = await _asked(attempt, version)
    found = {q: faults(asked[q], _named(attempt, asked[q], given)) for q, given in answers.items()}
    return {question: next(iter(wrong.values())) for question, wrong in found.items() if wrong}


async def _asked(attempt: Attempt, version: UUID) -> dict[str, Question]:
    """The questions of an attempt by id."""
    component = component_in(await content_of(version), attempt.component)
    return {question.id: question for question in questions_of(attempt, component)}


def _named(attempt: Attempt, question: Question, given: Given) -> Given:
    """*given* by the names of the course, where the attempt has ids of its own."""
    names = {shown: name for name, shown in shown_ids(question, attempt.seed).items()}
    return renamed(given, names)


async def submit_answers(
    actor: Actor, attempt_id: UUID, answers: Mapping[str, Given]
) -> Submission:
    """Save all *answers*, by question id, and submit; what a page without script does."""
    async with transaction():
        attempt = await attempt_of(actor, attempt_id)
        await enrollment_of(actor, attempt.enrollment, lock=True)
        if attempt.state == AttemptState.OPEN and not is_over(attempt):
            for question, given in answers.items():
                await save_answer(actor, attempt_id, question, given)
        return await submit_attempt(actor, attempt_id)


async def submit_attempt(actor: Actor, attempt_id: UUID) -> Submission:
    """Grade an attempt by its saved answers; the last missing fact completes the course.

    Submitted again, it gives the stored result. One whose time was over is expired, whatever
    its answers.

    Raises:
        NotFound: the attempt is not the actor's.
        EnrollmentEnded: the learner left the course before.
    """
    actor.must(Permission.LEARN)
    async with transaction():
        attempt = await attempt_of(actor, attempt_id)
        # The enrollment first, as everywhere: two who lock in two orders wait for each other.
        enrollment = await enrollment_of(actor, attempt.enrollment, lock=True)
        attempt = await attempt_of(actor, attempt_id, lock=True)
        if attempt.state == AttemptState.OPEN:
            if enrollment.state == EnrollmentState.WITHDRAWN:
                raise EnrollmentEnded
            content, _ = await standing(enrollment)
            component = component_in(content, attempt.component)
            await _close(actor, enrollment, component, attempt)
    return result_of(attempt)


def result_of(attempt: Attempt) -> Submission:
    """What an ended attempt told."""
    return msgspec.json.decode(attempt.result, type=Submission)


async def _close(
    actor: Actor, enrollment: Enrollment, component: Component, attempt: Attempt
) -> None:
    """Grade an open attempt and write what follows from it."""
    quiz = component.quiz
    if quiz is None:
        raise NotFound
    over = is_over(attempt)
    asked = questions_of(attempt, component)
    answers = {q: a["given"] for q, a in (await answers_to(attempt.id)).items()}
    score = rules.score(asked, answers)
    passed = score >= quiz.pass_percent and not over
    fact = (await standing(enrollment))[1].get(component.id, rules.NOTHING)
    last = rules.attempts_left(quiz, attempt.number, fact.reopened) == 0
    attempt.state = (
        AttemptState.EXPIRED if over else AttemptState.PASSED if passed else AttemptState.FAILED
    )
    attempt.score = score
    attempt.submitted_at = clock.now()
    told = rules.feedback(quiz, asked, answers, passed=passed, last=last)
    result = Submission(attempt.state, score, passed, told)
    attempt.result = msgspec.json.encode(result).decode()
    await attempt.save()
    await record(
        actor,
        "attempt.submitted",
        Attempt,
        of=attempt.id,
        state=attempt.state,
        score=score,
        answers={q: _written_down(given) for q, given in answers.items()},
    )
    graded = quiz.purpose in (Purpose.POST, Purpose.FINAL)
    if passed or not (graded or over):
        row = await progress_of(enrollment.id, component.id)
        if row.done_at is None:
            await Progress.update({Progress.done_at: clock.now()}).where(Progress.id == row.id)
        await complete_if_met(actor, enrollment)
    elif last and graded and component.required and not fact.done and enrollment.state in OPEN:
        enrollment.state = EnrollmentState.FAILED
        await enrollment.save([Enrollment.state])
        await record(actor, "enrollment.failed", Enrollment, of=enrollment.id)


def _written_down(given: Given) -> object:
    """An answer for the trail, which is never changed: own words as keyed hashes."""
    if given.gaps:
        return {gap: keyed_hash(text) for gap, text in given.gaps.items()}
    if given.text:
        return keyed_hash(given.text)
    kept = (given.choices, given.number, given.order, given.pairs)
    return next((value for value in kept if value), None)
