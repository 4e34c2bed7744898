"""What answers an evaluation takes. Pure: no database, no clock, no await."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from connect.catalog.evaluations import Ask, AskKind

Value = int | str | list[str]  # a step of a scale; an id or words; ids
MOST = 2000  # characters in one's own words
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class View(msgspec.Struct, frozen=True):
    """One learner's answers, parted by what can tell who wrote them."""

    marks: dict[str, list[str]]  # question id → ids of its options
    texts: dict[str, str]  # question id → own words


def read(questions: Sequence[Ask], answers: Mapping[str, Value]) -> tuple[View, dict[str, str]]:
    """What was answered, and every question whose answer needs another look, with the reason."""
    faults: dict[str, str] = {}
    known = {question.id for question in questions}
    for other in answers:
        if other not in known:
            faults[other] = "The evaluation has no such question."
    view = View({}, {})
    for question in questions:
        given = _given(answers.get(question.id))
        if wrong := _fault(question, given):
            faults[question.id] = wrong
        elif given and question.kind is AskKind.TEXT:
            view.texts[question.id] = given[0]
        elif given:
            view.marks[question.id] = given
    return view, faults


def _given(value: Value | None) -> list[str]:
    values = value if isinstance(value, list) else [] if value is None else [str(value)]
    return list(dict.fromkeys(v.strip() for v in values if v.strip()))


def _fault(question: Ask, given: Sequence[str]) -> str:
    if not given:
        return _unanswered(question) if question.required else ""
    if question.kind is not AskKind.CHOICES and len(given) > 1:
        return f"{question.text} Give one answer."
    if question.kind is AskKind.TEXT:
        if _UNREADABLE.search(given[0]):
            return f"{question.text} Some signs cannot be read; write the words again."
        if len(given[0]) > MOST:
            return f"{question.text} Write at most {MOST:,} characters."
    elif not set(given) <= {option.id for option in question.options}:
        return f"{question.text} Choose from the answers that are offered."
    return ""


def _unanswered(question: Ask) -> str:
    do = {AskKind.TEXT: "Write an answer.", AskKind.CHOICES: "Choose one or more answers."}
    return f"{question.text} {do.get(question.kind, 'Choose an answer.')}"
