"""Every warning of a check: with its file, its line, and the course still published."""

from datetime import date

import pytest

from catalog.course_folder import LESSON, TODAY, age, changed, faults_of, write_course
from connect.catalog.check import check_course

LONG = "Many" + " words" * 35
HARD = "Organizational telecommunication responsibilities necessitate interdisciplinary. " * 8


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "lessons/01-search.md",
            "Close the gates. Then take",
            f"Close the gates.\n{LONG}\nand take",
            "lessons/01-search.md:10: warning: a sentence of 50 words (over 35):"
            ' "Many words words words words …"',
        ),
        (
            "quizzes/final.toml",
            "Have lunch",
            f"{LONG}",
            "quizzes/final.toml:23: warning: a sentence of 36 words (over 35):"
            ' "Many words words words words …"',
        ),
        (
            "course.toml",
            "I have read the lesson.",
            f"I have read it. {LONG}",
            "course.toml:39: warning: a sentence of 36 words (over 35):"
            ' "Many words words words words …"',
        ),
        (
            "lessons/01-search.md",
            "Write down what you did.",
            HARD,
            "lessons/01-search.md:1: warning: reading grade 32.9 (over 12):"
            " shorten words, sentences",
        ),
        (
            "course.toml",
            "2026-05-01",
            "2024-05-31",
            "course.toml:12: warning: the last review is over 2 years ago",
        ),
        (
            "course.toml",
            "2026-05-01",
            "2026-06-02",
            'course.toml:12: warning: "reviewed_on" is after today, 2026-06-01',
        ),
        (
            "course.toml",
            '["missing-children"]',
            '["missing children"]',
            'course.toml:5: warning: "topics": write "missing-children"',
        ),
    ],
)
def test_a_warning_does_not_keep_a_course_from_being_published(tmp_path, path, old, new, expected):
    course = write_course(tmp_path, **changed(path, old, new))

    assert faults_of(course) == [expected]
    assert check_course(course, today=TODAY).content is not None


def test_a_review_of_two_years_ago_is_no_warning(tmp_path):
    course = write_course(tmp_path, **changed("course.toml", "2026-05-01", "2024-02-29"))

    assert faults_of(course, today=date(2026, 2, 28)) == []
    assert len(faults_of(course, today=date(2026, 3, 1))) == 1


def test_a_translation_older_than_its_original_is_a_warning(tmp_path):
    course = write_course(tmp_path, **{"lessons/01-search.es.md": LESSON})
    translation = course / "lessons/01-search.es.md"
    assert faults_of(course) == []

    age(translation, days=1)

    assert faults_of(course) == [
        "lessons/01-search.es.md:1: warning: the translation is older than its original"
        ' "lessons/01-search.md"'
    ]


def test_a_topic_with_a_space_is_stored_as_a_slug(tmp_path):
    change = changed("course.toml", '["missing-children"]', '["missing children"]')
    content = check_course(write_course(tmp_path, **change), today=TODAY).content

    assert content is not None
    assert content.topics == ["missing-children"]
