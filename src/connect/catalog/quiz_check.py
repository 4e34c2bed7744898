"""Checking a quiz: its settings, its questions, and whether each has a right answer."""

import posixpath

from connect.catalog import markdown
from connect.catalog.answer_check import KEYS, MOST_PARTS, read_key
from connect.catalog.content import (
    CHOSEN,
    Choice,
    FeedbackPolicy,
    Purpose,
    Question,
    QuestionKind,
    Quiz,
)
from connect.catalog.faults import quoted
from connect.catalog.lesson_check import Surroundings
from connect.catalog.markdown_check import Place, check_inline, find_image
from connect.catalog.prose import warn_about_sentences
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import SLUG, SLUG_RULE, TITLE, Table, refuse_equal_ids

_TRUE_FALSE = {"en": ("True", "False"), "es": ("Verdadero", "Falso")}  # by language


def check_quiz(course: Surroundings, path: str, pass_percent: int) -> Quiz | None:
    """Check the TOML file *path*; ``None`` when it cannot be read.

    Args:
        pass_percent: of the course, taken when the quiz has none.

    Returns:
        The quiz. After a fault it is not fit for use.
    """
    source = course.folder.read(path)
    faults = course.folder.faults(path)
    table = read_toml(source, faults) if source is not None else None
    if table is None:
        course.folder.unread = True
        return None
    place = Place(course.folder, posixpath.dirname(path), faults, course.components)
    place.shown = course.shown
    title = table.text("title", required=True, most=TITLE)
    purpose = table.pick("purpose", Purpose, Purpose.PRACTICE, required=True)
    asked = table.tables("questions", required=True)
    answers = answers_in(course.language)
    questions = [_question(one, place, answers) for one in asked]
    refuse_equal_ids(asked, [question.id for question in questions])
    quiz = Quiz(
        title,
        purpose,
        table.whole("pass_percent", pass_percent, least=1, most=100),
        questions,
        max_attempts=table.whole("max_attempts", 0),
        wait_minutes=table.whole("wait_minutes", 0),
        time_limit_minutes=table.whole("time_limit_minutes", 0),
        draw=_draw(table, questions),
        shuffle=table.flag("shuffle", True),
        feedback=table.pick("feedback", FeedbackPolicy, FeedbackPolicy.AFTER_SUBMISSION),
    )
    table.close()
    return quiz


def answers_in(language: str) -> tuple[str, str]:
    """What the choices of ``true_false`` are called."""
    return _TRUE_FALSE.get(language.partition("-")[0], _TRUE_FALSE["en"])


def _draw(table: Table, questions: list[Question]) -> int | dict[str, int] | None:
    value = table.get("draw")
    if not isinstance(value, dict):
        count = table.whole("draw", None, least=1)
        if count is not None and questions and count > len(questions):
            table.refuse(f'"draw" asks for {count} of {len(questions)} questions', "draw")
        return count
    pools = [question.pool for question in questions]
    draw = table.table("draw")
    counts: dict[str, int] = {}
    for pool in draw.keys():  # noqa: SIM118 -- a Table, not a dict
        counts[pool] = draw.whole(pool, 0, least=1)
        if pool not in pools:
            table.unknown(pool, sorted(set(pools)), "draw", pool)
        elif counts[pool] > pools.count(pool):
            held = f"the {pools.count(pool)} of the pool {quoted(pool)}"
            draw.refuse(f'"draw" asks for {counts[pool]} of {held}', pool)
    if not counts:
        table.refuse('"draw" names no pool', "draw")
    return counts


def _question(table: Table, place: Place, answers: tuple[str, str]) -> Question:
    kind = table.pick("kind", QuestionKind, None, required=True)
    html, text = words(table, "text", place, required=True)
    feedback_html, feedback = words(table, "feedback", place)
    written = table.text("image")
    alt = table.text("alt", required=bool(written))
    if alt and not written:
        table.refuse('"alt" without "image"', "alt")
    question = Question(
        table.text("id", required=True, pattern=SLUG, rule=SLUG_RULE),
        kind or QuestionKind.CHOICE,
        html,
        text,
        _choices(table, kind, place, answers) if kind in CHOSEN else [],
        pool=table.text("pool", pattern=SLUG, rule=SLUG_RULE) or "main",
        points=table.whole("points", 1, least=1),
        image=_image(table, written, place) if written else None,
        alt=alt,
        feedback=feedback,
        feedback_html=feedback_html,
    )
    if kind and kind not in CHOSEN:
        question = read_key(table, question, lambda one, key: words(one, key, place, required=True))
    table.close(also=() if kind else KEYS)
    return question


def _image(table: Table, written: str, place: Place) -> str | None:
    # As in course.toml a path counts from the course folder; as in a lesson, "../" works too.
    base = place.base if written.startswith("../") else ""
    here = Place(place.folder, base, place.faults, None, shown=place.shown)
    return find_image(written, table.line("image"), here)


def _choices(
    table: Table, kind: QuestionKind | None, place: Place, answers: tuple[str, str]
) -> list[Choice]:
    if kind is QuestionKind.TRUE_FALSE:
        right = table.flag("right", None)
        if not table.has("right"):
            table.refuse('no right answer: "right" is missing')
        return [
            Choice("true", answers[0], answers[0], right is True),
            Choice("false", answers[1], answers[1], right is False),
        ]
    given = table.tables("choices", required=True)
    choices = [_choice(one, place) for one in given]
    refuse_equal_ids(given, [choice.id for choice in choices])
    count = sum(choice.right for choice in choices)
    if not choices:
        return []
    if len(choices) < 2:
        table.refuse("a question needs two choices or more", "choices")
    elif len(choices) > MOST_PARTS:
        table.refuse(f"{len(choices)} choices, over {MOST_PARTS}", "choices")
    elif count == 0:
        table.refuse("no right answer: mark a choice with right = true", "choices")
    elif kind is QuestionKind.CHOICE and count > 1:
        table.refuse('several right choices; the kind is then "choices"', "choices")
    elif count == len(choices):
        table.refuse("every choice is right, so that nothing is asked", "choices")
    return choices


def _choice(table: Table, place: Place) -> Choice:
    html, text = words(table, "text", place, required=True)
    feedback_html, feedback = words(table, "feedback", place)
    choice = Choice(
        table.text("id", required=True, pattern=SLUG, rule=SLUG_RULE),
        html,
        text,
        table.flag("right", False),
        feedback,
        feedback_html,
    )
    table.close()
    return choice


def words(table: Table, key: str, place: Place, *, required: bool = False) -> tuple[str, str]:
    """A key that holds Markdown without blocks: sanitized HTML, and the plain words."""
    source = table.text(key, required=required, lines=True)
    if not source:
        return "", ""
    tokens = markdown.parse_inline(source)
    line = table.line(key)
    check_inline(((line, token) for _, token in markdown.inline_tokens(tokens)), place)
    plain = " ".join(markdown.plain(token.children) for token in tokens)
    if not plain.strip():
        table.refuse(f"{quoted(key)} has no words", key)
    warn_about_sentences(line, plain, table.faults)
    return markdown.to_html(tokens), plain
