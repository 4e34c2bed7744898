"""Agencies and population counted for a year (R22)."""

import csv
import io
from datetime import UTC, date, datetime

import make
from agencies import made
from connect.policy import Role
from connect.readiness.member_counts import agencies_counted
from connect.readiness.tables import Membership
from readiness.reviewed import approve, member, review


async def test_each_agency_counts_once_in_the_year_of_its_decision(database, clock):
    ames = await made.agency(name="Ames Police")
    await member(ames, date(2023, 5, 10))
    await member(await made.agency(), date(2023, 12, 31))
    await member(await made.agency(), date(2024, 1, 1))
    clock.set(datetime(2028, 5, 1, 15, tzinfo=UTC))
    await approve(await review(ames, kind="renewal"))

    found = {year: await agencies_counted(year) for year in (2022, 2023, 2024, 2028)}

    counts = {
        year: (one.agencies, one.new, one.renewed, one.population) for year, one in found.items()
    }
    assert counts == {
        2022: (0, 0, 0, 0),
        2023: (2, 2, 0, 82400),
        2024: (1, 1, 0, 41200),
        2028: (1, 0, 1, 41200),
    }
    assert found[2028].population_without_overlap is None


async def test_two_decisions_of_one_agency_in_a_year_are_one_agency(database, clock):
    agency = await made.agency()
    first = await member(agency, date(2023, 1, 10))
    await Membership.update({Membership.state: "revoked", Membership.population: 10}).where(
        Membership.id == first.id
    )
    await member(agency, date(2023, 11, 10))
    await Membership.update({Membership.population: None}).where(
        Membership.decided_on == date(2023, 11, 10)
    )

    found = await agencies_counted(2023)

    assert (found.agencies, found.population, found.without_population) == (1, 0, 1)
    assert found.rows[0].decided_on == date(2023, 11, 10)


async def test_an_analyst_reads_the_figure_and_its_rows_and_a_learner_does_not(
    database, api, clock
):
    await member(await made.agency(name="Ames Police"))
    analyst = await api(await make.staff(Role.ANALYST))

    body = (await analyst.get("/members/counts?year=2026")).json()
    rows = await analyst.get("/members/counts.csv?year=2026")
    refused = await (await api(await make.learner())).get("/members/counts?year=2026")

    assert (body["agencies"], body["population"], len(body["rows"])) == (1, 41200, 1)
    [row] = csv.DictReader(io.StringIO(rows.text))
    assert (row["agency"], row["decision"], row["population"]) == ("Ames Police", "new", "41200")
    assert refused.status_code == 403
