"""Whatever stands in a course folder, a check ends with faults or with content, and quickly."""

import importlib
import json
import re
import tempfile
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.course_folder import FILES, TODAY, write_course
from connect.catalog.check import check_course
from connect.catalog.content import CourseContent, QuestionKind


def assert_checked(**changes: str | bytes | None) -> None:
    """Check a course with *changes*; the outcome is whole, and can be stored and printed."""
    with tempfile.TemporaryDirectory() as folder:
        course = write_course(Path(folder), **changes)
        content, faults = check_course(course, today=TODAY)
        assert (content is None) == any(not fault.warning for fault in faults)
        if content is not None:
            stored = msgspec.json.encode(content)
            assert msgspec.json.decode(stored, type=CourseContent) == content
            assert b"\\u0000" not in stored
        for fault in faults:
            path = Path(folder) / fault.path
            ends = re.findall(rb"[\r\n]", path.read_bytes()) if path.is_file() else []
            assert 1 <= fault.line <= len(ends) + 1, fault
            assert str(fault).isprintable(), fault


@given(st.sampled_from(sorted(FILES)), st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_checked(path, content):
    assert_checked(**{path: content})


@given(st.sampled_from(sorted(FILES)), st.text(max_size=300))
@settings(deadline=None)
def test_any_text_is_checked(path, content):
    assert_checked(**{path: content})


@given(st.sampled_from(sorted(FILES)), st.integers(0, 2000), st.text(max_size=12), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_text_inside_a_valid_file_is_checked(path, at, text, replace):
    source = FILES[path]
    at %= len(source) + 1
    assert_checked(**{path: source[:at] + text + source[at + (len(text) if replace else 0) :]})


KEYS = sorted(
    set(re.findall(r"[a-z_]{2,}", FILES["course.toml"] + FILES["quizzes/final.toml"]))
    | {"accept", "gaps", "items", "left", "pairs", "tolerance"}
)
WORDS = [
    "",
    "lesson",
    "quiz",
    "choice",
    "numeric",
    "short",
    "order",
    "match",
    "cloze",
    "{accept}",
    "../x",
    "media/clock.svg",
    "en",
    "[^a]",
    "![](x)",
    "\n",
]
scalars = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


def toml(value: object) -> str:
    """*value* as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=True).replace("\\ud", "\\u0")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value.isoformat()


tables = st.dictionaries(st.sampled_from(KEYS), values, max_size=8)
KINDS = st.sampled_from(list(QuestionKind)).map(str)


@given(tables, st.sampled_from(["course.toml", "quizzes/final.toml"]), st.booleans())
@settings(deadline=None)
def test_any_toml_is_checked(table, path, instead):
    given_lines = [f"{key} = {toml(value)}" for key, value in table.items()]
    kept = [line for line in FILES[path].split("\n") if line.partition(" = ")[0] not in table]
    assert_checked(**{path: "\n".join(given_lines if instead else [*given_lines, *kept])})


@given(KINDS, st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
@settings(deadline=None)
def test_any_question_of_any_kind_is_checked(kind, table):
    rest = {key: value for key, value in table.items() if key != "kind"}
    question = "\n".join(f"{key} = {toml(value)}" for key, value in rest.items())
    source = FILES["quizzes/final.toml"] + f'\n[[questions]]\nkind = "{kind}"\n{question}\n'
    assert_checked(**{"quizzes/final.toml": source})


MODULES = [
    *(
        "answer_check",
        "component_check",
        "content",
        "folder",
        "markdown",
        "markdown_check",
        "media",
        "prose",
    ),
    *("sources", "toml_lines", "toml_reader", "toml_table"),
]
PATTERNS = {
    f"{module}.{name}": value
    for module in MODULES
    for name, value in vars(importlib.import_module(f"connect.catalog.{module}")).items()
    if isinstance(value, re.Pattern)
}
PIECES = [
    "a",
    "a.",
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "[",
    "[^",
    "[^a",
    " ",
    "\n",
    "#",
    ".",
    "a a",
    "é",
]
PIECES += [
    "1",
    "checked ",
    "checked 2026-",
    "2026-05-01 ",
    "-",
    "url(",
    '<img src="media/',
    "=",
    "(",
]


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_long_for_any_text(name):
    pattern = PATTERNS[name]
    for piece in PIECES:
        for end in ("", "\x00", "!", '"', "\n"):
            text = (piece * 10_000)[:10_000] + end
            text = text if isinstance(pattern.pattern, str) else text.encode()
            start = time.process_time()
            pattern.search(text)
            pattern.fullmatch(text)
            assert time.process_time() - start <= 0.05, (piece, end)
