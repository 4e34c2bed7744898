"""Register, prove, take a real course, get a certificate, have it checked and counted: by API."""

import re
import shutil
from datetime import timedelta

import pytest

import make
from connect.catalog.actions import publish_folder
from connect.config import ROOT
from connect.learning.tables import Attempt
from connect.policy import SYSTEM, Role
from connect.reports.exports import ROW_COLUMNS

PERSON = {
    "email": "Ada.Officer@agency.example",
    "password": make.PASSWORD,
    "legal_name": "Ada Officer",
    "discipline": "law-enforcement",
    "state": "TX",
    "time_zone": "America/Chicago",
}


async def key_of(attempt_id):
    """Right choices of an attempt, from the course's own folder: the API never tells them."""
    import tomllib

    attempt = await Attempt.objects().where(Attempt.id == attempt_id).first()
    assert attempt is not None
    folder = ROOT / "courses" / "first-response" / "quizzes"
    questions = {}
    for path in folder.glob("*.toml"):
        for question in tomllib.loads(path.read_text())["questions"]:
            if question["kind"] == "true_false":
                questions[question["id"]] = [str(question["right"]).lower()]
            else:
                questions[question["id"]] = [c["id"] for c in question["choices"] if c.get("right")]
    return questions


async def test_a_stranger_becomes_a_certified_and_counted_learner(
    client, mailbox, work, clock, api
):
    await publish_folder(SYSTEM, ROOT / "courses" / "first-response")
    v1 = "/api/v1"

    # Register, and prove the address by the mailed link.
    answer = await client.post(f"{v1}/accounts", json=PERSON)
    assert (answer.status_code, answer.json()) == (202, {"status": "pending_email"})
    await work()
    token = re.search(r"/verify-email/(\S+)", mailbox[0].body)[1]
    answer = await client.post(f"{v1}/email-verifications", json={"token": token})
    assert answer.json() == {"status": "active_unverified"}

    # Sign in and enroll.
    answer = await client.post(
        f"{v1}/tokens", json={"email": PERSON["email"], "password": PERSON["password"]}
    )
    assert answer.status_code == 201
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    found = await client.get(
        f"{v1}/courses", params={"q": "missing child", "discipline": "law-enforcement"}
    )
    assert [c["slug"] for c in found.json()["items"]] == ["first-response"]
    enrollment = (await client.post(f"{v1}/courses/first-response/enrollments")).json()
    here = f"{v1}/enrollments/{enrollment['id']}"

    # Take every step.
    for component in enrollment["components"]:
        place = f"{here}/components/{component['id']}"
        if component["kind"] == "lesson":
            assert (await client.put(place, json={"event": "open"})).status_code == 200
            shown = (await client.get(place)).json()
            assert shown["html"].startswith("<")
            for file in shown["media"]:
                image = await client.get(file["url"])
                assert image.headers["content-type"] == file["content_type"]
            early = await client.put(place, json={"event": "close"})
            assert (early.status_code, early.json()["code"]) == (409, "too_early")
            clock.move(timedelta(seconds=component["min_seconds"]))
            closed = await client.put(place, json={"event": "close"})
            assert closed.json()["state"] == "done"
        elif component["kind"] == "acknowledgement":
            done = await client.put(place, json={"event": "acknowledge"})
            assert done.json()["state"] == "done"
        elif component["id"] != "final":
            continue  # the practice quiz is optional
    attempt = await client.post(f"{here}/quizzes/final/attempts")
    assert attempt.status_code == 201
    attempt = attempt.json()
    key = await key_of(attempt["id"])
    assert "right" not in str(attempt["questions"][0].keys())
    for question in attempt["questions"]:
        saved = await client.put(
            f"{v1}/attempts/{attempt['id']}/answers/{question['id']}",
            json={"choices": key[question["id"]]},
        )
        assert saved.json()["saved_at"]
    submitted = await client.post(f"{v1}/attempts/{attempt['id']}/submission", json={})
    assert submitted.json()["passed"] is True
    again = await client.post(f"{v1}/attempts/{attempt['id']}/submission", json={})
    assert again.json() == submitted.json()

    # The certificate is there at once; its PDF when the worker drew it.
    done = (await client.get(here)).json()
    assert (done["state"], done["missing"], done["progress_percent"]) == ("completed", [], 100)
    number = done["certificate"]
    pdf = f"{v1}/certificates/{number}/pdf"
    waiting = await client.get(pdf)
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "1")
    await work()
    drawn = await client.get(pdf)
    assert drawn.status_code == 200
    assert drawn.content.startswith(b"%PDF")
    assert mailbox[-1].subject == "Your certificate for First response to a missing child report"
    transcript = (await client.get(f"{v1}/transcript")).json()["items"]
    assert [(t["certificate"], t["minutes"]) for t in transcript] == [(number, 30)]

    # Somebody else checks it: by code, by number and name, by the file.
    certificate = (await client.get(f"{v1}/certificates/{number}")).json()
    del client.headers["Authorization"]
    expected = {
        "status": "valid",
        "name": "Ada Officer",
        "title": "First response to a missing child report",
        "issued_on": certificate["issued_on"],
        "minutes": 30,
        "number": number,
    }
    dashed = "-".join(certificate["code"][i : i + 4] for i in range(0, 26, 4)).lower()
    assert (await client.get(f"{v1}/verifications/{dashed}")).json() == expected
    by_hand = await client.post(
        f"{v1}/verifications", json={"number": number.lower(), "last_name": "officer"}
    )
    assert by_hand.json() == expected
    by_file = await client.post(f"{v1}/verifications", files={"file": drawn.content})
    assert by_file.json() == expected
    changed = await client.post(f"{v1}/verifications", files={"file": drawn.content + b" "})
    assert changed.json() == {"status": "changed"}

    # An administrator finds it in the year's counts, and the row behind each number.
    admin = await api(await make.staff(Role.ADMIN))
    year = certificate["issued_on"][:4]
    period = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
    counts = (await admin.get("/reports/counts", params=period)).json()
    assert counts["total"] == {"instances": 1, "persons": 1, "repeats_not_counted": 0}
    assert {
        name: [(part["value"], part["instances"]) for part in parts]
        for name, parts in counts["by"].items()
    } == {
        "discipline": [("law-enforcement", 1)],
        "state": [("TX", 1)],
        "course": [("first-response", 1)],
        "month": [(certificate["issued_on"][:7], 1)],
    }
    for parts in counts["by"].values():
        rows = (await admin.get(f"http://127.0.0.1:8000{parts[0]['rows']}")).json()["items"]
        assert [row["source_id"] for row in rows] == [enrollment["id"]]
    csv = (await admin.get("/reports/counts/rows.csv", params=period)).text.splitlines()
    assert csv[0] == ",".join(ROW_COLUMNS)
    assert len(csv) == 2


@pytest.mark.parametrize("fault", ["title =", "contact_minutes = 0"])
async def test_a_course_with_a_fault_publishes_nothing(database, tmp_path, fault):
    folder = tmp_path / "courses" / "first-response"
    shutil.copytree(ROOT / "courses" / "first-response", folder)
    broken = (folder / "course.toml").read_text().replace("contact_minutes = 30", fault)
    (folder / "course.toml").write_text(broken)

    outcome, number, faults = await publish_folder(SYSTEM, folder)

    assert (outcome, number) == ("refused", 0)
    assert faults[0].path.endswith("first-response/course.toml")
    assert faults[0].line > 1
