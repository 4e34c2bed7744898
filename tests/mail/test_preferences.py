"""Who wants which kind of mail: said on a page, over the API, or by one click in a mail program."""

import asyncio
import re
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

import make
from accounts.contents import contents
from accounts.environment import environment
from connect import security
from connect.audit import AuditEvent
from connect.config import settings
from connect.mail.actions import write_mail
from connect.mail.kinds import KINDS, MailClass
from connect.mail.preferences import SWITCHED, preferences_of, stop_address
from connect.mail.rules import foot
from connect.mail.tables import Mail, MailPreference
from connect.policy import Role
from mail.post_office import post_office, text_of

VERIFIED = "accounts/verified"
ALL = dict.fromkeys(SWITCHED, True)
OLD, NEW = (f"{name} key of thirty-two characters and more" for name in ("old", "new"))


async def verified(account, **facts):
    return await write_mail(
        VERIFIED, to="ada@agency.example", account=account and account.id, name="Ada", **facts
    )


async def delivered(work):
    """The headers and the text of each mail that leaves now, as they are on the wire."""
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await work()
    return [letter.message for letter in office.letters]


def one_click(text):
    return urlsplit(re.search(r"http\S+/unsubscribe/[^\s>]+", text)[0]).path


async def test_a_kind_that_is_switched_off_is_kept_and_never_leaves(work, api):
    actor = await make.learner()
    ada, program = await make.account(), await api(actor)
    ada.id = actor.id

    answer = await program.put("/me/mail-preferences", json={VERIFIED: False})
    await verified(ada)
    left = await delivered(work)

    assert answer.json() == ALL | {VERIFIED: False}
    assert left == []
    assert [(m.state, m.tries) for m in await Mail.objects()] == [("kept", 0)]
    shown = (await program.get("/notifications")).json()["items"]
    assert [(n["kind"], n["subject"]) for n in shown] == [
        (VERIFIED, "You are verified at Connect"),
    ]


async def test_switched_on_again_it_leaves_and_others_were_never_touched(work, api):
    actor = await make.learner()
    program = await api(actor)
    for wanted in (False, False, True):
        await program.put("/me/mail-preferences", json={VERIFIED: wanted})

    assert (await program.get("/me/mail-preferences")).json() == ALL
    assert await MailPreference.count() == 1


async def test_what_waited_while_its_kind_was_switched_off_does_not_leave(work, client):
    ada = await make.account()
    await verified(ada)
    path = urlsplit(stop_address(ada.id, VERIFIED)).path
    await client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert await delivered(work) == []

    assert [mail.state for mail in await Mail.objects()] == ["kept"]


async def test_the_trail_has_a_row_for_each_change_and_none_for_a_repetition(api):
    program = await api(await make.learner())
    for wanted in (True, False, False, True, True, False):
        asked = {VERIFIED: wanted, "learning/completed": True}
        await program.put("/me/mail-preferences", json=asked)

    events = await AuditEvent.objects().order_by(AuditEvent.id)
    assert [msgspec.json.decode(event.details) for event in events] == [
        {"wanted": {VERIFIED: wanted}} for wanted in (False, True, False)
    ]


async def test_a_token_in_a_mail_that_is_not_wanted_is_kept_nowhere(database):
    ada = await make.account()
    await MailPreference(account=ada.id, kind=VERIFIED, wanted=False).save()

    await verified(ada, secret=True)

    (mail,) = await Mail.objects()
    assert (mail.state, security.unseal(mail.body)) == ("kept", "")


