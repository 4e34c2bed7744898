"""Scenario 3: a learner with two accounts becomes one person, and two again, by API."""

from datetime import date

import make
from connect.learning.actions import Event, enroll, note_event
from connect.merges.duplicates import look
from connect.policy import Role
from connect.reports.queries import counts

YEAR = date(2026, 1, 1), date(2026, 12, 31)


async def complete(actor, slug):
    enrollment, _ = await enroll(actor, slug)
    await note_event(actor, enrollment.id, "read", Event.ACKNOWLEDGE)


async def transcript(program):
    return sorted(row["certificate"] for row in (await program.get("/transcript")).json()["items"])


async def test_a_registrar_joins_two_accounts_of_one_learner(
    database, api, client, mailbox, work, clock
):
    old = await make.account(legal_name="Ada Officer", email="ada@school.example")
    new = await make.account(legal_name="Ada Officer", email="ada@pd.example")
    mine, theirs = make.actor_of(old), make.actor_of(new)
    courses = [make.content(components=[make.acknowledgement("read")]) for _ in range(4)]
    for content in courses:
        await make.course(content)
    for content in courses[:3]:
        await complete(mine, content.slug)
    for content in (courses[0], courses[3]):  # the first one on the same day again
        await complete(theirs, content.slug)
    registrar = await api(await make.staff(Role.REGISTRAR))
    learner, former = await api(theirs), await api(mine)
    numbers = await transcript(former) + await transcript(learner)
    before = await counts(*YEAR, ["course"])
    await work()
    mailbox.clear()

    # The registrar finds the pair, looks, and joins.
    await look()
    pair = (await registrar.get("/duplicates")).json()["items"][0]
    assert {pair["one"]["email"], pair["other"]["email"]} == {old.email, new.email}
    merged = await registrar.post(f"/accounts/{new.id}/merges", json={"other_id": str(old.id)})
    await work()

    # One person with four completions; all five certificates verify.
    assert merged.status_code == 201
    assert len(await transcript(learner)) == 4
    held = (await learner.get("/certificates")).json()["items"]
    assert sorted(c["number"] for c in held) == sorted(numbers)
    for certificate in held:
        checked = (await client.get(f"/api/v1/verifications/{certificate['code']}")).json()
        assert (checked["status"], checked["name"]) == ("valid", "Ada Officer")
    after = await counts(*YEAR, ["course"])
    assert (before.total.instances, before.total.persons) == (5, 2)
    assert (after.total.instances, after.total.persons) == (4, 1)
    assert sum(part.instances for part in after.by["course"]) == 4
    assert sorted(mail.to for mail in mailbox) == [new.email, old.email]
    assert (await former.get("/me")).status_code == 401
    wrong = await client.post(
        "/api/v1/tokens", json={"email": old.email, "password": make.PASSWORD}
    )
    assert wrong.status_code == 401

    # And two again.
    assert (await registrar.delete(f"/merges/{merged.json()['id']}")).status_code == 204
    assert len(await transcript(former)) == 3
    assert len(await transcript(learner)) == 2
    parted = await counts(*YEAR, ["course"])
    assert parted == before
