"""The list of an agency's people: what it says, what it keeps to itself, who may see it."""

import csv
import io
import random
from datetime import date, timedelta
from uuid import uuid4

import pytest

import make
from agencies import made
from connect.accounts.tables import Account, Affiliation
from connect.clock import today
from connect.merges.actions import merge_agencies
from connect.policy import Role
from connect.rosters.queries import Filters, people, required_courses
from connect.rosters.rules import State
from rosters.staffed import account_of, completed, course, requires, works

PAST = date(2020, 5, 1)


async def names(agency, **filters):
    return [person.name for person in await people(agency.id, Filters(**filters))]


async def test_a_coordinator_sees_what_each_still_needs(database, api, clock):
    agency = await made.agency()
    first, second = await course("first", "First response"), await course("second", "Taking calls")
    await requires(agency, first, valid_months=12)
    await requires(agency, second, category="telecommunicator")
    ada = await works(agency, name="Ada A", title="Dispatcher", category="telecommunicator")
    ben = await works(agency, name="Ben B", is_supervisor=True, category="patrol")
    done = await completed(ada, first, date(2025, 3, 20))
    await completed(ben, second, PAST)  # not asked of him: it does not show
    program = await api(await made.coordinator(agency))

    answer = await program.get(f"/agencies/{agency.id}/people")

    assert answer.status_code == 200
    assert answer.json() == {
        "items": [
            {
                "id": str(ada.id),
                "name": "Ada A",
                "title": "Dispatcher",
                "category": "telecommunicator",
                "is_supervisor": False,
                "since": "2024-01-01",
                "until": None,
                "consented": True,
                "state": "missing",
                "courses": [
                    {
                        "course": "first",
                        "state": "expiring",
                        "completed_on": "2025-03-20",
                        "certificate": done.number,
                        "expires_on": "2026-03-20",
                        "by_hand": False,
                    },
                    {
                        "course": "second",
                        "state": "missing",
                        "completed_on": None,
                        "certificate": None,
                        "expires_on": None,
                        "by_hand": False,
                    },
                ],
            },
            {
                "id": str(ben.id),
                "name": "Ben B",
                "title": "",
                "category": "patrol",
                "is_supervisor": True,
                "since": "2024-01-01",
                "until": None,
                "consented": True,
                "state": "missing",
                "courses": [
                    {
                        "course": "first",
                        "state": "missing",
                        "completed_on": None,
                        "certificate": None,
                        "expires_on": None,
                        "by_hand": False,
                    }
                ],
            },
        ],
        "next": None,
    }


async def views_of(program, agency):
    """Every answer of the API about an agency's people, with each filter."""
    states = ["", "missing", "expiring", "complete", "unknown"]
    path = f"/agencies/{agency.id}/people"
    return [
        (await program.get(address, params={"state": state, "course": slug})).text
        for address in (path, f"{path}.csv")
        for state in states
        for slug in ("", "first")
    ]


async def test_who_did_not_consent_looks_the_same_whatever_they_completed(database, api, clock):
    agency = await made.agency()
    first, other = await course("first"), await course("other")
    await requires(agency, first, valid_months=12)
    silent = await works(agency, name="Sam Silent", consented=False)
    program = await api(await made.coordinator(agency))

    before = await views_of(program, agency)
    await completed(silent, first, today() - timedelta(days=300), number="C-2025-SECRET")
    await completed(silent, other, today(), number="C-2026-SECRET")
    after = await views_of(program, agency)

    assert after == before
    assert sum("Sam Silent" in text for text in after) == 2 * 2 * 2  # all, and unknown
    assert sum('"unknown"' in text for text in after) == 4


async def test_consent_shows_required_courses_and_never_others(database, api):
    agency, elsewhere = await made.agency(), await made.agency()
    first, other = await course("first"), await course("other")
    await requires(agency, first)
    await requires(elsewhere, other)  # another agency's requirement opens nothing here
    ada = await works(agency, name="Ada A")
    await completed(ada, first, PAST, number="C-2020-SHOWN")
    await completed(ada, other, PAST, number="C-2020-HIDDEN")
    program = await api(await made.coordinator(agency))

    shown = "".join(await views_of(program, agency))

    assert "C-2020-SHOWN" in shown
    assert "C-2020-HIDDEN" not in shown
    assert "other" not in shown


