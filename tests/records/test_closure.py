"""Closing one's account: contact data go, name and completions stay."""

from datetime import date

import pytest

import make
from accounts.contents import text_of
from accounts.people import NEW_PASSWORD, V1, alive, csrf_of, signed_in
from connect.accounts.affiliations import affiliate
from connect.accounts.queries import account_of
from connect.accounts.tables import Account, Affiliation, EligibilityCase, RoleGrant
from connect.certificates.tables import Certificate
from connect.clock import now
from connect.errors import Invalid
from connect.mail.tables import Mail
from connect.policy import Role
from connect.records.actions import close_account, erase
from connect.records.holdings import HOLDINGS
from connect.records.register import When
from records.everything import everything
from records.test_erasure import certified
from rosters.staffed import works

GONE = [holding.name for holding in HOLDINGS if holding.rows_go is When.CLOSURE]

KEPT = {
    ("account", "legal_name"),
    ("account", "certificate_name"),
    ("account", "suspension_reason"),
    ("answer", "given"),
    ("certificate", "name"),
    ("certificate", "facts"),
    ("certificate", "reissue_reason"),
    ("certificate", "revocation_reason"),
    ("revocation_proposal", "reason"),
    ("eligibility_case", "reason"),
    ("override", "evidence"),
    ("override", "reason"),
    ("override", "withdrawal_reason"),
    ("external_completion", "title"),
    ("external_completion", "provider"),
    ("external_completion", "number"),
    ("external_completion", "reason"),
    ("training", "title"),
    ("affirmation", "name"),  # an executive's word, as it was given
    ("affirmation", "title"),
    ("review_message", "text"),
    ("roster_line", "name"),
}


async def test_contact_data_go_and_name_and_completions_stay(database, clock):
    made = await everything(await make.account(title="Detective", legal_name="Ada Officer"))
    actor = make.actor_of(made.account)
    agency = await make.agency()
    await affiliate(actor, await account_of(actor), agency)

    await close_account(actor, make.PASSWORD)

    row = await Account.objects().get(Account.id == actor.id)
    assert (row.status, row.email, row.title, row.password_hash) == ("closed", str(row.id), "", "")
    assert (row.legal_name, row.ended_at) == (made.canaries["account", "legal_name"], clock.now)
    left = await text_of(*(holding.name for holding in HOLDINGS))
    assert made.account.email not in left
    assert {place for place, canary in made.canaries.items() if canary in left} == KEPT
    assert {row["until"] is None for row in await Affiliation.select()} == {False}
    assert len(GONE) == 13


async def test_it_never_signs_in_again_and_the_address_may_register_anew(
    app, client, work, mailbox
):
    account = await make.account(email="ada@agency.example")
    browser = await signed_in(app, account)

    wrong = await browser.post(
        "/account/closure", data={"csrf": await csrf_of(browser), "password": NEW_PASSWORD}
    )
    done = await browser.post(
        "/account/closure", data={"csrf": await csrf_of(browser), "password": make.PASSWORD}
    )

    assert (wrong.status_code, done.status_code) == (422, 303)
    assert done.headers["location"] == "/login?notice=closed"
    assert not await alive(browser)
    password = {"email": "ada@agency.example", "password": make.PASSWORD}
    assert (await client.post(f"{V1}/tokens", json=password)).status_code == 401
    given = {"legal_name": "Ada", "discipline": "educator", "state": "TX", **password}
    assert (await client.post(f"{V1}/accounts", json=given)).status_code == 202
    await work()
    assert [mail.subject for mail in mailbox] == [
        "Prove your address to finish your Connect account"
    ]
    assert await Account.count() == 2


async def test_certificates_keep_verifying(client, database, clock):
    actor = await make.learner(legal_name="Ada Officer")
    certificate = await certified(actor)

    await close_account(actor, make.PASSWORD)

    answer = (await client.get(f"{V1}/verifications/{certificate.code}")).json()
    assert (answer["status"], answer["name"]) == ("valid", "Ada Officer")
    assert "holder_erased" not in answer


