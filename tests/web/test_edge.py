"""What every request passes: host, origin of forms, and headers."""

from collections import Counter

import pytest
from httpx import ASGITransport, AsyncClient
from structlog.testing import capture_logs

import make
from accounts.contents import contents
from accounts.environment import environment
from accounts.people import V1, elsewhere
from connect.db import fetch
from connect.policy import Role
from test_policy import address, routes, visit

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
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


STRICTEST = {"content-security-policy": "default-src 'none'; sandbox"}


async def test_s18_every_answer_of_every_route_carries_the_headers(app, database):
    for actor in ("nobody", Role.ADMIN):
        here = await visit(app, actor)
        for method, path, _ in routes(app):
            with capture_logs():
                answer = await here.ask(method, address(path))

            strict = STRICTEST if path.startswith("/p/") else {}  # what others wrote
            assert headers_of(answer) == ALWAYS | strict, (method, path)
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
