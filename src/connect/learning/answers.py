"""Answers by kind of question: what may be given, what is right, how it is said. Pure.

An answer goes by two sets of names. What is stored names choices and items as the course does, and
the sides of a match ``l0, l1, …`` and ``r0, r1, …``, each pair one number. What an attempt shows
names the items of an order and the sides of a match by ids of its own, made of its seed, so that
nothing in a page tells which comes first or belongs to which.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Mapping
from decimal import Context, Decimal

import msgspec
from msgspec import UNSET, UnsetType

from connect.catalog.content import (
    CHOSEN,
    MOST_DIGITS,
    Question,
    QuestionKind,
    is_plain,
)

MOST_TEXT = 500  # characters of an answer in one's own words
FIELDS = {
    **dict.fromkeys(CHOSEN, "choices"),
    QuestionKind.NUMERIC: "number",
    QuestionKind.SHORT: "text",
    QuestionKind.ORDER: "order",
    QuestionKind.MATCH: "pairs",
    QuestionKind.CLOZE: "gaps",
}
HOW = {
    "choices": "Send a list of ids of this question's choices.",
    "number": "Send a number, such as 2 or 2.5.",
    "text": "Send a text.",
    "order": "Send a list with the id of every item once, the first one first.",
    "pairs": "Send pairs of an id on the left and an id on the right.",
    "gaps": "Send a text for each gap, by the name of the gap.",
}
_EXACT = Context(prec=80)  # more digits than the difference of two plain numbers has


class Given(msgspec.Struct, frozen=True):
    """An answer: the field of its question's kind. An empty one takes an answer back."""

    choices: list[str] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    number: Decimal | UnsetType | None = UNSET
    order: list[str] | UnsetType = UNSET
    pairs: dict[str, str] | UnsetType = UNSET  # left → right
    gaps: dict[str, str] | UnsetType = UNSET  # name of the gap → text


def names(question: Question) -> list[str]:
    """What an answer may name, in the course's own order."""
    match question.kind:
        case QuestionKind.ORDER:
            return [item.id for item in question.items]
        case QuestionKind.MATCH:
            sides = range(len(question.pairs))
            return [f"l{n}" for n in sides] + [f"r{n}" for n in sides]
        case QuestionKind.CLOZE:
            return list(question.gaps)
        case _:
            return [choice.id for choice in question.choices]


def shown_ids(question: Question, seed: int) -> dict[str, str]:
    """Name → id in the attempt of *seed*; the same as the name where it tells nothing."""
    if question.kind not in (QuestionKind.ORDER, QuestionKind.MATCH):
        return {name: name for name in names(question)}
    return {name: _masked(f"{seed} {question.id} {name}") for name in names(question)}


