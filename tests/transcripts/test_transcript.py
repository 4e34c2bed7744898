"""The transcript: all cycles, here and elsewhere, as JSON, page, CSV and PDF."""

import csv
import io
import subprocess
from datetime import date

import page as checker
import pytest

import make
from connect import pdf
from connect.certificates.tables import Certificate
from connect.learning.tables import Override
from connect.transcripts import drawing
from connect.transcripts.queries import all_rows, transcript
from rosters.staffed import completed, works
from transcripts.rows import DAY, elsewhere, graduate


async def test_all_cycles_and_what_was_accepted_elsewhere_stand_in_it(database):
    actor, account = await graduate([date(2025, 1, 1), DAY])
    await elsewhere(account, day=date(2021, 5, 4), brought_in=True)
    await elsewhere(account, day=date(2025, 6, 1))
    for state in ("submitted", "declined", "withdrawn"):
        await elsewhere(account, state=state)
    await elsewhere(await make.account())

    rows = await transcript(actor, limit=10)

    assert [(r.day.isoformat(), r.origin.value, r.provider) for r in rows] == [
        ("2026-02-01", "own", ""),
        ("2025-06-01", "external", "NCMEC"),
        ("2025-01-01", "own", ""),
        ("2021-05-04", "brought_in", "NCMEC"),
    ]
    assert rows == await all_rows(actor.id)


async def test_pieces_of_it_over_json_are_the_whole_and_the_sums_are_theirs(api):
    actor, account = await graduate([date(2025, 1, 1), DAY, DAY])
    await elsewhere(account)
    program = await api(actor)
    found, after = [], ""
    while after is not None:
        piece = (await program.get(f"/transcript?limit=1&after={after}")).json()
        found, after = found + piece["items"], piece["next"]

    years = (await program.get("/transcript/years")).json()

    assert len({row["id"] for row in found}) == len(found) == 4
    assert sum(y["own_minutes"] for y in years) == 90
    assert [(y["year"], y["own"], y["elsewhere_minutes"]) for y in years] == [
        (2026, 2, 480),
        (2025, 1, 0),
    ]
    own = [row for row in found if row["origin"] == "own"]
    assert {row["hours"] for row in own} == {"0.5 contact hours"}
    assert sum(row["minutes"] for row in own) == 90


async def test_a_revoked_one_is_shown_and_not_summed(api):
    actor, _ = await graduate()
    await Certificate.update({Certificate.status: "revoked"}, force=True)
    program = await api(actor)

    rows = (await program.get("/transcript")).json()["items"]
    years = (await program.get("/transcript/years")).json()

    assert [row["status"] for row in rows] == ["revoked"]
    assert [(y["own"], y["own_minutes"]) for y in years] == [(0, 0)]


async def test_the_csv_has_all_and_no_formula(api, browser):
    actor, account = await graduate()
    await elsewhere(account, title="=1+1")

    text = (await (await api(actor)).get("/transcript.csv")).text
    same = await (await browser(actor)).get("/transcript.csv")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["title"], r["origin"], r["hours"]) for r in rows] == [
        ("'=1+1", "external", "8"),
        ("First response", "own", "0.5"),
    ]
    assert same.text == text
    assert same.headers["content-type"].startswith("text/csv")


async def test_what_expires_and_what_staff_recorded_is_marked_in_each_form(database):
    account = await make.account()
    person = await works(await make.agency(), account=account)
    version = await make.course(make.content(valid_months=12))
    enrollment = (await completed(person, version, DAY)).source
    by = {"made_by": account.id, "reason": "Seen", "evidence": "A list"}
    await Override(enrollment=enrollment, component="one", **by).save()
    await elsewhere(account, day=date(2020, 1, 1))

    own, other = rows = await all_rows(account.id)
    line = next(csv.DictReader(io.StringIO(drawing.as_csv(rows))))
    pdf_page = drawing.html("Ada", rows, DAY)

    assert [(r.expires_on, r.by_hand) for r in (own, other)] == [
        (date(2027, 2, 1), True),
        (None, False),
    ]
    assert (line["expires_on"], line["by_hand"]) == ("2027-02-01", "yes")
    assert pdf_page.count("expires February 1, 2027") == 1
    assert pdf_page.count("in part by hand") == 1


async def test_the_page_shows_marks_and_sums(browser):
    actor, account = await graduate()
    await elsewhere(account, brought_in=True)

    text = (await (await browser(actor)).get("/transcript")).text

    assert "Brought in" in text
    assert "NCMEC" in text
    assert "1 completion, 0.5 contact hours; 1 elsewhere, 8 contact hours in all" in text
    assert "Sums by year" in text


def text_of(path):
    made = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    return made.stdout


NAMES = ["Jordan Whitfield", "Đặng Hữu Phước", "محمد عبد الله", "山田 はなこ", "<b>Bo</b> & Sons"]


@pytest.mark.parametrize("name", NAMES)
async def test_the_pdf_is_tagged_and_can_be_read(name, sqlite_database, tmp_path):
    actor, account = await graduate([date(2025, 1, 1), DAY], certificate_name=name)
    await elsewhere(account, title="日本語の研修", provider="مركز")
    path = tmp_path / "transcript.pdf"

    path.write_bytes(await drawing.as_pdf(name, await all_rows(actor.id), DAY))

    result = checker.validate_pdf(str(path), profile="ua1")
    assert result.is_compliant, list(map(str, result.failures))
    text = text_of(path)
    assert "First response" in text
    assert "Completed elsewhere" in text
    assert "1 contact hour" in text
    await pdf.close()


async def test_as_many_rows_as_a_pdf_takes_are_drawn_in_time(sqlite_database, tmp_path):
    actor, _ = await graduate()
    (row,) = await all_rows(actor.id)
    many = [row] * (drawing.MOST_ROWS + 5)

    made = await drawing.as_pdf("Ada", many, DAY)

    (tmp_path / "long.pdf").write_bytes(made)
    result = checker.validate_pdf(str(tmp_path / "long.pdf"), profile="ua1")
    assert result.is_compliant, list(map(str, result.failures))
    assert "The 5 oldest" in drawing.html("Ada", many, DAY)
    await pdf.close()


async def test_a_pdf_that_is_not_drawn_is_told_and_the_csv_is_named(api, monkeypatch):
    monkeypatch.setattr(pdf, "SECONDS", 0.001)
    actor, _ = await graduate()

    answer = await (await api(actor)).get("/transcript.pdf")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_drawn")
    assert "CSV" in answer.json()["detail"]
    await pdf.close()


async def test_the_pdf_comes_by_both_doors_and_not_without_end(api, browser, monkeypatch):
    async def drawn(*_):
        return b"%PDF-"

    monkeypatch.setattr(drawing, "as_pdf", drawn)
    actor, _ = await graduate()
    program, page = await api(actor), await browser(actor)

    answers = [await program.get("/transcript.pdf"), await page.get("/transcript.pdf")]
    answers += [await program.get("/transcript.pdf") for _ in range(29)]

    assert [a.status_code for a in answers] == [200] * 30 + [429]
    assert answers[1].headers["content-type"] == "application/pdf"
