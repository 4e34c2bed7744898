"""What a grant prescribes stands on the certificates of trainings that it paid, and stays."""

from datetime import date, timedelta
from io import BytesIO

import msgspec
import pypdf
import pytest

import make
from connect import files, pdf
from connect.catalog.tables import Course
from connect.certificates import drawing
from connect.certificates.tables import Certificate
from connect.config import settings
from connect.grants.actions import add_grant, assign_course, change_grant
from connect.learning.actions import Event, enroll, note_event
from connect.policy import Role

WORDING = "This training was made under award 2026-MC-FX-K001.\nViews are those of the authors."


async def paid(slug, wording=WORDING, **span):
    """A grant that pays for the course in 2026."""
    registrar = await make.staff(Role.REGISTRAR)
    days = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)} | span
    grant = await add_grant(
        registrar, award_number="A-1", title="Award", acknowledgement=wording, **days
    )
    course = await Course.objects().get(Course.slug == slug)
    await assign_course(registrar, grant.id, course.slug, since=days["starts_on"])
    return registrar, grant.id


async def completed(slug, **person):
    actor = await make.learner(**person)
    enrollment, _ = await enroll(actor, slug)
    await note_event(actor, enrollment.id, "oath", Event.ACKNOWLEDGE)
    row = await Certificate.objects().where(Certificate.holder == actor.id).first()
    assert row
    return row


def wording_of(row):
    return msgspec.json.decode(row.facts)["grant_acknowledgement"]


@pytest.fixture
async def slug(database, clock):
    content = make.content(components=[make.acknowledgement("oath")])
    await make.course(content)
    return content.slug


async def test_the_wording_of_the_grant_of_the_day_is_a_fact(slug):
    await paid(slug)

    row = await completed(slug)

    assert wording_of(row) == WORDING


async def test_a_later_wording_changes_no_certificate(slug):
    registrar, grant = await paid(slug)
    row = await completed(slug)

    await change_grant(registrar, grant, {"acknowledgement": "Another wording."})

    again = await Certificate.objects().get(Certificate.id == row.id)
    assert (again.facts, again.digest) == (row.facts, row.digest)
    assert wording_of(await completed(slug)) == "Another wording."


async def test_before_and_without_a_grant_the_sites_own_wording_stands(slug, monkeypatch, clock):
    monkeypatch.setenv("CONNECT_GRANT_ACKNOWLEDGEMENT", "Supported by the county.")
    settings.cache_clear()
    try:
        await paid(slug, starts_on=date(2026, 3, 3))
        before = await completed(slug)
        clock.move(timedelta(days=1))
        on_the_day = await completed(slug)
        not_counted = await completed(slug, discipline="general-public")
    finally:
        monkeypatch.undo()
        settings.cache_clear()

    assert wording_of(before) == "Supported by the county."
    assert wording_of(on_the_day) == WORDING
    assert wording_of(not_counted) == "Supported by the county."


async def test_a_grant_that_prescribes_nothing_prints_nothing(slug):
    await paid(slug, wording="")

    assert wording_of(await completed(slug)) == ""


async def test_the_pdf_shows_it_in_small_type(slug, work):
    await paid(slug)
    row = await completed(slug)
    try:
        await work()
    finally:
        await pdf.close()

    drawn = await Certificate.objects().get(Certificate.id == row.id)
    shown = pypdf.PdfReader(BytesIO(await files.get(drawn.pdf))).pages[0].extract_text()
    assert " ".join(WORDING.split()) in " ".join(shown.split())


def test_facts_that_were_stored_before_say_what_they_said():
    """As they were written before certificates had kinds, languages and an end."""
    stored = (
        b'{"base_url":"http://127.0.0.1:8000","code":"00000000000000000000000000",'
        b'"course_version":1,"credit_lines":[],"grant_acknowledgement":"","issued_on":"2026-03-02",'
        b'"mark":"","minutes":30,"name":"Ada Officer","number":"C-2026-000001",'
        b'"organization":"Connect","signatory_name":"","signatory_title":"","title":"A course"}'
    )

    facts = msgspec.json.decode(stored, type=drawing.CertificateFacts)

    assert (facts.kind, facts.language, facts.expires_on) == ("course", "en", None)
    written = msgspec.json.decode(drawing.canonical(facts))
    assert written | msgspec.json.decode(stored) == written