def _masked(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def renamed(given: Given, ids: Mapping[str, str]) -> Given:
    """*given* with names replaced as *ids* says; one that is not in it becomes no name at all."""
    changes: dict[str, object] = {}
    if given.order:
        changes["order"] = [ids.get(name, "") for name in given.order]
    if given.pairs:
        changes["pairs"] = {ids.get(a, ""): ids.get(b, "") for a, b in given.pairs.items()}
    return msgspec.structs.replace(given, **changes)


def faults(question: Question, given: Given) -> dict[str, str]:
    """What is wrong with an answer, as stored: field → what to do. Empty when it can be kept."""
    field = FIELDS[question.kind]
    sent = [name for name in given.__struct_fields__ if getattr(given, name) is not UNSET]
    found = {name: f'Leave it out: this question takes "{field}".' for name in sent}
    found.pop(field, None)
    fault = _fault(question, given) if field in sent else HOW[field]
    return found | ({field: fault} if fault else {})


def _fault(question: Question, given: Given) -> str:
    known = names(question)
    if given.choices:
        if not set(given.choices) <= set(known):
            return "Use the ids of this question's choices."
        if len(set(given.choices)) > 1 and question.kind is not QuestionKind.CHOICES:
            return "Choose one: this question has one right answer."
    elif given.number is not UNSET and given.number is not None:
        if not is_plain(given.number):
            return f"Write a number of at most {MOST_DIGITS} digits, such as 2 or 2.5."
    elif given.text:
        return _text_fault(given.text)
    elif given.order:
        if not set(given.order) <= set(known):
            return "Use the ids of this question's items."
        if sorted(given.order) != sorted(known):
            return f"Give each of the {len(known)} items a place of its own."
    elif given.pairs:
        left, right = set(known[: len(question.pairs)]), set(known[len(question.pairs) :])
        if not (given.pairs.keys() <= left and set(given.pairs.values()) <= right):
            return "Use the ids of this question: one of the left, then one of the right."
        if len(set(given.pairs.values())) < len(given.pairs):
            return "Choose each partner once: no two lines have the same one."
    elif given.gaps:
        if not given.gaps.keys() <= set(known):
            return "Use the names of this question's gaps."
        return next((f for text in given.gaps.values() if (f := _text_fault(text))), "")
    return ""


def _text_fault(text: str) -> str:
    if len(text) > MOST_TEXT:
        return f"Write at most {MOST_TEXT} characters."
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        return "Write it on one line, in letters, digits and signs."
    return ""


def is_empty(given: Given) -> bool:
    """Whether nothing is given at all."""
    values = [getattr(given, name) for name in given.__struct_fields__]
    return all(value is UNSET or value in (None, "", [], {}) for value in values)


def is_answered(question: Question, given: Given | None) -> bool:
    """Whether every part of the question has an answer, right or wrong."""
    if given is None:
        return False
    if question.kind is QuestionKind.MATCH:
        return len(given.pairs or {}) == len(question.pairs)
    if question.kind is QuestionKind.CLOZE:
        return all((given.gaps or {}).get(gap, "").strip() for gap in question.gaps)
    if question.kind is QuestionKind.NUMERIC:
        return isinstance(given.number, Decimal)
    if question.kind is QuestionKind.SHORT:
        return bool((given.text or "").strip())
    return bool(given.choices or given.order)


def is_right(question: Question, given: Given | None) -> bool:
    """Whether an answer is wholly right; there is no partial credit."""
    if given is None:
        return False
    match question.kind:
        case QuestionKind.NUMERIC:
            asked, number = question.number, given.number
            if asked is None or not isinstance(number, Decimal):
                return False
            return abs(_EXACT.subtract(number, asked.right)) <= asked.tolerance
        case QuestionKind.SHORT:
            return _is_one_of(given.text or "", question.accept)
        case QuestionKind.ORDER:
            return given.order == names(question)
        case QuestionKind.MATCH:
            return given.pairs == {f"l{n}": f"r{n}" for n in range(len(question.pairs))}
        case QuestionKind.CLOZE:
            texts = given.gaps or {}
            return all(_is_one_of(texts.get(g, ""), a) for g, a in question.gaps.items())
        case _:
            return set(given.choices or ()) == {c.id for c in question.choices if c.right}


def _is_one_of(text: str, accepted: Collection[str]) -> bool:
    return folded(text) in {folded(one) for one in accepted}


def folded(text: str) -> str:
    """*text* as it is compared: without case, spaces at its ends, double spaces, letter forms."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(plain.split())


def in_words(question: Question, given: Given | None) -> list[str]:
    """An answer as its learner reads it, part by part."""
    if given is None:
        return []
    match question.kind:
        case QuestionKind.NUMERIC:
            return [written(given.number)] if isinstance(given.number, Decimal) else []
        case QuestionKind.SHORT:
            return [given.text] if given.text else []
        case QuestionKind.ORDER:
            texts = {item.id: item.text for item in question.items}
            return [f"{n}. {texts[name]}" for n, name in enumerate(given.order or [], 1)]
        case QuestionKind.MATCH:
            pairs = sorted((int(a[1:]), int(b[1:])) for a, b in (given.pairs or {}).items())
            return [f"{question.pairs[a].left}: {question.pairs[b].right}" for a, b in pairs]
        case QuestionKind.CLOZE:
            texts = given.gaps or {}
            return [f"Gap {n}: {texts.get(g) or 'none'}" for n, g in enumerate(gaps(question), 1)]
        case _:
            return [c.text for c in question.choices if c.id in (given.choices or ())]


def key_in_words(question: Question) -> list[str]:
    """The right answer as a learner reads it, part by part.

    Of several spellings that are right it is the first, which an author writes as the usual one.
    """
    match question.kind:
        case QuestionKind.NUMERIC:
            asked = question.number
            if asked is None:
                return []
            off = f", or up to {written(asked.tolerance)} off" if asked.tolerance else ""
            return [written(asked.right) + off]
        case QuestionKind.SHORT:
            return question.accept[:1]
        case QuestionKind.ORDER:
            return [f"{n}. {item.text}" for n, item in enumerate(question.items, 1)]
        case QuestionKind.MATCH:
            return [f"{pair.left}: {pair.right}" for pair in question.pairs]
        case QuestionKind.CLOZE:
            right = [question.gaps[gap][0] for gap in gaps(question)]
            return [f"Gap {n}: {words}" for n, words in enumerate(right, 1)]
        case _:
            return [choice.text for choice in question.choices if choice.right]


def gaps(question: Question) -> list[str]:
    """The gaps of a cloze in the order of its text."""
    return sorted(question.gaps, key=lambda gap: question.text.find(f"{{{gap}}}"))


def with_gaps(question: Question) -> str:
    """The HTML of a question; a cloze says where its gaps are, by the numbers of the answers."""
    found = question.html
    for number, gap in enumerate(gaps(question), 1):
        found = found.replace(f"{{{gap}}}", f"(gap {number})")
    return found


def written(number: Decimal) -> str:
    """*number* without an exponent and without zeros at its end: ``2``, ``-0.5``."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
