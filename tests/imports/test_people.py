"""People by file: registered by nobody, invited when asked, never overwritten once proved."""

import csv
import io
import os
import re
import resource
import time
from datetime import date, timedelta

import pytest

import make
from accounts.people import try_token
from connect.accounts.sign_in import request_reset, reset_password
from connect.accounts.tables import Account, Address, Affiliation, Invitation
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid
from connect.imports.api import errors_csv
from connect.imports.queries import refused_rows
from connect.imports.tables import Import, ImportKind
from connect.policy import Role
from imports.files import PEOPLE, people, summary, table, taken_in

KIND = ImportKind.PEOPLE


async def taken(actor, work, rows, headings=PEOPLE, **options):
    return await taken_in(actor, work, KIND, table(rows, headings), **options)


async def faults_of(row):
    return {found["row"]: found["faults"] for found in await refused_rows(row.id)}


async def the_account(email):
    return await Account.objects().where(Account.email == email).first()


async def test_1975_rows_with_25_bad_ones_then_corrected_then_again(database, work):
    agency = await make.agency(ori="TX0010000")
    actor = await make.staff(Role.REGISTRAR)
    rows = people(1975, agency="TX0010000")
    bad = list(range(10, 1975, 79))
    for place, n in enumerate(bad):
        column = (0, 1, 2, 3, 5)[place % 5]
        rows[n][column] = ("no address", "", "wizard", "QQ", "Nowhere PD")[place % 5]

    tried = await taken(actor, work, rows, dry_run=True)
    untouched = await Account.count()
    first = await taken(actor, work, rows)
    refused = await refused_rows(first.id)
    corrected = list(csv.reader(io.StringIO(errors_csv(refused))))
    good = people(1975, agency="TX0010000")
    for line, n in zip(corrected[1:], bad, strict=True):
        line[: len(PEOPLE)] = good[n]
    second = await taken(actor, work, corrected[1:], corrected[0])
    third = await taken(actor, work, corrected[1:], corrected[0])

    assert (len(bad), untouched) == (25, 1)
    assert summary(tried) == summary(first) == ("done", 1975, 1950, 0, 25)
    assert [row["row"] for row in refused] == [n + 2 for n in bad]
    names = ["email", "legal_name", "discipline", "state", "agency"]
    assert [list(row["faults"]) for row in refused] == [[names[n % 5]] for n in range(25)]
    assert summary(second) == ("done", 25, 25, 0, 0)
    assert summary(third) == ("done", 25, 0, 25, 0)
    assert await Account.count() == 1976
    assert await Affiliation.count().where(Affiliation.agency == agency.id) == 1975
    assert await AuditEvent.count().where(AuditEvent.act == "account.imported") == 1975
    assert await AuditEvent.count().where(AuditEvent.act == "affiliation.imported") == 1975


async def test_somebody_new_waits_for_the_proof_of_the_address(database, work, mailbox, client):
    actor = await make.staff(Role.REGISTRAR)
    row = [" Ada@Agency.Example ", "Ada  Officer", "Law Enforcement", "tx", "Chief", "", ""]

    await taken(actor, work, [row])
    account = await the_account("ada@agency.example")
    statuses = {
        await try_token(client, email) for email in ("ada@agency.example", "nobody@x.example")
    }

    assert (account.legal_name, account.discipline, account.state) == (
        "Ada Officer",
        "law-enforcement",
        "TX",
    )
    assert (account.status, account.proved_at, account.verified_at) == ("pending_email", None, None)
    assert account.time_zone == "America/New_York"
    assert statuses == {401}
    assert mailbox == []
    assert await Invitation.count() == 0


async def test_a_reset_link_lets_an_imported_person_in(database, work, mailbox, client):
    await taken(await make.staff(Role.REGISTRAR), work, people(1))
    await request_reset("192.0.2.1", "person0@import.example")
    await work()

    await reset_password(mailbox[0].body.split("/reset-password/")[1].split()[0], make.PASSWORD)

    account = await the_account("person0@import.example")
    assert account.status == "active_unverified"
    assert await try_token(client, account.email, make.PASSWORD) == 201


async def test_who_proved_the_address_keeps_what_they_say(database, work):
    actor = await make.staff(Role.REGISTRAR)
    await make.account(email="person0@import.example", legal_name="As I Say", title="", state="IA")
    await make.account(
        email="person1@import.example", proved_at=None, status="pending_email", legal_name="Old"
    )

    done = await taken(actor, work, people(2))
    again = await taken(actor, work, people(2))

    proved = await the_account("person0@import.example")
    assert (proved.legal_name, proved.title, proved.state) == ("As I Say", "Officer", "IA")
    assert proved.password_hash == make.PASSWORD_HASH
    assert (await the_account("person1@import.example")).legal_name == "Invented Person 1"
    assert summary(done) == ("done", 2, 2, 0, 0)
    assert summary(again) == ("done", 2, 0, 2, 0)


