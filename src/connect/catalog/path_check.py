"""Checking paths: files ``courses/_paths/<slug>.toml``, each naming courses in an order.

Nothing here knows the database. What a path may hold is told in ``courses/README.md``.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import msgspec

from connect.catalog.faults import Fault as Fault
from connect.catalog.faults import quoted
from connect.catalog.folder import Folder, content_hash
from connect.catalog.prose import warn_about_sentences
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import LANGUAGE, SLUG, SLUG_RULE, TITLE, Table

FOLDER = "_paths"
MOST_COURSES = 40


class PathCourse(msgspec.Struct, frozen=True):
    course: str  # slug
    required: bool = True
    after: list[str] = []  # slugs of courses of this path that come first


class PathContent(msgspec.Struct, frozen=True):
    slug: str
    hash: str  # 64 hexadecimal digits
    title: str
    summary: str
    language: str
    courses: list[PathCourse]
    certificate: bool = True
    valid_months: int | None = None


class CheckedPath(NamedTuple):
    """``content`` is ``None`` exactly when one of the faults is more than a warning."""

    content: PathContent | None
    faults: list[Fault]


def place_of(courses: Path, slug: str) -> str:
    """The file of a path as faults name it."""
    return f"{courses.absolute().name}/{FOLDER}/{slug}.toml"


def check_paths(courses: Path) -> dict[str, CheckedPath]:
    """Check every path of the folder *courses*, by its slug; a wrong file by its name.

    Courses that a path may name are the folders in *courses*; whether those are without fault
    is asked when it is published.
    """
    root = courses / FOLDER
    if not root.is_dir():
        return {}
    known = {p.name for p in courses.iterdir() if p.is_dir() and p.name[0] not in "._"}
    found: list[Fault] = []
    folder = Folder(root, found)
    results: dict[str, CheckedPath] = {}
    for path in folder.files:
        if path != "README.md":
            results[path.removesuffix(".toml")] = _checked(folder, path, known, found)
    named = {fault.path for _, faults in results.values() for fault in faults}
    for fault in found:  # of what is no ordinary file
        if fault.path not in named:
            results[fault.path] = CheckedPath(None, [fault])
    return results


def _checked(folder: Folder, path: str, known: Collection[str], found: list[Fault]) -> CheckedPath:
    first = len(found)
    content = _check(folder, path, known)
    faults = sorted(set(found[first:]))
    refused = content is None or not all(fault.warning for fault in faults)
    return CheckedPath(None if refused else content, faults)


def _check(folder: Folder, path: str, known: Collection[str]) -> PathContent | None:
    faults = folder.faults(path)
    slug = path.removesuffix(".toml")
    if not path.endswith(".toml") or not SLUG.fullmatch(slug):
        faults.refuse(1, f"a path is a file <slug>.toml; for the slug {SLUG_RULE}")
        return None
    source = folder.read(path)
    table = read_toml(source, faults) if source is not None else None
    if source is None or table is None:
        return None
    digest = hashlib.sha256(source.encode()).hexdigest()
    content = PathContent(
        slug,
        hash=content_hash({path: digest}),
        title=table.text("title", required=True, most=TITLE),
        summary=table.text("summary", required=True),
        language=table.text(
            "language", required=True, pattern=LANGUAGE, rule="use a code such as en, es or pt-BR"
        ),
        courses=_courses(table, known),
        certificate=table.flag("certificate", True),
        valid_months=table.whole("valid_months", None, least=1, most=1200),
    )
    warn_about_sentences(table.line("summary"), content.summary, faults)
    table.close()
    return content


def _courses(table: Table, known: Collection[str]) -> list[PathCourse]:
    tables = table.tables("courses", required=True)
    if len(tables) > MOST_COURSES:
        table.refuse(f"a path has at most {MOST_COURSES} courses", "courses", MOST_COURSES)
    found: list[PathCourse] = []
    for one in tables:
        slug = one.text("course", required=True, pattern=SLUG, rule=SLUG_RULE)
        if slug and slug not in known:
            one.unknown(slug, sorted(known), "course")
        if slug and slug in {c.course for c in found}:
            one.refuse(f"the course {quoted(slug)} is listed twice", "course")
        after = one.texts("after")
        found.append(PathCourse(slug, one.flag("required", True), after))
        one.close()
    if tables and not any(course.required for course in found):
        table.refuse("no course of the path is required", "courses")
    _check_prerequisites(tables, found)
    return found


def _check_prerequisites(tables: list[Table], courses: list[PathCourse]) -> None:
    here = {course.course: course for course in courses if course.course}
    for one, course in zip(tables, courses, strict=True):
        for place, slug in enumerate(course.after):
            if slug == course.course:
                one.refuse(f"{quoted(slug)} comes after itself", "after", place)
            elif slug not in here:
                one.refuse(f"{quoted(slug)} is no course of this path", "after", place)
            elif course.required and not here[slug].required:
                one.refuse(
                    f"{quoted(slug)} is optional, and a required course comes after it",
                    *("after", place),
                )
            elif course.course in _before(slug, here):
                one.refuse(
                    f"{quoted(slug)} comes after {quoted(course.course)}, too: neither can begin",
                    *("after", place),
                )


def _before(slug: str, courses: dict[str, PathCourse]) -> set[str]:
    """Every course that has to be done before *slug*, directly or on the way."""
    found: set[str] = set()
    waiting = [slug]
    while waiting:
        for before in courses[waiting.pop()].after:
            if before in courses and before not in found:
                found.add(before)
                waiting.append(before)
    return found
