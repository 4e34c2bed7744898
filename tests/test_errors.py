"""Refusals: their shape, their words, and that no input makes the server fail."""

import json
import re

import msgspec
import pytest
from structlog.testing import capture_logs

import make
from accounts.contents import contents
from accounts.environment import environment
from accounts.people import NEW_PASSWORD, PERSON, V1
from connect.accounts.links import LinkUsedUp
from connect.db import fetch
from connect.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    TooMany,
    UnsupportedMediaType,
    decode,
    field_errors,
)
from connect.fields import Discipline, Email, Key, Line, Name, Password, State, Token, Zone

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotSignedIn(), 401, "not_signed_in"),
        (Forbidden(), 403, "forbidden"),
        (NotFound(), 404, "not_found"),
        (Conflict(), 409, "conflict"),
        (LinkUsedUp(), 409, "link_used_up"),
        (UnsupportedMediaType(), 415, "unsupported_media_type"),
        (Invalid({"a": "b"}), 422, "invalid"),
        (TooMany(seconds=1), 429, "too_many"),
        (Busy(), 503, "busy"),
    ],
)
def test_a_refusal_has_a_status_and_a_stable_code(error, status, code):
    assert (error.status, error.code) == (status, code)
    assert str(error).endswith(".")


async def test_a_program_gets_a_problem_document(client):
    answer = await client.get(f"{V1}/me")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {
        "type": "urn:connect:problem:not_signed_in",
        "title": "Not signed in",
        "status": 401,
        "detail": "You are not signed in. Sign in, then try again.",
        "code": "not_signed_in",
        "request_id": answer.headers["x-request-id"],
    }


async def test_a_person_gets_a_page_with_the_same_words(client):
    answer = await client.get("/certificates-of-nobody")

    assert (answer.status_code, answer.headers["content-type"]) == (
        404,
        "text/html; charset=utf-8",
    )
    assert NotFound.message in answer.text


NONE = [
    ("GET", f"{V1}/nothing/at/all", 404, "not_found"),
    ("GET", f"{V1}/enrollments/not-an-id", 404, "not_found"),
    ("DELETE", f"{V1}/accounts", 405, "method_not_allowed"),
    ("TRACE", f"{V1}/me", 405, "method_not_allowed"),
    ("BREW", f"{V1}/me", 405, "method_not_allowed"),
    ("GET", f"{V1}/lists/%00", 404, "not_found"),
    ("GET", f"{V1}/courses/%00", 404, "not_found"),
    ("GET", f"{V1}/courses/{'x' * 300}", 404, "not_found"),
    ("GET", f"{V1}/verifications/%00", 404, "not_found"),
]


async def test_an_address_that_is_none_is_told_as_such(client):
    for method, path, status, code in NONE:
        answer = await client.request(method, path)

        assert (answer.status_code, answer.json()["code"]) == (status, code), path


async def test_a_page_that_is_none_is_told_as_such(client):
    for path in ("/static/", "/media/", "/verify/", "/courses/"):
        for name in ("%00", "x" * 300):
            assert (await client.get(path + name)).status_code == 404


PARAMETERS = [
    ("/courses?limit=0", "limit", "Expected int >= 1."),
    ("/courses?limit=101", "limit", "Expected int <= 100."),
    ("/courses?limit=-1", "limit", "Expected int >= 1."),
    (f"/courses?limit={2**63}", "limit", "Expected int <= 100."),
    ("/courses?limit=many", "limit", "Expected int, got str."),
    ("/courses?after=x", "after", "Use the `next` of the page before."),
    ("/courses?after=Ilx1MDAwMCI", "after", "Use the `next` of the page before."),
    (f"/courses?min_minutes={2**63}", "min_minutes", "Expected int <= 100000."),
]


