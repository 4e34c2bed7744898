"""Becoming verified: by domain, code, sponsor or registrar; never by oneself."""

import asyncio
import re
from datetime import timedelta

import pytest

import make
from accounts.people import works_at
from connect.accounts import cases, verification
from connect.accounts.actions import prove_address
from connect.accounts.links import LinkUsedUp, make_link
from connect.accounts.queries import account_of
from connect.accounts.tables import (
    Account,
    Affiliation,
    EligibilityCase,
    LinkKind,
)
from connect.agencies.codes import make_code
from connect.agencies.tables import AgencyDomain
from connect.audit import AuditEvent
from connect.errors import Invalid
from connect.policy import Role
from connect.worker import HANDLERS


async def with_domain(domain="cedarfallspd.example", *, alone=True, **agency):
    row = await make.agency(name="Cedar Falls PD", state="IA", **agency)
    await AgencyDomain(agency=row.id, domain=domain, is_its_alone=alone).save()
    return row


async def proving(email, **person):
    """Somebody who opens the mailed link just now."""
    account = await make.account(email=email, proved_at=None, status="pending_email", **person)
    await prove_address(await make_link(LinkKind.PROVE, account.id))
    return await Account.objects().where(Account.id == account.id).first()


@pytest.mark.parametrize(
    ("email", "discipline", "alone", "kind", "verified", "employed"),
    [
        ("a@cedarfallspd.example", "law-enforcement", True, "law-enforcement", True, True),
        ("a@cedarfallspd.example", "educator", True, "law-enforcement", False, True),
        ("a@cedarfallspd.example", "law-enforcement", False, "law-enforcement", False, True),
        ("a@cedarfallspd.example", "nonprofit", True, "nonprofit", False, True),
        ("a@mail.cedarfallspd.example", "law-enforcement", True, "law-enforcement", False, False),
        ("a@elsewhere.example", "law-enforcement", True, "law-enforcement", False, False),
    ],
)
async def test_what_an_address_proves(database, email, discipline, alone, kind, verified, employed):
    agency = await with_domain(alone=alone, kind=kind)

    account = await proving(email, discipline=discipline)

    assert account.status == ("active_verified" if verified else "active_unverified")
    assert await works_at() == ([agency.id] if employed else [])
    cases = await EligibilityCase.select(EligibilityCase.route, EligibilityCase.state)
    assert cases == ([{"route": "domain", "state": "approved"}] if verified else [])


async def test_a_domain_of_two_agencies_proves_nothing(database):
    for _ in range(2):
        await with_domain()

    account = await proving("a@cedarfallspd.example")

    assert account.verified_at is None
    assert await works_at() == []


async def test_by_a_code_as_often_as_it_may_be_used(database, clock):
    agency = await make.agency()
    registrar = await make.staff(Role.REGISTRAR)
    _, code = await make_code(
        registrar, agency.id, max_uses=2, expires_at=clock.now + timedelta(days=30)
    )
    people = [await make.learner() for _ in range(5)]

    answers = await asyncio.gather(
        *(verification.request_by_code(p, code, consent=True) for p in people),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, EligibilityCase) for answer in answers) == 2
    assert await Account.count().where(Account.status == "active_verified") == 2
    rows = await Affiliation.select(Affiliation.agency, Affiliation.consented_at)
    assert rows == [{"agency": agency.id, "consented_at": clock.now}] * 2


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["plain", "with a key"])
async def test_s9_codes_cannot_be_guessed_at_by_programs(api, headers):
    program = await api(await make.learner())

    codes = []
    for n in range(6):
        join, ask = {"code": f"GUESS{n}"}, {"route": "code", "code": f"GUESS{n}"}
        key = {name: f"{value} {n}" for name, value in headers.items()}
        codes += [
            (await program.post(path, json=body, headers=key)).json()["code"]
            for path, body in (("/me/affiliations", join), ("/me/eligibility-cases", ask))
        ]
    blocked = await program.post("/me/affiliations", json={"code": "GUESS"})

    assert codes == ["code_unusable"] * 10 + ["too_many"] * 2
    assert blocked.status_code == 429
    assert "retry-after" in blocked.headers


