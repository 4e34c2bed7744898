"""A course as it will look, with the key of its quizzes, before it is published."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup

from connect.catalog.content import (
    CHOSEN,
    Component,
    CourseContent,
    with_components,
    with_media,
)
from connect.errors import NotFound
from connect.learning.answers import key_in_words, with_gaps


def previewed(content: CourseContent, name: str, *, url: str, files: str) -> dict[str, Any]:
    """What ``preview.html`` shows of the component *name*, and the way to the others.

    Args:
        url: where the previews of components stand, by their id.
        files: where the course's files stand, by their digest.

    Raises:
        NotFound: the course has no such component.
    """
    component = next((one for one in content.components if one.id == name), None)
    if component is None:
        raise NotFound

    def address(path: str) -> str:
        return f"{files}/{content.media[path].sha256}"

    def drawn(source: str) -> Markup:
        shown = with_media(source, address)
        return Markup(with_components(shown, lambda other: f"{url}/{other}"))  # noqa: S704 -- sanitized by the check

    return {
        "title": content.title,
        "components": [
            {"id": c.id, "title": c.title, "url": f"{url}/{c.id}"} for c in content.components
        ],
        "component": _shown(component, drawn, address),
    }


def _shown(
    component: Component, drawn: Callable[[str], Markup], address: Callable[[str], str]
) -> dict[str, Any]:
    questions = component.quiz.questions if component.quiz else []
    recording = component.recording
    file = recording.file if recording else component.download
    return {
        "id": component.id,
        "title": component.title,
        "html": drawn(recording.transcript_html if recording else component.html),
        "text": component.text,
        "file": {"url": address(file), "name": PurePosixPath(file).name} if file else None,
        "parts": [unit.title for unit in component.package.units] if component.package else [],
        "questions": [
            {
                "id": question.id,
                "html": drawn(with_gaps(question)),
                "image": address(question.image) if question.image else "",
                "alt": question.alt,
                "key": [] if question.kind in CHOSEN else key_in_words(question),
                "feedback": drawn(question.feedback_html),
                "choices": [
                    {"html": drawn(c.html), "right": c.right, "feedback": drawn(c.feedback_html)}
                    for c in question.choices
                ],
            }
            for question in questions
        ],
    }
