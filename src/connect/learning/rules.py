"""Time, attempts, scores and completion. Pure: no database, no clock, no await."""

import random
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from connect import clock
from connect.catalog.content import (
    CHOSEN,
    Audience,
    ComponentKind,
    CourseContent,
    FeedbackPolicy,
    OpenTo,
    Question,
    QuestionKind,
    Quiz,
)
from connect.learning.answers import Given, is_right, key_in_words, names
from connect.learning.requirements import NOTHING as NOTHING
from connect.learning.requirements import Fact as Fact
from connect.learning.requirements import Facts as Facts
from connect.learning.requirements import attempts_left as attempts_left
from connect.learning.requirements import missing as missing
from connect.lists import AGENCY_KINDS, DISCIPLINES

IDLE = 600  # seconds: a longer silence counts as this much
Drawn = list[tuple[str, list[str]]]  # question id, what it shows by name (see ``answers``)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about access to a course."""

    verified: bool = False
    ran_out: bool = False  # was verified, and has to be again
    disciplines: frozenset[str] = frozenset()  # the person's, and those of the affiliations
    agency_kinds: frozenset[str] = frozenset()  # of the agencies where the person works now
    titles: frozenset[str] = frozenset()


def access_fault(access: OpenTo | Audience, standing: Standing) -> str:
    """The rule by which somebody may not take a course, in words; empty when there is none (R1)."""
    if access is OpenTo.PUBLIC:
        return ""
    if not standing.verified:
        why = "your verification has run out" if standing.ran_out else "you are not verified yet"
        return f"This course is for verified professionals, and {why}."
    if isinstance(access, Audience):
        if access.disciplines and not standing.disciplines & set(access.disciplines):
            labels = [DISCIPLINES[d].label for d in access.disciplines]
            return f"This course is for people who work in: {', '.join(labels)}."
        if access.agency_kinds and not standing.agency_kinds & set(access.agency_kinds):
            labels = [AGENCY_KINDS[k].label for k in access.agency_kinds]
            return f"This course is for people of these agencies: {', '.join(labels)}."
        titles = {title.casefold() for title in access.titles}
        if titles and not {title.casefold() for title in standing.titles} & titles:
            return (
                f"This course is for people with one of these titles: {', '.join(access.titles)}."
            )
    return ""


