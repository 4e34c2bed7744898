"""What every request passes: host, origin, headers, and a log that tells no secret."""

import io
import json
import sys
from collections import Counter
from urllib.parse import quote

import pytest
import structlog
from httpx import ASGITransport, AsyncClient
from structlog.testing import capture_logs

import make
from accounts.contents import contents
from accounts.environment import environment
from accounts.people import NEW_PASSWORD, PERSON, V1, elsewhere, form_in, link_in
from connect import serving
from connect.db import fetch
from connect.policy import Role
from test_policy import address, routes, visit

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"


def headers_of(answer):
    return {name: answer.headers.get(name) for name in ALWAYS}


async def test_s18_every_answer_of_every_route_carries_the_headers(app, database):
    for actor in ("nobody", Role.ADMIN):
        here = await visit(app, actor)
        for method, path, _ in routes(app):
            with capture_logs():
                answer = await here.ask(method, address(path))

            assert headers_of(answer) == ALWAYS, (method, path)
            assert len(answer.headers["x-request-id"]) == 32
            assert "strict-transport-security" not in answer.headers
            assert "server" not in answer.headers


ERRORS = [
    ("GET", "/no/such/page", {}, 404),
    ("GET", f"{V1}/no/such/route", {}, 404),
    ("GET", "/%00", {}, 404),
    ("DELETE", "/login", {}, 405),
    ("BREW", f"{V1}/me", {}, 405),
    ("GET", "/", {"Host": "evil.example"}, 421),
    ("POST", "/login", {"Origin": "http://evil.example"}, 403),
    ("POST", f"{V1}/accounts", {"Content-Type": "text/plain"}, 415),
    ("POST", f"{V1}/accounts", {"Content-Type": "application/json"}, 413),
    ("GET", "/account", {}, 303),
    ("GET", f"{V1}/me", {"Authorization": "Bearer x"}, 401),
    ("OPTIONS", "/login", {}, 204),
]


async def test_so_does_every_refusal(client):
    for method, path, headers, status in ERRORS:
        body = b"x" * 1_000_001 if status == 413 else b""

        answer = await client.request(method, path, headers=headers, content=body)

        assert answer.status_code == status, path
        assert headers_of(answer) == ALWAYS
        assert len(answer.headers["x-request-id"]) == 32


async def test_so_does_a_bug(client):
    await fetch("ALTER TABLE one_time_link RENAME TO away")

    with capture_logs():
        answers = [
            await client.post("/verify-email/x"),
            await client.post(f"{V1}/email-verifications", json={"token": "x"}),
        ]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert [headers_of(answer) for answer in answers] == [ALWAYS, ALWAYS]


async def test_with_https_browsers_are_told_to_keep_to_it(app, database):
    with environment(base_url="https://connect.example"):
        client = elsewhere(app)
        answers = [await client.get(path) for path in ("/", "/no/such/page", f"{V1}/me")]

    assert [answer.headers["strict-transport-security"] for answer in answers] == [HSTS] * 3


async def test_nobody_keeps_a_copy_of_what_somebody_sees_signed_in(app, api, browser):
    actor = await make.staff(Role.ADMIN)
    page, program = await browser(actor), await api(actor)
    paths = ["/", "/account", "/courses", "/admin", "/admin/outbox", "/transcript"]

    for path in paths:
        answer = await page.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path
    for path in ("/me", "/tokens", "/courses"):
        assert (await program.get(path)).headers["cache-control"] == "no-store"


async def test_pictures_and_styles_may_be_kept(client):
    home = (await client.get("/")).text
    style = home.partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = await client.get(style)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "max-age=31536000, public, immutable"


HOSTS = {
    "127.0.0.1:8000": True,
    "127.0.0.1": True,
    "localhost:9999": True,
    "LOCALHOST": True,
    "[::1]:8000": True,
    "[::1]": True,
    "": False,
    "evil.example": False,
    "127.0.0.1.evil.example": False,
    "127.0.0.1:8000.evil.example": False,
    "127.0.0.1:8000@evil.example": False,
    "evil.example@127.0.0.1": False,
    "127.0.0.1:": False,
    "127.0.0.1:x": False,
    "127.0.0.1:99999": False,
    "127.0.0.1,evil.example": False,
    "127.0.0.1 ": False,
    "[::1": False,
    "[": False,
    "[]": False,
    "::1": False,
    "\xff": False,
}


