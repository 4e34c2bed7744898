"""An agency's roster over JSON: kept, judged live, and nobody else's."""

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest

import make
from agencies import made
from connect.audit import AuditEvent
from connect.clock import today
from connect.readiness.coverage import coverage_of, rostered
from connect.readiness.criteria import requirement_sets
from connect.readiness.tables import RosterLine
from rosters.staffed import account_of, completed, elsewhere, works

LEA = requirement_sets()["law-enforcement/2026.1"]
ECC = requirement_sets()["emergency-communications/2026.1"]


async def coded(code):
    """A published course with this code."""
    return await make.course(make.content(slug=code.lower(), code=code))


async def center():
    """A 911 center, and the course that all who handle calls need."""
    return await made.agency(kind="emergency-communications", ori=None), await coded("TCME-101")


def line(affiliation, category="telecommunicator", **more):
    return {"account_id": str(affiliation.account), "category": category, **more}


async def test_four_in_field_training_are_exempt_until_their_last_day(database, api, clock):
    agency, version = await center()
    trained = [await works(agency, name=f"Trained T{n}") for n in range(24)]
    fresh = [await works(agency, name=f"Fresh F{n}") for n in range(4)]
    for person in trained:
        await completed(person, version, date(2025, 6, 1))
    program = await api(await made.coordinator(agency))
    wait = {"exemption": {"kind": "field_training", "until": "2026-06-30"}}
    people = [*map(line, trained), *(line(person, **wait) for person in fresh)]
    path = f"/agencies/{agency.id}/roster"

    answer = await program.put(path, json={"people": people})
    later = await coverage_of(agency.id, ECC, date(2026, 7, 1))

    assert answer.status_code == 200
    assert answer.json()["coverage"] == {
        "telecommunicator": {
            "satisfied": 24,
            "required": 24,
            "exempt": 4,
            "percent": 100.0,
            "missing": [],
            "exempted": [f"Fresh F{n}" for n in range(4)],
            "unverified": [],
        }
    }
    assert (await program.get(path)).json() == answer.json()
    calls = next(criterion for criterion in later if criterion.rule == "call-handling")
    assert (calls.satisfied, calls.required, calls.percent, calls.met) == (24, 28, 85.7, False)
    assert calls.missing == [f"Fresh F{n}" for n in range(4)]


async def test_typed_names_and_who_does_not_share_are_missing_by_name(database, api, clock):
    agency, version = await center()
    silent = await works(agency, name="Silent S", consented=False)
    await completed(silent, version, date(2025, 6, 1))
    program = await api(await made.coordinator(agency))
    people = [line(silent), {"name": "Typed  T", "category": "telecommunicator"}]

    answer = await program.put(f"/agencies/{agency.id}/roster", json={"people": people})

    body = answer.json()
    assert body["coverage"]["telecommunicator"]["missing"] == ["Silent S", "Typed T"]
    assert body["coverage"]["telecommunicator"]["unverified"] == ["Silent S", "Typed T"]
    assert [row["state"] for row in body["people"]] == ["unverified", "unmatched"]


async def test_a_roster_that_is_put_ends_begins_and_keeps_lines(database, api, clock):
    agency, _ = await center()
    ada, ben, cat = [await works(agency, name=name) for name in ("Ada A", "Ben B", "Cat C")]
    coordinator = await made.coordinator(agency)
    program = await api(coordinator)
    path = f"/agencies/{agency.id}/roster"
    first = (await program.put(path, json={"people": [line(ada), line(ben)]})).json()

    clock.move(timedelta(days=3))
    program = await api(coordinator)
    hired = line(ada, hired_on="2026-02-20")
    second = (await program.put(path, json={"people": [hired, line(cat)]})).json()

    rows = {row.account: row for row in await RosterLine.objects()}
    assert [row["name"] for row in second["people"]] == ["Ada A", "Cat C"]
    assert second["people"][0]["id"] == first["people"][0]["id"]
    assert second["people"][0]["state"] == "exempt"  # by itself, for 180 days
    assert rows[ben.account].until == today() - timedelta(days=1)
    acts = {row["act"] for row in await AuditEvent.select(AuditEvent.act)}
    assert acts >= {"roster.begun", "roster.ended", "roster.changed", "agency.roster_kept"}


async def test_every_bad_line_is_told_at_once_and_nothing_is_kept(database, api, clock):
    agency, _ = await center()
    stranger = await works(await made.agency(), name="Stranger S")
    ada = await works(agency, name="Ada A")
    program = await api(await made.coordinator(agency))
    people = [
        line(ada),
        line(stranger),
        {"account_id": str(uuid4()), "category": "patrol"},
        {"category": "patrol"},
        line(ada),
        {"name": "Typed", "category": "patrol", "hired_on": "2030-01-01"},
    ]

    answer = await program.put(f"/agencies/{agency.id}/roster", json={"people": people})

    assert answer.status_code == 422
    errors = {row["field"]: row["message"] for row in answer.json()["errors"]}
    assert errors.keys() == {
        "people.1.account_id",
        "people.2.account_id",
        "people.3.name",
        "people.4.category",
        "people.5.hired_on",
    }
    assert errors["people.1.account_id"] == errors["people.2.account_id"]  # tells of nobody
    assert await RosterLine.count() == 0


