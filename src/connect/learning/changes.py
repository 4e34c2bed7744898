"""What changed between two versions of a course, and what a short cycle is. Pure."""

import html
import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from urllib.parse import unquote

import msgspec

from connect.catalog.content import Change, Component, CourseContent
from connect.learning.requirements import GRADED

A_QUESTION = 1.85  # minutes, for a quiz whose author gave no length
SHORT = " (what changed)"
_MEDIA = re.compile(r'(?<=src=")media/[^"]+(?=")')


class Fate(StrEnum):
    """What became of a component in the newer version."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


class Difference(msgspec.Struct, frozen=True):
    component: str
    kind: str
    title: str
    fate: Fate


def differences(old: CourseContent, new: CourseContent) -> list[Difference]:
    """Each component by its content, in the order of *new*; what is gone stands last."""
    before = {c.id: c for c in old.components}
    found = []
    for component in new.components:
        was = before.pop(component.id, None)
        if was is None:
            fate = Fate.NEW
        else:
            same = _content(old, was) == _content(new, component)
            fate = Fate.UNCHANGED if same else Fate.CHANGED
        found.append(Difference(component.id, component.kind, component.title, fate))
    return found + [Difference(c.id, c.kind, c.title, Fate.GONE) for c in before.values()]


def _content(course: CourseContent, component: Component) -> object:
    """All that a learner sees of a component in the course's language, and the bytes of its media.

    A translation that is added or mended changes nothing for who took the original.
    """
    paths = {unquote(html.unescape(path)) for path in _MEDIA.findall(component.html)}
    shown = {path: course.media[path].sha256 for path in paths if path in course.media}
    pictures = {
        q.image: course.media[q.image].sha256
        for q in (component.quiz.questions if component.quiz else ())
        if q.image in course.media
    }
    return msgspec.structs.replace(component, translations={}), shown, pictures


def carried(old: CourseContent, new: CourseContent) -> list[str]:
    """The components that whoever completed *old* need not take again: those without a change.

    Tests that decide on completion are always taken again.
    """
    graded = {c.id for c in new.components if c.quiz and c.quiz.purpose in GRADED}
    return [
        d.component
        for d in differences(old, new)
        if d.fate is Fate.UNCHANGED and d.component not in graded
    ]


def is_short_enough(old: CourseContent, since: Sequence[CourseContent]) -> bool:
    """Whether a short cycle leads from *old* to the last of *since*, all later versions in order.

    The author allows it by a version that concerns everyone: who completed an earlier one does
    the new part. Something has to be carried over, and something required has to be left.
    """
    if not since or not any(content.change is Change.EVERYONE for content in since):
        return False
    over = carried(old, since[-1])
    return bool(over) and any(c.required and c.id not in over for c in since[-1].components)


def taken_minutes(content: CourseContent, carried_over: Collection[str]) -> int:
    """The contact minutes of what was taken: the share that its components have in the length.

    Rounded down, so that never more is certified than was taken; at least 1.
    """
    required = [c for c in content.components if c.required]
    whole = sum(_length(c) for c in required)
    part = sum(_length(c) for c in required if c.id not in carried_over)
    return (
        max(1, int(content.contact_minutes * part / whole))
        if part < whole
        else (content.contact_minutes)
    )


def certified_title(title: str, carried_over: Collection[str]) -> str:
    """What a certificate calls the course, of which a part was carried over or nothing."""
    return f"{title[: 200 - len(SHORT)]}{SHORT}" if carried_over else title


def _length(component: Component) -> float:
    if component.minutes:
        return component.minutes
    if quiz := component.quiz:
        drawn = quiz.draw if isinstance(quiz.draw, int) else sum((quiz.draw or {}).values())
        return A_QUESTION * (drawn or len(quiz.questions))
    return 1
