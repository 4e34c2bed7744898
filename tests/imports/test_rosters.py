"""Rosters by file: of one's own agency, nobody ended in silence, nobody verified."""

from datetime import date

import pytest

import make
from connect.accounts.tables import Account, Address, Affiliation, Invitation, RoleGrant
from connect.errors import Forbidden, Invalid, NotFound
from connect.imports.queries import import_by_id, imports, refused_rows
from connect.imports.tables import Import, ImportKind
from connect.policy import Actor, Role
from imports.files import summary, table, taken_in

HEADINGS = ["email", "legal_name", "title", "category", "supervisor", "since", "until"]


async def taken(actor, work, rows, headings=HEADINGS, **options):
    return await taken_in(actor, work, ImportKind.ROSTER, table(rows, headings), **options)


async def coordinator(agency):
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=agency.id).save()
    return Actor(account_id=account.id, roles=frozenset({(Role.COORDINATOR, agency.id)}))


def row(name, *rest):
    return [f"{name}@pd.example", name.title(), *rest, *[""] * (5 - len(rest))]


async def works():
    rows = await Affiliation.select(
        Affiliation.account.email.as_alias("email"),
        Affiliation.title,
        Affiliation.category,
        Affiliation.is_supervisor,
        Affiliation.since,
        Affiliation.until,
    )
    return {r["email"].partition("@")[0]: tuple(r.values())[1:] for r in rows}


@pytest.fixture
async def agency(database):
    return await make.agency(name="Cedar Falls PD", state="IA", ori="IA0070100")


async def test_a_coordinator_brings_the_own_roster(agency, work, mailbox, clock):
    rows = [row("ada", "Chief", "executive", "yes", "2020-01-02"), row("bo"), row("no address")]

    done = await taken(await coordinator(agency), work, rows, agency_id=agency.id)
    again = await taken(await coordinator(agency), work, rows, agency_id=agency.id)

    assert summary(done) == ("done", 3, 2, 0, 1)
    assert summary(again) == ("done", 3, 0, 2, 1)
    assert await works() == {
        "ada": ("Chief", "executive", True, date(2020, 1, 2), None),
        "bo": ("", None, False, date(2026, 3, 2), None),
    }
    ada = await Account.objects().where(Account.email == "ada@pd.example").first()
    assert (ada.status, ada.discipline, ada.state) == ("pending_email", "law-enforcement", "IA")
    assert (ada.verified_at, mailbox) == (None, [])


async def test_a_row_changes_or_ends_and_the_others_are_counted(agency, work, clock):
    actor = await make.staff(Role.REGISTRAR)
    people = [row(name, "Officer", "patrol", "no", "2020-01-02") for name in ("ada", "bo", "cy")]
    await taken(actor, work, people, agency_id=agency.id)
    changes = [
        row("ada", "Sergeant", "", "yes"),
        row("bo", "", "", "", "", "2026-02-28"),
        row("dee", "", "", "", "", "2026-02-28"),
    ]

    tried = await taken(actor, work, changes, agency_id=agency.id, dry_run=True)
    done = await taken(actor, work, changes, agency_id=agency.id)
    again = await taken(actor, work, changes[:2], agency_id=agency.id)

    assert summary(tried) == summary(done) == ("done", 3, 2, 0, 1)
    assert (tried.left_alone, done.left_alone, again.left_alone) == (1, 1, 1)
    assert summary(again) == ("done", 2, 0, 2, 0)
    assert await works() == {
        "ada": ("Sergeant", "patrol", True, date(2020, 1, 2), None),
        "bo": ("Officer", "patrol", False, date(2020, 1, 2), date(2026, 2, 28)),
        "cy": ("Officer", "patrol", False, date(2020, 1, 2), None),
    }
    (refused,) = await refused_rows(done.id)
    assert refused["faults"] == {
        "until": "This person does not work there. Say since when, or leave it out."
    }


async def test_who_stands_in_a_file_under_a_further_address_is_not_left_alone(agency, work, clock):
    known = await make.account(email="ada@home.example")
    for email in ("ada@pd.example", "ada@old.example"):
        await Address(account=known.id, email=email, proved_at=clock.now).save()
    actor = await coordinator(agency)

    await taken(actor, work, [row("ada"), row("bo")], agency_id=agency.id)
    done = await taken(actor, work, [row("ada", "Chief")], agency_id=agency.id)

    assert (done.taken, done.left_alone) == (1, 1)


async def test_an_account_that_is_there_is_not_touched(agency, work, clock):
    known = await make.account(email="ada@pd.example", legal_name="As I Say", title="")

    done = await taken(await coordinator(agency), work, [row("ada", "Chief")], agency_id=agency.id)

    account = await Account.objects().where(Account.id == known.id).first()
    assert summary(done) == ("done", 1, 1, 0, 0)
    assert (account.legal_name, account.title, account.verified_at) == ("As I Say", "", None)
    (work_there,) = await Affiliation.objects()
    assert (work_there.title, work_there.consented_at) == ("Chief", None)