async def test_who_withdraws_consent_is_not_shared_any_more(database):
    agency, first = await made.agency(), await course("first")
    await requires(agency, first)
    ada = await works(agency)
    await completed(ada, first, PAST)
    (before,) = await people(agency.id, Filters())

    await Affiliation.update({Affiliation.consented_at: None}).where(Affiliation.id == ada.id)

    (after,) = await people(agency.id, Filters())
    assert (before.state, after.state) == (State.COMPLETE, State.UNKNOWN)
    assert after.courses[0].completed_on is None


async def test_what_somebody_completed_after_leaving_is_their_own(database):
    agency, first = await made.agency(), await course("first")
    await requires(agency, first)
    left = await works(agency, until=date(2025, 6, 30))
    await completed(left, first, date(2025, 7, 1))

    (seen,) = await people(agency.id, Filters(include_former=True))

    assert seen.state == State.MISSING
    assert await names(agency) == []
    assert await names(agency, include_former=True, state="complete") == []
    await completed(left, first, date(2025, 6, 30))
    assert await names(agency, include_former=True, state="complete") == [seen.name]


async def test_a_revoked_certificate_meets_nothing(database):
    agency, first = await made.agency(), await course("first")
    await requires(agency, first)
    await completed(await works(agency), first, PAST, status="revoked")

    (seen,) = await people(agency.id, Filters())

    assert (seen.state, seen.courses[0].certificate) == (State.MISSING, None)
    assert await names(agency, state="complete") == []


async def test_filters_find_exactly_those_of_whom_the_rule_says_so(database):
    chance = random.Random(7)
    agency = await made.agency()
    versions = [await course(f"c{n}") for n in range(3)]
    await requires(agency, versions[0])
    await requires(agency, versions[1], category="patrol", valid_months=12)
    await requires(agency, versions[2], valid_months=6)
    for _ in range(60):
        row = await works(
            agency,
            consented=chance.random() < 0.8,
            category=chance.choice([None, "patrol", "support"]),
            until=chance.choice([None, None, today() - timedelta(days=40)]),
        )
        for version in versions:
            for _ in range(chance.choice([0, 1, 1, 2])):
                await completed(row, version, today() - timedelta(days=chance.randrange(500)))
    everybody = await people(agency.id, Filters(include_former=True))

    assert len({p.state for p in everybody}) == 4
    for state in State:
        found = await people(agency.id, Filters(include_former=True, state=state))
        assert found == [p for p in everybody if p.state == state]
        for slug in ("c0", "c1", "c2"):
            of_one = await people(agency.id, Filters(include_former=True, state=state, course=slug))
            expected = [
                p
                for p in everybody
                for s in p.courses
                if s.required.slug == slug and s.state == state
            ]
            assert of_one == expected
        now = await people(agency.id, Filters(state=state, category="patrol"))
        assert now == [
            p for p in everybody if p.state == state and p.category == "patrol" and p.until is None
        ]


async def test_people_come_by_name_in_pages(database, api):
    agency = await made.agency()
    for name in ("bob b", "Ada A", "Cy C", "ada a", "Dora 100% D"):
        await works(agency, name=name)
    await works(await made.agency(), name="Ada Elsewhere")
    program = await api(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/people"

    seen, after = [], ""
    while after is not None:
        page = (await program.get(path, params={"limit": 2, "after": after})).json()
        seen += [item["name"] for item in page["items"]]
        after = page["next"]

    assert [name.lower() for name in seen] == ["ada a", "ada a", "bob b", "cy c", "dora 100% d"]
    found = (await program.get(path, params={"q": "ADA"})).json()["items"]
    assert {item["name"] for item in found} == {"Ada A", "ada a"}
    assert (await program.get(path, params={"q": "%"})).json()["items"] != []
    assert (await program.get(path, params={"q": "nobody"})).json()["items"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "expired"},
        {"category": "chief"},
        {"course": "not-required"},
        {"after": "forged"},
        {"limit": "101"},
        {"include_former": "perhaps"},
    ],
)
async def test_a_filter_that_is_none_is_refused(database, api, asked):
    agency = await made.agency()
    program = await api(await made.coordinator(agency))

    answer = await program.get(f"/agencies/{agency.id}/people", params=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(asked)


@pytest.mark.parametrize("rows", [1, 3])
async def test_the_list_costs_the_same_whatever_its_length(database, api, queries, rows):
    agency = await made.agency()
    for n in range(rows):
        version = await course(f"c{n}")
        await requires(agency, version)
        await completed(await works(agency), version, PAST)
    program = await api(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/people"

    async def cost(address, **params):
        queries.clear()
        answer = await program.get(address, params=params)
        assert answer.status_code == 200
        return len(queries)

    # Who asks, the agency, its family, the courses, the people, what they completed.
    assert await cost(path) == 6
    assert await cost(path, state="complete", course="c0") == 6
    assert await cost(f"{path}.csv") == 7


@pytest.mark.parametrize(
    ("who", "status"), [("visitor", 401), ("learner", 404), ("stranger", 404), ("analyst", 404)]
)
async def test_people_are_not_found_by_strangers(database, api, client, who, status):
    ours, theirs = await made.agency(), await made.agency()
    await works(ours)
    actor = {
        "visitor": None,
        "learner": await make.learner(),
        "stranger": await made.coordinator(theirs),
        "analyst": await make.staff(Role.ANALYST),
    }[who]
    program, prefix = (await api(actor), "") if actor else (client, "/api/v1")
    path = f"{prefix}/agencies/{ours.id}"

    answers = [
        await program.get(f"{path}/{what}")
        for what in ("people", "people.csv", "certificates.zip", "required-courses")
    ]

    assert [answer.status_code for answer in answers] == [status] * 4
    nowhere = await program.get(f"{prefix}/agencies/{uuid4()}/people")
    assert nowhere.status_code == status


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.AUDITOR, Role.ADMIN])
async def test_staff_see_the_people_of_every_agency(database, api, role):
    agency = await made.agency()
    await works(agency, name="Ada A")
    program = await api(await make.staff(role))

    answer = await program.get(f"/agencies/{agency.id}/people")

    assert [item["name"] for item in answer.json()["items"]] == ["Ada A"]


