"""A certificate issued anew (R5, scenario 7)."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

import make
from certificates.earned import earned, read, rename
from connect.certificates.drawing import CertificateFacts
from connect.certificates.reissues import (
    MOST,
    AlreadyReplaced,
    IsRevoked,
    NothingToCorrect,
    TooManyReissues,
    reissue,
)
from connect.certificates.tables import Certificate
from connect.errors import Invalid, NotFound
from connect.learning.queries import enrollments_of
from connect.learning.views import enrollments
from connect.policy import Role
from connect.trainings.tables import Training
from connect.transcripts.queries import transcript


async def test_a_corrected_name_gives_a_new_number_for_the_same_day_and_no_new_count(database):
    ada = await make.learner(certificate_name="Ada Ofiicer")
    first = await earned(ada)
    await rename(ada, "Ada Officer")

    second = await reissue(ada, first.number)

    old, new = await read(id=first.id), await read(id=second.id)
    assert (old.status, new.status) == ("superseded", "valid")
    assert (new.name, new.issued_on, new.minutes) == ("Ada Officer", old.issued_on, old.minutes)
    assert new.number != old.number
    assert new.code != old.code
    facts = msgspec.json.decode(new.facts, type=CertificateFacts)
    assert (facts.supersedes, facts.number) == (old.number, new.number)
    assert (old.facts, old.digest) == (first.facts, first.digest)
    assert await Training.count() == 1


async def test_transcript_and_enrollment_lead_to_the_one_that_stands(database):
    ada = await make.learner()
    first = await earned(ada)
    await rename(ada, "Ada Officer")
    second = await reissue(ada, first.number)
    await rename(ada, "Ada O. Officer")

    third = await reissue(ada, second.number)

    rows = await transcript(ada, limit=5)
    assert [(r.certificate, r.status) for r in rows] == [(third.number, "valid")]
    shown = await enrollments(await enrollments_of(ada, limit=5))
    assert [e["certificate"] for e in shown] == [third.number]


async def test_without_another_name_the_holder_gets_no_new_one(database):
    ada = await make.learner()
    first = await earned(ada)

    with pytest.raises(NothingToCorrect, match="already carries the name"):
        await reissue(ada, first.number)


async def test_staff_say_why_and_the_holder_is_named_not_they(database):
    ada = await make.learner()
    first = await earned(ada)
    registrar = await make.staff(Role.REGISTRAR)

    with pytest.raises(Invalid) as refused:
        await reissue(registrar, first.number)
    second = await reissue(registrar, first.number, reason="The board needs our new name.")

    assert list(refused.value.errors) == ["reason"]
    assert (second.holder, second.name) == (ada.id, first.name)
    assert second.reissue_reason == "The board needs our new name."


async def test_a_stranger_or_an_auditor_cannot_issue_it_anew(database):
    first = await earned(await make.learner())

    for somebody in (await make.learner(), await make.staff(Role.AUDITOR)):
        with pytest.raises(NotFound):
            await reissue(somebody, first.number, reason="Because.")


async def test_what_was_replaced_or_revoked_stays_so(database):
    ada = await make.learner()
    first = await earned(ada)
    await rename(ada, "Ada Officer")
    second = await reissue(ada, first.number)

    with pytest.raises(AlreadyReplaced, match=second.number):
        await reissue(ada, first.number)
    await Certificate.update({Certificate.status: "revoked"}).where(Certificate.id == second.id)
    with pytest.raises(IsRevoked):
        await reissue(ada, second.number)


async def test_the_holder_may_correct_only_so_often_within_a_year(database, clock):
    ada = await make.learner()
    newest = await earned(ada)
    for turn in range(MOST):
        await rename(ada, f"Ada {turn}")
        newest = await reissue(ada, newest.number)
    await rename(ada, "Ada Last")

    with pytest.raises(TooManyReissues):
        await reissue(ada, newest.number)
    clock.move(timedelta(days=366))

    assert (await reissue(ada, newest.number)).name == "Ada Last"


async def test_of_two_at_once_one_issues_and_one_is_told(database):
    ada = await make.learner()
    first = await earned(ada)
    await rename(ada, "Ada Officer")

    outcomes = await asyncio.gather(
        *(reissue(ada, first.number) for _ in range(4)), return_exceptions=True
    )

    assert sum(isinstance(o, Certificate) for o in outcomes) == 1
    assert sum(isinstance(o, AlreadyReplaced) for o in outcomes) == 3
    assert await Certificate.count() == 2


async def test_the_check_of_the_old_one_names_the_new_one(client, api, mailbox, work):
    ada = await make.learner()
    first = await earned(ada)
    await rename(ada, "Ada Officer")
    program = await api(ada)

    made = await program.post(f"/certificates/{first.number}/reissue")

    assert made.status_code == 201
    number = made.json()["number"]
    assert (await program.get(f"/certificates/{first.number}")).json()["superseded_by"] == number
    check = (await client.get(f"/api/v1/verifications/{first.code}")).json()
    assert (check["status"], check["superseded_by"]) == ("superseded", number)
    page = await client.get(f"/verify/{first.code}")
    assert number in page.text
    new = await client.get(f"/api/v1/verifications/{made.json()['code']}")
    assert (new.json()["status"], new.json()["name"]) == ("valid", "Ada Officer")
    await work()
    told = [mail.subject for mail in mailbox]
    assert f"Your certificate {first.number} was replaced by {number}" in told


async def test_the_same_key_issues_once(api, database):
    ada = await make.learner()
    first = await earned(ada)
    await rename(ada, "Ada Officer")
    program = await api(ada)

    answers = [
        await program.post(
            f"/certificates/{first.number}/reissue", json={}, headers={"Idempotency-Key": "one"}
        )
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert await Certificate.count() == 2


async def test_the_page_offers_it_and_says_what_is_wrong(browser, database):
    ada = await make.learner()
    first = await earned(ada)
    person = await browser(ada)
    form = {"csrf": person.csrf, "once": "1"}

    same = await person.post(f"/certificates/{first.number}/reissue", data=form)
    await rename(ada, "Ada Officer")
    made = await person.post(f"/certificates/{first.number}/reissue", data=form | {"once": "2"})

    assert same.status_code == 422
    assert "already carries the name" in same.text
    new = await read(supersedes=first.id)
    assert made.headers["location"] == f"/certificates/{new.number}?notice=reissued"
    old = await person.get(f"/certificates/{first.number}")
    assert f'href="/certificates/{new.number}"' in old.text
