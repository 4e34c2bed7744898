"""Between agency and reviewer: what the agency is told, and what a new version leaves."""

from datetime import timedelta

from connect.readiness import reviewing
from readiness import policies
from readiness.deciding import all_met, handed_in, reviewer
from readiness.test_agency_pages import words
from readiness.test_applications import step
from readiness.test_documents import upload

# Page 2 as it was but for one sentence.
MENDED = [
    ["Purpose. This policy is about missing children."],
    ["Reports. A report is taken at once. Nobody ever waits. It covers everybody under 21."],
    ["Quality assurance. Every call about a missing child is reviewed by a supervisor."],
]


async def test_an_agency_is_told_of_findings_when_its_application_comes_back(
    database, api, browser, clock
):
    handed = await handed_in()
    rita = await reviewer()
    await reviewing.assign(rita, handed.review.id, rita.id)
    advice = "Add a section on quality assurance."
    await reviewing.find(
        rita, handed.review.id, "quality", "not_met", document=handed.document.id, comment=advice
    )
    path, here = f"/reviews/{handed.review.id}", f"/agencies/{handed.agency.id}/readiness"
    coordinator, theirs = await api(handed.coordinator), await api(rita)
    person = await browser(handed.coordinator)

    before = (await coordinator.get(path)).json()
    seen = (await theirs.get(path)).json()
    quiet = words(await person.get(here))
    clock.move(timedelta(minutes=1))
    await reviewing.give_back(rita, handed.review.id, "Please see the advice.")
    after = (await coordinator.get(path)).json()
    page = await person.get(here)
    point = words(await person.get(f"{here}/policy/quality"))

    assert step(before, "quality")["state"] == "given"
    assert step(seen, "quality")["state"] == step(after, "quality")["state"] == "not_met"
    assert (step(after, "quality")["whose_turn"], after["whose_turn"]) == ("agency", "agency")
    assert advice not in quiet
    assert "The reviewer asks for changes. It is your turn" in words(page)
    assert advice in words(page)
    assert f'href="/reviews/{handed.review.id}/messages"' in page.text
    assert advice in point


async def test_a_finding_rests_while_the_words_that_it_was_made_of_stand(database, api, clock):
    handed = await handed_in()
    rita = await reviewer()
    clock.move(timedelta(minutes=1))
    await all_met(rita, handed, but=("quality",))
    path = f"/reviews/{handed.review.id}"
    await reviewing.find(rita, handed.review.id, "quality", "not_met", comment="Add it.")
    clock.move(timedelta(minutes=1))
    await reviewing.give_back(rita, handed.review.id, "Please see the advice.")
    clock.move(timedelta(minutes=1))
    program = await api(handed.coordinator)
    new = await upload(
        program, path, policies.docx(MENDED), replaces=str(handed.document.id), title="v2"
    )
    await program.post(f"{path}/submission")

    sheet = (await (await api(rita)).get(f"{path}/findings")).json()

    states = {row["element"]: row["state"] for row in sheet["findings"]}
    assert new.status_code == 201
    assert states["no-waiting"] == "met"  # its words stand in the new version
    assert states["under-21"] == "again"  # nobody pointed: the page as a whole is another one
    assert states["quality"] == "again"
    evidence = (await program.get(path)).json()["evidence"]["no-waiting"]
    assert (evidence["document"], evidence["page"]) == (new.json()["id"], 2)
