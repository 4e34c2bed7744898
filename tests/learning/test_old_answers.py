"""Answers that were saved while choices were all that could be given."""

import pytest

import make
from connect import migrate
from connect.db import fetch
from connect.learning.actions import enroll
from connect.learning.answers import Given
from connect.learning.attempts import save_answer, start_attempt
from connect.learning.queries import answers_to

MIGRATION = "2026-11-22T19:38:00:000000"


@pytest.mark.parametrize(("stored", "expected"), [('["a","b"]', ["a", "b"]), ("[]", [])])
async def test_a_stored_list_of_choices_is_kept_as_what_was_given(database, stored, expected):
    actor = await make.learner()
    questions = [make.question("q1", right={"a", "b"})]
    content = make.content(components=[make.component_quiz("final", questions=questions)])
    await make.course(content)
    enrollment, _ = await enroll(actor, content.slug)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    saved_at = await save_answer(actor, attempt.id, "q1", Given(choices=["c"]))
    await fetch("ALTER TABLE answer RENAME COLUMN given TO choices")
    await fetch("UPDATE answer SET choices = {}", stored)
    await fetch("DELETE FROM migration WHERE name = {}", MIGRATION)

    ran = await migrate.migrate()

    assert ran == [MIGRATION]
    found = await answers_to(attempt.id)
    assert found == {"q1": {"given": Given(choices=expected), "saved_at": saved_at}}
    assert await migrate.drift() == []
