"""Evaluations: what a course gets from one, and every fault of their files."""

from pathlib import Path

import pytest

from catalog.course_folder import COURSE, TODAY, age, changed, write_course
from connect.catalog.check import check_course
from connect.catalog.evaluation_check import check_evaluations

ROOT = Path(__file__).parents[2]
STANDARD = """\
title = "Your view"
language = "en"
intro = "Two minutes."

[[questions]]
id = "clarity"
kind = "scale"
text = "How clear was it?"
labels = ["Not at all", "A little", "In part", "Clear", "Very clear"]

[[questions]]
id = "length"
kind = "choice"
text = "How long was it?"
choices = [
    {id = "short", text = "Too short"},
    {id = "long", text = "Too long"},
]

[[questions]]
id = "missing"
kind = "text"
text = "What was missing?"
"""
SPANISH = (
    STANDARD.replace('"en"', '"es"')
    .replace("Your view", "Su opinión")
    .replace("How clear was it?", "¿Qué tan claro fue?")
)


def asking(folder, standard=STANDARD, spanish=None, **changes):
    """The small course, which asks for the evaluation *standard*."""
    course = write_course(
        folder,
        **{
            **changed("course.toml", "evaluation = false", 'evaluation = "standard"'),
            **changes,
        },
    )
    root = course.parent / "_evaluations"
    root.mkdir(exist_ok=True)
    (root / "standard.toml").write_text(standard)
    if spanish is not None:
        (root / "standard.es.toml").write_text(spanish)
    return course


def faults_in(course):
    _, faults = check_course(course, today=TODAY)
    return [str(fault).removeprefix("courses/") for fault in faults]


def test_a_course_ends_with_its_evaluation_in_every_language(tmp_path):
    content, faults = check_course(asking(tmp_path, spanish=SPANISH), today=TODAY)

    assert faults == []
    last = content.components[-1]
    assert (last.id, last.kind, last.title, last.required) == (
        "evaluation",
        "evaluation",
        "Your view",
        True,
    )
    assert content.evaluation == "standard"
    assert last.evaluation.worded("es")[1].questions[0].text == "¿Qué tan claro fue?"
    assert last.evaluation.worded("fr")[0] == "en"
    asked = last.evaluation.wordings["en"].questions
    assert [(q.id, q.required, len(q.options)) for q in asked] == [
        ("clarity", True, 5),
        ("length", True, 2),
        ("missing", False, 0),
    ]


def test_a_change_of_the_evaluation_is_another_version_and_only_of_courses_that_use_it(tmp_path):
    plain, _ = check_course(write_course(tmp_path / "plain"), today=TODAY)
    beside, _ = check_course(asking(tmp_path / "beside", **{"course.toml": COURSE}), today=TODAY)
    first, _ = check_course(asking(tmp_path / "first"), today=TODAY)
    same, _ = check_course(asking(tmp_path / "same"), today=TODAY)
    reworded, _ = check_course(
        asking(tmp_path / "reworded", STANDARD.replace("Two", "Three")), today=TODAY
    )
    translated, _ = check_course(asking(tmp_path / "translated", spanish=SPANISH), today=TODAY)

    assert plain.hash == beside.hash
    assert first.hash == same.hash
    assert len({plain.hash, first.hash, reworded.hash, translated.hash}) == 4


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('kind = "scale"', 'kind = "stars"', ["7: "]),
        (', "Very clear"]', "]", ['9: "labels" has 4 of 5 words, from low to high']),
        ('id = "length"', 'id = "clarity"', ['12: the id "clarity" is used twice']),
        ('id = "long"', 'id = "short"', ['17: the id "short" is used twice']),
        ('    {id = "long", text = "Too long"},\n', "", ["15: a question needs 2 to 40 choices"]),
        ('title = "Your view"\n', "", ['1: "title" is missing']),
        ('language = "en"\n', "", ['1: "language" is missing']),
        ("What was missing?", "", ['23: "text" is empty']),
        ('text = "How clear', 'hint = "x"\ntext = "How clear', ['8: unknown key "hint"']),
        (STANDARD, "title = ", ["1: not TOML"]),
    ],
)
def test_a_fault_of_the_evaluation_is_told_with_its_line(tmp_path, old, new, expected):
    assert STANDARD.count(old) == 1

    found = faults_in(asking(tmp_path, STANDARD.replace(old, new)))

    told = [line.removeprefix("_evaluations/standard.toml:") for line in found]
    assert len(told) == len(expected), told
    assert all(a.startswith(b) for a, b in zip(told, expected, strict=True)), told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "clarity"', 'id = "clear"'),
        ('kind = "text"', 'kind = "text"\nrequired = true'),
        ('id = "long"', 'id = "lang"'),
    ],
)
def test_a_translation_asks_the_same(tmp_path, old, new):
    assert SPANISH.count(old) == 1

    found = faults_in(asking(tmp_path, spanish=SPANISH.replace(old, new)))

    assert [line.split("; ")[0] for line in found] == [
        "_evaluations/standard.es.toml:1: the translation does not ask the same questions"
        " in the same order"
    ]


