"""The pages of signing in: where they lead, and what they say."""

import pytest

import make
from accounts.people import V1, form_in
from connect.accounts.pages import inside

OUTSIDE = [
    "",
    " ",
    "evil.example",
    "evil.example/courses",
    "courses",
    "./courses",
    "http://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "http:evil.example",
    "http:/evil.example",
    "http:///evil.example",
    "//evil.example",
    "//evil.example/courses",
    "///evil.example",
    "////evil.example",
    "//127.0.0.1:8000@evil.example",
    "//[",
    "//[::1",
    "\\\\evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\/evil.example",
    "/courses\\..\\..\\evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/\r\nLocation: http://evil.example",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "/\u2028/evil.example",
    "\u00a0//evil.example",
    "\u3000//evil.example",
    "\u200b//evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "@evil.example",
    ":80/courses",
    "?next=//evil.example",
    "#//evil.example",
    "*",
]
INSIDE = {
    "/": "/",
    "/courses": "/courses",
    "/courses?q=a b&x=%2F": "/courses?q=a%20b&x=%2F",
    "/courses#part": "/courses#part",
    "/learn/1/one": "/learn/1/one",
    "/courses/日本": "/courses/%E6%97%A5%E6%9C%AC",
    "/courses?next=//evil.example": "/courses?next=//evil.example",
    "/@evil.example": "/@evil.example",
    "/.//evil.example": "/.//evil.example",
    "/%5Cevil.example": "/%5Cevil.example",
    '/"><script>': "/%22%3E%3Cscript%3E",
}


@pytest.mark.parametrize("address", OUTSIDE, ids=ascii)
def test_no_spelling_of_an_address_leads_outside(address):
    assert inside(address) == "/"


@pytest.mark.parametrize(("address", "place"), INSIDE.items(), ids=ascii)
def test_an_address_of_this_site_is_kept(address, place):
    assert inside(address) == place


async def test_signing_in_leads_on_only_within_the_site(client):
    account = await make.account()
    asked = {"email": account.email, "password": make.PASSWORD}
    places = {address: "/" for address in OUTSIDE[9:30:3]} | INSIDE
    found = {}
    for address in places:
        client.cookies.clear()
        posted = await client.post("/login", data=asked | {"next": address})
        found[address] = posted.headers.get("location")

    assert found == places


async def test_whoever_is_signed_in_already_is_led_on_only_within_the_site(client, browser):
    page = await browser(await make.learner())
    places = {address: "/" for address in OUTSIDE} | INSIDE
    found = {}
    for address in places:
        assert (await client.get("/login", params={"next": address})).status_code == 200
        found[address] = (await page.get("/login", params={"next": address})).headers["location"]

    assert found == places


async def test_a_page_that_needs_an_account_is_come_back_to(client):
    account = await make.account()
    refused = await client.get("/transcript")
    asked = form_in((await client.get(refused.headers["location"])).text)

    answer = await client.post(
        "/login", data=asked | {"email": account.email, "password": make.PASSWORD}
    )

    assert refused.headers["location"] == "/login?next=/transcript"
    assert answer.headers["location"] == "/transcript"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "ada", "password": "x"}, "Write an e-mail address such as name@agency.example."),
        (
            {"email": "ada@agency.example", "password": "wrong otter bridge"},
            "The address and the password do not fit together.",
        ),
        ({"email": "ada@agency.example"}, ">Password: this is needed.</a>"),
    ],
)
async def test_a_refused_sign_in_keeps_the_address_and_never_the_password(client, typed, words):
    answer = await client.post("/login", data=typed)

    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed["email"]}"' in answer.text
    assert typed.get("password", "otter") not in answer.text.replace('next="', "") or (
        typed.get("password") == "x"
    )


@pytest.mark.parametrize("notice", ["proved", "reset"])
async def test_a_notice_is_one_of_ours(client, notice):
    known = (await client.get("/login", params={"notice": notice})).text
    plain = (await client.get("/login")).text
    forged = (await client.get("/login", params={"notice": "Call 555-0100"})).text

    assert "usa-alert--success" in known
    assert "usa-alert--success" not in plain
    assert forged == plain


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/email-verifications"), ("put", "/password-resets/x"), ("post", "/tokens")],
)
async def test_api_and_page_refuse_in_the_same_words(client, method, path):
    pages = {
        "/email-verifications": ("/verify-email/x", {"token": "x"}),
        "/password-resets/x": ("/reset-password/x", {"password": make.PASSWORD}),
        "/tokens": ("/login", {"email": "ada@agency.example", "password": "wrong otter bridge"}),
    }
    page, asked = pages[path]
    refused = (await getattr(client, method)(f"{V1}{path}", json=asked)).json()

    shown = await client.post(page, data=asked, headers={"Accept": "text/html"})

    assert refused["detail"] in shown.text.replace("&#39;", "'")