async def test_people_of_a_merged_agency_are_the_kept_ones(database, api):
    kept, dropped = await made.agency(), await made.agency()
    await works(kept, name="Ada A")
    await works(dropped, name="Ben B")
    moved = await api(await made.coordinator(dropped))
    stays = await api(await made.coordinator(kept))
    await merge_agencies(await make.staff(Role.REGISTRAR), kept.id, dropped.id)

    for agency in (kept, dropped):
        for coordinator in (stays, moved):  # whose role follows the people
            found = (await coordinator.get(f"/agencies/{agency.id}/people")).json()["items"]
            assert [item["name"] for item in found] == ["Ada A", "Ben B"]


async def test_the_csv_is_no_spreadsheet_formula(database, api, clock):
    agency, first = await made.agency(), await course("first")
    await requires(agency, first, valid_months=24)
    ada = await works(agency, name='=HYPERLINK("x")', title="@chief", category="patrol")
    done = await completed(ada, first, date(2026, 1, 31))
    await works(agency, name="Zed Z", consented=False, until=date(2026, 12, 31))
    program = await api(await made.coordinator(agency))

    answer = await program.get(f"/agencies/{agency.id}/people.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    facts = ["name", "title", "category", "supervisor", "since", "until", "shared", "state"]
    course_facts = ["state", "completed_on", "certificate", "expires_on"]
    of_first = ["complete", "2026-01-31", done.number, "2028-01-31"]
    formula = '\'=HYPERLINK("x")'
    assert rows == [
        [*facts, *(f"first {name}" for name in course_facts)],
        [formula, "'@chief", "patrol", "no", "2024-01-01", "", "yes", "complete", *of_first],
        ["Zed Z", "", "", "no", "2024-01-01", "2026-12-31", "no", "unknown", "unknown", "", "", ""],
    ]


@pytest.mark.parametrize("status", ["closed", "erased"])
async def test_an_account_that_is_closed_is_among_those_who_left(database, status):
    agency = await made.agency()
    gone = await account_of(await works(agency, name="Gone G"))
    await Account.update({Account.status: status}).where(Account.id == gone.id)

    assert await names(agency) == []
    assert await names(agency, include_former=True) == ["Gone G"]
    assert await required_courses(agency.id) == []


async def test_an_account_that_was_merged_away_is_not_there_twice(database):
    agency = await made.agency()
    gone = await account_of(await works(agency, name="Gone G"))
    await Account.update({Account.status: "merged"}).where(Account.id == gone.id)

    assert await names(agency, include_former=True) == []


async def test_no_filter_asks_for_a_state_of_nothing(database):
    agency = await made.agency()
    await works(agency, name="Ada A")
    await works(agency, name="Sam S", consented=False)

    assert await names(agency, state="complete") == ["Ada A"]
    assert await names(agency, state="missing") == []
    assert await names(agency, state="unknown") == ["Sam S"]
