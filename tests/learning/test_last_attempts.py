"""Bar D13: people who send their last attempt twenty times at once have tried no oftener."""

import asyncio

import pytest

import make
from connect.certificates.tables import Certificate
from connect.db import fetch
from connect.learning.actions import enroll
from connect.learning.tables import Completion, Enrollment
from connect.trainings.tables import Training

MOST = 2
AT_ONCE = 20
PEOPLE = [pytest.param(4, id="short"), pytest.param(100, id="long", marks=pytest.mark.long)]
RIGHT, WRONG = "a", "b"
ATTEMPTS = "SELECT enrollment, number, count(*) AS n FROM attempt GROUP BY enrollment, number"


@pytest.fixture
def at_their_last(api):
    """``await at_their_last(content)`` is somebody with one attempt left: program and address."""

    async def one(content):
        actor = await make.learner()
        enrollment, _ = await enroll(actor, content.slug)
        program, here = await api(actor), f"/enrollments/{enrollment.id}/quizzes/final/attempts"
        for _ in range(MOST - 1):
            assert await start_and_submit(program, here, WRONG) == [201, 200]
        return program, here

    return one


async def start_and_submit(program, here, choice):
    """Begin an attempt, answer both questions and send it; the statuses of what was asked."""
    begun = await program.post(here)
    if begun.status_code not in (200, 201):
        return [begun.status_code]
    attempt = f"/attempts/{begun.json()['id']}"
    for question in ("q1", "q2"):
        await program.put(f"{attempt}/answers/{question}", json={"choices": [choice]})
    sent = await program.post(f"{attempt}/submission", json={})
    return [begun.status_code, sent.status_code]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("people", PEOPLE)
async def test_d13_twenty_last_attempts_at_once_are_one(database, at_their_last, people):
    content = make.content(components=[make.component_quiz("final", max_attempts=MOST)])
    await make.course(content)
    everybody = [await at_their_last(content) for _ in range(people)]
    statuses = []

    for number, (program, here) in enumerate(everybody):
        choice = RIGHT if number % 2 else WRONG
        found = await asyncio.gather(
            *(start_and_submit(program, here, choice) for _ in range(AT_ONCE))
        )
        statuses += found

    tried = await fetch(ATTEMPTS)
    assert len(tried) == people * MOST
    assert {row["n"] for row in tried} == {1}
    assert {row["number"] for row in tried} == {1, 2}
    states = [row["state"] for row in await Enrollment.select(Enrollment.state)]
    passed = people // 2
    assert sorted(states) == ["completed"] * passed + ["failed"] * (people - passed)
    for table in (Completion, Certificate, Training):
        assert await table.count() == passed
    assert sum(first == 201 for first, *_ in statuses) == people
    # Whoever came too late was told so, or got the answer that the one attempt had.
    assert {status for found in statuses for status in found} <= {200, 201, 409}