async def test_work_there_that_ended_before_can_begin_again(agency, work, clock):
    actor = await make.staff(Role.REGISTRAR)
    earlier = row("ada", "", "", "", "2019-01-01", "2020-12-31")
    await taken(actor, work, [earlier], agency_id=agency.id)

    overlapping = await taken(
        actor, work, [row("ada", "", "", "", "2020-06-01")], agency_id=agency.id
    )
    later = await taken(actor, work, [row("ada", "", "", "", "2025-06-01")], agency_id=agency.id)
    same = await taken(actor, work, [earlier], agency_id=agency.id)

    assert (overlapping.refused, later.taken, same.unchanged) == (1, 1, 1)
    assert sorted(r["since"] for r in await Affiliation.select()) == [
        date(2019, 1, 1),
        date(2025, 6, 1),
    ]


async def test_a_column_may_say_the_agency(agency, work, clock):
    other = await make.agency(name="Other PD", state="TX")
    headings = [*HEADINGS, "agency"]
    rows = [[*row("ada"), "IA0070100"], [*row("bo"), "Other PD, TX"], [*row("cy"), ""]]
    registrar = await make.staff(Role.REGISTRAR)

    done = await taken(registrar, work, rows, headings)
    own = await taken(await coordinator(agency), work, rows, headings, agency_id=agency.id)

    assert (done.taken, done.refused, done.left_alone) == (2, 1, None)
    assert (own.taken, own.unchanged, own.refused, own.left_alone) == (1, 1, 1, 0)
    (refused,) = await refused_rows(own.id)
    assert refused["faults"] == {"agency": "This file is the roster of another agency."}
    assert await Affiliation.count().where(Affiliation.agency == other.id) == 1


async def test_no_coordinator_brings_the_roster_of_another_agency(agency, work):
    stranger = await coordinator(await make.agency())

    with pytest.raises(NotFound):
        await taken(stranger, work, [row("ada")], agency_id=agency.id)
    with pytest.raises(Invalid) as refusal:
        await taken(stranger, work, [row("ada")])
    with pytest.raises(Forbidden):
        await taken(await make.learner(), work, [row("ada")], agency_id=agency.id)

    assert list(refusal.value.errors) == ["agency_id"]
    assert await Import.count() == 0


async def test_a_coordinator_sees_the_own_imports_of_the_own_agency_only(agency, work):
    one, another = await coordinator(agency), await coordinator(agency)
    registrar = await make.staff(Role.REGISTRAR)
    own = await taken(one, work, [row("ada")], agency_id=agency.id)
    by_registrar = await taken(registrar, work, [row("bo")], agency_id=agency.id)

    assert (await import_by_id(one, own.id)).id == own.id
    for actor, found in ((one, by_registrar), (another, own)):
        with pytest.raises(NotFound):
            await import_by_id(actor, found.id)
    assert [r.id for r in await imports(one, limit=9)] == [own.id]
    assert len(await imports(registrar, limit=9)) == 2


async def test_new_people_of_a_roster_can_be_invited(agency, work, mailbox):
    await make.account(email="bo@pd.example")

    await taken(
        await coordinator(agency), work, [row("ada"), row("bo")], agency_id=agency.id, invite=True
    )

    assert [mail.to for mail in mailbox] == ["ada@pd.example"]
    (invitation,) = await Invitation.objects()
    assert invitation.agency == agency.id


async def test_by_page_and_api_a_coordinator_has_rosters_only(agency, browser, api, work):
    actor = await coordinator(agency)
    person, program = await browser(actor), await api(actor)
    file = ("r.csv", table([row("ada")], HEADINGS), "text/csv")

    shown = await person.get("/admin/imports")
    by_page = await person.post(
        "/admin/imports",
        data={"csrf": person.csrf, "kind": "roster", "agency_id": str(agency.id)},
        files={"file": file},
    )
    by_api = await program.post(
        "/imports", data={"kind": "roster", "agency_id": str(agency.id)}, files={"file": file}
    )
    await work()
    told = (await program.get(f"/imports/{by_api.json()['id']}")).json()
    refused = [
        await program.post("/imports", data={"kind": "people"}, files={"file": file}),
        await program.post("/imports", data={"kind": "attendance"}, files={"file": file}),
        await program.post(
            "/imports", data={"kind": "roster", "agency_id": "x"}, files={"file": file}
        ),
    ]

    assert "A table of the people of Cedar Falls PD" in shown.text
    assert "kind=people" not in shown.text
    assert (by_page.status_code, by_api.status_code) == (303, 202)
    assert (await person.get(by_page.headers["location"])).text.count("Trial run") == 1
    assert (told["taken"], told["left_alone"], told["agency"]) == (1, 0, str(agency.id))
    assert [answer.status_code for answer in refused] == [403, 422, 422]
    assert "cannot be imported yet" in refused[1].json()["errors"][0]["message"]
