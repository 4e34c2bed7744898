"""A learner reads a course in another language; what is right stays by ids."""

import re

import pytest

import make
from catalog.course_folder import FILES, QUIZ, write_course
from catalog.test_translations import SPANISH
from connect.audit import AuditEvent
from connect.catalog.actions import publish_folder
from connect.catalog.translations import note_translated
from connect.errors import Invalid, NotFound
from connect.learning.actions import Event, enroll, note_event
from connect.learning.languages import choose_language
from connect.learning.tables import Enrollment, EnrollmentLanguage
from connect.policy import SYSTEM

SLUG = "lost-at-the-fair"
COURSE = re.sub(r"access = .*", "", str(FILES["course.toml"])).replace("min_seconds = 30\n", "")
QUIZ_OPEN = QUIZ.replace("draw = 2", "").replace('"after_pass"', '"after_submission"')


async def published(folder, **changes):
    given = {"course.toml": COURSE, "quizzes/final.toml": QUIZ_OPEN, **SPANISH, **changes}
    await publish_folder(SYSTEM, write_course(folder, **given))


@pytest.fixture
async def enrolled(database, tmp_path):
    await published(tmp_path)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, SLUG)
    return actor, enrollment


async def test_the_player_shows_the_language_that_was_chosen(enrolled, browser):
    actor, enrollment = enrolled
    someone = await browser(actor)
    step = f"/learn/{enrollment.id}/search"
    english = await someone.get(step)

    chosen = await someone.post(f"{step}/language", data={"csrf": someone.csrf, "language": "es"})
    spanish = await someone.get(chosen.headers["location"])

    assert "Start the search now." in english.text
    assert "Un niño está perdido." in spanish.text
    assert '<h1 lang="es">Buscar ya</h1>' in spanish.text
    assert "newer and authoritative" not in spanish.text
    (event,) = await AuditEvent.objects().where(AuditEvent.act == "enrollment.language_chosen")
    assert event.actor == actor.id


async def test_a_test_in_another_language_is_graded_by_the_same_key(enrolled, api):
    actor, enrollment = enrolled
    await choose_language(actor, enrollment.id, "es")
    await note_event(actor, enrollment.id, "search", Event.OPEN)
    await note_event(actor, enrollment.id, "search", Event.CLOSE)
    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
    program = await api(actor)

    started = (
        await program.post(f"/enrollments/{enrollment.id}/quizzes/final/attempts", json={})
    ).json()
    right = {"wait": ["false"], "first": ["a"], "who": ["a", "c"]}
    for question, choices in right.items():
        await program.put(
            f"/attempts/{started['id']}/answers/{question}", json={"choices": choices}
        )
    await choose_language(actor, enrollment.id, "en")  # in the middle of it
    done = (await program.post(f"/attempts/{started['id']}/submission", json={})).json()

    texts = {q["id"]: q["text"] for q in started["questions"]}
    assert texts["wait"] == "Espera una hora antes de buscar."
    assert {c["text"] for q in started["questions"] if q["id"] == "wait" for c in q["choices"]} == {
        "Verdadero",
        "Falso",
    }
    assert done["score_percent"] == 100


async def test_quiz_and_result_are_in_the_language(enrolled, browser):
    actor, enrollment = enrolled
    await choose_language(actor, enrollment.id, "es")
    await note_event(actor, enrollment.id, "search", Event.OPEN)
    await note_event(actor, enrollment.id, "search", Event.CLOSE)
    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
    someone = await browser(actor)
    began = await someone.post(
        f"/learn/{enrollment.id}/final/attempts", data={"csrf": someone.csrf}
    )
    url = began.headers["location"]

    quiz = await someone.get(url)
    await someone.post(f"{url}/submission", data={"csrf": someone.csrf, "q-wait": "true"})
    result = await someone.get(f"{url}/result")

    assert 'lang="es">Verdadero</label>' in quiz.text
    assert "<em>Nunca</em> espere." in result.text
    assert '<span lang="es">Verdadero</span>' in result.text


async def test_an_original_that_is_newer_is_said(database, tmp_path, browser):
    course = write_course(
        tmp_path, **{"course.toml": COURSE, "quizzes/final.toml": QUIZ_OPEN, **SPANISH}
    )
    note_translated(course)
    lesson = course / "lessons/01-search.md"
    lesson.write_text(lesson.read_text().replace("Close the gates.", "Close all the gates."))
    await publish_folder(SYSTEM, course)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, SLUG)
    await choose_language(actor, enrollment.id, "es")

    page = await (await browser(actor)).get(f"/learn/{enrollment.id}/search")

    assert "The English version is newer and authoritative." in page.text


async def test_a_step_without_translation_says_so(database, tmp_path, browser):
    await published(tmp_path, **{"lessons/01-search.es.md": None})
    actor = await make.learner()
    enrollment, _ = await enroll(actor, SLUG)
    await choose_language(actor, enrollment.id, "es")

    page = await (await browser(actor)).get(f"/learn/{enrollment.id}/search")

    assert "This step is shown in English." in page.text
    assert '<h1 lang="en">Search at once</h1>' in page.text


async def test_a_language_that_the_course_has_not_is_refused(enrolled):
    actor, enrollment = enrolled

    with pytest.raises(Invalid):
        await choose_language(actor, enrollment.id, "fr")

    assert await EnrollmentLanguage.count() == 0


async def test_nobody_chooses_for_another(enrolled):
    _, enrollment = enrolled

    with pytest.raises(NotFound):
        await choose_language(await make.learner(), enrollment.id, "es")


async def test_choosing_changes_nothing_but_the_language(enrolled):
    actor, enrollment = enrolled
    before = await Enrollment.select().where(Enrollment.id == enrollment.id)

    await choose_language(actor, enrollment.id, "es")
    await choose_language(actor, enrollment.id, "en")

    assert await Enrollment.select().where(Enrollment.id == enrollment.id) == before
    assert await EnrollmentLanguage.count() == 1
