"""Checking the key of a question that is answered in another way than by choosing."""

import re
from collections.abc import Callable, Collection
from decimal import Decimal

import msgspec

from connect.catalog.content import Item, Number, Pair, Question, QuestionKind
from connect.catalog.faults import quoted
from connect.catalog.toml_table import SLUG, SLUG_RULE, Table, refuse_equal_ids

MOST_PARTS = 20  # items, pairs or gaps of one question
MOST_ACCEPTED = 200  # characters of a text that is right
KEYS = {"right", "tolerance", "accept", "items", "pairs", "gaps", "choices"}  # of all kinds
GAP = re.compile(r"\{([^{}]*)\}")  # in a cloze: where something is to be filled in
_NO_PLACE = re.compile(r"<a .*?</a>|<code>.*?</code>|<[^>]*>", re.DOTALL)
Words = Callable[[Table, str], tuple[str, str]]  # a key with Markdown: HTML, plain words


def read_key(table: Table, question: Question, words: Words) -> Question:
    """*question* with the key of its kind; without a right answer it is a fault."""
    match question.kind:
        case QuestionKind.NUMERIC:
            return msgspec.structs.replace(question, number=_number(table))
        case QuestionKind.SHORT:
            return msgspec.structs.replace(question, accept=_accepted(table, "accept"))
        case QuestionKind.ORDER:
            return msgspec.structs.replace(question, items=read_items(table, words))
        case QuestionKind.MATCH:
            return msgspec.structs.replace(question, pairs=read_pairs(table, words))
        case _:
            return msgspec.structs.replace(question, gaps=_gaps(table, question))


def _number(table: Table) -> Number:
    if not table.has("right"):
        table.refuse('no right answer: "right" is missing')
    right = table.number("right", Decimal(0))
    tolerance = table.number("tolerance", Decimal(0))
    if tolerance < 0:
        table.refuse('"tolerance" is below 0', "tolerance")
    return Number(right, tolerance)


def _accepted(table: Table, key: str) -> list[str]:
    found = table.texts(key)
    for place, text in enumerate(found):
        if len(text) > MOST_ACCEPTED:
            said = f"{quoted(key)} has a text of {len(text)} characters, over {MOST_ACCEPTED}"
            table.refuse(said, key, place)
    if not table.has(key):
        table.refuse(f"no right answer: {quoted(key)} is missing")
    elif table.get(key) == []:
        table.refuse(f"no right answer: {quoted(key)} is empty", key)
    return found


def read_items(table: Table, words: Words) -> list[Item]:
    """The items of an order: ids, and texts none of which is like another."""
    given = _parts(table, "items")
    found = []
    for one in given:
        name = one.text("id", required=True, pattern=SLUG, rule=SLUG_RULE)
        found.append(Item(name, words(one, "text")[1]))
        one.close()
    refuse_equal_ids(given, [item.id for item in found])
    _refuse_equal(given, "text", [item.text for item in found], "no order of them is right")
    return found


def read_pairs(table: Table, words: Words) -> list[Pair]:
    """The pairs of a match, none of which is like another on either side."""
    given = _parts(table, "pairs")
    found = []
    for one in given:
        found.append(Pair(words(one, "left")[1], words(one, "right")[1]))
        one.close()
    # Alike on the right, too: which of the two is meant could not be told.
    _refuse_equal(given, "left", [pair.left for pair in found], "each has one partner")
    _refuse_equal(given, "right", [pair.right for pair in found], "each has one partner")
    return found


def _parts(table: Table, key: str) -> list[Table]:
    given = table.tables(key)
    if not table.has(key):
        table.refuse(f"no right answer: {quoted(key)} is missing")
    elif len(given) < 2:
        table.refuse(f"a question needs two {key} or more", key)
    elif len(given) > MOST_PARTS:
        table.refuse(f"{len(given)} {key}, over {MOST_PARTS}", key)
    return given


def _refuse_equal(given: list[Table], key: str, texts: list[str], why: str) -> None:
    seen: set[str] = set()
    for table, text in zip(given, texts, strict=True):
        if text and text.casefold() in seen:
            table.refuse(f"{quoted(text)} stands twice; {why}", key)
        seen.add(text.casefold())


def _gaps(table: Table, question: Question) -> dict[str, list[str]]:
    gaps = table.table("gaps")
    found = {}
    for name in gaps.keys():  # noqa: SIM118 -- a Table, not a dict
        found[name] = _accepted(gaps, name)
        if name not in GAP.findall(question.text):
            gaps.refuse(f'the gap {quoted(name)} stands nowhere in "text"', name)
    check_marks(table, question.html, question.text, found)
    if not table.has("gaps"):
        table.refuse('no right answer: "gaps" is missing')
    elif not found:
        table.refuse('no right answer: "gaps" is empty', "gaps")
    elif len(found) > MOST_PARTS:
        table.refuse(f"{len(found)} gaps, over {MOST_PARTS}", "gaps")
    return found


def check_marks(table: Table, html: str, text: str, gaps: Collection[str]) -> None:
    """Refuse what the text of a cloze marks as a gap and cannot be one of *gaps*."""
    marks = GAP.findall(text)
    inside = GAP.findall(_NO_PLACE.sub("", html))
    for name in dict.fromkeys(marks):
        if not SLUG.fullmatch(name):
            table.refuse(f"the gap {quoted(name)}: {SLUG_RULE}", "text")
        elif name not in gaps:
            table.refuse(f'the gap {quoted(name)} has no entry in "gaps"', "text")
        if marks.count(name) > 1:
            table.refuse(f"the gap {quoted(name)} stands twice", "text")
        elif name not in inside or html.count(f"{{{name}}}") > 1:
            table.refuse(f"the gap {quoted(name)} has no place in a link or in code", "text")
