"""Answers as fields of a form: ``q-<question>`` holds a text, a number or choices, and
``q-<question>.<part>`` the place of an item, the partner of a left side, the text of a gap."""

import re
from decimal import Decimal
from typing import Any

from connect.learning.answers import Given, written
from connect.web.forms import several

NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.[0-9]*)?")
MOST = 100  # characters of a number
Fields = dict[str, list[str]]  # name of a field → its values
Shown = dict[str, Any]  # a question as ``views.attempt`` shows it


def field(question: Shown, part: str = "") -> str:
    return f"q-{question['id']}" + (f".{part}" if part else "")


def saved(question: Shown) -> Fields:
    """What the form holds of the answer that was saved."""
    given = question["answer"] or {}
    found = {field(question): list(given.get("choices", []))}
    if given.get("number") is not None:
        found[field(question)] = [written(Decimal(str(given["number"])))]
    if "text" in given:
        found[field(question)] = [given["text"]]
    for part, text in {**given.get("pairs", {}), **given.get("gaps", {})}.items():
        found[field(question, part)] = [text]
    for place, item in enumerate(given.get("order", []), 1):
        found[field(question, item)] = [str(place)]
    return found


def read(question: Shown, fields: dict[str, Any]) -> tuple[Given, str]:
    """The answer in a form, and what is wrong with it; nothing filled in is an empty one."""

    def text(part: str = "") -> str:
        return next(iter(several(fields, field(question, part))), "").strip()

    match question["kind"]:
        case "numeric":
            return _number(text())
        case "short":
            return Given(text=text()), ""
        case "order":
            return _order({item["id"]: text(item["id"]) for item in question["items"]})
        case "match":
            pairs = {left["id"]: text(left["id"]) for left in question["left"]}
            return Given(pairs={left: right for left, right in pairs.items() if right}), ""
        case "cloze":
            gaps = {gap: text(gap) for gap in question["gaps"]}
            return Given(gaps={gap: filled for gap, filled in gaps.items() if filled}), ""
        case _:
            return Given(choices=several(fields, field(question))), ""


def _number(text: str) -> tuple[Given, str]:
    text = text.replace("\u2212", "-")
    if not text:
        return Given(number=None), ""
    if len(text) <= MOST and NUMBER.fullmatch(text) and re.search("[0-9]", text):
        return Given(number=Decimal(text.replace(",", ""))), ""
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        return Given(), "Write the number with a point, not with a comma: 2.5."
    return Given(), "Write a number in digits only, such as 2 or 2.5."


def _order(places: dict[str, str]) -> tuple[Given, str]:
    if not any(places.values()):
        return Given(order=[]), ""
    wanted = [str(place) for place in range(1, len(places) + 1)]
    if sorted(places.values()) != sorted(wanted):
        return Given(), f"Give each line a place of its own, 1 to {len(places)}."
    return Given(order=sorted(places, key=lambda item: int(places[item]))), ""
