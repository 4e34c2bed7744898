"""Scenario 25, R30: a transcript leaves by its holder's link only, for a while."""

from datetime import date, timedelta

import pytest

import make
from connect import clock as clocks
from connect.accounts.tables import Account
from connect.audit import AuditEvent
from connect.errors import Invalid
from connect.merges.actions import merge_people
from connect.policy import Role
from connect.records.actions import close_account, erase
from connect.security import token_hash
from connect.transcripts.actions import (
    NoShare,
    TooManyShares,
    end_expired,
    end_share,
    open_share,
    share,
)
from connect.transcripts.queries import shares
from connect.transcripts.rules import Scope
from connect.transcripts.tables import TranscriptShare
from transcripts.rows import DAY, elsewhere, graduate

TODAY = date(2026, 3, 2)
IN_30_DAYS = TODAY + timedelta(30)


async def acts():
    rows = await AuditEvent.select(AuditEvent.act).order_by(AuditEvent.id)
    return [row["act"] for row in rows if row["act"].startswith("transcript_share")]


async def test_scenario_25_a_link_outlives_the_account_until_it_expires(database, clock, client):
    actor, account = await graduate(certificate_name="Ada Bright", email="ada@agency.example")
    await elsewhere(account)
    _, token = await share(actor, Scope(), IN_30_DAYS)

    await close_account(actor, make.PASSWORD)
    shown = await client.get(f"/transcripts/{token}")
    clock.move(timedelta(30))
    last_day = await client.get(f"/transcripts/{token}")
    clock.move(timedelta(1))
    over = await client.get(f"/transcripts/{token}")
    unknown = await client.get("/transcripts/unknown")

    assert (shown.status_code, last_day.status_code, over.status_code) == (200, 200, 404)
    for words in ("Ada Bright", "First response", "TELMAC", "External", "April 1, 2026"):
        assert words in shown.text
    assert "ada@agency.example" not in shown.text
    row = await Account.objects().where(Account.id == account.id).first()
    assert (row.email, row.status) == (str(account.id), "closed")
    assert unknown.status_code == 404
    assert _same(over) == _same(unknown)


def _same(answer):
    number = answer.headers["x-request-id"]
    return answer.text.replace(number, "").replace(str(answer.request.url.path), "")


async def test_what_a_link_shows_is_hidden_from_search_and_caches(database, clock, client):
    actor, _ = await graduate()
    _, token = await share(actor, Scope(), IN_30_DAYS)

    shown = await client.get(f"/transcripts/{token}")
    gone = await client.get("/transcripts/unknown")
    program = await client.get(f"/api/v1/transcripts/{token}")

    for answer in (shown, gone, program):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in shown.text


async def test_trying_links_is_throttled(database, clock, client):
    answers = [await client.get(f"/transcripts/{n}") for n in range(31)]

    assert [a.status_code for a in answers] == [404] * 30 + [429]


async def test_a_link_shows_its_scope_and_nothing_else(database, clock):
    actor, account = await graduate([date(2025, 1, 1), DAY])
    other = await elsewhere(account, day=date(2021, 5, 4))
    tokens = [
        (await share(actor, scope, IN_30_DAYS))[1]
        for scope in (Scope(), Scope(since=DAY), Scope(chosen=(other.id,)))
    ]

    shown = [[row.day for row in (await open_share(token)).rows] for token in tokens]

    assert shown == [[DAY, date(2025, 1, 1), date(2021, 5, 4)], [DAY], [date(2021, 5, 4)]]


async def test_nothing_of_another_is_shared_and_nothing_for_longer(database, clock):
    actor, _ = await graduate()
    stranger = await elsewhere(await make.account())

    with pytest.raises(Invalid) as refusal:
        await share(actor, Scope(chosen=(stranger.id,)), TODAY + timedelta(91))

    assert set(refusal.value.errors) == {"scope", "expires_on"}
    assert await TranscriptShare.count() == 0


async def test_only_the_hash_of_a_token_is_stored_and_opening_is_noted_once_a_day(database, clock):
    actor, _ = await graduate()
    _, token = await share(actor, Scope(), IN_30_DAYS)

    await open_share(token)
    clock.move(timedelta(hours=1))
    await open_share(token)

    (listed,) = await shares(actor)
    assert listed["last_seen_at"] == clocks.now() - timedelta(hours=1)
    stored = await TranscriptShare.objects().first()
    assert stored.token_hash == token_hash(token)
    assert token not in str(stored.to_dict())


