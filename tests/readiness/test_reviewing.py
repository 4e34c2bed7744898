"""Findings, return, recommendation over JSON, and what is open again afterwards."""

from datetime import timedelta

import msgspec

from connect.clock import today
from connect.readiness import applications, reviewing
from connect.readiness.tables import (
    Affirmation,
    Finding,
)
from readiness.applying import affirmed, policy
from readiness.deciding import (
    all_met,
    handed_in,
    on_roster,
    present,
    reviewer,
)

V1 = "/reviews"


async def test_findings_are_checked_kept_and_never_changed(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    program = await api(rita)
    path = f"{V1}/{handed.review.id}/findings"
    early = await program.put(f"{path}/no-waiting", json={"finding": "met"})
    await reviewing.assign(rita, handed.review.id, rita.id)

    bad = [
        (await program.put(f"{path}/{element}", json=given)).json()["errors"][0]["field"]
        for element, given in (
            ("no-waiting", {"finding": "met_equivalent"}),
            ("no-waiting", {"finding": "not_met", "comment": "  "}),
            ("no-waiting", {"finding": "not_applicable", "comment": "x"}),
            ("no-waiting", {"finding": "met", "document": str(handed.document.id), "page": 3}),
            ("no-waiting", {"finding": "met", "document": str(handed.review.id)}),
            ("no-waiting", {"finding": "perhaps"}),
        )
    ]
    met = await program.put(f"{path}/no-waiting", json={"finding": "met"})
    clock.move(timedelta(minutes=1))
    await program.put(f"{path}/no-waiting", json={"finding": "met"})
    worse = await program.put(
        f"{path}/no-waiting", json={"finding": "not_met", "comment": "Say so.", "page": 2}
    )
    none = await program.put(f"{path}/nothing", json={"finding": "met"})
    stranger = await (await api(await reviewer())).put(
        f"{path}/no-waiting", json={"finding": "met"}
    )

    assert (early.status_code, early.json()["code"]) == (409, "not_now")
    assert bad == ["comment", "comment", "finding", "page", "document", "finding"]
    assert (met.json()["document"], met.json()["page"]) == (str(handed.document.id), 2)
    assert worse.json()["state"] == "not_met"
    assert none.status_code == 404
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_the_reviewer")
    assert [row["finding"] for row in await Finding.select().order_by(Finding.id)] == [
        "met",
        "not_met",
    ]


async def test_a_return_lists_what_is_not_met_and_mails_it_once(
    database, api, clock, work, mailbox
):
    handed, rita = await handed_in(), await reviewer()
    await work()
    mailbox.clear()
    await all_met(rita, handed, but=("quality", "alerts"))
    program = await api(rita)
    await program.put(
        f"{V1}/{handed.review.id}/findings/quality",
        json={
            "finding": "not_met",
            "comment": "Say who reviews calls, and how often.",
            "page": 2,
            "document": str(handed.document.id),
        },
    )

    answer = await program.post(f"{V1}/{handed.review.id}/return", json={"note": "Almost there."})
    again = await program.post(f"{V1}/{handed.review.id}/return", json={"note": "Almost there."})
    await work()

    assert (answer.status_code, answer.json()["state"]) == (200, "changes_requested")
    assert (again.status_code, again.json()["code"]) == (409, "not_now")
    (mail,) = mailbox
    assert mail.to.startswith("person")
    assert "needs changes" in mail.subject
    assert "Quality assurance (Missing children, page 2)" in mail.body
    assert "Say who reviews calls, and how often." in mail.body
    assert "Almost there." in mail.body
    assert "Alerts" not in mail.body
    told = (await (await api(handed.coordinator)).get(f"{V1}/{handed.review.id}/messages")).json()
    assert [(m["text"], m["by_program"]) for m in told] == [("Almost there.", True)]


async def test_after_changes_only_what_changed_is_open_again(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed, but=("quality",))
    await reviewing.find(rita, handed.review.id, "quality", "not_met", comment="Add it.")
    clock.move(timedelta(days=1))
    await reviewing.give_back(rita, handed.review.id, "")
    clock.move(timedelta(days=1))
    pages = [
        "Purpose. This policy is about missing children. Reports. A report is taken at",
        "once. Nobody waits. It covers everybody under 21.",
        "Quality assurance. Supervisors review each call within a week.",
    ]
    new = await policy(
        handed.review,
        handed.coordinator,
        title="Missing children, version 2",
        sha256="b" * 64,
        pages=msgspec.json.encode(pages).decode(),
        replaces=handed.document.id,
    )
    handed.document.replaced_at = new.uploaded_at
    await handed.document.save()
    changed = FACTS_CHANGED
    await applications.answer(handed.coordinator, handed.review.id, changed)
    await affirmed(handed.review, handed.coordinator)
    clock.move(timedelta(days=1))
    await applications.submit(handed.coordinator, handed.review.id)

    sheet = (await (await api(rita)).get(f"{V1}/{handed.review.id}/findings")).json()

    again = [row["element"] for row in sheet["findings"] if row["state"] == "again"]
    assert again == ["quality"]
    assert sheet["changed"] == [
        "Calls in a year: 90000 became 95000.",
        "The document “Missing children, version 2” is new.",
        "The document “Missing children” is replaced.",
        "An executive affirmed the answers anew.",
    ]
    assert sheet["missing"] == [
        "Quality assurance: what this rests on has changed. Look at it again."
    ]
    done = await reviewing.find(rita, handed.review.id, "quality", "met", document=new.id, page=3)
    assert done.missing == []


FACTS_CHANGED = {"yearly_calls": "95000"}


async def test_a_changed_passage_opens_its_element_again(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed)
    clock.move(timedelta(days=1))
    await reviewing.give_back(rita, handed.review.id, "Renumber the sections.")
    pages = ["Purpose. This policy is about missing children.", "A report is taken after a day."]
    clock.move(timedelta(days=1))
    new = await policy(
        handed.review,
        handed.coordinator,
        sha256="b" * 64,
        pages=msgspec.json.encode(pages).decode(),
        replaces=handed.document.id,
    )
    handed.document.replaced_at = new.uploaded_at
    await handed.document.save()
    await applications.submit(handed.coordinator, handed.review.id)

    sheet = (await (await api(rita)).get(f"{V1}/{handed.review.id}/findings")).json()

    assert {row["state"] for row in sheet["findings"]} == {"again"}


async def test_a_recommendation_says_everything_that_is_missing(database, api, clock):
    handed, rita = await handed_in(trained=False), await reviewer()
    await all_met(rita, handed, but=("quality", "after-action", "risk"))
    await reviewing.find(rita, handed.review.id, "risk", "not_met", comment="Add it.")
    await Affirmation.update({Affirmation.voided_at: clock.now}).where(
        Affirmation.review == handed.review.id
    )
    program = await api(rita)

    answer = await program.post(
        f"{V1}/{handed.review.id}/recommendation", json={"hash": await present(handed)}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert answer.json()["detail"] == (
        "This cannot be recommended yet. Risk and category: this is not met. "
        "Quality assurance: there is no finding yet. "
        "All who handle calls: taking the call: 0 of 1 have it. Missing: Tess Taker. "
        "An executive of the agency has to affirm the answers as they are now."
    )


async def test_a_recommendation_is_of_the_state_that_was_seen(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed)
    program = await api(rita)
    path = f"{V1}/{handed.review.id}"
    seen = (await program.get(f"{path}/findings")).json()["hash"]
    clock.move(timedelta(hours=20))
    await on_roster(handed.agency, handed.coordinator, "Nia New", "call-taker", since=today())

    old = await program.post(f"{path}/recommendation", json={"hash": seen})
    now = (await program.get(f"{path}/findings")).json()["hash"]
    other = await (await api(await reviewer())).post(f"{path}/recommendation", json={"hash": now})

    assert (old.status_code, old.json()["code"]) == (409, "state_changed")
    assert "Roster: Nia New, Call-Taker, is new." in old.json()["detail"]
    assert other.json()["code"] == "not_the_reviewer"
