"""Answering an invitation: by a link that proves the address and works once."""

import asyncio
import re
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

import make
from accounts.invitation import ADDRESS, FORM, SAME_SITE, by_email, token_of
from accounts.people import elsewhere, signed_in
from connect.accounts.invitations import invite, withdraw
from connect.accounts.invited import AnotherAccount, accept, register_invited
from connect.accounts.links import LinkUsedUp
from connect.accounts.rules import ADULTS_ONLY
from connect.accounts.tables import (
    Account,
    Affiliation,
    Invitation,
    OneTimeLink,
    Session,
)
from connect.audit import AuditEvent
from connect.policy import Role


async def test_somebody_new_registers_by_the_link_and_works_there(
    agency, inviting, mailbox, app, client, clock
):
    token = await inviting(title="Detective", category="investigator", legal_name="Ada O.")
    path = f"/invitations/{token}"

    shown = await client.get(path)
    nothing_yet = (await by_email(), await OneTimeLink.count())
    form = await client.post(path, headers=SAME_SITE)
    wrong = FORM | {"password": "short", "adult": "false"}
    bad = await client.post(path, data=wrong, headers=SAME_SITE)
    done = await client.post(path, data=FORM | {"consent": "yes"}, headers=SAME_SITE)
    again = await client.get(path)
    home = await client.get("/account")

    mail = mailbox[0]
    assert (mail.to, mail.subject) == (ADDRESS, "Carla Coordinator invites you to Cedar Falls PD")
    assert "Welcome." in mail.body
    assert nothing_yet == (None, 1)
    assert "Cedar Falls PD" in shown.text
    assert f'value="{ADDRESS}"' in form.text
    assert 'value="Ada O."' in form.text
    assert (shown.status_code, form.status_code, bad.status_code) == (200, 200, 422)
    assert "15 characters" in bad.text
    assert ADULTS_ONLY in bad.text
    assert (done.status_code, done.headers["location"]) == (303, "/courses")
    assert (again.status_code, home.status_code) == (409, 200)
    account = await by_email()
    assert (account.status, account.legal_name) == ("active_verified", "Ada Officer")
    (work_there,) = await Affiliation.objects()
    assert (work_there.agency, work_there.title, work_there.category) == (
        agency.id,
        "Detective",
        "investigator",
    )
    assert work_there.consented_at == clock.now
    assert not any("verify-email" in mail.body for mail in mailbox)
    acts = [row["act"] for row in await AuditEvent.select(AuditEvent.act)]
    assert {"invitation.sent", "invitation.accepted", "address.proved", "case.approved"} <= set(
        acts
    )


async def test_somebody_with_an_account_signs_in_first_and_the_link_survives(agency, inviting, app):
    await make.account(email=ADDRESS)
    path = f"/invitations/{await inviting()}"
    visitor = elsewhere(app, headers=SAME_SITE)

    sent_on = await visitor.post(path)
    login = await visitor.get(sent_on.headers["location"])
    following = re.search(r'name="next"[^>]*value="([^"]*)"', login.text)[1]
    back = await visitor.post(
        "/login", data={"email": ADDRESS, "password": make.PASSWORD, "next": following}
    )
    page = await visitor.get(back.headers["location"])
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    joined = await visitor.post(path, data={"csrf": csrf, "consent": "yes"})

    assert back.headers["location"] == path
    assert "My coordinator may see" in page.text
    assert joined.headers["location"] == "/courses"
    assert (await by_email()).status == "active_verified"
    (work_there,) = await Affiliation.objects()
    assert work_there.consented_at is not None


async def test_without_consent_one_joins_too(agency, inviting):
    account = await make.account(email=ADDRESS)
    token = await inviting()

    await accept(make.actor_of(account), token, consent=False)

    (work_there,) = await Affiliation.objects()
    assert (work_there.agency, work_there.consented_at) == (agency.id, None)


async def test_who_works_there_already_is_asked_for_consent_and_not_doubled(
    agency, inviting, clock
):
    account = await make.account(email=ADDRESS)
    await Affiliation(account=account.id, agency=agency.id, since=clock.now.date()).save()

    await accept(make.actor_of(account), await inviting(), consent=True)

    (work_there,) = await Affiliation.objects()
    assert work_there.consented_at == clock.now
    assert (await by_email()).verified_at == clock.now


