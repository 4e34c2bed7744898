"""A course in two languages: the same ids, other words, and which of them is newer."""

import shutil

import pytest
from click.testing import CliRunner

from catalog.course_folder import QUIZ, RECORDED, TODAY, age, faults_of, write_course
from connect.catalog.check import check_course
from connect.catalog.content import CourseContent
from connect.catalog.translated import in_language, language_of, languages_of
from connect.catalog.translations import TRANSLATIONS, note_translated
from connect.cli import commands
from connect.learning.answers import gaps

COURSE_ES = """\
title = "Perdido en la feria"
summary = "Qué hace un guardia cuando un niño se pierde en la feria."
objectives = ["Empezar la búsqueda ya"]
content_notes = ["Sin imágenes de niños"]

[[components]]
id = "promise"
title = "Su promesa"
text = "He leído la lección."
"""
LESSON_ES = "# Buscar ya\n\nUn niño está perdido. Empiece la búsqueda ahora.[^rule]\n"
QUIZ_ES = """\
title = "Examen final"

[[questions]]
id = "who"
text = "¿Quién ayuda?"
alt = "Un reloj que muestra cinco minutos"
choices = [
    {id = "c", text = "Padres"},
    {id = "b", text = "Nadie"},
    {id = "a", text = "Guardias"},
]

[[questions]]
id = "wait"
text = "Espera una hora antes de buscar."
feedback = "*Nunca* espere."

[[questions]]
id = "first"
text = "¿Qué va **primero**?"
choices = [
    {id = "a", text = "Cerrar las puertas", feedback = "Sí."},
    {id = "b", text = "Almorzar"},
]
"""
WORDS, LESSON, TEST = "course.es.toml", "lessons/01-search.es.md", "quizzes/final.es.toml"
SPANISH = {WORDS: COURSE_ES, LESSON: LESSON_ES, TEST: QUIZ_ES}


def content(course) -> CourseContent:
    checked = check_course(course, today=TODAY)
    assert checked.content is not None, checked.faults
    return checked.content


def test_every_word_of_a_translated_course_is_in_the_other_language(tmp_path):
    english = content(write_course(tmp_path, **SPANISH))

    spanish = in_language(english, "es")

    lesson, promise, final = spanish.components
    wait, first, who = final.quiz.questions
    assert languages_of(english) == ["en", "es"]
    assert (spanish.title, spanish.objectives) == (
        "Perdido en la feria",
        ["Empezar la búsqueda ya"],
    )
    assert (lesson.title, promise.text) == ("Buscar ya", "He leído la lección.")
    assert "Empiece" in lesson.html
    assert [c.text for c in wait.choices] == ["Verdadero", "Falso"]
    assert [c.text for c in who.choices] == ["Guardias", "Nadie", "Padres"]
    assert who.alt == "Un reloj que muestra cinco minutos"
    assert first.choices[0].feedback == "Sí."


def test_a_translation_leaves_ids_order_and_key_alone(tmp_path):
    english = content(write_course(tmp_path, **SPANISH))
    spanish = in_language(english, "es")

    def keys(course):
        quiz = course.components[2].quiz
        return [(q.id, [(c.id, c.right) for c in q.choices]) for q in quiz.questions]

    assert keys(spanish) == keys(english)


def test_what_is_not_translated_stays_in_the_language_of_the_course(tmp_path):
    english = content(write_course(tmp_path, **{"lessons/01-search.es.md": LESSON_ES}))

    spanish = in_language(english, "es")

    assert [c.title for c in spanish.components] == ["Buscar ya", "Your promise", "Final test"]
    assert [language_of(english, c, "es") for c in english.components] == ["es", "en", "en"]
    assert in_language(english, "fr") == english


