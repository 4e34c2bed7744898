"""What the log tells of a request: its route, in one line, and no secret and no person."""

import io
import json
import sys
from urllib.parse import quote

import pytest
import structlog

import make
from accounts.people import NEW_PASSWORD, PERSON, V1, elsewhere, form_in, link_in
from connect import serving
from connect.db import fetch


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
