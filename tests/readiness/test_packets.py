"""The evidence packet of a review."""

import csv
import hashlib
import io
import zipfile
from datetime import timedelta

import msgspec
from pypdf import PdfReader

from agencies import made
from connect import files
from connect.readiness import deciding, reviewing
from connect.readiness.tables import Review
from readiness.deciding import all_met, approver, handed_in, present, reviewer

POLICY = b"%PDF-1.7 a policy as a file %%EOF"


async def waiting():
    """An application that was recommended, with its policy in the store."""
    handed = await handed_in(sha256=await files.put(POLICY), size=len(POLICY))
    by = await reviewer()
    await all_met(by, handed)
    await reviewing.recommend(by, handed.review.id, await present(handed))
    return handed


async def approved():
    handed = await waiting()
    await deciding.decide(
        await approver(), handed.review.id, deciding.Decision.APPROVED, "", await present(handed)
    )
    return handed


def opened(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_the_packet_holds_what_was_decided_and_a_manifest_of_itself(database, api, clock):
    handed = await approved()
    program = await api(handed.coordinator)

    answer = await program.get(f"/reviews/{handed.review.id}/packet.zip")

    packet = opened(answer)
    assert packet.testzip() is None
    lines = list(csv.DictReader(io.StringIO(packet.read("manifest.csv").decode())))
    named = {line["file"]: line for line in lines}
    assert named.keys() == set(packet.namelist()) - {"manifest.csv"}
    for name, line in named.items():
        data = packet.read(name)
        assert (line["sha256"], line["bytes"]) == (
            hashlib.sha256(data).hexdigest(),
            str(len(data)),
        )
    [policy] = [name for name in named if name.startswith("documents/")]
    assert packet.read(policy) == POLICY
    review = await Review.objects().get(Review.id == handed.review.id)
    assert named["state.json"]["sha256"] == review.decided_hash
    assert msgspec.json.decode(packet.read("state.json"))["agency"]["name"] == "Cedar Valley 911"
    roster = list(csv.DictReader(io.StringIO(packet.read("roster.csv").decode())))
    assert [row["name"] for row in roster] == ["Dee Director", "Tess Taker"]
    findings = list(csv.DictReader(io.StringIO(packet.read("findings.csv").decode())))
    assert {row["finding"] for row in findings} == {"Met"}
    training = list(csv.DictReader(io.StringIO(packet.read("training.csv").decode())))
    assert {(row["name"], row["course"]) for row in training} == {
        ("Tess Taker", "TCME-101"),
        ("Dee Director", "CEO-BRIEF"),
    }
    drawn = PdfReader(io.BytesIO(packet.read("packet.pdf")))
    assert drawn.trailer["/Root"]["/MarkInfo"]["/Marked"]
    text = " ".join(" ".join(page.extract_text().split()) for page in drawn.pages)
    assert "Readiness review of Cedar Valley 911" in text
    assert "Approved on March 2, 2026" in text
    assert "Member M-2026-0001" in text


async def test_a_year_later_the_packet_says_the_same(database, api, clock):
    handed = await approved()
    first = opened(
        await (await api(handed.coordinator)).get(f"/reviews/{handed.review.id}/packet.zip")
    )
    clock.move(timedelta(days=365))

    again = opened(
        await (await api(handed.coordinator)).get(f"/reviews/{handed.review.id}/packet.zip")
    )

    assert again.namelist() == first.namelist()
    assert all(again.read(name) == first.read(name) for name in first.namelist())


async def test_the_packet_is_for_the_agency_once_decided_and_for_staff(database, api, clock):
    handed = await waiting()
    path = f"/reviews/{handed.review.id}/packet.zip"
    own = await api(handed.coordinator)
    other = await api(await made.coordinator(await made.agency()))

    early = await own.get(path)
    staff = await (await api(await approver())).get(path)

    assert (early.status_code, early.json()["code"]) == (409, "not_decided_yet")
    assert "state.json" in opened(staff).namelist()
    assert (await other.get(path)).status_code == 404
