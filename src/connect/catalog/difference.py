"""What differs between two versions of a course: components, questions, settings, media."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from connect.catalog.content import Choice, Component, CourseContent, Question, Quiz

Item = TypeVar("Item", Component, Question)

# What differs always, or stands in lines of its own.
_OWN_LINES = {"slug", "hash", "id", "components", "media", "quiz", "questions"}
_WORDS = {
    "html": "text",
    "feedback_html": "feedback",
    "alt": "words for the image",
    "contact_minutes": "contact minutes",
    "access": "who may take it",
    "counts": "whether it counts",
    "sequence": "whether the order is fixed",
    "required": "whether it is required",
    "change": "whom it concerns",
}


class State(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


class Line(msgspec.Struct, frozen=True):
    """One thing that differs."""

    state: State
    component: str  # id, "" for the course itself and for media
    question: str  # id, "" for what is no question
    title: str  # of the course, the component or the file; the text of a question
    what: list[str] = []  # which parts of it changed, in words
    before: str = ""  # the wording, where it is short and changed
    after: str = ""

    def __str__(self) -> str:
        place = "/".join(part for part in (self.component, self.question) if part)
        what = f": {', '.join(self.what)}" if self.what else ""
        words = f'"{self.before}" → "{self.after}"' if self.before else f'"{self.title}"'
        return f"{self.state} {place or 'course'}{what} {words}"


def difference(old: CourseContent | None, new: CourseContent) -> list[Line]:
    """What *new* changes of *old*: the course, then its components in order, then media.

    Args:
        old: the published version, ``None`` when there is none: everything is new.
    """
    if old is None:
        empty: list[Component] = []
        return [Line(State.NEW, "", "", new.title), *_pairs(empty, new.components, _component)]
    lines = _changed("", "", new.title, old, new)
    shared = {c.id for c in old.components} & {c.id for c in new.components}
    if [c.id for c in old.components if c.id in shared] != [
        c.id for c in new.components if c.id in shared
    ]:
        lines.append(Line(State.CHANGED, "", "", new.title, ["order of the components"]))
    lines += _pairs(old.components, new.components, _component)
    for path in sorted(old.media.keys() | new.media.keys()):
        if old.media.get(path) != new.media.get(path):
            lines.append(Line(_state(path, old.media, new.media), "", "", path))
    return lines


def _component(old: Component | None, new: Component | None) -> list[Line]:
    some = new or old
    if some is None:
        return []
    if old is None or new is None:
        return [Line(State.NEW if new else State.GONE, some.id, "", some.title)]
    lines = _changed(new.id, "", new.title, old, new)
    if old.quiz and new.quiz:
        lines += _quiz(new.id, old.quiz, new.quiz)
    return lines


def _quiz(component: str, old: Quiz, new: Quiz) -> list[Line]:
    def question(before: Question | None, after: Question | None) -> list[Line]:
        some = after or before
        if some is None:
            return []
        if before is None or after is None:
            return [Line(State.NEW if after else State.GONE, component, some.id, some.text)]
        return _changed(component, after.id, after.text, before, after)

    return [
        *_changed(component, "", new.title, old, new),
        *_pairs(old.questions, new.questions, question),
    ]


def _pairs(
    old: Sequence[Item], new: Sequence[Item], of: Callable[[Item | None, Item | None], list[Line]]
) -> list[Line]:
    """The lines of what has one id: in the order of *new*, then what is gone."""
    was: dict[str, Item] = {one.id: one for one in old}
    is_now: dict[str, Item] = {one.id: one for one in new}
    ids = [*is_now, *(name for name in was if name not in is_now)]
    return [line for name in ids for line in of(was.get(name), is_now.get(name))]


def _changed(
    component: str, question: str, title: str, old: msgspec.Struct, new: msgspec.Struct
) -> list[Line]:
    """One line when a part of *new* that has no line of its own differs from *old*."""
    what: list[str] = []
    for name in new.__struct_fields__:
        if name in _OWN_LINES or getattr(old, name) == getattr(new, name):
            continue
        own = name == "choices"
        words = _choices(getattr(old, name), getattr(new, name)) if own else [_worded(name)]
        what += [word for word in words if word not in what]
    if not what:
        return []
    wording = "text" if question else "title"
    was, is_now = str(getattr(old, wording)), str(getattr(new, wording))
    if was == is_now:
        was = is_now = ""
    return [Line(State.CHANGED, component, question, title, what, was, is_now)]


def _choices(old: Sequence[Choice], new: Sequence[Choice]) -> list[str]:
    what: list[str] = []
    if [c.id for c in old] != [c.id for c in new]:
        what.append("choices")
    if {c.id for c in old if c.right} != {c.id for c in new if c.right}:
        what.append("right answer")
    html = {c.id: c.html for c in old}
    if any(html.get(c.id, c.html) != c.html for c in new):
        what.append("words of the choices")
    return what or ["feedback of the choices"]


def _worded(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def _state(path: str, old: Mapping[str, object], new: Mapping[str, object]) -> State:
    if path not in old:
        return State.NEW
    return State.CHANGED if path in new else State.GONE