async def test_every_bad_kind_and_value_is_told_and_nothing_changes(api):
    program = await api(await make.learner())
    asked = {
        VERIFIED: False,
        "accounts/reset": False,
        "accounts/rumor": True,
        "learning/completed": "no",
        "accounts/agency_screened": 0,
    }

    answer = await program.put("/me/mail-preferences", json=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(asked)[1:]
    assert (await program.get("/me/mail-preferences")).json() == ALL


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{", b'{"accounts/verified": null}'])
async def test_what_is_no_object_of_booleans_is_refused(api, body):
    program = await api(await make.learner())

    answer = await program.put(
        "/me/mail-preferences", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stranger_has_no_preferences(client):
    assert (await client.get("/api/v1/me/mail-preferences")).status_code == 401
    assert (await client.put("/api/v1/me/mail-preferences", json={})).status_code == 401


async def test_the_page_says_and_saves_the_same_without_script(browser):
    actor = await make.learner()
    someone = await browser(actor)
    form = {"csrf": someone.csrf, "kinds": ["learning/completed", "accounts/agency_screened"]}

    saved = await someone.post("/account/mail", data=form)
    shown = (await someone.get(saved.headers["location"])).text

    wanted = await preferences_of(actor.id)
    assert {kind for kind, on in wanted.items() if on} == set(form["kinds"])
    assert set(re.findall(r'value="([a-z/_]+)" checked', shown)) == set(form["kinds"])
    assert "Your choices are saved." in shown


async def test_only_staff_are_told_of_the_mails_that_only_staff_get(browser):
    label = KINDS["mail/held"].label

    for roles, told in (((), False), ((Role.ADMIN,), True)):
        someone = await browser(await make.staff(*roles))
        shown = (await someone.get("/account/mail")).text

        assert (label in shown) is told
        assert KINDS["accounts/reset"].label in shown


async def test_the_page_refuses_a_form_that_was_not_made_for_this_session(browser):
    someone = await browser(await make.learner())

    assert (await someone.post("/account/mail", data={"csrf": "x"})).status_code == 403
    assert await MailPreference.count() == 0


async def test_a_mail_says_why_and_how_to_stop_it_and_a_program_can(work, client):
    ada = await make.account()
    await verified(ada)

    (mail,) = await delivered(work)

    stop = mail["List-Unsubscribe"]
    assert re.fullmatch(r"<http://127\.0\.0\.1:8000/unsubscribe/[\w.-]+>", stop)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    foot_of_it = text_of(mail).rpartition("\n\n")[2]
    assert foot_of_it == (
        f"{KINDS[VERIFIED].why}\nStop mails like this: {stop[1:-1]}\n"
        "Choose which mails you get: http://127.0.0.1:8000/account/mail\n"
    )
    answer = await client.post(one_click(stop), data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.has_redirect_location) == (200, False)
    assert await preferences_of(ada.id) == ALL | {VERIFIED: False}
    assert await AuditEvent.count().where(AuditEvent.act == "mail.unsubscribed") == 1


async def test_a_program_may_send_its_click_as_multipart(work, client):
    ada = await make.account()
    path = urlsplit(stop_address(ada.id, VERIFIED)).path

    answer = await client.post(path, files={"List-Unsubscribe": (None, "One-Click")})

    assert answer.status_code == 200
    assert (await preferences_of(ada.id))[VERIFIED] is False


async def test_opening_the_link_changes_nothing_and_its_button_works_signed_in_or_not(
    client, browser
):
    ada = await make.account()
    path = urlsplit(stop_address(ada.id, VERIFIED)).path
    before = await contents()

    shown = await client.get(path)

    assert shown.status_code == 200
    assert await contents() == before
    (button,) = re.findall(r'type="hidden" name="([\w-]+)" value="([\w-]+)"', shown.text)
    someone = await browser(make.actor_of(await make.account()))
    assert (await someone.post(path, data=dict([button]))).status_code == 200
    assert (await preferences_of(ada.id))[VERIFIED] is False


@pytest.mark.parametrize("data", [{}, {"List-Unsubscribe": "no"}, {"x": "One-Click"}])
async def test_a_post_that_asks_for_nothing_changes_nothing(client, data):
    ada = await make.account()

    answer = await client.post(urlsplit(stop_address(ada.id, VERIFIED)).path, data=data)

    assert answer.status_code == 422
    assert await preferences_of(ada.id) == ALL


async def test_the_link_of_a_mail_stands_neither_in_the_log_nor_in_the_outbox(
    client, work, mailbox, api
):
    ada, admin = await make.account(), await api(await make.staff(Role.ADMIN))
    await verified(ada)
    await work()
    path = one_click(mailbox[0].body)

    with capture_logs() as logs:
        await client.get(path)
        await client.post(path, data={"List-Unsubscribe": "One-Click"})

    token = path.rpartition("/")[2]
    assert [log["route"] for log in logs] == ["/unsubscribe/{token}"] * 2
    assert token not in str(logs)
    assert token not in (await admin.get("/mails")).text
    assert token not in str(await Mail.select())


async def test_twenty_clicks_at_once_are_one_choice(client):
    ada = await make.account()
    path = urlsplit(stop_address(ada.id, VERIFIED)).path

    answers = await asyncio.gather(
        *(client.post(path, data={"List-Unsubscribe": "One-Click"}) for _ in range(20))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await MailPreference.count() == 1
    assert await AuditEvent.count() == 1


async def test_no_other_token_than_ours_is_taken(client):
    ada, ben = await make.account(), await make.account()
    good = stop_address(ada.id, VERIFIED).rpartition("/")[2]
    said, _, proof = good.partition(".")
    other, _, others_proof = stop_address(ben.id, VERIFIED).rpartition("/")[2].partition(".")
    forged = [
        f"{said}.{others_proof}",
        f"{other}.{proof}",
        f"{said}.{proof[:-4]}",
        f"{said}.",
        said,
        ".",
        "x.y",
        f"{good}é",
        f"{good}=",
        f"{said}A.{proof}",
        security.sign("stop", f"{ada.id} accounts/reset"),
        security.sign("stop", f"{ada.id} accounts/rumor"),
        security.sign("stop", f"{ada.id}"),
        security.sign("other", f"{ada.id} {VERIFIED}"),
    ]

    answers = [
        await client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
        for token in forged
    ]

    assert [answer.status_code for answer in answers] == [404] * len(forged)
    assert {(await client.get(f"/unsubscribe/{token}")).status_code for token in forged} == {404}
    assert await MailPreference.count() == 0


async def test_a_link_of_an_older_key_works_until_that_key_is_gone(client):
    ada = await make.account()
    with environment(secret_key=OLD):
        path = urlsplit(stop_address(ada.id, VERIFIED)).path
    with environment(secret_key=f"{NEW},{OLD}"):
        assert (await client.get(path)).status_code == 200
        assert urlsplit(stop_address(ada.id, VERIFIED)).path != path
    with environment(secret_key=NEW):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("kind", ["accounts/reset", "accounts/password_changed"])
async def test_a_mail_that_keeps_the_account_safe_cannot_be_stopped(work, kind):
    ada = await make.account()
    for other in SWITCHED:
        await MailPreference(account=ada.id, kind=other, wanted=False).save()
    await write_mail(kind, to="a@b.example", account=ada.id, name="Ada", token="t")

    (mail,) = await delivered(work)

    assert mail["List-Unsubscribe"] is None
    assert "/unsubscribe/" not in text_of(mail)
    assert "cannot be switched off" in text_of(mail)


async def test_without_an_account_there_is_nothing_to_switch(work):
    await verified(None)

    (mail,) = await delivered(work)

    assert mail["List-Unsubscribe"] is None
    assert text_of(mail).rstrip().endswith(KINDS[VERIFIED].why)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_says_in_a_sentence_why_one_gets_it(name):
    kind = KINDS[name]

    assert re.fullmatch(r"You get this .+\.", kind.why)
    assert kind.label[0].isupper() and kind.label[-1] not in ".!"
    assert kind.why in foot(kind, stop="", choices="x")
    assert (kind.of is MailClass.SECURITY) is (name not in SWITCHED)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(0, 200), st.text())
def test_what_was_signed_is_read_as_it_was_and_no_changed_token_is(statement, place, other):
    token = security.sign("stop", statement)
    changed = token[: place % len(token)] + other

    assert security.signed("stop", token) == statement
    assert token.isascii() and token.count(".") == 1
    assert changed == token or security.signed("stop", changed) is None


def test_a_signed_statement_is_read_by_whoever_holds_a_key_it_was_signed_with():
    token = security.sign("stop", "grüße an alle")

    assert security.signed("stop", token) == "grüße an alle"
    assert security.signed("go", token) is None
    assert settings().keys[0] not in token
