"""What a new version changes of the one before it."""

import pytest

from catalog.course_folder import TODAY, changed, write_course
from connect.catalog.check import check_course
from connect.catalog.difference import Line, State, difference

CHANGED = State.CHANGED


def content(folder, **changes):
    checked = check_course(write_course(folder, **changes), today=TODAY)
    assert checked.content is not None, checked.faults
    return checked.content


def between(tmp_path, **changes):
    return difference(content(tmp_path / "one"), content(tmp_path / "two", **changes))


def test_the_same_content_has_no_difference(tmp_path):
    assert between(tmp_path) == []


def test_of_a_first_version_everything_is_new(tmp_path):
    new = content(tmp_path)

    lines = difference(None, new)

    assert [(line.state, line.component) for line in lines] == [
        (State.NEW, ""),
        *((State.NEW, component.id) for component in new.components),
    ]


QUESTION = "You wait an hour before you search."


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            ("course.toml", 'title = "Lost at the fair"', 'title = "Lost"'),
            [Line(CHANGED, "", "", "Lost", ["title"], "Lost at the fair", "Lost")],
        ),
        (
            ("course.toml", "valid_months = 24", "valid_months = 12"),
            [Line(CHANGED, "", "", "Lost at the fair", ["valid months"])],
        ),
        (
            ("course.toml", 'change = "minor"', 'change = "everyone"'),
            [Line(CHANGED, "", "", "Lost at the fair", ["whom it concerns"])],
        ),
        (
            ("course.toml", "min_seconds = 30", "min_seconds = 60"),
            [Line(CHANGED, "search", "", "Search at once", ["min seconds"])],
        ),
        (
            ("lessons/01-search.md", "Close the gates.", "Close all gates."),
            [Line(CHANGED, "search", "", "Search at once", ["text"])],
        ),
        (
            ("quizzes/final.toml", "max_attempts = 3", "max_attempts = 2"),
            [Line(CHANGED, "final", "", "Final test", ["max attempts"])],
        ),
        (
            ("quizzes/final.toml", QUESTION, "You wait."),
            [Line(CHANGED, "final", "wait", "You wait.", ["text"], QUESTION, "You wait.")],
        ),
        (
            ("quizzes/final.toml", "right = false", "right = true"),
            [Line(CHANGED, "final", "wait", QUESTION, ["right answer"])],
        ),
        (
            ("quizzes/final.toml", 'text = "Have lunch"', 'text = "Have a break"'),
            [Line(CHANGED, "final", "first", "What comes first?", ["words of the choices"])],
        ),
        (
            ("quizzes/final.toml", 'feedback = "Yes."', 'feedback = "Right."'),
            [Line(CHANGED, "final", "first", "What comes first?", ["feedback of the choices"])],
        ),
        (
            ("quizzes/final.toml", 'id = "who"', 'id = "helpers"'),
            [
                Line(State.NEW, "final", "helpers", "Who helps?"),
                Line(State.GONE, "final", "who", "Who helps?"),
            ],
        ),
        (
            ("media/clock.svg", 'r="4"', 'r="3"'),
            [Line(CHANGED, "", "", "media/clock.svg")],
        ),
    ],
)
def test_each_part_that_changed_has_its_line(change, lines, tmp_path):
    assert between(tmp_path, **changed(*change)) == lines


def test_another_order_of_components_is_said(tmp_path):
    source = (write_course(tmp_path / "x") / "course.toml").read_text()
    head, first, second, third = source.split("[[components]]\n")
    moved = "[[components]]\n".join([head, second + "\n", first, third])

    (line,) = between(tmp_path, **{"course.toml": moved})

    assert line.what == ["order of the components"]


def test_a_component_that_is_gone_stands_last(tmp_path):
    source = (write_course(tmp_path / "x") / "course.toml").read_text()
    head, first, _, third = source.split("[[components]]\n")

    lines = between(tmp_path, **{"course.toml": "[[components]]\n".join([head, first, third])})

    assert lines == [Line(State.GONE, "promise", "", "Your promise")]
