"""Inviting people to the site alone, by page: sent, listed with what became of them, changed."""

import re
from datetime import timedelta

import pytest

import make
from accounts.invitation import ADDRESS, coordinator, token_of
from connect.accounts import invited
from connect.accounts.affiliations import affiliations_on
from connect.accounts.invitations import LASTS, invite, renew, to_the_site, withdraw
from connect.accounts.links import LinkUsedUp
from connect.accounts.tables import Account, Invitation
from connect.audit import AuditEvent
from connect.errors import NotFound
from connect.policy import Role

PAGE = "/admin/invitations"


@pytest.fixture
async def registrar(database):
    return await make.staff(Role.REGISTRAR, legal_name="Rex Registrar")


async def sent(actor, email=ADDRESS, agency=None):
    agency_id = agency.id if agency else None
    (row,) = await invite(actor, [{"email": email}], agency_id=agency_id)
    return row["id"]


def form(person, **fields):
    return {"csrf": person.csrf, **fields}


async def test_a_list_of_addresses_is_invited(registrar, browser, work, mailbox):
    person = await browser(registrar)
    both = "a@agency.example\r\nb@agency.example"

    wrong = await person.post(PAGE, data=form(person, emails="a@agency.example nonsense"))
    answer = await person.post(PAGE, data=form(person, emails=both, note="Welcome."))
    listed = await person.get(answer.headers["location"])
    await work()

    assert (wrong.status_code, answer.status_code) == (422, 303)
    assert "nonsense: Write an e-mail address" in wrong.text
    assert "a@agency.example nonsense</textarea>" in wrong.text
    assert {mail.to for mail in mailbox} == {"a@agency.example", "b@agency.example"}
    assert "Welcome." in mailbox[0].body
    assert listed.text.count("<td>Waits</td>") == 2


async def test_the_same_form_sent_twice_invites_once(registrar, browser, work, mailbox):
    person = await browser(registrar)
    for _ in range(2):
        answer = await person.post(PAGE, data=form(person, emails=ADDRESS, once="k" * 20))
        assert answer.status_code == 303
        await work()

    assert len(mailbox) == 1


async def test_the_list_tells_what_became_of_each(registrar, browser, clock, work, mailbox):
    await sent(registrar, "old@agency.example")
    clock.move(LASTS + timedelta(seconds=1))
    ended = await sent(registrar, "ended@agency.example")
    await withdraw(registrar, ended)
    await sent(registrar, "waits@agency.example")
    mailbox.clear()
    await sent(registrar)
    await work()
    account = await make.account(email=ADDRESS)
    token = next(token_of(mail) for mail in mailbox if mail.to == ADDRESS)
    await invited.accept(make.actor_of(account), token, consent=False)
    page = (await (await browser(registrar)).get(PAGE)).text

    rows = re.findall(r'<th scope="row">([^<]+)</th>\s*<td>([^<]+)</td>', page)
    today = f"{clock.now:%B} {clock.now.day}, {clock.now.year}"
    assert rows == [
        (ADDRESS, f"Followed on {today}"),
        ("waits@agency.example", "Waits"),
        ("ended@agency.example", f"Withdrawn on {today}"),
        ("old@agency.example", "Ran out"),
    ]
    assert page.count("/renewal") == 2
    assert await affiliations_on(account.id, clock.now.date()) == []
    assert (await Account.objects().get(Account.id == account.id)).verified_at is None


async def test_one_is_renewed_and_its_earlier_link_ends(registrar, browser, clock, work, mailbox):
    of = await sent(registrar)
    await work()
    clock.move(LASTS + timedelta(days=1))
    other = await make.staff(Role.ADMIN)
    person = await browser(other)

    answer = await person.post(f"{PAGE}/{of}/renewal", data=form(person))
    await work()

    assert answer.headers["location"] == f"{PAGE}?notice=renewed"
    first, second = (token_of(mail) for mail in mailbox)
    with pytest.raises(LinkUsedUp):
        await invited.invitation_by(first)
    assert (await invited.invitation_by(second)).id == of
    row = await Invitation.objects().get(Invitation.id == of)
    assert row.expires_at == clock.now + LASTS
    assert row.invited_by == other.id
    acts = await AuditEvent.select(AuditEvent.actor).where(AuditEvent.act == "invitation.renewed")
    assert acts == [{"actor": other.id}]


async def test_one_is_withdrawn_by_page(registrar, browser, work, mailbox):
    of = await sent(registrar)
    await work()
    person = await browser(registrar)

    answer = await person.post(f"{PAGE}/{of}/withdrawal", data=form(person))

    assert answer.headers["location"] == f"{PAGE}?notice=withdrawn"
    with pytest.raises(LinkUsedUp):
        await invited.invitation_by(token_of(mailbox[0]))
    with pytest.raises(NotFound):
        await renew(registrar, of)


async def test_an_accepted_one_is_not_renewed(registrar, work, mailbox):
    of = await sent(registrar)
    await work()
    account = await make.account(email=ADDRESS)
    await invited.accept(make.actor_of(account), token_of(mailbox[0]), consent=False)

    with pytest.raises(NotFound):
        await renew(registrar, of)


async def test_those_of_agencies_stand_on_their_own_page(registrar, browser):
    agency = await make.agency()
    await sent(registrar, "theirs@agency.example", agency)
    await sent(registrar, "ours@agency.example")
    person = await browser(registrar)

    site = (await person.get(PAGE)).text
    own = (await person.get(f"/agencies/{agency.id}/invitations")).text

    assert ("theirs@" in site, "ours@" in site) == (False, True)
    assert ("theirs@" in own, "ours@" in own) == (True, False)


async def test_a_coordinator_invites_to_no_site_and_renews_only_the_own(registrar, browser):
    agency = await make.agency()
    actor = await coordinator(agency)
    site, theirs = await sent(registrar), await sent(registrar, "b@b.example", await make.agency())
    own = await sent(actor, "c@c.example", agency)
    person = await browser(actor)
    address = f"/agencies/{agency.id}/invitations"

    refused = [
        await person.get(PAGE),
        await person.post(PAGE, data=form(person, emails=ADDRESS)),
        await person.post(f"{PAGE}/{site}/renewal", data=form(person)),
        await person.post(f"{address}/{theirs}/renewal", data=form(person)),
        await person.post(f"{address}/{own}/nonsense", data=form(person)),
    ]
    done = await person.post(f"{address}/{own}/renewal", data=form(person))

    assert [answer.status_code for answer in refused] == [403, 403, 404, 404, 404]
    assert done.status_code == 303
    assert await Invitation.count() == 3


async def test_the_list_goes_on_page_by_page(registrar, browser):
    people = [{"email": f"p{n}@agency.example"} for n in range(51)]
    await invite(registrar, people, agency_id=None)
    person = await browser(registrar)

    first = (await person.get(PAGE)).text
    following = re.search(r'href="(/admin/invitations\?after=[^"]+)"', first)
    second = (await person.get(following[1])).text

    assert first.count("/renewal") == 50
    assert second.count("/renewal") == 1
    assert len(await to_the_site(registrar, limit=9)) == 10