async def test_s9_codes_cannot_be_guessed_at_by_the_page(browser):
    page = await browser(await make.learner())

    seen = []
    for n in range(12):
        form = {"csrf": page.csrf, "route": "code", "code": f"GUESS{n}"}
        text = (await page.post("/account/verification", data=form)).text
        seen.append(("This code is unknown" in text, "Too many tries" in text))

    assert seen == [(True, False)] * 10 + [(False, True)] * 2


@pytest.mark.parametrize(
    "asked",
    [
        {"route": "domain"},
        {"route": "code"},
        {"route": "sponsor", "sponsor_email": "b@cedarfallspd.example", "explanation": "x"},
        {"route": "document", "explanation": "I work there."},
    ],
    ids=lambda asked: asked["route"],
)
async def test_r1_who_has_not_proved_the_address_becomes_verified_in_no_way(api, clock, asked):
    agency, registrar = await with_domain(), await make.staff(Role.REGISTRAR)
    _, code = await make_code(
        registrar, agency.id, max_uses=1, expires_at=clock.now + timedelta(days=30)
    )
    unproved = {"proved_at": None, "status": "pending_email"}
    actor = await make.learner(email="a@cedarfallspd.example", **unproved)
    program = await api(actor)
    asked = asked | ({"code": code} if asked["route"] == "code" else {})

    refused = await program.post("/me/eligibility-cases", json=asked)
    account = await account_of(actor)
    await prove_address(await make_link(LinkKind.PROVE, actor.id))

    assert (refused.status_code, refused.json()["code"]) == (403, "address_not_proved")
    assert "link that was mailed" in refused.json()["detail"]
    assert (account.status, account.verified_at) == ("pending_email", None)
    assert (await account_of(actor)).proved_at == clock.now


async def sponsored(**person):
    agency = await with_domain("cac.example", kind="child-advocacy-center")
    actor = await make.learner(**person)
    case = await verification.request_by_sponsor(
        actor, sponsor_email="Director@CAC.example", explanation="I volunteer there."
    )
    return actor, agency, case


