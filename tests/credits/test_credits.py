"""Credit offers and accreditations: written down, ended, printed on certificates of their days."""

from datetime import date

import msgspec
import pytest

import make
from connect.audit import AuditEvent
from connect.catalog.content import Credit
from connect.certificates.drawing import CertificateFacts
from connect.certificates.tables import Certificate
from connect.credits.actions import (
    add_accreditation,
    add_offer,
    end_accreditation,
    end_offer,
)
from connect.credits.queries import offers_of
from connect.credits.tables import CreditOffer
from connect.errors import Forbidden, Invalid, NotFound
from connect.learning.actions import Event, enroll, note_event
from connect.policy import Role
from rosters.staffed import course

FIRST = date(2026, 1, 1)


async def printed(credits=(), state="TX", before=None):
    """The credit lines of a certificate that somebody of *state* earns today."""
    content = make.content(components=[make.acknowledgement("oath")], credits=list(credits))
    await make.course(content)
    if before:
        await before(content.slug)
    actor = await make.learner(state=state)
    enrollment, _ = await enroll(actor, content.slug)
    await note_event(actor, enrollment.id, "oath", Event.ACKNOWLEDGE)
    row = await Certificate.objects().where(Certificate.holder == actor.id).first()
    return msgspec.json.decode(row.facts, type=CertificateFacts).credit_lines


async def test_a_certificate_prints_offers_of_its_day_and_the_own_state_first(database, clock):
    registrar = await make.staff(Role.REGISTRAR)

    async def offered(slug):
        await add_accreditation(registrar, body="IACET", kinds=["IACET CEU"], since=FIRST)
        given = {"course": slug, "since": FIRST}
        await add_offer(registrar, state="TX", board="TCOLE", course_number="3270", **given)
        await add_offer(
            registrar,
            state="CA",
            board="POST",
            minutes=95,
            not_countable=5,
            kind="IACET CEU",
            **given,
        )
        over = {"course": slug, "since": FIRST, "until": date(2026, 3, 1)}
        await add_offer(registrar, state="FL", board="FDLE", **over)

    lines = await printed([Credit("VA", "DCJS", 30, "12-345", FIRST)], before=offered)

    assert lines == [
        "TX · TCOLE · 3270 · 0.5 contact hours",
        "CA · POST · 0.2 IACET CEU",
        "VA · DCJS · 12-345 · 0.5 contact hours",
    ]


