"""API tokens: how long they last, and whose they are."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

import make
from accounts.contents import contents
from accounts.people import V1
from connect.accounts import sign_in
from connect.accounts.queries import account_of
from connect.accounts.tables import ApiToken, RoleGrant
from connect.policy import Role

MINUTE = timedelta(minutes=1)


async def test_a_token_lasts_as_long_as_was_asked(client, clock):
    account = await make.account()
    asked = {"email": account.email, "password": make.PASSWORD, "expires_in_days": 2}
    made = (await client.post(f"{V1}/tokens", json=asked)).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}

    clock.move(timedelta(days=2) - timedelta(seconds=1))
    before = (await client.get(f"{V1}/me", headers=bearer)).status_code
    clock.move(timedelta(seconds=1))

    assert made["expires_at"] == "2026-03-04T15:00:00Z"
    assert (before, (await client.get(f"{V1}/me", headers=bearer)).status_code) == (200, 401)


async def test_ones_own_tokens_are_listed_in_pieces_and_never_shown(api, clock):
    actor = await make.learner()
    program = await api(actor)
    account = await account_of(actor)
    for number in range(4):
        clock.move(MINUTE)
        await sign_in.make_token(account, name=f"laptop {number}", scopes=[], days=1)
    await api(await make.learner())

    first = (await program.get("/tokens", params={"limit": 3})).json()
    second = (await program.get("/tokens", params={"limit": 3, "after": first["next"]})).json()

    assert [token["name"] for token in first["items"]] == ["laptop 3", "laptop 2", "laptop 1"]
    assert [token["name"] for token in second["items"]] == ["laptop 0", ""]
    assert second["next"] is None
    assert first["items"][0].keys() == {"id", "name", "made_at", "expires_at"}


@pytest.mark.parametrize("tokens", [1, 3])
async def test_the_list_of_tokens_costs_the_same_whatever_its_length(api, queries, tokens):
    actor = await make.learner()
    program = await api(actor)
    account = await account_of(actor)
    for _ in range(tokens - 1):
        await sign_in.make_token(account, name="", scopes=[], days=1)
    queries.clear()

    found = (await program.get("/tokens")).json()["items"]

    assert len(found) == tokens
    assert len(queries) == 2, queries  # who asks, and the tokens


async def test_only_ones_own_token_can_be_ended(api):
    ada, bob = await make.learner(), await make.learner()
    hers, his = await api(ada), await api(bob)
    (token,) = (await hers.get("/tokens")).json()["items"]

    stranger = await his.delete(f"/tokens/{token['id']}")
    still = (await hers.get("/me")).status_code
    own = await hers.delete(f"/tokens/{token['id']}")

    assert (stranger.status_code, stranger.json()["code"], still) == (404, "not_found", 200)
    assert own.status_code == 204
    assert (await hers.get("/me")).status_code == 401


async def test_a_wrong_token_is_refused_even_where_none_is_needed(client):
    wrong = ["Bearer wrong", "Bearer ", "Bearer", "Basic YTpi", "bearer  x y", "connect_x", "\xff"]
    for header in wrong:
        answer = await client.get(
            f"{V1}/courses", headers={"Authorization": header.encode("latin-1")}
        )

        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_cookie_is_nothing_to_the_api_and_a_token_nothing_to_pages(browser, api):
    actor = await make.learner()
    page, program = await browser(actor), await api(actor)

    assert (await page.get(f"{V1}/me")).status_code == 401
    by_token = await program.get("http://127.0.0.1:8000/account")
    assert (by_token.status_code, by_token.headers["location"]) == (303, "/login?next=/account")


async def test_a_token_that_reads_changes_nothing_on_any_route(app, client, work):
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.ADMIN).save()
    asked = {"email": account.email, "password": make.PASSWORD, "scopes": ["read"]}
    made = (await client.post(f"{V1}/tokens", json=asked)).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    before = await contents()

    answers = {
        (method, path): await client.request(method, path, headers=bearer, json={})
        for method, path in changing(app)
    }
    reading = [
        (await client.request(method, f"{V1}/me", headers=bearer)).status_code
        for method in ("GET", "HEAD")
    ]

    assert len(answers) > 60
    for place, answer in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (403, "reads_only"), place
    assert "changes nothing" in answer.json()["detail"]
    assert await contents() == before
    assert reading[0] == 200
    assert 403 not in reading


def changing(app):
    """(method, address) of every route of the API that is not only read."""
    return [
        (method, re.sub(r"\{\w+:\w+\}", str(uuid4()), route.path))
        for route in app.routes
        if route.path.startswith(f"{V1}/")
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods - {"GET", "HEAD", "OPTIONS"}
    ]


@pytest.mark.parametrize("scopes", [["write"], ["read", "everything"], [""], ["read\n"]])
async def test_a_scope_that_is_not_known_is_refused(client, scopes):
    account = await make.account()
    asked = {"email": account.email, "password": make.PASSWORD, "scopes": scopes}

    answer = await client.post(f"{V1}/tokens", json=asked)

    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["field"].startswith("scopes")
    assert "read" in fault["message"]
    assert await ApiToken.count() == 0


async def test_a_token_of_before_with_another_scope_reads_only(client):
    account = await make.account()
    asked = {"email": account.email, "password": make.PASSWORD}
    made = (await client.post(f"{V1}/tokens", json=asked)).json()
    await ApiToken.update({ApiToken.scopes: '["reports"]'}, force=True)
    bearer = {"Authorization": f"Bearer {made['token']}"}

    read = await client.get(f"{V1}/me", headers=bearer)
    changed = await client.patch(f"{V1}/me", headers=bearer, json={"title": "Chief"})

    assert (read.status_code, changed.status_code) == (200, 403)
