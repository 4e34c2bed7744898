"""Numbers of boards: sealed, shown by their end, in no log and no trail."""

import pytest
from structlog.testing import capture_logs

import make
from accounts.contents import contents
from connect.accounts.professional_ids import end_of
from connect.accounts.tables import ProfessionalId
from connect.security import unseal

NUMBER = "TX-4471902"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("123", "3"), ("1234", "34"), ("1234567", "567"), ("12345678", "5678"), (NUMBER, "1902")],
)
def test_how_much_of_a_number_is_shown(value, shown):
    assert end_of(value) == shown


async def test_a_number_is_kept_sealed_and_replaced(api):
    program = await api(await make.learner())

    first = await program.put("/me/professional-ids/tx/pid", json={"value": "111-222-333"})
    second = await program.put("/me/professional-ids/TX/pid", json={"value": f" {NUMBER} "})
    await program.put("/me/professional-ids/VA/post", json={"value": "P 99/1200"})
    listed = (await program.get("/me/professional-ids")).json()

    assert (first.status_code, first.json()["ends_in"]) == (200, "-333")
    assert second.json() == {"state": "TX", "kind": "pid", "ends_in": "1902"}
    assert [(row["state"], row["ends_in"]) for row in listed["items"]] == [
        ("TX", "1902"),
        ("VA", "1200"),
    ]
    row = await ProfessionalId.objects().get(ProfessionalId.state == "TX")
    assert unseal(row.value) == NUMBER
    assert NUMBER not in str(await contents())
    assert "4471902" not in str(await contents())


async def test_a_number_is_removed_once(api):
    program = await api(await make.learner())
    await program.put("/me/professional-ids/TX/license", json={"value": NUMBER})

    answers = [await program.delete("/me/professional-ids/TX/license") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert await ProfessionalId.count() == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("XX/pid", {"value": NUMBER}, "state"),
        ("TX/ssn", {"value": NUMBER}, "kind"),
        ("TX/pid", {"value": "12"}, "value"),
        ("TX/pid", {"value": "x" * 41}, "value"),
        ("TX/pid", {"value": "a@b.example"}, "value"),
        ("TX/pid", {"value": NUMBER, "phone": "1"}, "phone"),
    ],
)
async def test_what_is_refused(api, path, body, field):
    program = await api(await make.learner())

    answer = await program.put(f"/me/professional-ids/{path}", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await ProfessionalId.count() == 0


async def test_nobody_sees_anothers_numbers(api, client):
    await (await api(await make.learner())).put(
        "/me/professional-ids/TX/pid", json={"value": NUMBER}
    )
    other = await api(await make.learner())

    assert (await other.get("/me/professional-ids")).json()["items"] == []
    assert (await other.delete("/me/professional-ids/TX/pid")).status_code == 404
    assert (await client.get("/api/v1/me/professional-ids")).status_code == 401


async def test_the_page_keeps_and_removes(browser):
    page = await browser(await make.learner())
    form = {"csrf": page.csrf, "state": "TX", "kind": "pid"}

    saved = await page.post("/account/professional-ids", data=form | {"value": NUMBER})
    shown = await page.get("/account/professional-ids")
    wrong = await page.post("/account/professional-ids", data=form | {"value": "!"})
    removed = await page.post("/account/professional-ids", data=form | {"act": "remove"})

    assert (saved.status_code, removed.status_code, wrong.status_code) == (303, 303, 422)
    assert "Texas, PID: ends in <strong>1902</strong>" in shown.text
    assert NUMBER not in shown.text + wrong.text
    assert await ProfessionalId.count() == 0


async def test_s20_no_log_holds_a_number(api):
    program = await api(await make.learner())

    with capture_logs() as lines:
        await program.put("/me/professional-ids/TX/pid", json={"value": NUMBER})
        await program.put("/me/professional-ids/TX/pid", json={"value": f"{NUMBER}!"})

    assert len(lines) >= 2
    assert "4471902" not in str(lines)
