"""The certificate of a member agency: no person's, and gone with the membership."""

from datetime import date
from io import BytesIO

import pypdf
import pytest

import make
from agencies import made
from connect import files, pdf
from connect.accounts.tables import Account
from connect.certificates.actions import draw
from connect.certificates.reissues import reissue
from connect.certificates.tables import Certificate
from connect.policy import Role
from connect.readiness import memberships
from connect.records.actions import erase
from readiness.reviewed import approver, member


@pytest.fixture(scope="module", autouse=True)
async def processes():
    yield
    await pdf.close()


LONG = "Cedar Falls Consolidated Emergency Communications and Dispatch Center of Black Hawk " * 2


async def test_a_member_receives_a_certificate_until_its_term_ends(database, api, clock):
    agency = await made.agency(name=LONG.strip())
    term = await member(agency)
    row = await Certificate.objects().first()
    await draw(row.id)
    row = await Certificate.objects().first()

    text = " ".join(
        pypdf.PdfReader(BytesIO(await files.get(row.pdf))).pages[0].extract_text().split()
    )
    told = (await (await api(await approver())).get(f"/members/{term.id}")).json()
    check = (await (await api(await make.learner())).get(f"/verifications/{row.code}")).json()

    assert (row.holder, row.agency, row.kind) == (None, agency.id, "agency")
    assert (row.issued_on, row.expires_on) == (term.decided_on, term.ends_on)
    assert told["certificate"] == row.number
    assert LONG.strip() in text
    assert "has met every requirement of" in text
    assert "Missing Kids Readiness Program" in text
    assert "contact hour" not in text
    assert (check["status"], check["name"]) == ("valid", LONG.strip())


async def test_its_agency_and_the_programs_staff_read_it_and_nobody_else(
    database, api, browser, clock
):
    agency = await made.agency()
    await member(agency)
    row = await Certificate.objects().first()
    path = f"/certificates/{row.number}"

    for reader in (await made.coordinator(agency), await make.staff(Role.REVIEWER)):
        page = await (await browser(reader)).get(path)
        assert page.status_code == 200
        assert "Certificate of readiness" in page.text
        assert "Issue anew" not in page.text
        assert "Revoke certificate" not in page.text
        assert (await (await api(reader)).get(path)).status_code == 200
    for stranger in (await made.coordinator(await made.agency()), await make.learner()):
        assert (await (await browser(stranger)).get(path)).status_code == 404
        assert (await (await api(stranger)).get(path)).status_code == 404
        refused = await (await api(stranger)).post(f"{path}/reissue", json={"reason": "Mine"})
        assert refused.status_code in (403, 404)
    assert await Certificate.count() == 1


async def test_a_revoked_membership_ends_its_certificate(database, clock):
    term = await member()

    await memberships.revoke(await approver(), term.id, reason="The policy was withdrawn.")

    row = await Certificate.objects().first()
    assert (row.status, row.revocation_reason) == ("revoked", "The policy was withdrawn.")


async def test_it_is_issued_anew_with_the_agencys_present_name(database, clock):
    agency = await made.agency(name="Old Name Police Department")
    await member(agency)
    first = await Certificate.objects().first()
    agency.name = "New Name Police Department"
    await agency.save()

    second = await reissue(await make.staff(Role.ADMIN), first.number, reason="It was renamed.")

    assert (second.name, second.agency, second.holder) == (agency.name, agency.id, None)
    assert second.expires_on == first.expires_on == date(2031, 3, 2)


async def test_it_keeps_its_name_when_people_are_erased(database, clock):
    agency = await made.agency(name="Cedar Falls Police Department")
    await member(agency)
    coordinator = await made.coordinator(agency)

    await erase(await make.staff(Role.ADMIN), coordinator.id, reason="Asked for by letter.")

    assert (await Certificate.objects().first()).name == "Cedar Falls Police Department"
    assert (await Account.objects().get(Account.id == coordinator.id)).status == "erased"
