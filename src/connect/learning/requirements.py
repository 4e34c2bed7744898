"""What completes a course: asked, recorded, missing. Pure: no database, no clock, no await."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from connect.catalog.content import Component, ComponentKind, CourseContent, Purpose, Quiz

GRADED = (Purpose.POST, Purpose.FINAL)
FINISH = "Finish this step."
SPENT = {
    ComponentKind.VIDEO: "viewing",
    ComponentKind.AUDIO: "listening",
    ComponentKind.PACKAGE: "learning",
}
FINISHED = {
    ComponentKind.LESSON: "lesson",
    ComponentKind.VIDEO: "video",
    ComponentKind.AUDIO: "recording",
}
# Done when closed, once their time is met; a package has to have reported too.
CLOSED = {*FINISHED, ComponentKind.DOWNLOAD, ComponentKind.PACKAGE}


class Told(StrEnum):
    """What a package says of how far the learner is: the learner's own claim, since its code runs
    in the learner's browser. It is never the only basis of a presenter's certification."""

    NOTHING = ""
    UNFINISHED = "unfinished"
    FAILED = "failed"
    FINISHED = "finished"  # stays, whatever it says later


TOLD = {
    Told.UNFINISHED: "The package reports that it is under way.",
    Told.FAILED: "The package reports that its test is not passed.",
    Told.FINISHED: "The package reports that it is finished.",
}


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of one component of one enrollment."""

    seconds: int = 0
    opened: bool = False
    done: bool = False  # by whichever of these three: the learner, staff, an earlier completion
    by_hand: bool = False  # done only by the word of staff
    carried: bool = False  # done only in an earlier completion, and unchanged since
    attempts: int = 0  # ended ones; quizzes only
    reopened: int = 0  # how often staff gave all attempts anew
    best: int | None = None  # per cent
    told: Told = Told.NOTHING  # packages only


NOTHING = Fact()
Facts = Mapping[str, Fact]  # component id → what is recorded


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One row of what is recorded of a component, whatever table it stands in."""

    component: str
    opened: bool = False
    seconds: int = 0
    done: bool = False
    attempts: int = 0
    best: int | None = None
    met: bool = False  # an override
    reopened: int = 0
    carried: bool = False
    told: Told = Told.NOTHING


class Missing(msgspec.Struct, frozen=True):
    """One requirement that is not met, in words for the learner."""

    component: str
    kind: str
    what: str


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One required component, in words: what is asked, what is recorded, what is missing."""

    component: str
    kind: str
    title: str
    asked: str
    recorded: str
    missing: str = ""  # empty: it is met
    by_hand: bool = False
    carried: bool = False


def facts_from(records: Iterable[Record]) -> Facts:
    """What is known of each component, whatever the order in which it was recorded."""
    found: dict[str, Fact] = {}
    by_learner: set[str] = set()
    for row in records:
        was = found.get(row.component, NOTHING)
        scores = [score for score in (was.best, row.best) if score is not None]
        if row.done:
            by_learner.add(row.component)
        found[row.component] = Fact(
            seconds=was.seconds + row.seconds,
            opened=was.opened or row.opened,
            done=was.done or row.done or row.met or row.carried,
            by_hand=was.by_hand or row.met,
            carried=was.carried or row.carried,
            attempts=was.attempts + row.attempts,
            reopened=was.reopened + row.reopened,
            best=max(scores, default=None),
            told=row.told or was.told,  # one row holds it
        )
    own = {"by_hand": False, "carried": False}
    return {
        name: msgspec.structs.replace(fact, **own) if name in by_learner else fact
        for name, fact in found.items()
    }


def explain(content: CourseContent, facts: Facts) -> list[Requirement]:
    """Every required component, in the course's order: asked, recorded, missing (R3).

    The one source of what completes a course: ``missing``, pages and API are made of it.
    """
    return [_requirement(c, facts.get(c.id, NOTHING)) for c in content.components if c.required]


def missing(content: CourseContent, facts: Facts) -> list[Missing]:
    """What is between these facts and completion; empty means complete (R3)."""
    return [Missing(r.component, r.kind, r.missing) for r in explain(content, facts) if r.missing]