def test_a_translation_in_another_language_than_its_name_or_older_is_told(tmp_path):
    course = asking(tmp_path, spanish=SPANISH.replace('"es"', '"fr"'))
    age(course.parent / "_evaluations" / "standard.es.toml", days=1)

    assert faults_in(course) == [
        '_evaluations/standard.es.toml:1: warning: the translation is older than "standard.toml"',
        '_evaluations/standard.es.toml:2: "language" is "fr", in the file\'s name es',
    ]


def test_a_course_in_a_language_that_the_evaluation_does_not_have_is_warned(tmp_path):
    french = COURSE.replace('language = "en"', 'language = "fr"')
    asked = french.replace("evaluation = false", 'evaluation = "standard"')

    assert faults_in(asking(tmp_path, **{"course.toml": asked})) == [
        'lost-at-the-fair/course.toml:18: warning: the evaluation has no words in "fr"'
    ]


def test_a_component_cannot_have_the_name_or_the_kind_of_the_evaluation(tmp_path):
    text = changed("course.toml", "evaluation = false", 'evaluation = "standard"')["course.toml"]
    text = text.replace(
        'id = "promise"\nkind = "acknowledgement"', 'id = "evaluation"\nkind = "evaluation"'
    )

    assert faults_in(asking(tmp_path, **{"course.toml": text})) == [
        'lost-at-the-fair/course.toml:36: the id "evaluation" is that of the evaluation',
        "lost-at-the-fair/course.toml:37: an evaluation is named in [completion]:"
        ' evaluation = "standard"',
    ]


def test_evaluations_that_no_course_uses_are_checked_too(tmp_path):
    root = write_course(tmp_path).parent / "_evaluations"
    root.mkdir()
    (root / "spare.toml").write_text('title = "x"')
    (root / "notes.txt").write_text("x")
    (root / "other.es.toml").write_text("x")

    assert [str(fault) for fault in check_evaluations(root.parent)] == [
        'courses/_evaluations/spare.toml:1: "language" is missing',
        'courses/_evaluations/spare.toml:1: at least one of "questions" is missing',
        "courses/_evaluations/notes.txt:1: an evaluation is a file name.toml, or name.es.toml",
        "courses/_evaluations/other.es.toml:1: an evaluation is a file name.toml, or name.es.toml",
    ]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    course = asking(tmp_path)
    secret = tmp_path / "secret.toml"
    secret.write_text(STANDARD)
    file = course.parent / "_evaluations" / "standard.toml"
    file.unlink()
    file.symlink_to(secret)

    assert faults_in(course) == ["_evaluations/standard.toml:1: the link leaves the course folder"]


def test_the_evaluations_of_this_repository_have_no_fault():
    assert check_evaluations(ROOT / "courses") == []