async def test_a_wrong_parameter_is_named(client):
    for path, field, message in PARAMETERS:
        answer = await client.get(f"{V1}{path}")

        wrong = [{"field": field, "message": message}]
        assert (answer.status_code, answer.json()["errors"]) == (422, wrong), path


def nested(depth):
    return b'{"email":' + b"[" * depth + b"]" * depth + b"}"


WHOLE = json.dumps(PERSON).encode()
UNREADABLE = [
    b"",
    b"{",
    b'{"email"}',
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b"true",
    b'{"email": NaN}',
    b'{"email": 1e400}',
    b"{'email': 1}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    WHOLE.replace(b"Ada", b"\xff"),
    WHOLE.replace(b"Ada", b"\xed\xa0\x80"),
    WHOLE.replace(b"Ada", b"\\ud800"),
    WHOLE.replace(b"Ada", b"\n"),
    WHOLE + b"x",
    nested(1001),
    nested(100_000),
    b'{"email":' * 5000 + b"1" + b"}" * 5000,
]


async def test_a_body_that_cannot_be_read_is_told_as_such_and_changes_nothing(client):
    before = await contents()
    for body in UNREADABLE:
        with capture_logs() as logs:
            answer = await client.post(f"{V1}/accounts", content=body, headers=JSON)

        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable"), body[:40]
        assert [entry["event"] for entry in logs] == ["request"]

    assert await contents() == before


KINDS = [
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("application/xml", 415),
    ("application/msgpack", 415),
    ("application/octet-stream", 415),
    ("multipart/form-data; boundary=x", 415),
    ("APPLICATION/JSON; charset=utf-8", 202),
    ("application/json;charset=utf-8", 202),
    (None, 202),
]


async def test_the_body_is_json_and_says_so(client):
    for kind, status in KINDS:
        content = WHOLE if kind is None or "multipart" not in kind else b"--x--"
        headers = {"Content-Type": kind} if kind else {}

        answer = await client.post(f"{V1}/accounts", content=content, headers=headers)

        code = "unsupported_media_type" if status == 415 else None
        assert (answer.status_code, answer.json().get("code")) == (status, code), kind


async def test_a_body_of_two_megabytes_is_too_large_however_it_comes(client):
    async def pieces():
        for _ in range(20):
            yield b"x" * 100_000

    body = json.dumps(PERSON | {"legal_name": "x" * 2_000_000})
    answers = [
        await client.post(f"{V1}/accounts", content=body, headers=JSON),
        await client.post(f"{V1}/accounts", content=pieces(), headers=JSON),
        await client.post("/register", data=PERSON | {"legal_name": "x" * 2_000_000}),
    ]

    assert [answer.status_code for answer in answers] == [413, 413, 413]
    assert {answer.json()["code"] for answer in answers[:2]} == {"too_large"}


async def test_of_a_key_that_comes_twice_the_last_is_judged_and_kept(client):
    twice = WHOLE[:-1] + b', "email": "last@agency.example", "state": "NM"}'
    wrong = WHOLE[:-1] + b', "state": "XX"}'

    taken = await client.post(f"{V1}/accounts", content=twice, headers=JSON)
    refused = await client.post(f"{V1}/accounts", content=wrong, headers=JSON)

    assert (taken.status_code, refused.status_code) == (202, 422)
    assert await fetch("SELECT email, state FROM account") == [
        {"email": "last@agency.example", "state": "NM"}
    ]