class ComponentState(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    DONE = "done"


def counted_seconds(
    *,
    last: datetime | None,
    counted_until: datetime | None,
    now: datetime,
    closing_without_beats: bool,
    minutes: int | None,
) -> int:
    """Seconds of learning that lie between the last sign of life and *now*.

    Args:
        last: the latest event of the open span; None when nothing is open.
        counted_until: until when this learner's time is counted already, in whichever tab.
        closing_without_beats: the span ends and no script ever sent a heartbeat in it; then it
            counts up to the component's own length, so that the journey without script can
            be completed (R3 as amended).
        minutes: the component's own length.
    """
    if last is None:
        return 0
    start = max(last, counted_until) if counted_until else last
    most = minutes * 60 if closing_without_beats and minutes else IDLE
    return max(0, min(int((now - start).total_seconds()), most))


def states(content: CourseContent, facts: Facts) -> dict[str, ComponentState]:
    """The state of every component; in a sequence, all required ones before it come first.

    An evaluation comes after everything that is required, in a sequence or not.
    """
    found: dict[str, ComponentState] = {}
    blocked = False
    for component in content.components:
        if facts.get(component.id, NOTHING).done:
            found[component.id] = ComponentState.DONE
        elif blocked or (component.kind == ComponentKind.EVALUATION and _before(content, facts)):
            found[component.id] = ComponentState.LOCKED
        else:
            found[component.id] = ComponentState.OPEN
            blocked = content.sequence and component.required
    return found


def _before(content: CourseContent, facts: Facts) -> bool:
    """Whether something is missing that comes before an evaluation, in whatever order."""
    return any(m.kind != ComponentKind.EVALUATION for m in missing(content, facts))


def next_component(content: CourseContent, facts: Facts, last: str | None) -> str | None:
    """Where the learner goes on: the one opened last if it is not done, else the next open one.

    An optional component behind the last one is offered; one that was passed over is not.
    """
    now = states(content, facts)
    if last in now and now[last] is ComponentState.OPEN:
        return last
    ids = [c.id for c in content.components]
    behind = ids[ids.index(last) + 1 :] if last in ids else ids
    for component in behind:
        if now[component] is ComponentState.OPEN:
            return component
    return next((m.component for m in missing(content, facts)), None)


def progress_percent(content: CourseContent, facts: Facts) -> int:
    """Share of the required components that are done, whole, rounded down."""
    required = [c for c in content.components if c.required]
    done = sum(facts.get(c.id, NOTHING).done for c in required)
    return done * 100 // len(required) if required else 100


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What one learner has beyond what a quiz gives everybody."""

    extra_time_percent: int = 0
    more_attempts: int = 0
    no_time_limit: bool = False


def accommodated(content: CourseContent, granted: Granted | None) -> CourseContent:
    """*content* with the limits of its quizzes as they are for the learner who has *granted*."""
    if granted is None:
        return content
    changed = [
        msgspec.structs.replace(c, quiz=_eased(c.quiz, granted)) if c.quiz else c
        for c in content.components
    ]
    return msgspec.structs.replace(content, components=changed)


def _eased(quiz: Quiz, granted: Granted) -> Quiz:
    minutes = -(-quiz.time_limit_minutes * (100 + granted.extra_time_percent) // 100)  # rounded up
    return msgspec.structs.replace(
        quiz,
        time_limit_minutes=0 if granted.no_time_limit else minutes,
        max_attempts=quiz.max_attempts + granted.more_attempts if quiz.max_attempts else 0,
    )


def may_start_at(quiz: Quiz, last_ended: datetime | None) -> datetime | None:
    """When the next attempt may start, if the quiz asks for a pause."""
    if not quiz.wait_minutes or last_ended is None:
        return None
    return last_ended + timedelta(minutes=quiz.wait_minutes)


def expires_on(day: date, valid_months: int | None) -> date | None:
    """The first day on which a completion of *day* does not count any more; None: never (R17)."""
    return None if valid_months is None else clock.months_after(day, valid_months)


def draw(quiz: Quiz, *, seed: int, seen: Collection[str] = ()) -> Drawn:
    """The questions of one attempt and the order of their choices.

    The same seed draws the same. Questions not in *seen* come first into the draw.
    """
    chance = random.Random(seed)  # noqa: S311 -- has to be repeatable, not secret
    questions = _drawn(quiz, chance, seen)
    if quiz.shuffle:
        chance.shuffle(questions)
    return [(question.id, _shown(quiz, question, chance)) for question in questions]


def _shown(quiz: Quiz, question: Question, chance: random.Random) -> list[str]:
    """The names of what a question shows, in the order in which it does."""
    found = names(question)
    if question.kind is QuestionKind.ORDER:
        return _mixed(found, chance, avoid=found)
    if question.kind is QuestionKind.MATCH:
        left, right = found[: len(question.pairs)], found[len(question.pairs) :]
        chance.shuffle(left)
        return left + _mixed(right, chance, avoid=[f"r{name[1:]}" for name in left])
    if quiz.shuffle and question.kind in (QuestionKind.CHOICE, QuestionKind.CHOICES):
        chance.shuffle(found)
    return found


def _mixed(found: list[str], chance: random.Random, *, avoid: list[str]) -> list[str]:
    """*found* in a random order, which is not *avoid* unless there is no other."""
    mixed = list(found)
    chance.shuffle(mixed)
    while mixed == avoid and len(mixed) > 1:
        chance.shuffle(mixed)
    return mixed


def _drawn(quiz: Quiz, chance: random.Random, seen: Collection[str]) -> list[Question]:
    if quiz.draw is None:
        return list(quiz.questions)
    if isinstance(quiz.draw, int):
        wanted = [(list(quiz.questions), quiz.draw)]
    else:
        wanted = [
            ([q for q in quiz.questions if q.pool == pool], many)
            for pool, many in quiz.draw.items()
        ]
    taken: set[str] = set()
    for pool, many in wanted:
        chance.shuffle(pool)
        pool.sort(key=lambda question: question.id in seen)  # stable: chance within each half
        taken |= {question.id for question in pool[:many]}
    return [question for question in quiz.questions if question.id in taken]


def score(questions: Sequence[Question], answers: Mapping[str, Given]) -> int:
    """Points earned in whole per cent, 0 to 100, rounded down.

    Raises:
        ValueError: there is nothing to grade.
    """
    if not questions:
        raise ValueError("a quiz needs at least one question")
    earned = sum(q.points for q in questions if is_right(q, answers.get(q.id)))
    return earned * 100 // sum(q.points for q in questions)


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the learner is told of one question."""

    question: str
    right: bool
    text: str
    key: list[str] | None = None  # ids of the right choices, where the policy allows the key
    right_answer: list[str] | None = None  # the same in words, for every kind


def feedback(
    quiz: Quiz,
    questions: Sequence[Question],
    answers: Mapping[str, Given],
    *,
    passed: bool,
    last: bool,
) -> list[Feedback]:
    """What the quiz's policy lets be told after a submission.

    The key itself is told only after a pass or the last attempt.
    """
    if quiz.feedback is FeedbackPolicy.NEVER:
        return []
    if quiz.feedback is FeedbackPolicy.AFTER_PASS and not passed:
        return []
    may_tell = passed or last
    told = []
    for question in questions:
        given = answers.get(question.id)
        right = [choice.id for choice in question.choices if choice.right]
        told.append(
            Feedback(
                question=question.id,
                right=is_right(question, given),
                text=" ".join(w for w in told_of(question, given) if w),
                key=right if may_tell and question.kind in CHOSEN else None,
                right_answer=key_in_words(question) if may_tell else None,
            )
        )
    return told


def told_of(question: Question, given: Given | None, *, html: bool = False) -> list[str]:
    """The feedback of a question and of the chosen choices, as plain text or as HTML."""
    chosen = [c for c in question.choices if c.id in ((given.choices if given else ()) or ())]
    if html:
        return [question.feedback_html, *(choice.feedback_html for choice in chosen)]
    return [question.feedback, *(choice.feedback for choice in chosen)]
