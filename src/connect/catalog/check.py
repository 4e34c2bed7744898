"""Checking courses: every fault of a course in one run, or the content to publish.

Nothing here knows the database. What a course may hold is told in ``courses/README.md``.
"""

import posixpath
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from connect import clock
from connect.catalog.component_check import check_component, component_id
from connect.catalog.content import Component, ComponentKind, CourseContent, Media
from connect.catalog.course_check import check_course_table
from connect.catalog.course_words import check_course_words
from connect.catalog.evaluation_check import FOLDER, check_evaluation, names_in
from connect.catalog.evaluations import EVALUATION
from connect.catalog.faults import Fault, quoted
from connect.catalog.folder import Folder, content_hash
from connect.catalog.lesson_check import Surroundings, check_lesson
from connect.catalog.media import check_media, type_of
from connect.catalog.quiz_check import check_quiz
from connect.catalog.sources import SOURCES, read_sources
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import SLUG, SLUG_RULE, Table, refuse_equal_ids
from connect.catalog.translations import TRANSLATIONS, read_made_of, refuse_strangers

COURSE = "course.toml"
README = "README.md"


class Checked(NamedTuple):
    """``content`` is ``None`` exactly when one of the faults is more than a warning."""

    content: CourseContent | None
    faults: list[Fault]  # by file and line


def check_courses(courses: Path, *, today: date | None = None) -> dict[str, Checked]:
    """Check every course folder in *courses*, by its slug.

    Names that begin with ``_`` or ``.`` and ``README.md`` are passed over. Anything else that
    is not a folder is a fault under its own name.

    Raises:
        OSError: *courses* is not a folder that can be read.
    """
    results: dict[str, Checked] = {}
    for entry in sorted(courses.iterdir()):
        if entry.name.startswith(("_", ".")) or entry.name == README:
            continue
        if entry.is_dir():
            results[entry.name] = check_course(entry, today=today)
        else:
            path = posixpath.join(courses.absolute().name, entry.name)
            fault = Fault(path, 1, "a course is a folder; this belongs to none")
            results[entry.name] = Checked(None, [fault])
    return results


def check_course(
    folder: Path, *, today: date | None = None, evaluations: Path | None = None
) -> Checked:
    """Check the course in *folder*, whose name is its slug.

    Every fault is found in one run, as far as files can be read. A course with warnings only
    has content. Files are read, nothing is written.

    Args:
        today: the day from which ages are counted; that of ``clock`` in UTC by default.
        evaluations: the folder of evaluations; ``_evaluations`` beside *folder* by default.
    """
    found: list[Fault] = []
    files = Folder(folder, found)
    if not SLUG.fullmatch(files.slug):
        files.faults(COURSE).refuse(1, f"the name of the folder is no slug: {SLUG_RULE}")
    for path, file in files.files.items():
        check_media(path, file, files.faults(path))
    table = _read(files)
    course = Surroundings(files)
    if table is None:
        _check_alone(course)
    else:
        drafted = _check_table(table, course, today or clock.now().date())
        asked, asked_digests = _check_evaluation(
            table, drafted, evaluations or folder.absolute().parent / FOLDER, found
        )
        files.refuse_unused({COURSE, SOURCES, README, TRANSLATIONS})
    refused = table is None or not all(fault.warning for fault in found)
    digests = None if refused else files.digests()
    faults = sorted(set(found))  # a key that is read twice has its fault twice
    if digests is None:
        return Checked(None, faults)
    media = {
        path: Media(digests[path], files.files[path].stat().st_size, type_of(path))
        for path in sorted(course.shown)
    }
    content = msgspec.structs.replace(
        drafted,
        hash=content_hash(digests | asked_digests),
        components=[*drafted.components, *asked],
        media=media,
    )
    return Checked(content, faults)


def _read(files: Folder) -> Table | None:
    if COURSE not in files.files:
        files.faults(COURSE).refuse(1, "the file is not there")
        return None
    source = files.read(COURSE)
    return read_toml(source, files.faults(COURSE)) if source is not None else None


def _check_table(table: Table, course: Surroundings, today: date) -> CourseContent:
    content = check_course_table(table, course.folder.slug, today)
    tables = table.tables("components", required=True)
    ids = [component_id(one) for one in tables]
    refuse_equal_ids(tables, ids)
    table.close()
    course.language = content.language
    course.components = set(ids)
    course.notes = read_sources(course.folder, course.components)
    made_of = read_made_of(course)
    components = [check_component(one, course, content.pass_percent) for one in tables]
    _compare_minutes(table, content.contact_minutes, components)
    content = msgspec.structs.replace(content, components=components)
    content = check_course_words(content, course, COURSE)
    if made_of is not None:
        refuse_strangers(made_of, course)
    return content


def _check_evaluation(
    table: Table, content: CourseContent, evaluations: Path, found: list[Fault]
) -> tuple[list[Component], dict[str, str]]:
    """The last component of a course that asks for an evaluation, and its files' digests."""
    if content.evaluation is None:
        return [], {}
    for place, component in enumerate(content.components):
        if component.id == EVALUATION:
            table.refuse(
                f'the id "{EVALUATION}" is that of the evaluation', "components", place, "id"
            )
    if content.evaluation not in (names := names_in(evaluations)):
        known = f"there are {', '.join(names)}" if names else f"{FOLDER} has none"
        table.refuse(
            f"no evaluation {quoted(content.evaluation)}; {known}", "completion", "evaluation"
        )
        return [], {}
    evaluation, digests, faults = check_evaluation(evaluations, content.evaluation)
    found += faults
    if evaluation is None:
        return [], {}
    language, words = evaluation.worded(content.language)
    if language != content.language:
        table.faults.warn(
            table.line("completion", "evaluation"),
            f"the evaluation has no words in {quoted(content.language)}",
        )
    last = Component(EVALUATION, ComponentKind.EVALUATION, words.title, evaluation=evaluation)
    return [last], digests


def _compare_minutes(table: Table, contact_minutes: int, components: list[Component]) -> None:
    total = sum(component.minutes or 0 for component in components)
    if total > contact_minutes > 0:
        table.refuse(
            f"the components together take {total} minutes,"
            f" more than the contact_minutes of {contact_minutes}",
            "contact_minutes",
        )


def _check_alone(course: Surroundings) -> None:
    """Check lessons and quizzes of a course whose ``course.toml`` does not name them."""
    course.notes = read_sources(course.folder, None)
    for path in list(course.folder.files):
        if path.startswith("lessons/") and path.endswith(".md"):
            check_lesson(course, path, "lesson", "")
        elif path.startswith("quizzes/") and path.endswith(".toml") and path.count(".") == 1:
            check_quiz(course, path, pass_percent=80)