async def test_a_roster_is_not_found_by_another_agency_and_not_kept_by_a_learner(database, api):
    agency, _ = await center()
    path = f"/agencies/{agency.id}/roster"
    other = await api(await made.coordinator(await made.agency()))
    learner = await api(make.actor_of(await account_of(await works(agency))))

    assert (await other.get(path)).status_code == 404
    assert (await other.put(path, json={"people": []})).status_code == 404
    assert (await learner.get(path)).status_code == 404
    assert (await learner.put(path, json={"people": []})).status_code == 403


async def test_a_completion_counts_up_to_its_age_and_a_revoked_one_never(database, clock):
    agency = await made.agency()
    seminar = await coded("CEO-BRIEF")
    chief = await works(agency, name="Chief C")
    await completed(chief, seminar, date(2021, 3, 2))
    await RosterLine(
        agency=agency.id,
        account=chief.account,
        category="executive",
        since=date(2024, 1, 1),
        made_by=chief.account,
    ).save()

    async def satisfied(day):
        found = await coverage_of(agency.id, LEA, day)
        return next(c.satisfied for c in found if c.rule == "executive")

    assert await satisfied(date(2026, 3, 1)) == 1
    assert await satisfied(date(2026, 3, 2)) == 0
    assert await satisfied(date(2023, 12, 31)) == 0  # not on the roster then

    await completed(chief, seminar, date(2026, 1, 5), status="revoked")
    assert await satisfied(date(2026, 3, 2)) == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_coverage_equals_brute_force_over_random_rosters(database, clock, seed):
    dice = random.Random(seed)
    agency, day = await made.agency(), date(2026, 3, 1)
    codes = ["MECINTRO", "MECPAT", "MECSUP", "MECCID", "CEOMEC", "CEO-BRIEF"]
    versions = {code: await coded(code) for code in codes}
    lines, done, sharing = [], {}, {}
    for n in range(14):
        person = await works(agency, name=f"Person {n:02}", consented=dice.random() < 0.8)
        sharing[person.account] = person.consented_at is not None
        for code in dice.sample(codes, dice.randint(0, 6)):
            when = dice.choice([date(2019, 5, 1), date(2024, 5, 1), date(2026, 5, 1)])
            if dice.random() < 0.3:
                await elsewhere(person.account, versions[code].course, when)
            else:
                await completed(person, versions[code], when)
            done.setdefault(person.account, []).append((code, when))
        cats = ["patrol", "supervisor", "investigator", "executive", "support"]
        for category in dice.sample(cats, dice.randint(0, 3)):
            facts = {
                "since": dice.choice([date(2025, 1, 1), date(2026, 3, 2)]),
                "until": dice.choice([None, None, date(2026, 2, 1), date(2026, 3, 1)]),
                "hired_on": dice.choice([None, None, date(2026, 1, 1)]),
                "exemption": None,
                "exempt_until": None,
            }
            if dice.random() < 0.3:
                facts |= {
                    "exemption": "leave",
                    "exempt_until": dice.choice([date(2026, 2, 28), day]),
                }
            lines.append((person.account, f"Person {n:02}", category, facts))
            await RosterLine(
                agency=agency.id,
                account=person.account,
                category=category,
                made_by=person.account,
                **facts,
            ).save()

    found = await coverage_of(agency.id, LEA, day)

    for rule, criterion in zip(LEA.training, found, strict=True):
        state = {}
        for account, name, category, facts in lines:
            is_over = facts["until"] is not None and facts["until"] < day
            if category not in rule.categories or facts["since"] > day or is_over:
                continue
            waits = facts["exempt_until"] == day or facts["hired_on"] is not None
            state[account, name] = state.get((account, name), False) or not waits
        missing, satisfied = [], 0
        for (account, name), is_asked in state.items():
            has = {
                code
                for code, when in done.get(account, [])
                if when <= day and (rule.months is None or when > date(2021, 3, 1))
            }
            if is_asked and sharing[account] and all(has & set(some) for some in rule.every):
                satisfied += 1
            elif is_asked:
                missing.append(name)
        assert (criterion.satisfied, criterion.missing) == (satisfied, sorted(missing))
        assert criterion.exempt == sum(not is_asked for is_asked in state.values())


async def test_of_a_school_the_program_asks_nothing(database, api, clock):
    school = await made.agency(kind="school", ori=None)
    ada = await works(school, name="Ada A")
    program = await api(await made.coordinator(school))

    answer = await program.put(
        f"/agencies/{school.id}/roster", json={"people": [line(ada, "patrol")]}
    )

    body = answer.json()
    assert (body["requirements"], body["coverage"], body["rules"]) == (None, {}, [])
    assert body["people"][0]["state"] is None
    assert [p.name for p in await rostered(school.id, None, today())] == ["Ada A"]