async def test_the_link_of_an_invitation_is_not_for_another_account(agency, inviting, app):
    token = await inviting()
    other = await make.account()

    with pytest.raises(AnotherAccount):
        await accept(make.actor_of(other), token, consent=True)
    page = await (await signed_in(app, other)).get(f"/invitations/{token}")

    assert "This invitation is for another address" in page.text
    assert await Affiliation.count() == 0
    account = await make.account(email=ADDRESS)
    await accept(make.actor_of(account), token, consent=True)  # it was not spent


async def test_a_link_works_once_under_twenty_at_once(agency, inviting):
    account = await make.account(email=ADDRESS)
    token = await inviting()

    answers = await asyncio.gather(
        *(accept(make.actor_of(account), token, consent=True) for _ in range(20)),
        return_exceptions=True,
    )

    assert [a for a in answers if a is None] == [None]
    assert sum(isinstance(a, LinkUsedUp) for a in answers) == 19
    assert await Affiliation.count() == 1


async def test_registering_by_a_link_works_once_under_twenty_at_once(agency, inviting):
    token = await inviting()
    asked = {n: v for n, v in FORM.items() if n != "act"} | {"consent": False, "adult": True}

    answers = await asyncio.gather(
        *(register_invited(f"192.0.2.{n}", token, **asked) for n in range(20)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, LinkUsedUp) for answer in answers) == 19
    assert await Account.count().where(Account.email == ADDRESS) == 1


async def test_who_registered_the_address_of_another_is_put_out_by_its_owner(agency, inviting, app):
    intruder = await make.account(email=ADDRESS, proved_at=None, status="pending_email")
    browser = await signed_in(app, intruder)
    token = await inviting()
    asked = {n: v for n, v in FORM.items() if n != "act"} | {"consent": False, "adult": True}

    await register_invited("192.0.2.1", token, **asked)

    assert (await browser.get("/account")).status_code == 303
    assert await Session.count() == 1
    assert (await by_email()).legal_name == "Ada Officer"


@pytest.mark.parametrize("end", ["expired", "withdrawn", "renewed", "unknown"])
async def test_a_link_that_is_over_opens_nothing(agency, inviting, client, clock, end):
    token = await inviting()
    registrar = await make.staff(Role.REGISTRAR)
    (row,) = await Invitation.objects()
    if end == "expired":
        clock.move(timedelta(days=30, minutes=1))
    elif end == "withdrawn":
        await withdraw(registrar, row.id)
        await withdraw(registrar, row.id)
    elif end == "renewed":
        assert await inviting() != token
        assert await Invitation.count() == 1
    else:
        token = "x" * 43

    answers = [
        await client.get(f"/invitations/{token}"),
        await client.post(f"/invitations/{token}", data=FORM, headers=SAME_SITE),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert await by_email() is None


async def test_no_token_stands_in_a_log_or_an_answer(agency, inviting, client, app):
    await make.account(email=ADDRESS)
    token = await inviting()
    with capture_logs() as logs:
        answers = [
            await client.get(f"/invitations/{token}"),
            await client.post(f"/invitations/{token}", headers=SAME_SITE),
            await client.get(f"/login?next=/invitations/{token}"),
        ]

    assert len(logs) >= 3
    assert token not in str(logs)
    assert {answer.headers["referrer-policy"] for answer in answers} <= {
        "no-referrer",
        "same-origin",
        "strict-origin",
    }
    assert answers[0].headers["cache-control"] == "no-store"


async def test_an_invitation_to_the_site_makes_nobody_verified(database, work, mailbox, client):
    registrar = await make.staff(Role.REGISTRAR)
    await invite(registrar, [{"email": ADDRESS}], agency_id=None)
    await work()

    await client.post(f"/invitations/{token_of(mailbox[0])}", data=FORM, headers=SAME_SITE)

    assert (await by_email()).status == "active_unverified"
    assert await Affiliation.count() == 0