@pytest.mark.parametrize(
    ("path", "old", "new", "fault"),
    [
        (
            "quizzes/final.es.toml",
            'id = "wait"',
            'id = "waits"',
            '"waits" is no question in quizzes/',
        ),
        (TEST, 'id = "wait"', 'id = "first"', 'the id "first" is used twice'),
        (
            "quizzes/final.es.toml",
            'id = "wait"',
            'id = "waits"',
            'translation of "wait" is missing',
        ),
        (
            "quizzes/final.es.toml",
            '{id = "b", text = "Nadie"},',
            "",
            'translation of "b" is missing',
        ),
        (
            "quizzes/final.es.toml",
            'id = "b", text = "Nadie"',
            'id = "d", text = "N"',
            '"d" is no choice',
        ),
        (TEST, '"Nadie"}', '"Nadie", right = true}', 'unknown key "right"'),
        (
            "quizzes/final.es.toml",
            'feedback = "*Nunca* espere."',
            "right = true",
            'unknown key "right"',
        ),
        (TEST, ', feedback = "Sí."', "", '"feedback" is missing'),
        (TEST, 'alt = "Un', 'alto = "Un', '"alt" is missing'),
        (TEST, "title =", "title", "not TOML"),
        (WORDS, 'summary = "Qué', 'sumary = "Qué', '"summary" is missing'),
        (
            "course.es.toml",
            '["Empezar la búsqueda ya"]',
            "[]",
            '"objectives" has 0, the original has 1',
        ),
        (WORDS, 'id = "promise"', 'id = "final"', '"final" is no component with a title'),
        (
            "course.es.toml",
            'title = "Perdido',
            'contact_minutes = 1\ntitle = "P',
            'key "contact_minutes"',
        ),
        (LESSON, "# Buscar", "Buscar", "no heading with one #"),
    ],
)
def test_a_translation_that_does_not_fit_is_named(tmp_path, path, old, new, fault):
    assert SPANISH[path].count(old) >= 1
    changed = {**SPANISH, path: SPANISH[path].replace(old, new, 1)}

    found = faults_of(write_course(tmp_path, **changed))

    assert [line for line in found if line.startswith(path) and fault in line], found


def test_a_noted_translation_is_older_once_its_original_changes(tmp_path):
    course = write_course(tmp_path, **SPANISH)
    noted = note_translated(course)
    for path in SPANISH:
        age(course / path, days=3)  # a copy of the folder tells any time
    assert faults_of(course) == []
    assert noted == sorted(SPANISH)

    quiz = course / "quizzes/final.toml"
    quiz.write_text(QUIZ.replace("Who helps?", "Who can help?"))

    assert faults_of(course) == [
        "quizzes/final.es.toml:1: warning: the translation is older than its original "
        '"quizzes/final.toml"'
    ]
    final = content(course).components[2]
    assert final.translations["es"].older
    note_translated(course)
    assert not content(course).components[2].translations["es"].older


def test_a_copy_of_the_folder_is_the_same_course_whatever_its_files_times(tmp_path):
    course = write_course(tmp_path, **SPANISH)
    before = content(course)
    shutil.copytree(course, tmp_path / "copy" / course.name)
    age(tmp_path / "copy" / course.name / "course.es.toml", days=9)

    assert content(tmp_path / "copy" / course.name) == before


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('"lessons/01-search.fr.md" = "0123456789ab"', "is no translation of this course"),
        ('"lessons/01-search.md" = "0123456789ab"', "is no translation of this course"),
        ('"quizzes/final.es.toml" = "zz"', "use the first 12 digits"),
        ("a = ", "not TOML"),
    ],
)
def test_a_wrong_note_is_named(tmp_path, line, fault):
    found = faults_of(write_course(tmp_path, **{**SPANISH, TRANSLATIONS: line}))

    assert [one for one in found if one.startswith(TRANSLATIONS) and fault in one], found


def test_the_command_notes_the_translations(tmp_path):
    course = write_course(tmp_path, **SPANISH)

    result = CliRunner().invoke(commands, ["translated", str(course)])

    assert result.exit_code == 0
    assert [p for p in SPANISH if p in result.stdout] == list(SPANISH)
    assert faults_of(course) == []


def test_a_broken_course_file_does_not_blame_the_translations(tmp_path):
    found = faults_of(write_course(tmp_path, **{**SPANISH, "course.toml": "title ="}))

    assert [line for line in found if ".es." in line] == []


