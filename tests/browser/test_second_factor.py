"""Second factors, fresh proofs and sessions as people meet them, passkeys among them."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

import make
from accounts.second import app_of, code
from connect.accounts.tables import Account, RoleGrant
from connect.config import settings
from connect.policy import Role

EMAIL = "careful@agency.example"
LATE = timedelta(minutes=11)


@pytest.fixture
async def site(site, monkeypatch):
    """Under a host name: browsers keep no passkeys for a bare address."""
    site.url = f"http://localhost:{site.port}"
    monkeypatch.setenv("CONNECT_BASE_URL", site.url)
    settings.cache_clear()
    return site


async def passkeys(someone):
    """A device that keeps passkeys and always finds its owner."""
    session = await someone.page.context.new_cdp_session(someone.page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


async def test_an_app_is_set_up_and_asked_for_without_script(person, watch, clock, album):
    watch.refusals = {422}
    await make.account(email=EMAIL)
    someone = await person(script=False)
    page = someone.page
    await someone.open("/login")
    await someone.sign_in(EMAIL)
    await someone.open("/account")
    await someone.follow("Second factors and recovery codes")
    await album.look_without_script(page, "factors-none")
    await someone.write("What you call it (optional)", "Work phone")
    await someone.send("Add an authenticator app")
    await album.look_without_script(page, "factor-app")
    secret = (await page.locator(".code").inner_text()).replace(" ", "")
    await someone.write("Code from your app", code(secret))
    await someone.send("Confirm")
    await album.look_without_script(page, "recovery-codes")
    assert await page.locator("li .code").count() == 10
    kept = await page.locator("li .code").first.inner_text()
    await someone.follow("I have kept them")
    await expect(page.get_by_role("heading", name="Work phone")).to_be_visible()
    await album.look_without_script(page, "factors")
    await someone.send("Sign out")

    await someone.open("/login")
    await someone.sign_in(EMAIL)
    assert await someone.heading() == "Second step"
    await someone.write("Code", "000000")
    await someone.send("Go on")
    await album.look_without_script(page, "second-step")
    await someone.write("Code", kept)
    await someone.send("Go on")
    assert (await someone.heading()).startswith("Welcome, Person")


async def test_a_passkey_by_keyboard_alone(person, watch, clock, album):
    account = await make.account(email=EMAIL)
    await app_of(account)
    await Account.update({Account.time_zone: "America/New_York"}).where(Account.id == account.id)
    someone = await person(make.actor_of(account), keyboard=True)
    page = someone.page
    device = await passkeys(someone)
    await someone.open("/account/factors")
    await someone.write("What you call it (optional)", "Key ring")
    await someone.send("Add a passkey")
    await album.look(page, "factor-passkey")
    await someone.send("Create passkey")
    await expect(page.get_by_role("status").first).to_contain_text("Your second factor is added.")
    await someone.send("Sign out")

    await someone.open("/login")
    await someone.sign_in(EMAIL)
    await album.look(page, "second-step-passkey")
    await someone.send("Use a passkey")
    assert (await someone.heading()).startswith("Welcome, Person")

    clock.move(LATE)
    await someone.open("/account/factors")
    await someone.send("Make new recovery codes")
    assert await someone.heading() == "Confirm that it is you"
    await album.look(page, "step-up-passkey")
    await someone.send("Use a passkey")
    assert await someone.heading() == "Second factors"
    await someone.send("Make new recovery codes")
    assert await someone.heading() == "Your recovery codes"

    await device.send("WebAuthn.disable")


async def test_a_passkey_that_is_not_there_is_told_and_a_code_helps(person, clock):
    account = await make.account(email=EMAIL)
    secret = await app_of(account)
    someone = await person(make.actor_of(account))
    await passkeys(someone)
    await someone.open("/account/factors")
    await someone.send("Add a passkey")
    await someone.send("Create passkey")

    other = await person()
    await passkeys(other)  # an empty one
    await other.open("/login")
    await other.sign_in(EMAIL)
    clock.move(timedelta(seconds=30))
    await other.press("Use a passkey")
    await expect(other.page.locator("[data-passkey-trouble]")).to_contain_text("use a code")
    await other.write("Code", code(secret))
    await other.send("Go on")

    assert (await other.heading()).startswith("Welcome, Person")


async def test_a_proof_by_password_and_the_sessions_that_it_ends(person, clock, album):
    learner = await make.learner(email=EMAIL)
    someone, elsewhere = await person(learner), await person()
    page = someone.page
    await elsewhere.open("/login")
    await elsewhere.sign_in(EMAIL)
    clock.move(LATE)
    await someone.open("/account")
    await someone.follow("Where you are signed in")
    await album.look(page, "sessions")
    await someone.send("End all other sessions")
    assert await someone.heading() == "Confirm that it is you"
    await album.look(page, "step-up")
    await someone.write("Password", make.PASSWORD)
    await someone.send("Go on")
    assert await someone.heading() == "Where you are signed in"
    await someone.send("End all other sessions")

    await expect(page.get_by_role("status").first).to_contain_text("everywhere else")
    await elsewhere.open("/account")
    assert await elsewhere.heading() == "Sign in"


async def test_a_role_that_sleeps_says_how_to_wake_it(person, watch, clock, album):
    watch.refusals = {403}
    account = await make.account(email=EMAIL)
    await RoleGrant(account=account.id, role=Role.REGISTRAR).save()
    clock.move(timedelta(days=2))
    someone = await person()
    await someone.open("/login")
    await someone.sign_in(EMAIL)
    banner = someone.page.get_by_role("region", name="Second factor")
    await expect(banner).to_have_text(
        re.compile(r"\s*Set up a second factor\s+to go on as registrar\.\s*")
    )

    await someone.open("/admin/people")
    await album.look(someone.page, "refused-second-factor")
    await someone.follow("Set up a second factor", within="main")

    assert await someone.heading() == "Second factors"


async def test_lost_factors_are_reset_on_the_persons_page(person, clock, album):
    account = await make.account()
    await app_of(account)
    admin = await person(await make.staff(Role.ADMIN))
    await admin.open(f"/admin/people/{account.id}")
    await album.look(admin.page, "person-factors")

    await admin.send("Reset second factors")

    await expect(admin.page.get_by_role("status").first).to_contain_text("the person is told")
