"""A course in another language: the same ids and the same key, other words."""

from msgspec.structs import replace

from connect.catalog.content import Component, CourseContent, Question, QuestionWords


def languages_of(content: CourseContent) -> list[str]:
    """The languages in which some part of a course can be read, that of the course first."""
    others = {language for c in content.components for language in c.translations}
    others |= content.translations.keys()
    return [content.language, *sorted(others - {content.language})]


def language_of(content: CourseContent, component: Component, language: str) -> str:
    """In which language a component is shown to whoever wants *language*."""
    return language if language in component.translations else content.language


def in_language(content: CourseContent, language: str) -> CourseContent:
    """*content* with every word that there is in *language*; the rest stays as it is.

    For showing only: what is graded is graded by ids, in the original.
    """
    if language not in languages_of(content)[1:]:
        return content
    content = replace(content, components=[_component(c, language) for c in content.components])
    words = content.translations.get(language)
    if words is None:
        return content
    return replace(
        content,
        title=words.title,
        summary=words.summary,
        objectives=words.objectives,
        content_notes=words.content_notes,
    )


def _component(component: Component, language: str) -> Component:
    words = component.translations.get(language)
    if words is None:
        return component
    quiz = component.quiz
    if quiz is not None:
        questions = [
            _question(q, words.questions[q.id]) if q.id in words.questions else q
            for q in quiz.questions
        ]
        quiz = replace(quiz, title=words.title, questions=questions)
    return replace(component, title=words.title, html=words.html, text=words.text, quiz=quiz)


def _question(question: Question, words: QuestionWords) -> Question:
    choices = [
        replace(
            choice, html=w.html, text=w.text, feedback=w.feedback, feedback_html=w.feedback_html
        )
        if (w := words.choices.get(choice.id))
        else choice
        for choice in question.choices
    ]
    return replace(
        question,
        html=words.html,
        text=words.text,
        alt=words.alt,
        feedback=words.feedback,
        feedback_html=words.feedback_html,
        choices=choices,
        items=[replace(item, text=words.items.get(item.id, item.text)) for item in question.items],
        pairs=words.pairs or question.pairs,
    )
