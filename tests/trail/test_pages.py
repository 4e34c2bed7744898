"""The page of the audit trail: search it, read it, and nothing that was typed runs on it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

import make
from connect import db
from connect.audit import AuditEvent, record
from connect.audit_chain import seal
from connect.policy import SYSTEM, VISITOR, Role
from connect.trail.queries import Search

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "{{ 7 * 7 }}</details></td><h2>Row</h2>",
    "javascript:alert(1)",
]


async def acted(actor=SYSTEM, act="thing.changed", subject="thing", of="1", **details):
    await record(actor, act, subject, of=of, **details)


@pytest.fixture
async def auditor(browser, clock):
    return await browser(await make.staff(Role.AUDITOR, legal_name="Ada Auditor"))


async def test_an_auditor_sees_who_did_what_newest_first(auditor, clock):
    ben = await make.learner(legal_name="Ben Learner")
    await acted(ben, "enrollment.opened", "Enrollment", of="e1", course="first-response")
    clock.move(timedelta(minutes=5))
    await acted(VISITOR, "account.registered", "Account", of="a1", before=None, after={"x": 1})
    await seal()

    shown = (await auditor.get("/admin/audit")).text

    summaries = re.findall(r"<summary>(.+)</summary>", shown)
    assert summaries[:2] == ["account.registered", "enrollment.opened"]
    assert f'<a href="/admin/audit?actor={ben.id}">Ben Learner</a>' in shown
    assert "Connect, or a visitor" in shown
    assert "March 2, 2026, 9:05 a.m. CST" in shown
    row = await db.one(AuditEvent.objects().where(AuditEvent.subject == "e1"))
    for fact in ("first-response", "null", "{&#34;x&#34;:1}", row.seal, str(row.id)):
        assert re.search(rf"<dd>\s*{re.escape(fact)}\s*</dd>", shown), fact
    numbers = re.findall(r'<td class="number">(.+)</td>', shown)
    assert numbers[:2] == [str(row.number + 1), str(row.number)]


async def test_a_row_that_is_not_sealed_yet_says_so(auditor):
    await acted()

    shown = (await auditor.get("/admin/audit")).text

    assert '<td class="number">Not sealed yet</td>' in shown


async def test_a_search_without_result_says_what_to_do(auditor):
    assert "Nothing fits" in (await auditor.get("/admin/audit?act=x")).text


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_somebody_typed_is_shown_and_never_run(browser, auditor, attack):
    mallory = await make.learner(legal_name=attack)
    await acted(
        mallory, attack[:60], attack[:40], of=attack[:80], agent=attack, **{attack: [attack]}
    )
    clean = (await auditor.get("/admin/audit", params={"actor": str(mallory.id)})).text

    shown = (await auditor.get("/admin/audit", params={"subject": attack, "act": attack})).text

    for text in (clean, shown):
        for tag in ("<script>alert", "<img src=x", "<svg/onload", "<h2>Row", ">49<"):
            assert tag not in text
        assert 'href="javascript' not in text
    assert clean.count("<summary>") == 1
    harmless = attack.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    harmless = harmless.replace('"', "&#34;").replace("'", "&#39;")
    assert clean.count(harmless) >= 5  # act, thing, name, key and value
    assert f'value="{harmless}"' in shown


@pytest.mark.parametrize("rows", [1, 3])
async def test_the_page_costs_the_same_whatever_its_length(auditor, queries, rows):
    for number in range(rows):
        await acted(await make.learner(legal_name=f"Person {number}"))
    queries.clear()

    shown = await auditor.get("/admin/audit?subject_kind=thing")

    assert shown.text.count("<summary>") == rows
    assert len(queries) == 3, queries  # who asks, the rows, the names


async def test_reading_leaves_no_trace(auditor, api):
    program = await api(await make.staff(Role.ADMIN))
    before = await AuditEvent.count()

    await auditor.get("/admin/audit")
    await program.get("/audit")

    assert await AuditEvent.count() == before


async def test_it_comes_in_pages_of_fifty_that_keep_the_search(auditor, clock):
    for number in range(61):
        clock.move(timedelta(microseconds=number % 2))  # some share their moment
        await acted(act="thing.counted", of=f"n{number}")
        await acted(act="thing.other")

    first = (await auditor.get("/admin/audit?act=thing.counted")).text
    address = re.search(r'href="(/admin/audit\?[^"]+after=[^"]+)"', first)[1]
    second = (await auditor.get(address.replace("&amp;", "&"))).text

    number = re.compile(r">n(\d+)</a>")
    assert [int(n) for n in number.findall(first)] == [*range(60, 10, -1)]
    assert [int(n) for n in number.findall(second)] == [*range(10, -1, -1)]
    assert 'href="/admin/audit?act=thing.counted">First page' in second


async def test_every_field_narrows_the_search(auditor):
    ben = await make.learner()
    await acted(ben, "enrollment.opened", "Enrollment", of="e1")
    await acted(ben, "enrollment.left", "Enrollment", of="e2")
    await acted(SYSTEM, "enrollmentXopened", "Account", of="a1")

    async def found(**search):
        shown = (await auditor.get("/admin/audit", params=search)).text
        return sorted(re.findall(r"<summary>(.+)</summary>", shown))

    assert await found(act="enrollment.opened") == ["enrollment.opened"]
    assert await found(act="enrollment.") == ["enrollment.left", "enrollment.opened"]
    assert await found(act="enrollment_") == []
    assert await found(act="enrollment%.") == []
    assert await found(actor=f" {ben.id} ") == ["enrollment.left", "enrollment.opened"]
    assert await found(actor=str(uuid4())) == []
    assert await found(subject_kind="account") == ["enrollmentXopened"]
    assert await found(subject_kind="Account") == ["enrollmentXopened"]
    assert await found(subject="e2") == ["enrollment.left"]
    assert await found(subject="e2", act="enrollment.opened") == []


async def test_days_are_those_of_the_reader(browser, clock):
    # 23:30 on March 4 in New York, 4:30 on March 5 in UTC.
    clock.set(datetime(2026, 3, 5, 4, 30, tzinfo=UTC))
    await acted()
    east = await browser(await make.staff(Role.ADMIN, time_zone="America/New_York"))
    london = await browser(await make.staff(Role.ADMIN, time_zone="Europe/London"))

    async def finds(reader, **days):
        return "thing.changed" in (await reader.get("/admin/audit", params=days)).text

    assert await finds(east, **{"from": "2026-03-04", "to": "2026-03-04"})
    assert not await finds(east, **{"from": "2026-03-05"})
    assert await finds(london, **{"from": "2026-03-05", "to": "2026-03-05"})
    assert not await finds(london, to="2026-03-04")
    assert await finds(east, **{"from": "0001-01-01", "to": "9999-12-31"})


async def test_a_wrong_field_is_told_beside_it_with_what_was_typed(auditor):
    await acted()
    wrong = {"actor": "ben@agency.example", "from": "March", "act": "x" * 81, "subject": "1"}

    answer = await auditor.get("/admin/audit", params=wrong)

    assert answer.status_code == 422
    for words in (
        "Use the id of an account.",
        "Write the day as 2026-03-04.",
        "Write at most 80 characters, on one line.",
        'value="ben@agency.example"',
        "Error: 3 answers need another look",
    ):
        assert words in answer.text, words
    assert "<summary>" not in answer.text


@pytest.mark.parametrize("after", ["x", "!!!", "WzEsMl0", "Wy0xLCIiXQ", "bnVsbA"])
async def test_a_forged_cursor_is_refused(auditor, after):
    assert (await auditor.get("/admin/audit", params={"after": after})).status_code == 422


@pytest.mark.parametrize("role", [None, *Role])
async def test_only_auditors_and_administrators_read_it(browser, api, client, role):
    if role in (Role.ANYONE, Role.LEARNER):
        return
    person = await make.staff(role) if role else await make.learner()
    page = await (await browser(person)).get("/admin/audit")
    listed = await (await api(person)).get("/audit")

    expected = 200 if role in (Role.AUDITOR, Role.ADMIN) else 403
    assert (page.status_code, listed.status_code) == (expected, expected)
    visitor = await client.get("/admin/audit")
    assert (visitor.status_code, visitor.headers["location"]) == (303, "/login?next=/admin/audit")


async def test_the_administrators_start_leads_there(auditor):
    assert 'href="/admin/audit"' in (await auditor.get("/admin")).text


def test_the_page_and_the_api_take_the_same_fields(app):
    operation = app.openapi_schema.to_schema()["paths"]["/api/v1/audit"]["get"]

    asked = {parameter["name"] for parameter in operation["parameters"]}
    fields = {field.encode_name for field in msgspec.structs.fields(Search)}
    assert asked == fields | {"limit", "after"}