TOKEN = {"email": "ada@agency.example", "password": make.PASSWORD}
EMAIL = "Write an e-mail address such as name@agency.example."
DAYS = "Use 1 to 366 days."
FORMS = [
    ("POST", "/tokens", {}, {"email": "This is needed.", "password": "This is needed."}),
    ("POST", "/tokens", TOKEN | {"expires_in_days": 2**63}, {"expires_in_days": DAYS}),
    ("POST", "/tokens", TOKEN | {"expires_in_days": 2**70}, {"expires_in_days": DAYS}),
    ("POST", "/tokens", TOKEN | {"expires_in_days": 0}, {"expires_in_days": DAYS}),
    ("POST", "/tokens", TOKEN | {"expires_in_days": 1.5}, {"expires_in_days": DAYS}),
    ("POST", "/tokens", TOKEN | {"expires_in_days": "many"}, {"expires_in_days": DAYS}),
    (
        "POST",
        "/tokens",
        TOKEN | {"otp": "x" * 61},
        {"otp": "Write the six digits of your app, or a recovery code."},
    ),
    (
        "POST",
        "/tokens",
        {"email": 1, "password": None, "name": "a\x00", "scopes": "all", "admin": True},
        {
            "email": EMAIL,
            "password": "Write at most 256 characters.",
            "name": "Write at most 120 characters, on one line.",
            "scopes": "Expected array, got str.",
            "admin": "There is no such field here.",
        },
    ),
    ("POST", "/password-resets", {"email": "ada@agency"}, {"email": EMAIL}),
    ("POST", "/email-verification-requests", {"email": "a b@c.example"}, {"email": EMAIL}),
    (
        "POST",
        "/email-verifications",
        {"token": "x" * 201, "email": "x"},
        {
            "token": "Use the link from the mail as it is.",
            "email": "There is no such field here.",
        },
    ),
    ("PUT", "/password-resets/x", {"password": 1}, {"password": "Write at most 256 characters."}),
]


async def test_every_bad_field_is_told_at_once(client):
    before = await contents()
    for method, path, body, wrong in FORMS:
        answer = await client.request(method, f"{V1}{path}", content=json.dumps(body), headers=JSON)

        told = {error["field"]: error["message"] for error in answer.json()["errors"]}
        assert (answer.status_code, told) == (422, wrong), path

    assert await contents() == before


EMAILS = {
    "ada@agency.example": True,
    "ADA+x@sub.agency.example": True,
    " ada@agency.example ": True,
    f"{'a' * 64}@agency.example": True,
    f"{'a' * 65}@agency.example": False,
    f"a@{'b' * 250}.example": False,
    "ada@agency": False,
    "ada": False,
    "@agency.example": False,
    "ada@": False,
    "ada@agency..example": False,
    "ada@.example": False,
    "ada@[127.0.0.1]": False,
    '"ada lovelace"@agency.example': False,
    "ada@agency.example, eve@evil.example": False,
    "ada@agency.example\nBcc: eve@evil.example": False,
    "ada@agency.example\x00": False,
    "ada\r@agency.example": False,
    "Ada <ada@agency.example>": False,
    "ädä@agency.example": False,
    "ada@ägency.example": False,
    "": False,
}


@pytest.mark.parametrize(("typed", "fits"), EMAILS.items(), ids=ascii)
def test_an_address_is_one_that_a_mail_can_be_sent_to(typed, fits):
    class Form(msgspec.Struct):
        email: Email

    assert (field_errors(Form, {"email": typed}) == {}) is fits


class Everything(msgspec.Struct, forbid_unknown_fields=True):
    name: Name = "Ada"
    line: Line = ""
    email: Email = "ada@agency.example"
    password: Password = NEW_PASSWORD
    token: Token = ""
    discipline: Discipline = "medical"
    state: State = "TX"
    zone: Zone = "UTC"
    key: Key = "one"


