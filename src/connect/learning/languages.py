"""In which language a learner reads a course."""

from typing import Any
from uuid import UUID

from connect.audit import record
from connect.catalog.content import CourseContent
from connect.catalog.queries import content_of
from connect.catalog.translated import in_language, language_of, languages_of
from connect.db import transaction
from connect.errors import Invalid
from connect.learning.actions import component_in
from connect.learning.queries import enrollment_of
from connect.learning.tables import Enrollment, EnrollmentLanguage
from connect.lists import LANGUAGES
from connect.policy import Actor

_REGIONAL = {"pt-BR": "Português (Brasil)"}  # where the language alone would not do


async def language_in(enrollment: Enrollment, content: CourseContent) -> str:
    """The language that the learner chose for a course; else that of the course."""
    if len(languages_of(content)) == 1:
        return content.language
    row = (
        await EnrollmentLanguage.select(EnrollmentLanguage.language)
        .where(EnrollmentLanguage.enrollment == enrollment.id)
        .first()
    )
    return str(row["language"]) if row else content.language


async def as_read(enrollment: Enrollment, content: CourseContent) -> CourseContent:
    """*content* in the learner's language. For showing only: grading is by ids, in the original."""
    return in_language(content, await language_in(enrollment, content))


async def component_language(enrollment: Enrollment, component: str) -> str:
    """In which language a component is shown; that of the course when it is not translated."""
    content = await content_of(enrollment.version)
    found = component_in(content, component)
    return language_of(content, found, await language_in(enrollment, content))


async def reading(enrollment: Enrollment, content: CourseContent, component: str) -> dict[str, Any]:
    """What the player shows about languages: which there are, and whether this text is older."""
    language = await language_in(enrollment, content)
    found = component_in(content, component)
    words = found.translations.get(language)
    return {
        "languages": [(code, _name(code)) for code in languages_of(content)],
        "language": language,
        "lang": language if words else content.language,
        "title_lang": language if language in content.translations else content.language,
        "steps": {c.id: language_of(content, c, language) for c in content.components},
        "older": bool(words and words.older),
        "missing": language != content.language and words is None and not found.evaluation,
        "original": _name(content.language),
    }


def _name(code: str) -> str:
    """A language as those who speak it call it; one that nobody listed is its code."""
    return _REGIONAL.get(code) or LANGUAGES.get(code.partition("-")[0], code)


async def choose_language(actor: Actor, enrollment_id: UUID, language: str) -> None:
    """Show the course in *language* from now on, attempts under way included.

    Raises:
        NotFound: no such enrollment, or it is somebody else's.
        Invalid: no part of the course is in that language.
    """
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        offered = languages_of(await content_of(enrollment.version))
        if language not in offered:
            raise Invalid({"language": f"Use one of {', '.join(offered)}."})
        await EnrollmentLanguage.insert(
            EnrollmentLanguage(enrollment=enrollment.id, language=language)
        ).on_conflict(
            target=EnrollmentLanguage.enrollment,
            action="DO UPDATE",
            values=[EnrollmentLanguage.language],
        )
        await record(
            actor, "enrollment.language_chosen", Enrollment, of=enrollment.id, language=language
        )
