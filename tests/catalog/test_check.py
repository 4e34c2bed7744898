"""Every refusal and warning of a check: with its file, its line, and nothing beside it."""

import os
from pathlib import Path

import pytest

from catalog.course_folder import (
    COURSE,
    FILES,
    LESSON,
    PNG,
    QUIZ,
    SVG,
    TODAY,
    changed,
    faults_of,
    write_course,
)
from connect.catalog.check import check_course, check_courses

ROOT = Path(__file__).parents[2]


def cases():
    """The paragraphs of ``faults.txt``: name, file, old lines, new lines, faults."""
    path = ""
    for paragraph in (Path(__file__).parent / "faults.txt").read_text().strip().split("\n\n"):
        if paragraph.startswith("# "):
            path = paragraph[2:]
        elif path:
            name, *lines = paragraph.split("\n")
            parts = {"-": [], "+": [], "=": []}
            for line in lines:
                parts[line[0]].append(line[2:])
            yield pytest.param(path, parts["-"], parts["+"], parts["="], id=f"{path}: {name}")


def test_a_valid_course_has_no_fault(tmp_path):
    assert faults_of(write_course(tmp_path)) == []


@pytest.mark.parametrize(("path", "old", "new", "expected"), list(cases()))
def test_one_change_brings_exactly_its_faults(tmp_path, path, old, new, expected):
    source = f"\n{FILES[path]}"
    block = "".join(f"{line}\n" for line in ["", *old])
    assert source.count(block) == 1
    source = source.replace(block, "".join(f"{line}\n" for line in ["", *new]))

    assert faults_of(write_course(tmp_path, **{path: source[1:]})) == expected


def test_every_fault_is_found_in_one_run(tmp_path):
    course = write_course(
        tmp_path,
        **changed("course.toml", 'language = "en"', 'language = "e"'),
        **changed("lessons/01-search.md", "### Later", "##### Later"),
        **changed("quizzes/final.toml", "draw = 2", "draw = 9"),
        **changed("sources.md", "Checked 2026-05-01.", ""),
        **{"media/spare.png": PNG},
    )

    assert [fault.partition(": ")[0] for fault in faults_of(course)] == [
        "course.toml:3",
        "lessons/01-search.md:17",
        "media/spare.png:1",
        "quizzes/final.toml:6",
        "sources.md:3",
    ]


def test_without_a_readable_course_file_lessons_and_quizzes_are_still_checked(tmp_path):
    course = write_course(
        tmp_path,
        **changed("lessons/01-search.md", "### Later", "##### Later"),
        **changed("quizzes/final.toml", "draw = 2", "draw = 9"),
        **{"course.toml": None},
    )

    assert faults_of(course) == [
        "course.toml:1: the file is not there",
        "lessons/01-search.md:17: a heading of level 5 follows level 2",
        'quizzes/final.toml:6: "draw" asks for 9 of 3 questions',
    ]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("course.toml", b"\x00", "course.toml:1: a control character (U+0000)"),
        ("course.toml", "", 'course.toml:1: "title" is missing'),
        ("course.toml", "a.a = 1\n" + "b." * 30 + "b = 1", "2: a key of more than 20 parts"),
        ("course.toml", '"\\""."\\"".' * 30 + "b = 1", "1: a key of more than 20 parts"),
        ("course.toml", "a = " + "[" * 5000, "course.toml:1: not TOML: nested too deeply"),
        ("course.toml", "a = " + "9" * 5000, "course.toml:1: not TOML: a number is too long"),
        ("course.toml", "#" * 256_001, "course.toml:1: the file is over the limit of 256 kB"),
        ("lessons/01-search.md", "# A\n\nb\x07\n", "01-search.md:3: a control character (U+0007)"),
        ("lessons/01-search.md", "# A\n\nb\x9b\n", "01-search.md:3: a control character (U+009B)"),
        (
            "lessons/01-search.md",
            b"# A\n\n\xe9t\xe9\n",
            "01-search.md:3: the file is not UTF-8 here",
        ),
        ("lessons/01-search.md", "# A\n" + "b" * 63_997, "the file is over the limit of 64 kB"),
        ("lessons/01-search.md", "# A\n\n|a|b|\n|-|-|\n" + "c\n" * 5000, "more than 10,000 cells"),
        ("quizzes/final.toml", b"\xff", "quizzes/final.toml:1: the file is not UTF-8 here"),
        ("quizzes/final.toml", "title =", "quizzes/final.toml:1: not TOML: Invalid value"),
        ("sources.md", "[^a]: \x00", "sources.md:1: a control character (U+0000)"),
        ("media/clock.svg", " " * 2_000_001, "clock.svg:1: the file is over the limit of 2 MB"),
        ("media/clock.svg", PNG, "media/clock.svg:1: the file is not UTF-8 here"),
        ("lessons/02-more.md", "# More", "02-more.md:1: nothing in the course uses this file"),
        ("lessons/README.md", "# More", "README.md:1: nothing in the course uses this file"),
        ("media/spare.svg", SVG, "media/spare.svg:1: nothing in the course uses this file"),
        ("sources.es.md", "# Fuentes", "sources.es.md:1: nothing in the course uses this file"),
        ("media/my clock.svg", SVG, "a name takes a to z, A to Z, 0 to 9, dot, dash"),
        ("media/\n\udcff.svg", SVG, "media/\\n\\udcff.svg:1: a name takes a to z"),
        ("lessons/01-search.en.md", LESSON, '"en" is the language of the course itself'),
        ("lessons/01-search.es.md", "Hola", "01-search.es.md:1: no heading with one #"),
        ("quizzes/final.es.toml", QUIZ, 'final.es.toml:2: unknown key "purpose"'),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path, path, content, expected):
    found = faults_of(write_course(tmp_path, **{path: content}))

    assert [fault for fault in found if expected in fault], found


