"""The courses that Connect ships: no guessing gets through, and their minutes are honest."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from connect.catalog.check import check_course
from connect.catalog.content import (
    Component,
    CourseContent,
    Purpose,
    Question,
    QuestionKind,
    Quiz,
)
from connect.learning import rules
from connect.learning.answers import Given

COURSES = Path(__file__).parents[2] / "courses"
FOLDERS = sorted(p for p in COURSES.iterdir() if p.is_dir() and p.name[0] not in "._")
DRAWS = 20

WORDS_A_MINUTE = 180
MINUTES_A_QUESTION = 1.85

Robot = Callable[[Question, list[str]], Given]


def chosen(question: Question, shown: list[str], choices: list[str]) -> Given:
    """*choices* where one chooses; elsewhere what is there, just as it is shown."""
    match question.kind:
        case QuestionKind.ORDER:
            return Given(order=shown)
        case QuestionKind.MATCH:
            half = len(shown) // 2
            return Given(pairs=dict(zip(shown[:half], shown[half:], strict=True)))
        case _:
            return Given(choices=choices)


def longest(question: Question, shown: list[str]) -> Given:
    lengths = {choice.id: len(choice.text) for choice in question.choices}
    return chosen(question, shown, [max(lengths, key=lambda c: lengths[c])] if lengths else [])


def first(question: Question, shown: list[str]) -> Given:
    return chosen(question, shown, shown[:1])


def first_written(question: Question, shown: list[str]) -> Given:
    return chosen(question, shown, [choice.id for choice in question.choices][:1])


def always_true(question: Question, shown: list[str]) -> Given:
    return chosen(question, shown, ["true"] if "true" in shown else shown)


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def course(request: pytest.FixtureRequest) -> CourseContent:
    content, faults = check_course(request.param)
    assert content is not None, "\n".join(str(fault) for fault in faults)
    return content


def graded_quizzes(course: CourseContent) -> list[Quiz]:
    graded = (Purpose.POST, Purpose.FINAL)
    return [c.quiz for c in course.components if c.quiz and c.quiz.purpose in graded]


@pytest.mark.parametrize("robot", [longest, first, first_written, always_true])
def test_a_robot_fails_every_draw_of_the_test(course: CourseContent, robot: Robot) -> None:
    quizzes = graded_quizzes(course)

    scores = [_score(quiz, robot, seed) for quiz in quizzes for seed in range(DRAWS)]

    assert quizzes
    assert max(scores) < min(quiz.pass_percent for quiz in quizzes)


def _score(quiz: Quiz, robot: Robot, seed: int) -> int:
    questions = {question.id: question for question in quiz.questions}
    drawn = rules.draw(quiz, seed=seed)
    answers: Mapping[str, Given] = {q: robot(questions[q], shown) for q, shown in drawn}
    return rules.score([questions[q] for q, _ in drawn], answers)


def test_the_contact_minutes_are_honest(course: CourseContent) -> None:
    required = [component for component in course.components if component.required]

    minutes = sum(_minutes(component) for component in required)

    assert minutes >= 0.8 * course.contact_minutes


def _minutes(component: Component) -> float:
    if component.quiz:
        return MINUTES_A_QUESTION * len(rules.draw(component.quiz, seed=0))
    words = re.sub(r"<[^>]+>", " ", component.html) or component.text
    return len(words.split()) / WORDS_A_MINUTE
