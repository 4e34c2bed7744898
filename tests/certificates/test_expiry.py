"""Certificates with a term: the right day, by the job and before it."""

from datetime import UTC, date, datetime

import msgspec
import pytest

import make
from certificates.earned import earned, read, rename
from connect.certificates.actions import expire
from connect.certificates.drawing import CertificateFacts
from connect.certificates.reissues import reissue
from connect.certificates.rules import has_ended

# Earned on 2 March 2026 for a year; the organization's day changes at 5 o'clock UTC.
LAST_MOMENT = datetime(2027, 3, 2, 4, 59, tzinfo=UTC)
OVER = datetime(2027, 3, 2, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ends", "today", "ended"),
    [
        (None, date(2099, 1, 1), False),
        (date(2027, 3, 2), date(2027, 3, 1), False),
        (date(2027, 3, 2), date(2027, 3, 2), True),
    ],
)
def test_the_last_day_is_the_one_before_the_end(ends, today, ended):
    assert has_ended(ends, today) is ended


async def test_a_course_with_a_term_gives_certificates_with_an_end(database, clock):
    certificate = await earned(await make.learner(), valid_months=12)

    facts = msgspec.json.decode(certificate.facts, type=CertificateFacts)
    assert facts.expires_on == certificate.expires_on == date(2027, 3, 2)
    assert (await earned(await make.learner())).expires_on is None


async def test_a_check_tells_the_end_before_the_job_wrote_it_down(client, clock):
    certificate = await earned(await make.learner(), valid_months=12)
    place = f"/api/v1/verifications/{certificate.code}"

    clock.set(LAST_MOMENT)
    before = (await client.get(place)).json()
    clock.set(OVER)
    after = (await client.get(place)).json()
    page = await client.get(f"/verify/{certificate.code}")

    assert [before["status"], after["status"]] == ["valid", "expired"]
    assert after["expires_on"] == "2027-03-02"
    assert "It was valid through March 1, 2027." in page.text


async def test_the_job_marks_what_has_ended_and_nothing_else(database, clock):
    short = await earned(await make.learner(), valid_months=12)
    long = await earned(await make.learner(), valid_months=13)

    clock.set(LAST_MOMENT)
    await expire()
    assert (await read(id=short.id)).status == "valid"
    clock.set(OVER)
    await expire()
    await expire()

    assert (await read(id=short.id)).status == "expired"
    assert (await read(id=long.id)).status == "valid"


async def test_a_reissue_keeps_the_term(database, clock):
    ada = await make.learner()
    first = await earned(ada, valid_months=12)
    clock.set(OVER)
    await rename(ada, "Ada Officer")

    second = await reissue(ada, first.number)

    assert second.expires_on == first.expires_on
    await expire()
    assert (await read(id=second.id)).status == "expired"