async def test_open_requests_end_and_roles_too(database):
    account = await make.account()
    agency = await make.agency()
    await EligibilityCase(account=account.id, route="document", state="open").save()
    await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=agency.id).save()

    await close_account(make.actor_of(account), make.PASSWORD)

    assert [row["state"] for row in await EligibilityCase.select()] == ["expired"]
    assert await RoleGrant.count() == 0


async def test_work_ends_on_the_day_though_a_later_last_day_was_set(database, clock):
    account = await make.account()
    agencies = [await make.agency() for _ in range(3)]
    for agency, until in zip(agencies, (None, date(2026, 12, 31), date(2025, 6, 30)), strict=True):
        await works(agency, account=account, until=until)

    await close_account(make.actor_of(account), make.PASSWORD)

    ended = {row["agency"]: row["until"] for row in await Affiliation.select()}
    today = date(2026, 3, 2)
    assert [ended[agency.id] for agency in agencies] == [today, today, date(2025, 6, 30)]


@pytest.mark.parametrize("state", ["waiting", "held"])
async def test_what_had_not_left_yet_does_not_leave_any_more(database, state):
    account, other = await make.account(), await make.account()
    for to in (account, other):
        mail = Mail(to=to.email, account=to.id, kind="accounts/verified", state=state)
        mail.subject = mail.body = "You are verified"
        await mail.save()

    await close_account(make.actor_of(account), make.PASSWORD)

    mails = await Mail.objects().order_by(Mail.id)
    assert [(mail.to, mail.body, mail.state) for mail in mails] == [
        ("", "", "failed"),
        (other.email, "You are verified", state),
    ]


async def test_the_last_administrator_cannot_close_or_be_erased(api, database):
    admin = await make.staff(Role.ADMIN)
    await make.staff(Role.ADMIN, status="suspended")
    program = await api(admin)

    answer = await program.post("/me/closure", json={"password": make.PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    await make.staff(Role.ADMIN)
    answer = await program.post("/me/closure", json={"password": make.PASSWORD})
    assert answer.status_code == 204
    assert (await program.get("/me")).status_code == 401


async def test_a_wrong_password_closes_nothing(database):
    actor = await make.learner()

    with pytest.raises(Invalid) as refusal:
        await close_account(actor, NEW_PASSWORD)

    assert refusal.value.errors == {"password": "This is not your present password."}
    assert (await account_of(actor)).status == "active_unverified"


async def test_who_closed_may_be_erased_later_and_stays_ended_since_then(database, clock):
    actor, admin = await make.learner(), await make.staff(Role.ADMIN)
    closed_at = clock.now
    await close_account(actor, make.PASSWORD)
    clock.set(clock.now.replace(month=6))

    await erase(admin, actor.id, reason="Asked for by letter.")

    row = await Account.objects().get(Account.id == actor.id)
    assert (row.status, row.ended_at, row.erased_at) == ("erased", closed_at, now())
    assert await Certificate.count() == 0


async def test_the_pages_of_export_and_erasure(browser, database):
    person = await make.account(legal_name="Ada Officer")
    own, admin = await browser(make.actor_of(person)), await browser(await make.staff(Role.ADMIN))
    address = f"/admin/people/{person.id}/erasure"

    export = await own.get("/account/export")
    asked = await admin.get(address)
    empty = await admin.post(address, data={"csrf": admin.csrf, "reason": ""})
    done = await admin.post(address, data={"csrf": admin.csrf, "reason": "Asked for by letter."})
    shown = await admin.get(f"/admin/people/{person.id}?notice=erased")
    again = await admin.post(address, data={"csrf": admin.csrf, "reason": "Asked for by letter."})
    people = await admin.get("/admin/people")

    assert export.json()["tables"]["account"][0]["legal_name"] == "Ada Officer"
    assert "attachment" in export.headers["content-disposition"]
    assert "Erase Ada Officer" in asked.text
    assert (empty.status_code, done.status_code, again.status_code) == (422, 303, 422)
    assert "Every count stays as it was." in shown.text
    assert "Ada" not in shown.text + people.text
    assert "Erased person" in people.text
    assert (await own.get(address)).status_code in (303, 403)