async def test_a_proved_further_address_is_its_holders(database, work):
    actor = await make.staff(Role.REGISTRAR)
    holder = await make.account(legal_name="As I Say", title="")
    for number, proved_at in ((0, holder.proved_at), (1, None)):
        await Address(
            account=holder.id, email=f"person{number}@import.example", proved_at=proved_at
        ).save()

    done = await taken(actor, work, people(2))

    assert summary(done) == ("done", 2, 2, 0, 0)
    assert await the_account("person0@import.example") is None
    assert (await the_account(holder.email)).title == "Officer"
    assert (await the_account("person1@import.example")).status == "pending_email"


async def test_agencies_are_named_by_ori_psap_id_or_name(database, work):
    police = await make.agency(ori="TX0010000", name="Alpha PD")
    center = await make.agency(kind="emergency-communications", psap_id="77", name="Beta 911")
    for _ in range(2):
        await make.agency(name="Twice PD")
    await make.agency(name="Elsewhere PD", state="IA")
    names = ["tx001-0000", "77", "Beta 911", "Alpha PD, TX", "Elsewhere PD, IA", "Twice PD", "None"]
    rows = people(len(names))
    for row, name in zip(rows, names, strict=True):
        row[5] = name

    done = await taken(await make.staff(Role.REGISTRAR), work, rows)

    found = await faults_of(done)
    assert (done.taken, list(found)) == (5, [7, 8])
    assert found[7] == {"agency": "Two agencies have this name. Write the ORI or the PSAP ID."}
    assert found[8]["agency"].startswith("No agency is listed so.")
    assert await Affiliation.count().where(Affiliation.agency == police.id) == 2
    assert await Affiliation.count().where(Affiliation.agency == center.id) == 2


async def test_the_days_of_work_are_respected_and_nobody_works_for_three(database, work, clock):
    one, two, three = [await make.agency(ori=f"TX000000{n}") for n in range(3)]
    person = await make.account(email="person0@import.example")
    await Affiliation(account=person.id, agency=one.id, since=date(2020, 1, 1)).save()
    headings = [*PEOPLE, "since"]
    row = people(1, agency="TX0000001")[0]
    third = [*row[:5], "TX0000002", "patrol", "2021-01-01"]

    done = await taken(
        await make.staff(Role.REGISTRAR),
        work,
        [[*row, "2024-05-06"], third, [*row[:5], "TX0000000", "", "2027-01-01"]],
        headings,
    )

    assert (await faults_of(done)) == {
        3: {"agency": "This person works for two agencies already. End one first."},
        4: {"since": "Choose a day that is not in the future."},
    }
    rows = await Affiliation.select().order_by(Affiliation.since)
    assert [(r["agency"], r["since"], r["is_primary"]) for r in rows] == [
        (one.id, date(2020, 1, 1), True),
        (two.id, date(2024, 5, 6), False),
    ]
    assert three.id not in {r["agency"] for r in rows}


async def test_the_same_address_twice_in_a_file(database, work):
    rows = [*people(2), people(1)[0], people(1)[0]]
    rows[3][1] = "Another Name"

    done = await taken(await make.staff(Role.REGISTRAR), work, rows)

    assert summary(done) == ("done", 4, 2, 1, 1)
    assert await faults_of(done) == {
        5: {"email": "The same address stands in row 2 with other facts."}
    }


@pytest.mark.parametrize("status", ["suspended", "closed", "merged"])
async def test_an_account_that_may_not_be_used_is_left_alone(database, work, status):
    await make.account(email="person0@import.example", status=status)

    done = await taken(await make.staff(Role.REGISTRAR), work, people(1))

    assert await faults_of(done) == {
        2: {"email": f"The account with this address is {status}. Leave the row out."}
    }


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        (0, "a@b.example\nBcc: c@d.example", "email"),
        (0, "", "email"),
        (1, "A\x07B", "legal_name"),
        (1, "=HYPERLINK(1)", "legal_name"),
        (1, "x" * 121, "legal_name"),
        (1, "A\u202eB", "legal_name"),
        (2, "", "discipline"),
        (2, "wizard", "discipline"),
        (3, "Texas", "state"),
        (4, "Chief\nBcc: x", "title"),
        (6, "boss", "category"),
        (6, "patrol", "category"),
    ],
)
async def test_a_bad_row_is_refused_by_the_rules_of_registering(
    database, work, column, value, field
):
    rows = people(1)
    rows[0][column] = value

    done = await taken(await make.staff(Role.REGISTRAR), work, rows)

    assert (done.taken, done.refused) == (0, 1)
    assert list((await faults_of(done))[2]) == [field]


