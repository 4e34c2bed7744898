"""The evaluation as a form: what the page shows, and what comes back from it."""

from collections.abc import Mapping
from typing import Any

from connect.catalog.content import CourseContent
from connect.catalog.evaluations import AskKind, Evaluation
from connect.learning.evaluation_rules import Value
from connect.web.forms import several

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français", "pt": "Português"}


def shown(
    evaluation: Evaluation, content: CourseContent, url: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """What the form asks, with what *fields* had typed in before.

    Args:
        fields: of the form or of the address; ``language`` chooses the words.
    """
    language, words = evaluation.worded(str(fields.get("language") or content.language))
    return {
        "language": language,
        "others": [
            {"code": code, "name": LANGUAGES.get(code, code), "url": f"{url}?language={code}"}
            for code in sorted(evaluation.wordings)
            if code != language
        ],
        "intro": [part for part in words.intro.split("\n\n") if part],
        "questions": [
            {
                "name": f"a-{question.id}",
                "kind": question.kind,
                "text": question.text,
                "required": question.required,
                "options": [(option.id, option.text) for option in question.options],
                "given": several(dict(fields), f"a-{question.id}"),
            }
            for question in words.questions
        ],
    }


def answers(evaluation: Evaluation, fields: dict[str, Any]) -> dict[str, Value]:
    """The answers that a form brings."""
    found: dict[str, Value] = {}
    for question in evaluation.wordings[evaluation.language].questions:
        given = several(fields, f"a-{question.id}")
        if question.kind is AskKind.TEXT:
            given = ["\n".join(given).replace("\r\n", "\n")]
        found[question.id] = given
    return found


def at_fields(evaluation: Evaluation, faults: Mapping[str, str], language: str) -> dict[str, str]:
    """Faults by the names of the form's fields, each with its question in the form's language."""
    _, words = evaluation.worded(language)
    original = evaluation.wordings[evaluation.language].questions
    found = {}
    for question, asked in zip(words.questions, original, strict=True):
        if question.id in faults:
            told = faults[question.id].removeprefix(asked.text)
            found[f"a-{question.id}"] = f"{question.text}{told}"
    return found