async def test_a_link_ends_by_its_holder_only_and_each_end_is_on_record(database, clock):
    actor, _ = await graduate()
    row, token = await share(actor, Scope(), IN_30_DAYS)
    _, other = await share(actor, Scope(), TODAY)

    with pytest.raises(Exception, match="nothing here"):
        await end_share(await make.learner(), row.id)
    await open_share(token)
    await end_share(actor, row.id)
    await end_share(actor, row.id)
    with pytest.raises(NoShare):
        await open_share(token)
    clock.move(timedelta(3))
    await end_expired()

    with pytest.raises(NoShare):
        await open_share(other)
    assert await acts() == [
        "transcript_share.made",
        "transcript_share.made",
        "transcript_share.ended",
        "transcript_share.expired",
    ]


async def test_an_erasure_ends_the_links(database, clock):
    actor, account = await graduate()
    _, token = await share(actor, Scope(), IN_30_DAYS)

    await erase(await make.staff(Role.ADMIN), account.id, reason="asked")

    with pytest.raises(NoShare):
        await open_share(token)
    assert await TranscriptShare.count() == 0
    assert await acts() == ["transcript_share.made", "transcript_share.ended"]


async def test_a_link_goes_with_its_holder_when_accounts_are_joined(database, clock):
    actor, account = await graduate()
    keep = await make.account()
    _, token = await share(actor, Scope(), IN_30_DAYS)

    await merge_people(await make.staff(Role.REGISTRAR), keep.id, account.id)

    assert [row.title for row in (await open_share(token)).rows] == ["First response"]


async def test_only_so_many_links_work_at_a_time(database, clock):
    actor, _ = await graduate()
    made = [await share(actor, Scope(), IN_30_DAYS) for _ in range(20)]

    with pytest.raises(TooManyShares):
        await share(actor, Scope(), IN_30_DAYS)
    await end_share(actor, made[0][0].id)

    assert await share(actor, Scope(), IN_30_DAYS)


async def test_sharing_over_json(api, clock, client):
    actor, account = await graduate()
    row = await elsewhere(account)
    program = await api(actor)
    given = {"scope": "all", "expires_on": str(IN_30_DAYS)}

    made = await program.post("/transcript-shares", json=given)
    part = await program.post(
        "/transcript-shares", json=given | {"scope": {"chosen": [str(row.id)]}}
    )
    wrong = [
        await program.post("/transcript-shares", json=given | {"scope": scope})
        for scope in ("some", {}, {"since": "2026-01-01", "chosen": [str(row.id)]})
    ]
    opened = await client.get(f"/api/v1/transcripts/{made.json()['token']}")
    ended = await program.delete(f"/transcript-shares/{made.json()['id']}")
    gone = await client.get(f"/api/v1/transcripts/{made.json()['token']}")

    assert (made.status_code, part.status_code) == (201, 201)
    assert made.json()["url"].endswith(f"/transcripts/{made.json()['token']}")
    assert [w.status_code for w in wrong] == [422] * 3
    assert {w.json()["errors"][0]["field"] for w in wrong} == {"scope"}
    assert [r["origin"] for r in opened.json()["items"]] == ["external", "own"]
    assert (ended.status_code, gone.status_code) == (204, 404)
    listed = (await program.get("/transcript-shares")).json()
    assert [(s["scope"], "token" in s) for s in listed] == [
        ({"chosen": [str(row.id)]}, False),
        ("all", False),
    ]
    assert listed[1]["last_opened_on"] == str(TODAY)


async def test_sharing_by_page_acts_once_and_tells_all_faults(browser, clock):
    actor, _ = await graduate()
    page = await browser(actor)
    form = {"csrf": page.csrf, "once": "1", "scope": "all", "since": ""}
    form |= {"expires_on": str(IN_30_DAYS)}

    made = await page.post("/transcript/shares", data=form)
    twice = await page.post("/transcript/shares", data=form)
    wrong = await page.post("/transcript/shares", data=form | {"scope": "x", "expires_on": ""})
    none = await page.post("/transcript/shares", data=form | {"scope": "chosen"})
    row = await TranscriptShare.objects().first()
    ended = await page.post(f"/transcript/shares/{row.id}/end", data={"csrf": page.csrf})

    assert (made.status_code, twice.status_code) == (200, 422)
    assert "/transcripts/" in made.text
    assert "shown only once" in twice.text
    assert await TranscriptShare.count() == 1
    assert "scope-error" in wrong.text
    assert "expires_on-error" in wrong.text
    assert "chosen-error" in none.text
    assert ended.status_code == 303
    assert "Ended" in (await page.get("/transcript/shares")).text