async def test_only_its_own_host_names_are_answered(client):
    found = {}
    for host in HOSTS:
        answer = await client.get("/login", headers={"Host": host.encode("latin-1")})
        found[host] = answer.status_code != 421
        assert "evil" not in answer.text

    assert found == HOSTS


async def test_with_an_address_of_its_own_not_even_loopback_is(app, database):
    with environment(base_url="https://connect.example"):
        client = elsewhere(app)
        hosts = ["connect.example", "Connect.Example:443", "127.0.0.1:8000", "localhost"]
        statuses = [
            (await client.get("/login", headers={"Host": host})).status_code for host in hosts
        ]

    assert statuses == [200, 200, 421, 421]


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "sideways"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://127.0.0.1:8000"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://evil.example/?http://127.0.0.1:8000"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
]
OURS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:8000"},
    {},
]


def pages(app):
    return [(m, p) for m, p, _ in routes(app) if m in UNSAFE and not p.startswith("/api/")]


async def test_s12_no_form_of_another_site_has_an_effect(app, database):
    here = await visit(app, Role.ADMIN)
    before = await contents(without=("session",))
    codes = Counter()
    for method, path in pages(app):
        for headers in FOREIGN:
            answer = await here.client.request(
                method, address(path), headers=headers, data={"csrf": here.csrf}
            )
            codes[answer.status_code, answer.json()["code"]] += 1

    assert codes == {(403, "cross_site"): len(FOREIGN) * len(pages(app))}
    assert await contents(without=("session",)) == before


async def test_s12_it_is_refused_before_its_body_is_read(app, database):
    read = []

    async def receive():
        read.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            read.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/account",
        "raw_path": b"/account",
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"sec-fetch-site", b"cross-site")],
        "client": ("192.0.2.1", 1),
        "server": ("127.0.0.1", 8000),
    }

    await app(scope, receive, send)

    assert read == [403]


PROVED = "/unsubscribe/{token:str}"  # by its address, for programs that read mail (RFC 8058)


async def test_s12_no_form_without_the_token_of_its_session_has_an_effect(app, database):
    forms = [(method, path) for method, path in pages(app) if path != PROVED]
    here, other = await visit(app, Role.ADMIN), await visit(app, Role.ADMIN)
    before = await contents(without=("session",))
    tokens = [{}, {"csrf": ""}, {"csrf": other.csrf}, {"csrf": here.csrf.upper()}]
    tokens.append({"csrf": [here.csrf, here.csrf]})
    codes = Counter()
    for method, path in forms:
        for token in tokens:
            answer = await here.client.request(method, address(path), data=token)
            codes[answer.status_code, answer.json()["code"]] += 1

    assert other.csrf != here.csrf
    assert len(forms) == len(pages(app)) - 1
    assert codes == {(403, "cross_site"): len(tokens) * len(forms)}
    assert await contents(without=("session",)) == before


async def test_our_own_forms_come_through(browser):
    page = await browser(await make.learner())
    del page.headers["Sec-Fetch-Site"]
    form = {"legal_name": "Ada", "discipline": "medical", "state": "TX", "time_zone": "UTC"}
    for headers in OURS:
        answer = await page.post("/account", data=form | {"csrf": page.csrf}, headers=headers)

        assert (answer.status_code, answer.headers["location"]) == (303, "/account?notice=saved")


async def test_a_cookie_does_nothing_to_the_api(app, database):
    here = await visit(app, Role.ADMIN)
    here.bearer = {}
    before = await contents(without=("session", "rate_limit"))
    for method, path, permission in routes(app):
        if method in UNSAFE and path.startswith("/api/") and permission not in PUBLIC:
            answer = await here.ask(method, address(path))
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path

    assert await contents(without=("session", "rate_limit")) == before


PUBLIC = {"register", "sign_in", "check_certificate"}


@pytest.mark.parametrize("actor", ["nobody", "learner", Role.ADMIN])
async def test_s12_a_get_changes_nothing(app, database, actor):
    here = await visit(app, actor)
    counters = ("session", "rate_limit")  # when somebody was last seen; how often they check codes
    before = await contents(without=counters)
    for method, path, _ in routes(app):
        if method == "GET":
            with capture_logs():
                await here.ask(method, address(path))

    assert await contents(without=counters) == before


