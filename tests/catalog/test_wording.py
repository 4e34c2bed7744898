"""The words of a quiz are changed, and nothing else in its file."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.course_folder import QUIZ
from connect.catalog.wording import reworded, wordings
from connect.config import ROOT

SHIPPED = sorted((ROOT / "courses").glob("*/quizzes/*.toml"))


def test_every_wording_of_a_quiz_is_found():
    found = {one.name: one.text for one in wordings(QUIZ)}

    assert found["title"] == "Final test"
    assert found["questions.0.feedback"] == "You *never* wait."
    assert found["questions.1.choices.0.feedback"] == "Yes."
    assert found["questions.2.alt"] == "A clock that shows five minutes"
    assert not any(name.endswith((".id", ".kind", ".pool", ".image")) for name in found)
    assert len(found) == 12


def test_only_the_words_change():
    changed = reworded(QUIZ, {"questions.1.choices.1.text": 'Have "lunch"', "title": "Last test"})

    assert changed == QUIZ.replace("Have lunch", 'Have \\"lunch\\"').replace(
        "Final test", "Last test"
    )


def test_the_same_words_change_nothing():
    assert reworded(QUIZ, {one.name: one.text for one in wordings(QUIZ)}) == QUIZ


@pytest.mark.parametrize("name", ["questions.0.id", "questions.9.text", "purpose", "nothing"])
def test_what_is_no_wording_cannot_be_changed(name):
    assert reworded(QUIZ, {name: "other"}) == QUIZ


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1))
def test_any_text_can_be_written(text):
    changed = tomllib.loads(reworded(QUIZ, {"questions.2.choices.1.text": text}))

    assert changed["questions"][2]["choices"][1]["text"] == text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_each_shipped_quiz_can_be_reworded_everywhere(path):
    source = path.read_text()
    texts = {one.name: f"{one.text} (new)" for one in wordings(source)}

    changed = reworded(source, texts)

    assert {one.name: one.text for one in wordings(changed)} == texts