KINDS = """\
title = "Final test"
purpose = "final"

[[questions]]
id = "steps"
kind = "order"
text = "In which order?"
items = [{id = "ask", text = "Ask"}, {id = "look", text = "Look"}]

[[questions]]
id = "who"
kind = "match"
text = "Who does what?"
pairs = [{left = "Guard", right = "Gates"}, {left = "Parent", right = "Photo"}]

[[questions]]
id = "rule"
kind = "cloze"
text = "Call {who} within {hours} hours."
gaps = {hours = ["2", "two", "dos"], who = ["911"]}

[[questions]]
id = "count"
kind = "numeric"
text = "How many gates?"
right = 4
feedback = "Four."
"""
KINDS_ES = """\
title = "Examen final"

[[questions]]
id = "steps"
text = "¿En qué orden?"
items = [{id = "look", text = "Mirar"}, {id = "ask", text = "Preguntar"}]

[[questions]]
id = "who"
text = "¿Quién hace qué?"
pairs = [{left = "Guardia", right = "Puertas"}, {left = "Padre", right = "Foto"}]

[[questions]]
id = "rule"
text = "En {hours} horas, llame al {who}."

[[questions]]
id = "count"
text = "¿Cuántas puertas?"
feedback = "Cuatro."
"""


def test_the_parts_of_every_kind_of_question_are_translated(tmp_path):
    english = content(write_course(tmp_path, **{"quizzes/final.toml": KINDS, TEST: KINDS_ES}))

    quiz = in_language(english, "es").components[2].quiz
    steps, who, rule, count = quiz.questions

    assert [(item.id, item.text) for item in steps.items] == [
        ("ask", "Preguntar"),
        ("look", "Mirar"),
    ]
    assert [(pair.left, pair.right) for pair in who.pairs] == [
        ("Guardia", "Puertas"),
        ("Padre", "Foto"),
    ]
    assert (rule.text, gaps(rule)) == ("En {hours} horas, llame al {who}.", ["hours", "who"])
    assert rule.gaps == english.components[2].quiz.questions[2].gaps
    assert (count.text, count.feedback) == ("¿Cuántas puertas?", "Cuatro.")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('{id = "look", text = "Mirar"}, ', "", 'translation of "look" is missing'),
        ('text = "Mirar"', 'text = "Preguntar"', "stands twice"),
        ('"Mirar"}', '"Mirar"}, {id = "x", text = "X"}', '"x" is no item of this question'),
        (', {left = "Padre", right = "Foto"}', "", '"pairs" has 1, the original has 2'),
        ('right = "Foto"', 'right = "Puertas"', "stands twice"),
        ("{hours}", "dos", 'the gap "hours" stands nowhere'),
        ("{who}", "{who} o {when}", 'the gap "when" has no entry'),
        ("{who}", "`{who}`", 'the gap "who" has no place in a link or in code'),
    ],
)
def test_a_translated_part_that_does_not_fit_is_named(tmp_path, old, new, fault):
    assert KINDS_ES.count(old) == 1
    translation = KINDS_ES.replace(old, new)

    found = faults_of(write_course(tmp_path, **{"quizzes/final.toml": KINDS, TEST: translation}))

    assert [line for line in found if line.startswith(TEST) and fault in line], found


def test_recordings_and_downloads_have_their_titles_in_the_words_of_the_course(tmp_path):
    titles = """
[[components]]
id = "talk"
title = "Una operadora cuenta"

[[components]]
id = "card"
title = "La tarjeta"
"""
    words = COURSE_ES[: COURSE_ES.index("[[components]]")] + titles

    talk, card = in_language(
        content(write_course(tmp_path, **RECORDED, **{WORDS: words})), "es"
    ).components[1:3]

    assert (talk.title, card.title) == ("Una operadora cuenta", "La tarjeta")
    assert "Where did you see him last?" in talk.recording.transcript_html


def test_a_recording_without_a_title_in_the_other_language_is_named(tmp_path):
    words = COURSE_ES[: COURSE_ES.index("[[components]]")] + "components = []\n"

    found = faults_of(write_course(tmp_path, **RECORDED, **{WORDS: words}))

    assert len([line for line in found if line.startswith(WORDS) and "is missing" in line]) == 2