@pytest.fixture
def lines(monkeypatch):
    """What the server writes to its log, as it is set up in earnest."""
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        serving.configure_log()
    structlog.configure(cache_logger_on_first_use=False)
    yield lambda: stream.getvalue().splitlines()
    structlog.reset_defaults()


async def test_s20_no_secret_and_no_person_stands_in_the_log(
    client, app, work, mailbox, lines, caplog
):
    person = PERSON | {"email": "canary@agency.example", "legal_name": "Canary Officer"}
    new = f"canary {NEW_PASSWORD}"
    await client.post(f"{V1}/accounts", json=person)
    await work()
    proof = link_in(mailbox[-1].body)
    await client.get(f"/verify-email/{proof}")
    await client.post(f"/verify-email/{proof}")
    made = await client.post(
        f"{V1}/tokens", json={"email": person["email"], "password": make.PASSWORD}
    )
    token = made.json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    await client.get(f"{V1}/me", headers=bearer)
    await client.get(f"{V1}/me?token={token}", headers={"Authorization": "Bearer canary-wrong"})
    await client.get("/login", params={"next": "/canary", "email": person["email"]})
    page = elsewhere(app)
    for password in ("canary-wrong-password", make.PASSWORD):
        await page.post("/login", data={"email": person["email"], "password": password})
    csrf = form_in((await page.get("/account")).text)["csrf"]
    await page.post("/account/password", data={"csrf": csrf, "current": make.PASSWORD, "new": new})
    await client.post("/reset-password", data={"email": person["email"]})
    await work()
    reset = next(link_in(m.body) for m in mailbox if "/reset-password/" in m.body)
    await client.get(f"/reset-password/{reset}")
    await client.put(f"{V1}/password-resets/{reset}", json={"password": NEW_PASSWORD})
    await fetch("ALTER TABLE one_time_link RENAME TO away")
    for path in (f"/reset-password/{reset}", f"/verify-email/{proof}"):
        await client.post(path, data={"password": new})

    text = "\n".join(lines())
    secrets = [token, proof, reset, csrf, page.cookies["connect"], make.PASSWORD, NEW_PASSWORD]
    assert [secret for secret in secrets if secret in text + caplog.text] == []
    assert "canary" not in (text + caplog.text).lower()
    assert "192.0.2.7" not in text
    assert '"event": "request failed"' in text
    assert len(lines()) > 15


NOISE = ["\r\n", "\n[info] forged", "\x1b[31m", "\u2028", "\x85", '"}\n{"event": "forged"}', "ü"]


async def test_s20_one_event_is_one_line_of_json_whatever_was_typed(client, lines):
    for noise in NOISE:
        await client.post(f"{V1}/accounts", json=PERSON | {"legal_name": noise})
        await client.post("/login", data={"email": noise, "password": noise})
        await client.get("/courses", params={"q": noise})
        await client.get(f"/courses/{quote(noise)}")
        await client.request("GET", "/", headers={"User-Agent": noise.encode()})

    assert len(lines()) == 5 * len(NOISE)
    for line in lines():
        assert line.isascii()
        assert line.isprintable()
        assert json.loads(line).keys() == {
            "event",
            "request_id",
            "method",
            "route",
            "status",
            "ms",
            "level",
            "timestamp",
        }
    assert {json.loads(line)["event"] for line in lines()} == {"request"}


async def test_the_line_names_the_route_and_the_request(client, lines):
    answer = await client.get("/verify/0123-4567")
    await client.get("/no/such/page")

    first, second = (json.loads(line) for line in lines())
    assert {name: first[name] for name in ("method", "route", "status", "request_id")} == {
        "method": "GET",
        "route": "/verify/{code}",
        "status": 200,
        "request_id": answer.headers["x-request-id"],
    }
    assert (second["route"], second["status"]) == ("unknown", 404)


async def test_measures_are_for_this_machine_alone(app, database):
    async def asked(client, **headers):
        transport = ASGITransport(app, client=(client, 1))
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as here:
            return (await here.get("/metrics", headers=headers)).status_code

    assert [await asked(client) for client in ("127.0.0.1", "::1", "192.0.2.1", "")] == [
        200,
        200,
        403,
        403,
    ]
    assert await asked("127.0.0.1", **{"X-Forwarded-For": "192.0.2.1"}) == 403