@pytest.mark.parametrize("ending", ["\n", "\r", "\x00", "\u2028", "\ud800"], ids=ascii)
@pytest.mark.parametrize("field", ["name", "line", "discipline", "state", "key"])
def test_no_text_of_one_line_ends_in_another(field, ending):
    given = {field: getattr(Everything(), field) + ending}

    assert field_errors(Everything, given).keys() == {field}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, {}),
        ({"state": "TX", "key": "a-1"}, {}),
        ({"state": ["TX", "NM"]}, {"state": "Choose a state from the list."}),
        ({"key": "A"}, {"key": "Use the id as the course gives it."}),
        (
            {"zone": "x" * 61, "discipline": "", "_": 1},
            {
                "discipline": "Choose a discipline from the list.",
                "zone": "Choose a time zone such as America/Chicago.",
                "_": "There is no such field here.",
            },
        ),
    ],
)
def test_a_form_is_read_or_every_bad_field_is_named_in_its_order(given, wrong):
    if not wrong:
        assert decode(Everything, given) == Everything(**given)
        return
    with pytest.raises(Invalid) as refusal:
        decode(Everything, given, strict=False)

    assert list(refusal.value.errors.items()) == list(wrong.items())


def test_what_belongs_to_the_page_is_left_out():
    assert decode(Everything, {"csrf": "x", "line": "y"}, ignore=frozenset({"csrf"})).line == "y"


async def test_a_bug_is_recorded_and_told_without_details(client):
    account = await make.account(email="canary@agency.example")
    await fetch("ALTER TABLE session RENAME TO away")
    asked = {"email": account.email, "password": make.PASSWORD}

    with capture_logs() as logs:
        by_page = await client.post("/login", data=asked)
        by_api = await client.post(f"{V1}/tokens", json=asked)
        await fetch("ALTER TABLE api_token RENAME TO away_too")
        by_api = await client.post(f"{V1}/tokens", json=asked)

    assert by_page.status_code == by_api.status_code == 500
    assert by_api.json()["code"] == "internal_error"
    for answer in (by_page, by_api):
        assert not re.search("canary|session|api_token|Traceback|SELECT", answer.text)
    failed = [entry for entry in logs if entry["event"] == "request failed"]
    assert [entry["route"] for entry in failed] == ["/login", f"{V1}/tokens"]
    assert all(isinstance(entry["exc_info"], Exception) for entry in failed)


async def test_the_token_of_a_mailed_link_is_not_recorded_with_a_bug(client):
    await fetch("ALTER TABLE one_time_link RENAME TO away")

    with capture_logs() as logs:
        answers = [
            await client.post("/verify-email/canary-token"),
            await client.post("/reset-password/canary-token", data={"password": NEW_PASSWORD}),
            await client.put(f"{V1}/password-resets/canary-token", json={"password": NEW_PASSWORD}),
        ]

    assert [answer.status_code for answer in answers] == [500, 500, 500]
    assert "canary" not in str(logs)


async def test_a_database_that_is_busy_is_told_as_busy(client, monkeypatch):
    monkeypatch.setattr("connect.security.MOST_WAITING", 0)

    answer = await client.post(f"{V1}/accounts", json=PERSON)

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "busy",
        "3",
    )


async def test_a_page_that_needs_an_account_leads_to_signing_in(client):
    places = {"/account": (303, "/login?next=/account"), "/learn/1": (404, None)}
    places["/courses/日本"] = (404, None)
    for path, expected in places.items():
        answer = await client.get(path)

        assert (answer.status_code, answer.headers.get("location")) == expected


async def test_no_route_of_the_api_fails_for_what_it_is_sent(app, api):
    from test_policy import address, routes

    program = await api(await make.learner())
    bodies = [b"", b"{", b"null", b"\xff", nested(5000), b'{"a":"\\ud800"}']
    found = {}
    with capture_logs(), environment(limits="verify=1000/1m,network=1000/1m"):
        for method, path, _ in routes(app):
            if path.startswith("/api/") and method in ("POST", "PUT", "PATCH"):
                for body in bodies:
                    answer = await program.request(
                        method, f"http://127.0.0.1:8000{address(path)}", content=body, headers=JSON
                    )
                    found[method, path, body[:9]] = answer.status_code
                    assert (
                        answer.status_code < 400
                        or answer.headers["content-type"] == "application/problem+json"
                    )

    assert {place: status for place, status in found.items() if status >= 500} == {}
    assert len(found) > 80
