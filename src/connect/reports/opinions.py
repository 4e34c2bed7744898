"""What learners think of a course, as numbers of five people or more. Pure but for its labels."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from connect.catalog.evaluations import Ask, AskKind, Wording
from connect.lists import DISCIPLINES, STATES
from connect.reports.withholding import LEAST, Cell, Group, shown_groups, whole_days

KINDS = ("version", "discipline", "state")  # of groups, in the order of a cell
DEFINITION = (
    "One person counts once, with the latest answers for the course. Numbers of fewer than five "
    "people are withheld, and others with them where a difference would give them away. A period "
    "is made of whole spans of five people or more, so people at its ends may be left out; groups "
    "are told only for a period that holds everybody. Own words stand in no order of time."
)


class Person(msgspec.Struct, frozen=True):
    """One person's latest answers; ``cell`` has a value for each of ``KINDS``."""

    cell: Cell
    day: date
    marks: Mapping[str, list[str]]
    texts: Mapping[str, str]

    def answered(self, question: str) -> bool:
        return bool(self.marks.get(question) or self.texts.get(question))


class Chosen(msgspec.Struct):
    id: str
    text: str
    n: int


class Part(msgspec.Struct):
    """The people of one group; without numbers when they are withheld."""

    value: str | None  # None: not reported
    label: str
    withheld: bool
    n: int | None = None
    mean: float | None = None  # of a scale, 1 to 5
    options: list[Chosen] | None = None


class Question(msgspec.Struct):
    id: str
    kind: str
    text: str
    withheld: bool
    n: int | None = None
    mean: float | None = None
    options: list[Chosen] | None = None
    texts: list[str] | None = None
    by: dict[str, list[Part]] = {}


def question_of(
    ask: Ask, people: Sequence[Person], since: date, until: date, *, version: str = ""
) -> Question:
    """What people answered to one question in a period.

    The spans that a period is made of are those of the people who answered this question.

    Args:
        people: everybody who was asked it, at whatever time.
        version: of that one only, "" for all; told when it is told among all.
    """
    answered = [person for person in people if person.answered(ask.id)]
    days = whole_days([person.day for person in answered], since, until)
    here = [person for person in answered if person.day in days]
    groups = len(here) == len(answered)
    shown = shown_groups([person.cell for person in here])
    withheld = Question(ask.id, ask.kind, ask.text, withheld=True)
    if version and (not groups or shown is None or (0, version) not in shown):
        return withheld
    if version:
        here = [person for person in here if person.cell[0] == version]
    if shown is None:
        return withheld
    found = Question(ask.id, ask.kind, ask.text, withheld=False, n=len(here))
    found.mean, found.options = _numbers(ask, here)
    if ask.kind is AskKind.TEXT:
        found.texts = sorted((person.texts[ask.id] for person in here), key=_mixed)
    elif groups and not version:
        found.by = {kind: _parts(ask, here, place, shown) for place, kind in enumerate(KINDS)}
    return found


def sizes(people: Sequence[Person]) -> dict[str, list[Part]]:
    """How many answered, by kind of group."""
    shown = shown_groups([person.cell for person in people]) or set()
    return {kind: _parts(None, people, place, shown) for place, kind in enumerate(KINDS)}


def _parts(ask: Ask | None, people: Sequence[Person], place: int, shown: set[Group]) -> list[Part]:
    found = []
    for value in {person.cell[place] for person in people}:
        label = _label(KINDS[place], value)
        if (place, value) not in shown:
            found.append(Part(value, label, withheld=True))
            continue
        here = [person for person in people if person.cell[place] == value]
        part = Part(value, label, withheld=False, n=len(here))
        if ask:
            part.mean, part.options = _numbers(ask, here)
        found.append(part)
    return sorted(found, key=lambda part: (part.value is None, part.label))


def _numbers(ask: Ask, people: Sequence[Person]) -> tuple[float | None, list[Chosen] | None]:
    if ask.kind is AskKind.TEXT:
        return None, None
    count = Counter(option for person in people for option in person.marks[ask.id])
    chosen = [Chosen(option.id, option.text, count[option.id]) for option in ask.options]
    if ask.kind is not AskKind.SCALE:
        return None, chosen
    return round(sum(int(c.id) * c.n for c in chosen) / len(people), 2), chosen


def _mixed(text: str) -> str:
    """An order that says nothing of who wrote when, and is the same every time."""
    return hashlib.sha256(text.encode()).hexdigest()


def _label(kind: str, value: str | None) -> str:
    if value is None:
        return "Not reported"
    if kind == "version":
        return f"Version {value}"
    known = DISCIPLINES if kind == "discipline" else STATES
    return known[value].label if value in known else value


def asked_in(wordings: Mapping[str, Wording]) -> dict[tuple[object, ...], tuple[Ask, set[str]]]:
    """Every question by its shape, in the newest words, with the versions that ask it.

    Args:
        wordings: version → what it asks, the newest first.
    """
    found: dict[tuple[object, ...], tuple[Ask, set[str]]] = {}
    for version, wording in wordings.items():
        for ask in wording.questions:
            found.setdefault(ask.shape, (ask, set()))[1].add(version)
    return found


def too_few(people: Sequence[Person]) -> bool:
    return len(people) < LEAST
