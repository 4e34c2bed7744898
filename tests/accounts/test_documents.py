"""Documents of requests to be verified: what is taken, who reads them, when they go."""

from datetime import timedelta
from uuid import uuid4

import pytest

import make
from accounts.papers import HTML, JPEG, PDF, PNG, SVG, file
from connect import files
from connect.accounts import documents, verification
from connect.accounts.cases import CaseDecided
from connect.accounts.documents import attach_document, document_of
from connect.accounts.tables import EligibilityCase
from connect.audit import AuditEvent
from connect.errors import Invalid, NotFound, TooMany
from connect.policy import Role
from connect.records.actions import erase
from connect.uploads import MOST_BYTES, UNCLAIMED

WORDS = "I work at the front desk."


async def asked(actor, document=PDF, explanation=WORDS):
    return await verification.request_by_registrar(
        actor, explanation=explanation, agency=None, document=document
    )


async def stored():
    return await EligibilityCase.objects().first()


async def acts(act):
    """Who did it, and to what."""
    rows = await AuditEvent.select(AuditEvent.actor, AuditEvent.subject).where(
        AuditEvent.act == act
    )
    return [(row["actor"], row["subject"]) for row in rows]


async def test_a_document_is_stored_unreadable(database):
    case = await asked(await make.learner())

    kept = await files.get(case.document)

    assert b"%PDF" not in kept
    assert (case.document_kind, case.document_size) == ("pdf", len(PDF))


async def test_the_same_document_twice_is_two_files(database):
    cases = [await asked(await make.learner()) for _ in range(2)]

    assert cases[0].document != cases[1].document


async def test_its_owner_and_who_decides_read_it(database):
    owner, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    case = await asked(owner, PNG)

    assert await document_of(owner, case.id) == ("png", PNG)
    assert await acts("case.document_read") == []
    assert await document_of(registrar, case.id) == ("png", PNG)
    assert await acts("case.document_read") == [(registrar.id, str(case.id))]


async def test_after_the_decision_only_its_registrar_reads_it(database):
    owner = await make.learner()
    decider, other = [await make.staff(Role.REGISTRAR) for _ in range(2)]
    case = await asked(owner)
    await verification.decide_case(decider, case.id, approve=True, reason="")

    assert await document_of(decider, case.id) == ("pdf", PDF)
    with pytest.raises(NotFound):
        await document_of(other, case.id)


