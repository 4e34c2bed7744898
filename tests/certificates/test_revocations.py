"""Revoking, alone and by two."""

import asyncio
from datetime import timedelta

import pytest

import make
from certificates.earned import earned, read, rename
from connect.certificates.reissues import reissue
from connect.certificates.revocations import (
    AlreadyRevoked,
    Changed,
    NeedsAnother,
    ProposalOver,
    decide,
    propose,
    revoke,
)
from connect.certificates.tables import Certificate, CertificateStatus
from connect.errors import Forbidden, Invalid, NotFound, StepUpNeeded
from connect.learning.tables import Completion
from connect.policy import Actor, Role
from connect.trainings.tables import Training

WHY = "The test was taken by somebody else."


def stale(actor: Actor) -> Actor:
    return Actor(account_id=actor.account_id, roles=actor.roles)


async def test_the_check_says_revoked_and_the_day_but_not_why(client, api, mailbox, work, clock):
    ada = await make.learner()
    certificate = await earned(ada)
    registrar = await api(await make.staff(Role.REGISTRAR))

    answer = await registrar.post(
        f"/certificates/{certificate.number}/revocation", json={"reason": WHY}
    )

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["revoked_on"]) == ("revoked", "2026-03-02")
    check = await client.get(f"/api/v1/verifications/{certificate.code}")
    assert (check.json()["status"], check.json()["revoked_on"]) == ("revoked", "2026-03-02")
    page = await client.get(f"/verify/{certificate.code}")
    assert "March 2, 2026" in page.text
    assert WHY not in check.text + page.text
    await work()
    told = {mail.subject: mail.body for mail in mailbox}
    assert WHY in told[f"Your certificate {certificate.number} was revoked"]


async def test_completion_and_count_stay(database):
    certificate = await earned(await make.learner())

    await revoke(await make.staff(Role.ADMIN), certificate.number, reason=WHY)

    assert (await Completion.count(), await Training.count()) == (1, 1)
    assert (await Training.objects().first()).voided_by is None


async def test_it_needs_the_role_a_fresh_proof_and_a_reason(database):
    ada = await make.learner()
    number = (await earned(ada)).number
    registrar = await make.staff(Role.REGISTRAR)

    with pytest.raises(Forbidden):
        await revoke(ada, number, reason=WHY)
    with pytest.raises(StepUpNeeded):
        await revoke(stale(registrar), number, reason=WHY)
    with pytest.raises(Invalid) as refused:
        await revoke(registrar, number, reason=" ")
    with pytest.raises(NotFound):
        await revoke(registrar, "C-2026-999999", reason=WHY)

    assert list(refused.value.errors) == ["reason"]
    assert (await read(number=number)).status == CertificateStatus.VALID


async def test_twice_at_once_revokes_once(database):
    number = (await earned(await make.learner())).number
    registrar = await make.staff(Role.REGISTRAR)

    outcomes = await asyncio.gather(
        *(revoke(registrar, number, reason=WHY) for _ in range(3)), return_exceptions=True
    )

    assert sum(isinstance(o, Certificate) for o in outcomes) == 1
    assert all(isinstance(o, Certificate | AlreadyRevoked) for o in outcomes)


async def several(many: int) -> list[str]:
    return [(await earned(await make.learner())).number for _ in range(many)]


async def statuses() -> set[str]:
    return {row["status"] for row in await Certificate.select(Certificate.status)}


async def test_several_are_revoked_when_another_person_confirms(database):
    numbers = await several(3)
    first, second = await make.staff(Role.REGISTRAR), await make.staff(Role.ADMIN)

    proposal = await propose(first, numbers, reason=WHY)
    with pytest.raises(NeedsAnother):
        await decide(first, proposal.id, confirm=True)
    assert await statuses() == {"valid"}
    await decide(second, proposal.id, confirm=True)

    assert await statuses() == {"revoked"}
    assert (await read(number=numbers[0])).revocation_reason == WHY
    with pytest.raises(ProposalOver, match="confirmed"):
        await decide(second, proposal.id, confirm=True)


async def test_a_proposal_that_waits_a_week_is_over(database, clock):
    numbers = await several(1)
    proposal = await propose(await make.staff(Role.REGISTRAR), numbers, reason=WHY)
    clock.move(timedelta(days=7))

    with pytest.raises(ProposalOver, match="over"):
        await decide(await make.staff(Role.REGISTRAR), proposal.id, confirm=True)

    assert await statuses() == {"valid"}


async def test_nothing_is_half_done_when_one_of_them_changed(database):
    ada = await make.learner()
    numbers = [*await several(2), (await earned(ada)).number]
    proposal = await propose(await make.staff(Role.REGISTRAR), numbers, reason=WHY)
    await rename(ada, "Ada Officer")
    await reissue(ada, numbers[-1])

    with pytest.raises(Changed, match=f"{numbers[-1]} was superseded"):
        await decide(await make.staff(Role.ADMIN), proposal.id, confirm=True)

    assert await statuses() == {"valid", "superseded"}


async def test_every_number_that_does_not_fit_is_named(database):
    registrar = await make.staff(Role.REGISTRAR)
    good, gone = await several(2)
    await revoke(registrar, gone, reason=WHY)

    with pytest.raises(Invalid) as refused:
        await propose(registrar, [good, gone, "c-1999-000001"], reason="")

    assert set(refused.value.errors) == {"numbers", "reason"}
    assert refused.value.errors["numbers"] == (f"C-1999-000001 is not known. {gone} was revoked.")


async def test_by_api_it_takes_two_programs(api, database):
    numbers = await several(2)
    one = await api(await make.staff(Role.REGISTRAR))
    two = await api(await make.staff(Role.REGISTRAR))

    made = await one.post("/certificate-revocations", json={"numbers": numbers, "reason": WHY})
    place = f"/certificate-revocations/{made.json()['id']}/decision"
    own = await one.post(place, json={"verdict": "confirmed"})
    other = await two.post(place, json={"verdict": "confirmed"})

    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert (own.status_code, own.json()["code"]) == (403, "needs_another")
    assert (other.status_code, other.json()["state"]) == (200, "confirmed")
    listed = (await two.get("/certificate-revocations")).json()["items"]
    assert [(p["numbers"], p["state"]) for p in listed] == [(sorted(numbers), "confirmed")]


async def test_the_pages_do_the_same(browser, database):
    alone, *numbers = await several(3)
    one = await browser(await make.staff(Role.REGISTRAR))
    two = await browser(await make.staff(Role.REGISTRAR))

    bare = await one.post(
        f"/certificates/{alone}/revocation", data={"csrf": one.csrf, "reason": ""}
    )
    done = await one.post(
        f"/certificates/{alone}/revocation", data={"csrf": one.csrf, "reason": WHY}
    )
    made = await one.post(
        "/admin/certificates/revocations",
        data={"csrf": one.csrf, "once": "1", "numbers": "\n".join(numbers), "reason": WHY},
    )
    listed = await two.get("/admin/certificates")
    proposal = listed.text.split("/admin/certificates/revocations/")[1].split('"')[0]
    confirmed = await two.post(
        f"/admin/certificates/revocations/{proposal}",
        data={"csrf": two.csrf, "act": "confirm"},
    )

    assert (bare.status_code, done.status_code) == (422, 303)
    assert made.headers["location"] == "/admin/certificates?notice=proposed"
    assert confirmed.headers["location"] == "/admin/certificates?notice=revoked"
    assert await statuses() == {"revoked"}