async def test_an_invitation_goes_to_each_person_who_is_new_and_only_when_asked(
    database, work, mailbox
):
    agency = await make.agency(ori="TX0010000")
    await make.account(email="person0@import.example")
    rows = people(3, agency="TX0010000")

    tried = await taken(await make.staff(Role.REGISTRAR), work, rows, invite=True, dry_run=True)
    before = len(mailbox)
    await taken(await make.staff(Role.REGISTRAR), work, rows, invite=True)

    assert (tried.taken, before) == (3, 0)
    assert sorted(mail.to for mail in mailbox) == [
        "person1@import.example",
        "person2@import.example",
    ]
    assert agency.name in mailbox[0].subject
    assert "/invitations/" in mailbox[0].body


async def test_an_imported_person_is_let_in_by_the_invitation(database, work, mailbox, client):
    agency = await make.agency(ori="TX0010000")
    rows = people(1, agency="TX0010000")
    await taken(await make.staff(Role.REGISTRAR), work, rows, invite=True)
    path = re.search(r"/invitations/\S+", mailbox[0].body)[0]
    same_site = {"Sec-Fetch-Site": "same-origin"}

    form = await client.post(path, headers=same_site)
    asked = {
        "act": "register",
        "password": make.PASSWORD,
        "legal_name": "Invented Person",
        "discipline": "law-enforcement",
        "state": "TX",
        "time_zone": "America/Chicago",
        "adult": "true",
    }
    done = await client.post(path, data=asked, headers=same_site)

    assert 'value="Invented Person 0"' in form.text
    assert done.status_code == 303
    account = await the_account("person0@import.example")
    assert (account.legal_name, account.status) == ("Invented Person", "active_verified")
    (work_there,) = await Affiliation.objects()
    assert (work_there.agency, work_there.category) == (agency.id, "patrol")


async def test_a_file_verifies_nobody(database, work, clock):
    await make.agency(ori="TX0010000")

    await taken(await make.staff(Role.REGISTRAR), work, people(5, agency="TX0010000"))
    clock.move(timedelta(days=1))

    assert await Account.count().where(Account.verified_at.is_not_null()) == 0


async def test_only_registrars_and_administrators_bring_people(database, work):
    agency = await make.agency()
    coordinator = (await make.learner()).__class__
    somebody = await make.account()
    actor = coordinator(account_id=somebody.id, roles=frozenset({(Role.COORDINATOR, agency.id)}))

    for wrong in (actor, await make.staff(Role.ANALYST), await make.learner()):
        with pytest.raises(Forbidden):
            await taken(wrong, work, people(1))

    assert await Import.count() == 0


async def test_what_a_file_of_people_needs_is_said(database, work):
    with pytest.raises(Invalid) as refusal:
        await taken(await make.staff(Role.REGISTRAR), work, [["x"]], ["Name"])

    assert refusal.value.errors == {"columns": "Say which column holds the email."}


async def test_the_number_of_queries_does_not_grow_with_the_rows(database, work, queries):
    await make.agency(ori="TX0010000")
    actor = await make.staff(Role.REGISTRAR)
    seen = []
    for many in (1, 3):
        queries.clear()
        await taken(actor, work, people(many, first=many * 10, agency="TX0010000"))
        seen.append(len(queries))

    assert seen[0] == seen[1]


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_100000_people_come_in_within_two_minutes_and_little_memory(database, work):
    agencies = [await make.agency(ori=f"TX{n:05}00") for n in range(20)]
    rows = [people(1, first=n, agency=f"TX{n % 20:05}00")[0] for n in range(100_000)]
    data = table(rows, PEOPLE)
    del rows
    actor = await make.staff(Role.REGISTRAR)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, began_cpu = time.perf_counter(), time.process_time()

    first = await taken_in(actor, work, KIND, data)
    seconds = time.perf_counter() - began
    if os.getloadavg()[0] > 2 * (os.cpu_count() or 1):  # the clock would tell of the others
        seconds = time.process_time() - began_cpu
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    again = await taken_in(actor, work, KIND, data)

    print(f"{first.rows:,} people in {seconds:.1f} s, {grown / 1024:.0f} MB more")
    assert summary(first) == ("done", 100_000, 100_000, 0, 0)
    assert summary(again) == ("done", 100_000, 0, 100_000, 0)
    assert await Affiliation.count().where(Affiliation.agency == agencies[0].id) == 5000
    assert seconds < 120
    assert grown < 150_000  # KB