@pytest.mark.parametrize("role", [None, Role.COORDINATOR, Role.AUDITOR, Role.ANALYST])
async def test_a_stranger_finds_nothing_by_any_door(database, api, browser, role):
    case = await asked(await make.learner())
    stranger = await (make.staff(role) if role else make.learner())
    program, page = await api(stranger), await browser(stranger)
    send = {"data": {"csrf": page.csrf}, "files": file(PNG)}

    answers = [
        await program.get(f"eligibility-cases/{case.id}/document"),
        await program.put(f"me/eligibility-cases/{case.id}/document", files=file(PNG)),
        await page.get(f"/verifications/{case.id}/document"),
        await page.post(f"/account/verification/{case.id}/document", **send),
        await program.get(f"eligibility-cases/{uuid4()}/document"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await stored()).document == case.document
    assert await acts("case.document_read") == []


async def test_s5_it_is_handed_out_as_nothing_a_browser_would_run(database, api, browser):
    owner, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    case = await asked(owner)
    by_api = await (await api(registrar)).get(f"eligibility-cases/{case.id}/document")
    by_page = await (await browser(owner)).get(f"/verifications/{case.id}/document")

    for answer in (by_api, by_page):
        assert answer.content == PDF
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == 'attachment; filename="document.pdf"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


async def test_the_form_takes_words_and_document_together(database, browser):
    owner, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    person, staff = await browser(owner), await browser(registrar)
    sent = {"csrf": person.csrf, "route": "document", "explanation": WORDS}

    answer = await person.post(
        "/account/verification", data=sent, files=file(JPEG, "../../<b>x.html", "text/html")
    )
    own = await person.get("/account/verification")
    queue = await staff.get("/admin/verifications")

    assert answer.status_code == 303
    case = await stored()
    assert (case.explanation, case.document_kind) == (WORDS, "jpeg")
    assert "JPEG, 1 KB" in own.text
    assert "is attached" in own.text
    assert f"/verifications/{case.id}/document" in queue.text
    assert "JPEG, 1 KB" in queue.text


async def test_the_form_goes_without_a_document(database, browser):
    person = await browser(await make.learner())
    sent = {"csrf": person.csrf, "route": "document", "explanation": WORDS}

    answer = await person.post("/account/verification", data=sent, files=file(b"", ""))

    assert answer.status_code == 303
    assert (await stored()).document is None


@pytest.mark.parametrize("data", [HTML, b"", PDF + b" " * (2 * MOST_BYTES)])
async def test_a_refused_document_loses_no_typed_word(database, browser, data):
    person = await browser(await make.learner())
    sent = {"csrf": person.csrf, "route": "document", "explanation": WORDS}

    answer = await person.post("/account/verification", data=sent, files=file(data))

    assert answer.status_code == 422
    assert f">{WORDS}</textarea>" in answer.text
    assert 'id="file-error"' in answer.text
    assert await EligibilityCase.count() == 0


async def test_words_and_document_are_both_told_to_be_wrong(database, browser):
    person = await browser(await make.learner())
    sent = {"csrf": person.csrf, "route": "document", "explanation": "x" * 2001}

    answer = await person.post("/account/verification", data=sent, files=file(HTML))

    assert 'href="#where"' in answer.text
    assert 'href="#file"' in answer.text


async def test_a_document_is_put_to_a_request_and_replaced(database, api, work):
    owner = await make.learner()
    first = await asked(owner)
    program = await api(owner)

    answer = await program.put(f"me/eligibility-cases/{first.id}/document", files=file(PNG))
    await work()

    assert answer.status_code == 200, answer.text
    assert answer.json()["document_kind"] == "png"
    assert answer.json()["document_size"] == len(PNG)
    assert await document_of(owner, first.id) == ("png", PNG)
    with pytest.raises(NotFound):
        await files.get(first.document)
    assert await acts("case.document_added") == [(owner.id, str(first.id))]


async def test_the_page_adds_a_document_and_says_what_is_wrong(database, browser):
    owner = await make.learner()
    case = await asked(owner, None)
    person = await browser(owner)
    address = f"/account/verification/{case.id}/document"
    sent = {"csrf": person.csrf}

    none = await person.post(address, data=sent, files=file(b"", ""))
    wrong = await person.post(address, data=sent, files=file(SVG))
    right = await person.post(address, data=sent, files=file(PNG))

    assert [answer.status_code for answer in (none, wrong, right)] == [422, 422, 303]
    assert "Choose a file" in none.text
    assert "not a PDF, PNG or JPEG" in wrong.text
    assert (await stored()).document_kind == "png"


async def test_the_api_refuses_in_words(database, api):
    owner = await make.learner()
    case = await asked(owner, None)
    program = await api(owner)
    address = f"me/eligibility-cases/{case.id}/document"

    answers = [
        await program.put(address, files=file(HTML)),
        await program.put(address, files={"other": ("a.pdf", PDF)}),
        await program.put(address, data={"file": "words"}, files={"x": ("x", b"x")}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert {answer.json()["errors"][0]["field"] for answer in answers} == {"file"}


async def test_a_decided_request_takes_no_document(database):
    owner = await make.learner()
    case = await asked(owner)
    registrar = await make.staff(Role.REGISTRAR)
    await verification.decide_case(registrar, case.id, approve=False, reason="No.")

    with pytest.raises(CaseDecided):
        await attach_document(owner, case.id, PNG)


async def test_a_file_that_no_request_names_is_gone_within_the_hour(database, clock, work):
    """I7: as after a crash between the file and its row."""
    left = await documents.keep_document(await make.learner(), PDF)
    case = await asked(await make.learner())

    await work()
    assert await files.get(left.digest)
    clock.move(UNCLAIMED)
    await work()

    with pytest.raises(NotFound):
        await files.get(left.digest)
    assert await files.get(case.document)


async def test_nobody_sends_documents_without_end(database, monkeypatch):
    owner = await make.learner()
    case = await asked(owner)

    with pytest.raises(TooMany):
        for _ in range(20):
            await attach_document(owner, case.id, PNG)
    with pytest.raises(Invalid):  # what is wrong with it is told first
        await attach_document(owner, case.id, HTML)


async def test_a_document_goes_90_days_after_the_decision(database, clock, work):
    registrar = await make.staff(Role.REGISTRAR)
    decided, waits = [await asked(await make.learner()) for _ in range(2)]
    await verification.decide_case(registrar, decided.id, approve=True, reason="")

    clock.move(timedelta(days=90))
    await documents.forget_documents()
    await work()
    assert await files.get(decided.document)
    clock.move(timedelta(seconds=1))
    await documents.forget_documents()
    await documents.forget_documents()
    await work()

    with pytest.raises(NotFound):
        await files.get(decided.document)
    with pytest.raises(NotFound):
        await document_of(registrar, decided.id)
    assert await files.get(waits.document)
    assert await acts("case.document_removed") == [(None, str(decided.id))]


async def test_a_document_goes_with_an_erasure(database, work):
    owner = await make.learner()
    case = await asked(owner)

    await erase(await make.staff(Role.ADMIN), owner.id, reason="Asked for.")
    await work()

    with pytest.raises(NotFound):
        await files.get(case.document)
    assert (await stored()).document is None
