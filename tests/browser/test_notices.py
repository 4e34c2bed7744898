"""Notices and mail preferences, the way out of a mail, and the decision on mails that are held."""

import re

from playwright.async_api import expect

import make
from browser.album import FITS
from connect.mail.actions import write_mail
from connect.mail.preferences import preferences_of
from connect.mail.tables import Mail
from connect.policy import Role

COMPLETED = "You completed a course and have a certificate"


async def tell(actor, **facts):
    await write_mail("accounts/verified", to="a@b.example", account=actor.id, name="Ada", **facts)


async def test_notices_are_read_and_mails_chosen_by_keyboard(person, clock, album):
    actor = await make.learner()
    for _ in range(2):
        await tell(actor)
    await write_mail(
        "accounts/reset", to="a@b.example", account=actor.id, secret=True, name="Ada", token="t"
    )
    someone = await person(actor, keyboard=True)
    page = someone.page
    await someone.open("/")

    await someone.follow(re.compile(r"^Notices\s*3 unread$"))
    await someone.hands.activate(page.locator("summary").nth(1))
    await expect(page.locator(".mail__body").nth(1)).to_contain_text("you are verified")
    await album.look(page, "notices")
    await someone.send("Mark all as read")
    await expect(page.locator(".site-nav__count")).to_have_count(0)
    await someone.follow("Choose which of it you also get by mail")
    await album.look(page, "mail-preferences")
    await someone.tick('input[value="learning/completed"]')  # it is ticked: the focus goes there
    await page.keyboard.press("Space")
    await someone.send("Save choices")

    await expect(page.get_by_role("status").first).to_contain_text("Your choices are saved.")
    await expect(page.get_by_label(COMPLETED)).not_to_be_checked()
    await album.look(page, "mail-preferences-saved")
    wanted = await preferences_of(actor.id)
    assert [kind for kind, on in wanted.items() if not on] == ["learning/completed"]


async def test_without_script_notices_and_choices_work_too(person, clock, album):
    actor = await make.learner()
    someone = await person(actor, script=False)
    await someone.open("/notifications")
    await album.look_without_script(someone.page, "notices-empty")
    await tell(actor)
    await someone.open("/notifications")
    await someone.send("Mark all as read")
    await expect(someone.page.get_by_text("New", exact=True)).to_have_count(0)

    await someone.open("/account/mail")
    await someone.tick('input[value="accounts/verified"]')
    await someone.send("Save choices")

    assert (await preferences_of(actor.id))["accounts/verified"] is False


async def test_the_link_at_the_foot_of_a_mail_asks_before_it_stops(
    person, clock, album, work, mailbox
):
    actor = await make.learner()
    await tell(actor)
    await work()
    someone = await person()
    page = someone.page

    await page.goto(re.search(r"http\S+/unsubscribe/\S+", mailbox[0].body)[0])
    await album.look(page, "unsubscribe")
    assert (await preferences_of(actor.id))["accounts/verified"] is True
    await someone.send("Stop these mails")

    assert await someone.heading() == "You get no more mails of this kind"
    await album.look(page, "unsubscribe-done")
    assert (await preferences_of(actor.id))["accounts/verified"] is False


async def test_an_administrator_decides_on_what_is_held(person, clock, album, watch):
    watch.refusals = {422}
    admin = await make.staff(Role.ADMIN)
    for number in range(3):
        await tell(admin, once=str(number))
    await Mail.update({Mail.state: "held"}, force=True)
    await Mail(
        to="gone@agency.example",
        subject="Your certificate for a course",
        state="failed",
        trouble="550 5.1.1 No such user",
    ).save()
    someone = await person(admin)
    page = someone.page
    await someone.open("/admin/outbox")
    await album.look(page, "outbox-held")

    await someone.follow("Send or discard them")
    await album.look(page, "held")
    await someone.send("Send them")
    await album.look(page, "held-errors")
    await someone.write("Why", "All is well.")
    await someone.send("Send them")

    assert await someone.heading() == "Outbox"
    await expect(page.get_by_role("link", name="Send or discard them")).to_have_count(0)
    async with page.expect_navigation():
        await page.get_by_role(
            "button", name=re.compile("^Try again.+gone@agency.example$")
        ).click()
    await expect(page.get_by_text("Failed", exact=True)).to_have_count(1)  # the choice of a state


async def test_the_header_stays_one_line_however_many_are_unread(person, clock):
    admin = await make.staff(Role.ADMIN)
    await Mail.insert(*(Mail(to="a@b.example", account=admin.id) for _ in range(100)))
    someone = await person(admin)
    await someone.open("/verify")

    for width in (1024, 1279, 1280):
        await someone.page.set_viewport_size({"width": width, "height": 800})
        header = await someone.page.locator(".site-header").bounding_box()
        assert header and header["height"] < 80, width
        assert await someone.page.evaluate(FITS) == [], width
    await expect(someone.page.locator(".site-nav__count")).to_have_text("99+ unread")
