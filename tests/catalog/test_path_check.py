"""Files of paths: every fault with its line, or the content to publish."""

import pytest

from connect.catalog.path_check import PathCourse, check_paths

HEAD = 'title = "Two steps"\nsummary = "First one, then the other."\nlanguage = "en"\n'
TWO = """
[[courses]]
course = "one"

[[courses]]
course = "two"
after = ["one"]
"""


@pytest.fixture
def courses(tmp_path):
    for slug in ("one", "two", "three"):
        (tmp_path / slug).mkdir()
    (tmp_path / "_paths").mkdir()
    return tmp_path


def told(courses, text, name="steps.toml"):
    """What the check says of one file: content, and line and message of each fault."""
    (courses / "_paths" / name).write_text(text)
    (found,) = check_paths(courses).values()
    assert {fault.path for fault in found.faults} <= {f"{courses.name}/_paths/{name}"}
    return found.content, [(fault.line, fault.message) for fault in found.faults]


def test_a_path_is_read_with_its_order_and_what_comes_first(courses):
    content, faults = told(courses, HEAD + "valid_months = 24\n" + TWO)

    assert faults == []
    assert (content.slug, content.valid_months, content.certificate) == ("steps", 24, True)
    assert content.courses == [PathCourse("one"), PathCourse("two", True, ["one"])]


def test_equal_files_have_one_hash_and_others_another(courses):
    first, _ = told(courses, HEAD + TWO)
    again, _ = told(courses, HEAD + TWO)
    other, _ = told(courses, HEAD + TWO + "\n")

    assert first.hash == again.hash != other.hash


@pytest.mark.parametrize(
    ("rest", "line", "words"),
    [
        ('[[courses]]\ncourse = "for"\n', 5, '"for" is not known; known are one, three, two'),
        (TWO + '[[courses]]\ncourse = "one"\n', 12, 'the course "one" is listed twice'),
        ('[[courses]]\ncourse = "one"\nafter = ["one"]\n', 6, '"one" comes after itself'),
        ('[[courses]]\ncourse = "one"\nafter = ["two"]\n', 6, '"two" is no course of this path'),
        ('[[courses]]\ncourse = "one"\nrequired = false\n', 4, "no course of the path is required"),
        ("", 1, 'at least one of "courses" is missing'),
        (TWO + 'afterr = ["one"]\n', 11, 'unknown key "afterr"; did you mean "after"?'),
        (
            TWO + '[[courses]]\ncourse = "three"\nrequired = false\n'
            '[[courses]]\ncourse = "first"\n',
            15,
            '"first" is not known; known are one, three, two',
        ),
    ],
)
def test_each_fault_is_told_with_its_line(courses, rest, line, words):
    content, faults = told(courses, HEAD + rest)

    assert content is None
    assert [found for found in faults if found[0] == line and words in found[1]], faults


def test_a_circle_of_prerequisites_is_told_wherever_it_closes(courses):
    circle = "".join(
        f'[[courses]]\ncourse = "{slug}"\nafter = ["{before}"]\n'
        for slug, before in (("one", "three"), ("two", "one"), ("three", "two"))
    )

    content, faults = told(courses, HEAD + circle)

    assert content is None
    assert [line for line, _ in faults] == [6, 9, 12]
    assert faults[0][1] == '"three" comes after "one", too: neither can begin'


def test_a_required_course_does_not_wait_for_an_optional_one(courses):
    content, faults = told(
        courses,
        HEAD + '[[courses]]\ncourse = "one"\nrequired = false\n'
        '[[courses]]\ncourse = "two"\nafter = ["one"]\n',
    )

    assert content is None
    assert faults == [(9, '"one" is optional, and a required course comes after it')]


@pytest.mark.parametrize("name", ["Steps.toml", "steps.md", "a/steps.toml"])
def test_what_is_no_path_is_told_by_its_name(courses, name):
    (courses / "_paths" / "a").mkdir()

    content, faults = told(courses, HEAD + TWO, name)

    assert content is None
    assert "a path is a file <slug>.toml" in faults[0][1]


def test_without_a_folder_there_are_no_paths(tmp_path):
    assert check_paths(tmp_path) == {}
