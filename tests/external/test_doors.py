"""Completions elsewhere by the API and by pages."""

import make
from accounts.papers import HTML, PDF
from connect.external.tables import ExternalCompletion
from connect.policy import Role
from external.test_external import handed_in
from rosters.staffed import course

GIVEN = {"title": "TELMAC", "provider": "NCMEC", "completed_on": "2021-05-04", "minutes": 480}


async def test_the_whole_way_over_json(api):
    await course("telmac")
    program = await api(await make.learner())
    staff = await api(await make.staff(Role.REGISTRAR))

    made = await program.post("/external-completions", json=GIVEN | {"course": "telmac"})
    filed = await program.post(
        "/external-completions",
        data=GIVEN | {"title": "With a file", "minutes": "480"},
        files={"file": ("a.exe", PDF, "application/x-msdownload")},
    )
    wrong = await program.post(
        "/external-completions",
        data=GIVEN | {"title": "Other"},
        files={"file": ("a.pdf", HTML, "application/pdf")},
    )
    bad = await program.post("/external-completions", json={"title": 7, "state": "accepted"})
    place = f"/external-completions/{made.json()['id']}"
    queue = await staff.get("/external-completions?waiting=true")
    decided = await staff.post(f"{place}/decision", json={"verdict": "accepted"})
    withdrawn = await program.post(f"/external-completions/{filed.json()['id']}/withdrawal")

    assert (made.status_code, made.json()["state"]) == (201, "submitted")
    assert filed.json()["has_evidence"]
    assert [e["field"] for e in wrong.json()["errors"]] == ["file"]
    fields = {e["field"] for e in bad.json()["errors"]}
    assert {"title", "state", "provider", "completed_on", "minutes"} <= fields
    assert [row["title"] for row in queue.json()["items"]] == ["TELMAC", "With a file"]
    assert (decided.status_code, decided.json()["state"]) == (200, "accepted")
    assert withdrawn.json()["state"] == "withdrawn"
    own = (await program.get("/external-completions")).json()["items"]
    assert [row["state"] for row in own] == ["withdrawn", "accepted"]
    file = await program.get(f"/external-completions/{filed.json()['id']}/evidence")
    assert file.content == PDF
    assert file.headers["content-disposition"] == 'attachment; filename="evidence.pdf"'
    assert "sandbox" in file.headers["content-security-policy"]
    assert (await program.get("/external-completions?waiting=true")).status_code == 403
    stranger = await api(await make.learner())
    assert (await stranger.get(place)).status_code == 404
    assert (await staff.get("/external-completions/imports")).json() == []


async def test_the_whole_way_by_pages(browser):
    await course("telmac", "TELMAC")
    page = await browser(await make.learner())
    registrar = await browser(await make.staff(Role.REGISTRAR))
    form = GIVEN | {"minutes": "480", "csrf": page.csrf, "once": "1", "number": "", "course": ""}
    file = {"file": ("a.pdf", PDF, "application/pdf")}

    made = await page.post("/external-completions", data=form, files=file)
    twice = await page.post("/external-completions", data=form, files=file)
    wrong = await page.post(
        "/external-completions", data=form | {"title": "", "minutes": "x", "once": "2"}
    )
    row = await ExternalCompletion.objects().first()
    queue = await registrar.get("/admin/external-completions")
    decline = {"csrf": registrar.csrf, "verdict": "declined", "reason": "", "course": ""}
    place = f"/admin/external-completions/{row.id}/decision"
    bare = await registrar.post(place, data=decline)
    done = await registrar.post(place, data=decline | {"reason": "It cannot be read."})
    late = await registrar.post(place, data=decline | {"reason": "Again"})

    assert (made.status_code, wrong.status_code, bare.status_code) == (303, 422, 422)
    assert "stands already" in twice.text
    assert "minutes-error" in wrong.text
    assert await ExternalCompletion.count() == 1
    assert "Evidence" in queue.text
    assert done.status_code == 303
    assert "decided already" in late.text
    assert "It cannot be read." in (await page.get("/external-completions")).text


async def test_what_one_brought_in_has_no_buttons_for_oneself(browser):
    actor = await make.staff(Role.REGISTRAR)
    await handed_in(actor)
    page = await browser(actor)

    queue = await page.get("/admin/external-completions")

    assert "Somebody else decides" in queue.text
    assert 'value="accepted"' not in queue.text