async def test_more_offers_than_a_page_has_room_for_stop_no_certificate(database, clock):
    states = ["AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "TX"]

    lines = await printed([Credit(state, "Board", 30) for state in states])

    assert len(lines) == 8
    assert lines[0].startswith("TX")


async def test_scenario_8_the_name_iacet_needs_an_accreditation(database, clock):
    registrar = await make.staff(Role.REGISTRAR)
    version = await make.course(make.content(slug="long", contact_minutes=90))
    short = make.content(slug="short", contact_minutes=25)
    await make.course(short)
    given = {"state": "TX", "board": "TCOLE", "since": FIRST, "kind": "IACET CEU"}

    with pytest.raises(Invalid) as before:
        await add_offer(registrar, course="long", **given)
    await add_accreditation(registrar, body="IACET", kinds=["IACET CEU"], since=FIRST)
    await add_offer(registrar, course="long", **given)
    with pytest.raises(Invalid) as too_short:
        await add_offer(registrar, course="short", **given)

    assert list(before.value.errors) == list(too_short.value.errors) == ["kind"]
    assert [o.minutes for o in await offers_of(version.course)] == [90]


async def test_what_is_ended_is_printed_no_more_and_stays_on_record(database, clock):
    registrar = await make.staff(Role.REGISTRAR)
    version = await course("first")
    row = await add_offer(registrar, course="first", state="TX", board="TCOLE", since=FIRST)
    body = await add_accreditation(registrar, body="ANCC", kinds=["nursing hours"], since=FIRST)

    await end_offer(registrar, row.id, date(2026, 2, 1))
    await end_accreditation(registrar, body.id, date(2026, 2, 1))
    with pytest.raises(Invalid):
        await end_offer(registrar, row.id, date(2025, 12, 31))

    assert [o.until for o in await offers_of(version.course)] == [date(2026, 2, 1)]
    acts = await AuditEvent.select(AuditEvent.act).order_by(AuditEvent.id)
    assert [a["act"] for a in acts] == [
        "credit_offer.added",
        "accreditation.added",
        "credit_offer.ended",
        "accreditation.ended",
    ]


async def test_only_who_manages_credit_writes_offers_down(database):
    await course("first")
    given = {"state": "TX", "board": "TCOLE", "since": FIRST}

    with pytest.raises(Forbidden):
        await add_offer(await make.learner(), course="first", **given)
    with pytest.raises(NotFound):
        await add_offer(await make.staff(Role.ADMIN), course="none", **given)

    assert await CreditOffer.count() == 0


async def test_offers_and_accreditations_over_json(api, clock):
    program = await api(await make.staff(Role.REGISTRAR))
    await make.course(make.content(slug="first", contact_minutes=90))
    proposed = await program.get("/credit-proposals?minutes=95&not_countable=5")
    accredited = {"body": "IACET", "kinds": ["IACET CEU"], "from": "2026-01-01"}
    body = (await program.post("/accreditations", json=accredited)).json()
    again = await program.get("/credit-proposals?minutes=95&not_countable=5")
    offer = {"course": "first", "state": "TX", "board": "TCOLE", "from": "2026-01-01"}

    made = await program.post("/credit-offers", json=offer | {"kind": "IACET CEU"})
    refused = await program.post("/credit-offers", json=offer | {"kind": "POST units"})
    ended = await program.patch(f"/credit-offers/{made.json()['id']}", json={"until": "2026-12-31"})
    closed = await program.patch(f"/accreditations/{body['id']}", json={"until": "2026-06-30"})

    assert (proposed.json()["contact_hours"], proposed.json()["ceu"]) == (1.5, None)
    assert again.json()["ceu"] == 0.2
    assert (made.status_code, made.json()["worth"]) == (201, "0.2 IACET CEU")
    assert [e["field"] for e in refused.json()["errors"]] == ["kind"]
    assert ended.json()["until"] == "2026-12-31"
    assert closed.json()["until"] == "2026-06-30"
    assert [o["course"] for o in (await program.get("/credit-offers")).json()] == ["first"]
    assert [a["body"] for a in (await program.get("/accreditations")).json()] == ["IACET"]
    public = (await program.get("/courses/first")).json()["credits"]
    assert [(c["state"], c["minutes"]) for c in public] == [("TX", 90)]


async def test_offers_and_accreditations_by_page(browser, clock):
    page = await browser(await make.staff(Role.REGISTRAR))
    await course("first", "First response")
    form = {"csrf": page.csrf, "once": "one", "course": "first", "state": "TX", "board": "TCOLE"}
    form |= {"kind": "contact hours", "from": "2026-01-01", "until": "", "minutes": ""}

    made = await page.post("/admin/credits", data=form)
    twice = await page.post("/admin/credits", data=form)
    wrong = await page.post("/admin/credits", data=form | {"board": "", "from": "x", "once": "two"})
    row = await CreditOffer.objects().first()
    ended = await page.post(
        f"/admin/credits/{row.id}/end", data={"csrf": page.csrf, "until": "2026-12-31"}
    )
    accredited = {"csrf": page.csrf, "body": "IACET", "kinds": "IACET CEU, CEU", "number": "7"}
    accredited |= {"from": "2026-01-01", "until": ""}
    body = await page.post("/admin/credits/accreditations", data=accredited)

    assert (made.status_code, twice.status_code, ended.status_code) == (303, 303, 303)
    assert await CreditOffer.count() == 1
    assert wrong.status_code == 422
    assert "board-error" in wrong.text
    assert "from-error" in wrong.text
    assert body.status_code == 303
    assert "First response" in (await page.get("/admin/credits?notice=offer")).text
    assert "IACET CEU, CEU" in (await page.get("/admin/credits/accreditations")).text