def _requirement(component: Component, fact: Fact) -> Requirement:
    return Requirement(
        component=component.id,
        kind=component.kind,
        title=component.title,
        asked=_asked(component),
        recorded=_recorded(component, fact),
        missing="" if fact.done else what_is_missing(component, fact),
        by_hand=fact.by_hand,
        carried=fact.carried,
    )


def _asked(component: Component) -> str:
    if component.kind == ComponentKind.ACKNOWLEDGEMENT:
        return "Confirm this statement."
    if component.kind == ComponentKind.EVALUATION:
        return "Tell us what you think of the course. Any answer is enough."
    if quiz := component.quiz:
        if quiz.purpose not in GRADED:
            return "Submit your answers. Any score is enough."
        most = f", in {_many(quiz.max_attempts, 'attempt')} at most" if quiz.max_attempts else ""
        return f"Pass with {quiz.pass_percent} %{most}."
    least = component.min_seconds
    if component.kind == ComponentKind.PACKAGE:
        take = f", and take {_time(least)} or more" if least else ""
        return f"Finish this package, until it reports so{take}."
    return f"Finish this step, in {_time(least)} or more." if least else FINISH


def _recorded(component: Component, fact: Fact) -> str:
    if fact.by_hand:
        return "Met by hand: staff recorded it."
    if fact.carried:
        return "Carried over from an earlier completion: it has not changed since."
    if component.quiz and fact.attempts:
        best = f", the best with {fact.best} %" if fact.best is not None else ""
        return f"{_many(fact.attempts, 'attempt')} submitted{best}."
    if fact.seconds and not component.quiz:
        told = f" {TOLD[fact.told]}" if fact.told else ""
        return f"{_time(fact.seconds)}{', finished' if fact.done else ''}.{told}"
    if fact.told:
        return TOLD[fact.told]
    return "Done." if fact.done else "Opened." if fact.opened else "Nothing yet."


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _time(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    said = [_many(minutes, "minute")] if minutes else []
    return " ".join([*said, _many(rest, "second")] if rest or not said else said)


def what_is_missing(component: Component, fact: Fact) -> str:
    """Why a component that is not done is not done, in a sentence."""
    if component.kind == ComponentKind.ACKNOWLEDGEMENT:
        return "You have not confirmed this statement yet."
    if component.kind == ComponentKind.EVALUATION:
        return "Tell us what you think of the course. The certificate follows at once."
    if quiz := component.quiz:
        if quiz.purpose not in GRADED:
            return "You have not submitted your answers yet."
        left = attempts_left(quiz, fact.attempts, fact.reopened)
        tried = f"Your best score is {fact.best} %. " if fact.best is not None else ""
        rest = "" if left is None else f" Attempts left: {left}."
        return f"{tried}You need {quiz.pass_percent} % to pass.{rest}"
    if component.kind == ComponentKind.PACKAGE and fact.told is not Told.FINISHED:
        return what_a_package_misses(fact.told)
    short = component.min_seconds - fact.seconds
    if fact.opened and short > 0:
        spent = SPENT.get(component.kind, "reading")
        return f"{_time(short)} of {spent} time {'is' if short in (1, 60) else 'are'} missing."
    return f"You have not finished this {FINISHED.get(component.kind, 'step')} yet."


def what_a_package_misses(told: Told) -> str:
    """Why a package that has not reported its end is not done."""
    if told is Told.FAILED:
        return "The package reports that its test is not passed. Open it and try again."
    return "The package has not reported that you finished it. Go through it to its end."


def used_up(content: CourseContent, facts: Facts) -> list[str]:
    """The required tests that are not passed and have no attempt left."""
    return [
        c.id
        for c in content.components
        if c.required
        and c.quiz
        and c.quiz.purpose in GRADED
        and not (fact := facts.get(c.id, NOTHING)).done
        and attempts_left(c.quiz, fact.attempts, fact.reopened) == 0
    ]


def attempts_left(quiz: Quiz, ended: int, reopened: int = 0) -> int | None:
    """How many more attempts may be started; None means any number.

    Args:
        reopened: how often staff opened the test again; each time gives all its attempts anew.
    """
    return max(0, quiz.max_attempts * (1 + reopened) - ended) if quiz.max_attempts else None
