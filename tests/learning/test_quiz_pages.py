"""A quiz as forms: what is sent is kept, what cannot be kept is told at once, and stays."""

from decimal import Decimal

import pytest

from connect.learning.answer_forms import read, saved
from connect.learning.answers import Given
from connect.learning.tables import Answer, Attempt
from learning.kinds import right_answer, with_every_kind

NUMERIC = {"id": "n", "kind": "numeric"}


async def opened(api, browser, **changes):
    """A page and a program of one learner, and the attempt that is open."""
    actor, enrollment = await with_every_kind(**changes)
    program, person = await api(actor), await browser(actor)
    attempt = (await program.post(f"/enrollments/{enrollment}/quizzes/final/attempts")).json()
    return program, person, attempt


async def submit(person, attempt, fields):
    path = f"/attempts/{attempt['id']}/submission"
    return await person.post(path, data={"csrf": person.csrf, **fields})


def fields_of(attempt):
    """The form of a learner who knows everything."""
    fields = {}
    for question in attempt["questions"]:
        fields |= saved({**question, "answer": right_answer(question)})
    return fields


async def test_one_form_answers_every_kind(database, api, browser):
    program, person, attempt = await opened(api, browser)

    answer = await submit(person, attempt, fields_of(attempt))

    assert answer.status_code == 303
    shown = (await program.get(f"/attempts/{attempt['id']}")).json()
    assert shown["state"] == "passed"
    result = await person.get(f"/attempts/{attempt['id']}/result")
    assert "1. Intake; 2. Answer; 3. End" in result.text
    assert "Within (gap 1) hours, under <b>(gap 2)</b>." in result.text


async def test_all_faults_of_a_form_are_told_at_once_and_nothing_is_kept(database, api, browser):
    _, person, attempt = await opened(api, browser)
    fields = fields_of(attempt)
    places = [name for name in fields if name.startswith("q-order.")]
    partners = [name for name in fields if name.startswith("q-match.")]
    fields |= {"q-numeric": "a few", "q-short": "a" * 501, "q-cloze.age": "a" * 501}
    fields[places[0]] = fields[places[1]]
    fields[partners[0]] = fields[partners[1]]

    answer = await submit(person, attempt, fields)

    assert answer.status_code == 422
    for words in (
        "Write a number in digits only",
        "Write at most 500 characters.",
        "Give each line a place of its own, 1 to 3.",
        "Choose each partner once",
    ):
        assert answer.text.count(words) in (2, 4)  # above, and at its question
    assert 'value="a few"' in answer.text
    assert (await Answer.count(), (await Attempt.objects().first()).state) == (0, "open")


async def test_an_empty_form_from_an_older_page_takes_nothing_back(database, api, browser):
    program, person, attempt = await opened(api, browser)
    for question in attempt["questions"]:
        path = f"/attempts/{attempt['id']}/answers/{question['id']}"
        await program.put(path, json=right_answer(question))
    empty = {name: "" for name in fields_of(attempt) if name not in ("q-choice", "q-choices")}
    del empty["q-true-false"]

    await submit(person, attempt, empty)

    assert (await Attempt.objects().first()).score == 100


async def test_a_form_after_the_end_leads_to_the_result_whatever_it_holds(database, api, browser):
    program, person, attempt = await opened(api, browser)
    await program.post(f"/attempts/{attempt['id']}/submission", json={})

    answer = await submit(person, attempt, {"q-numeric": "a few"})

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/attempts/{attempt['id']}/result",
    )


async def test_a_page_shows_what_was_saved_of_each_kind(database, api, browser):
    program, person, attempt = await opened(api, browser)
    for question in attempt["questions"]:
        path = f"/attempts/{attempt['id']}/answers/{question['id']}"
        await program.put(path, json=right_answer(question))

    shown = (await person.get(f"/attempts/{attempt['id']}")).text

    assert "8 of 8 answered" in shown
    assert shown.count(" checked") == 4
    assert shown.count(" selected") == 6
    assert 'value="Two"' in shown
    assert 'value=" hotline"' in shown


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", "2"),
        (" 2.50 ", "2.50"),
        ("-0.5", "-0.5"),
        ("\u22122", "-2"),
        (".5", "0.5"),
        ("2.", "2"),
        ("1,000", "1000"),
        ("1,234,567.8", "1234567.8"),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    expected = None if number is None else Decimal(number)

    assert read(NUMERIC, {"q-n": text}) == (Given(number=expected), "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2,5", "Write the number with a point, not with a comma: 2.5."),
        ("2 hours", "Write a number in digits only, such as 2 or 2.5."),
        ("two", "Write a number in digits only, such as 2 or 2.5."),
        (".", "Write a number in digits only, such as 2 or 2.5."),
        ("1e3", "Write a number in digits only, such as 2 or 2.5."),
        ("\u0662", "Write a number in digits only, such as 2 or 2.5."),
        ("1" * 101, "Write a number in digits only, such as 2 or 2.5."),
    ],
)
def test_what_is_no_number_is_told(text, words):
    assert read(NUMERIC, {"q-n": text}) == (Given(), words)