def test_a_lesson_that_cannot_be_read_does_not_blame_its_images(tmp_path):
    course = write_course(
        tmp_path,
        **{"lessons/01-search.md": b"\xff"},
        **changed(
            "quizzes/final.toml",
            'image = "media/clock.svg"\nalt = "A clock that shows five minutes"\n',
            "",
        ),
    )

    assert faults_of(course) == ["lessons/01-search.md:1: the file is not UTF-8 here"]


@pytest.mark.parametrize(
    ("kind", "name", "limit"),
    [("MP3", "sound.mp3", 50), ("MP4", "film.mp4", 500), ("PNG", "picture.PNG", 2)],
)
def test_media_over_the_limit_of_their_kind_are_refused(tmp_path, kind, name, limit):
    course = write_course(tmp_path)
    file = course / "media" / name
    file.touch()
    os.truncate(file, limit * 1_000_000 + 1)

    assert faults_of(course) == [
        f"media/{name}:1: nothing in the course uses this file",
        f"media/{name}:1: the file is over the limit of {limit} MB",
    ]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/etc/hostname", ["media/link.svg:1: the link leaves the course folder"]),
        ("../..", ["media/link.svg:1: the link leaves the course folder"]),
        ("gone.svg", ["media/link.svg:1: a link that leads nowhere"]),
        ("link.svg", ["media/link.svg:1: a link that leads nowhere"]),
        ("../lessons", ["media/link.svg:1: a link to a folder; put the files here"]),
        ("clock.svg", []),
    ],
)
def test_a_symbolic_link_stays_in_the_folder(tmp_path, target, expected):
    course = write_course(
        tmp_path, **changed("lessons/01-search.md", "../media/clock.svg", "../media/link.svg")
    )
    (course / "media" / "link.svg").symlink_to(target)

    assert faults_of(course) == expected


def test_a_pipe_is_no_file(tmp_path):
    course = write_course(tmp_path)
    os.mkfifo(course / "media" / "pipe.svg")

    assert faults_of(course) == ["media/pipe.svg:1: not an ordinary file"]


def test_hidden_files_the_readme_and_empty_folders_are_passed_over(tmp_path):
    hidden = {".DS_Store": b"\x00", ".git/config": "x", "media/.keep": "", "README.md": "# Hi"}
    course = write_course(tmp_path, **hidden)
    (course / "drafts").mkdir()

    assert faults_of(course) == []


def test_a_byte_order_mark_and_line_ends_of_windows_are_accepted(tmp_path):
    windows = {p: s.replace("\n", "\r\n") for p, s in FILES.items() if p != "media/clock.svg"}
    course = write_course(tmp_path, **windows | {"course.toml": "\ufeff" + windows["course.toml"]})

    assert faults_of(course) == []


def test_a_folder_name_that_is_no_slug_is_refused(tmp_path):
    course = write_course(tmp_path)
    course = course.rename(course.with_name("Lost"))

    assert [str(fault) for fault in check_course(course, today=TODAY).faults] == [
        "courses/Lost/course.toml:1: the name of the folder is no slug:"
        " use 1 to 60 of a to z, 0 to 9 and -"
    ]


def test_a_title_is_at_most_200_characters_long(tmp_path):
    long = changed("course.toml", "Lost at the fair", "x" * 201)

    assert faults_of(write_course(tmp_path, **long)) == [
        'course.toml:1: "title" has 201 characters, over 200'
    ]


def test_a_folder_of_courses_is_checked_course_by_course(tmp_path):
    good = write_course(tmp_path)
    bad = good.with_name("bad")
    bad.mkdir()
    (bad / "course.toml").write_text(COURSE)
    (good.parent / "_evaluations").mkdir()
    (good.parent / ".git").mkdir()
    (good.parent / "README.md").write_text("# How")
    (good.parent / "notes.txt").write_text("x")

    results = check_courses(good.parent, today=TODAY)

    assert list(results) == ["bad", "lost-at-the-fair", "notes.txt"]
    assert results["lost-at-the-fair"].content is not None
    assert [str(fault) for fault in results["bad"].faults] == [
        'courses/bad/course.toml:31: the file "lessons/01-search.md" is not there',
        'courses/bad/course.toml:44: the file "quizzes/final.toml" is not there',
    ]
    assert [str(fault) for fault in results["notes.txt"].faults] == [
        "courses/notes.txt:1: a course is a folder; this belongs to none"
    ]


@pytest.mark.parametrize(
    "folder", sorted(path.parent.name for path in (ROOT / "courses").glob("[!_.]*/course.toml"))
)
def test_a_course_of_this_repository_has_no_fault(folder):
    content, faults = check_course(ROOT / "courses" / folder)

    assert [str(fault) for fault in faults if not fault.warning] == []
    assert content is not None