async def test_a_sponsor_vouches_by_the_mailed_link(database, mailbox, work, client):
    actor, agency, case = await sponsored(discipline="child-advocacy-center")
    await work()
    (mail,) = mailbox
    link = re.search(r"(/sponsor/\S+)", mail.body)[1]

    shown = await client.get(link)
    still = (await verification.read_again(case)).state
    answered = await client.post(
        link, data={"answer": "yes"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    again = await client.get(link)

    assert mail.to == "director@cac.example"
    assert (shown.status_code, still) == (200, "waiting_sponsor")  # a GET spends nothing
    assert answered.status_code == 200
    assert again.status_code == 409
    assert (await account_of(actor)).status == "active_verified"
    assert await works_at() == [agency.id]


async def test_a_sponsor_who_says_no_is_told_to_the_person(database, mailbox, work):
    actor, _, case = await sponsored()
    await work()
    token = re.search(r"/sponsor/(\S+)", mailbox[0].body)[1]

    await verification.answer_as_sponsor(token, approve=False)
    await work()
    with pytest.raises(LinkUsedUp):
        await verification.answer_as_sponsor(token, approve=True)

    assert (await verification.read_again(case)).state == "declined"
    assert (await account_of(actor)).verified_at is None
    assert "did not vouch" in mailbox[-1].body
    assert await works_at() == []


@pytest.mark.parametrize(
    ("sponsor", "explanation", "fields"),
    [
        ("somebody@elsewhere.example", "I work there.", ["sponsor_email"]),
        ("me@cac.example", "I work there.", ["sponsor_email"]),
        ("director@cac.example", "  ", ["explanation"]),
        ("somebody@elsewhere.example", "", ["sponsor_email", "explanation"]),
    ],
)
async def test_who_cannot_vouch(database, sponsor, explanation, fields):
    await with_domain("cac.example", kind="child-advocacy-center")
    actor = await make.learner(email="me@cac.example")

    with pytest.raises(Invalid) as refusal:
        await verification.request_by_sponsor(actor, sponsor_email=sponsor, explanation=explanation)

    assert list(refusal.value.errors) == fields
    assert await EligibilityCase.count() == 0


async def test_a_sponsor_who_does_nothing_ends_the_request_after_thirty_days(
    database, clock, mailbox, work
):
    actor, _, case = await sponsored()
    clock.move(timedelta(days=30))
    await HANDLERS["accounts.expire_cases"]()
    waits = (await verification.read_again(case)).state
    clock.move(timedelta(seconds=1))

    await HANDLERS["accounts.expire_cases"]()
    await HANDLERS["accounts.expire_cases"]()
    await work()
    second = await verification.request_by_sponsor(
        actor, sponsor_email="other@cac.example", explanation="I volunteer there."
    )

    assert (waits, (await verification.read_again(case)).state) == ("waiting_sponsor", "expired")
    assert [mail.subject for mail in mailbox if mail.to.startswith("person")] == [
        "Your request to be verified at Connect"
    ]
    assert second.state == "waiting_sponsor"


async def test_one_request_at_a_time(database):
    actor, _, _ = await sponsored()

    with pytest.raises(cases.CaseWaits):
        await verification.request_by_registrar(
            actor, explanation="Look at our page.", agency=None, document=None
        )


async def with_code(clock):
    """An agency, and a code of it."""
    agency, registrar = await make.agency(), await make.staff(Role.REGISTRAR)
    expires = clock.now + timedelta(days=30)
    return agency, (await make_code(registrar, agency.id, max_uses=9, expires_at=expires))[1]


async def test_who_becomes_verified_waits_for_nothing_else(database, clock, mailbox, work):
    actor, _, waited = await sponsored()
    await work()
    link = re.search(r"/sponsor/(\S+)", mailbox.pop().body)[1]
    _, code = await with_code(clock)

    await verification.request_by_code(actor, code, consent=False)
    await work()
    with pytest.raises(verification.CaseDecided):
        await verification.answer_as_sponsor(link, approve=False)

    row = await verification.read_again(waited)
    assert (row.state, row.reason) == ("expired", "You became verified in another way.")
    assert [mail.subject for mail in mailbox] == ["You are verified at Connect"]
    acts = await AuditEvent.select(AuditEvent.act).where(AuditEvent.subject == str(waited.id))
    assert [row["act"] for row in acts] == ["case.opened", "case.expired"]


async def test_a_decision_and_a_code_at_once_do_not_wait_for_each_other(database, clock):
    registrar, (_, code) = await make.staff(Role.REGISTRAR), await with_code(clock)
    for _ in range(5):
        actor = await make.learner()
        case = await verification.request_by_registrar(
            actor, explanation="I work there.", agency=None, document=None
        )

        answers = await asyncio.gather(
            verification.request_by_code(actor, code, consent=False),
            verification.decide_case(registrar, case.id, approve=True, reason=""),
            return_exceptions=True,
        )

        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert [type(answer) for answer in refused] in (
            [cases.AlreadyVerified],
            [verification.CaseDecided],
        )


async def test_the_pages_lead_through_it(database, browser):
    agency = await with_domain()
    actor = await make.learner(email="a@cedarfallspd.example")
    registrar = await make.staff(Role.REGISTRAR)
    person, staff = await browser(actor), await browser(registrar)

    before = await person.get("/account/verification")
    asked = await person.post(
        "/account/verification",
        data={"csrf": person.csrf, "route": "document", "explanation": "I work there."},
    )
    waiting = await staff.get("/admin/verifications")
    case = await EligibilityCase.objects().first()
    decided = await staff.post(
        f"/admin/verifications/{case.id}", data={"csrf": staff.csrf, "verdict": "approve"}
    )
    after = await person.get("/account/verification")
    listed = await staff.get("/admin/people", params={"q": actor.name})
    shown = await staff.get(f"/admin/people/{actor.id}")

    assert agency.name in before.text
    assert (asked.status_code, decided.status_code) == (303, 303)
    assert actor.name in waiting.text
    assert "Verified" in after.text
    assert [page.status_code for page in (listed, shown)] == [200, 200]
    assert f"/admin/people/{actor.id}" in listed.text


@pytest.mark.parametrize(
    "path", ["/admin/people", "/admin/verifications", "/admin/imports", "/admin/agencies"]
)
async def test_a_learner_sees_none_of_the_registrars_pages(database, browser, path):
    person = await browser(await make.learner())

    assert (await person.get(path)).status_code == 403
