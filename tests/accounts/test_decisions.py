"""What registrars decide on requests to be verified."""

import asyncio

import pytest

import make
from accounts.people import works_at
from connect.accounts import verification
from connect.accounts.queries import Ended, account_of
from connect.accounts.tables import Account, EligibilityCase
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid
from connect.policy import Role


async def test_a_registrar_decides_but_never_on_oneself(database):
    registrar, other = await make.staff(Role.REGISTRAR), await make.staff(Role.REGISTRAR)
    agency = await make.agency()
    case = await verification.request_by_registrar(
        registrar, explanation="I work there.", agency=agency.id, document=None
    )

    with pytest.raises(verification.NotOneself):
        await verification.decide_case(registrar, case.id, approve=True, reason="")
    with pytest.raises(Forbidden):
        await verification.decide_case(
            await make.staff(Role.ANALYST), case.id, approve=True, reason=""
        )
    with pytest.raises(Invalid):
        await verification.decide_case(other, case.id, approve=False, reason=" ")
    await verification.decide_case(other, case.id, approve=True, reason="")
    with pytest.raises(verification.CaseDecided):
        await verification.decide_case(other, case.id, approve=False, reason="Too late")

    assert (await account_of(registrar)).status == "active_verified"
    assert await works_at() == [agency.id]
    acts = await AuditEvent.select(AuditEvent.actor).where(AuditEvent.act == "case.approved")
    assert acts == [{"actor": other.id}]


@pytest.mark.parametrize("status", [None, "draft", "declined", "merged"])
async def test_nobody_is_verified_for_an_agency_that_is_not_active(api, status):
    agency = await make.agency(status=status) if status else await make.account()
    actor, registrar = await make.learner(), await api(await make.staff(Role.REGISTRAR))
    program = await api(actor)
    asked = {"route": "document", "explanation": "I work there."}

    refused = await program.post(
        "/me/eligibility-cases", json={**asked, "explanation": "", "agency_id": str(agency.id)}
    )
    case = (await program.post("/me/eligibility-cases", json=asked)).json()
    answers = [
        await registrar.post(
            f"/eligibility-cases/{case['id']}/decision",
            json={"approve": approve, "reason": "Because.", "agency_id": str(agency.id)},
        )
        for approve in (True, False)
    ]

    assert [fault["field"] for fault in refused.json()["errors"]] == ["explanation", "agency_id"]
    for answer in answers:
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == ["agency_id"]
    assert (await EligibilityCase.objects().first()).state == "open"


async def test_an_agency_that_was_declined_since_verifies_nobody(database):
    agency, registrar = await make.agency(), await make.staff(Role.REGISTRAR)
    case = await verification.request_by_registrar(
        await make.learner(), explanation="x", agency=agency.id, document=None
    )
    await type(agency).update({"status": "declined"}).where(type(agency).id == agency.id)

    with pytest.raises(Invalid):
        await verification.decide_case(registrar, case.id, approve=True, reason="")
    await verification.decide_case(registrar, case.id, approve=False, reason="It was declined.")

    assert (await verification.read_again(case)).state == "declined"


async def test_nothing_is_decided_on_who_is_gone(database, clock):
    registrar, actor = await make.staff(Role.REGISTRAR), await make.learner()
    case = await verification.request_by_registrar(
        actor, explanation="x", agency=None, document=None
    )
    await Account.update({Account.ended_at: clock.now}).where(Account.id == actor.id)

    with pytest.raises(Ended):
        await verification.decide_case(registrar, case.id, approve=True, reason="")

    assert (await account_of(actor)).verified_at is None


async def test_two_registrars_at_once_decide_once(database):
    registrars = [await make.staff(Role.REGISTRAR) for _ in range(2)]
    case = await verification.request_by_registrar(
        await make.learner(), explanation="I work there.", agency=None, document=None
    )

    answers = await asyncio.gather(
        *(
            verification.decide_case(r, case.id, approve=approve, reason="Because.")
            for r, approve in zip(registrars, (True, False), strict=True)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, verification.CaseDecided) for answer in answers) == 1
