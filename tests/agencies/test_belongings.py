"""An agency's domains, codes and profiles."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

import make
from agencies import made
from connect.agencies.codes import CodeUnusable, end_code, make_code, use_code
from connect.agencies.domains import (
    DomainElsewhere,
    DomainNotYours,
    add_domain,
    remove_domain,
)
from connect.agencies.profiles import record_profile
from connect.agencies.queries import NotActive, codes_of, domains_of, profiles_of
from connect.agencies.tables import AgencyCode, AgencyDomain, AgencyProfile, AgencyState
from connect.audit import AuditEvent
from connect.db import transaction
from connect.errors import Forbidden, Invalid, NotFound
from connect.merges.actions import merge_agencies
from connect.policy import Role

DAY = timedelta(days=1)


async def acts():
    rows = await AuditEvent.select(AuditEvent.act).order_by(AuditEvent.id)
    return [row["act"] for row in rows]


async def test_a_domain_proves_a_profession_by_a_registrars_word_alone(database):
    agency = await made.agency()
    coordinator, registrar = await made.coordinator(agency), await make.staff(Role.REGISTRAR)

    first = await add_domain(coordinator, agency.id, "@PD.example")
    with pytest.raises(DomainNotYours):
        await add_domain(coordinator, agency.id, "pd.example", is_its_alone=True)
    confirmed = await add_domain(registrar, agency.id, "pd.example", is_its_alone=True)
    again = await add_domain(coordinator, agency.id, "pd.example")  # takes nothing back
    other = await add_domain(registrar, agency.id, "county.example", is_its_alone=False)

    assert (first.domain, first.is_its_alone) == ("pd.example", False)
    assert (confirmed.is_its_alone, again.is_its_alone, other.is_its_alone) == (True, True, False)
    assert [(r["domain"], r["others"]) for r in await domains_of(agency.id)] == [
        ("county.example", 0),
        ("pd.example", 0),
    ]


async def test_nobody_takes_another_agencys_domain(database):
    theirs = await made.agency(domains=("pd.example",))
    ours = await made.agency()
    coordinator = await made.coordinator(ours)

    with pytest.raises(DomainElsewhere):
        await add_domain(coordinator, ours.id, "pd.example")
    with pytest.raises(NotFound):
        await remove_domain(coordinator, ours.id, "pd.example")
    with pytest.raises(NotFound):
        await remove_domain(coordinator, theirs.id, "pd.example")
    with pytest.raises(NotFound):
        await add_domain(coordinator, theirs.id, "mine.example")
    with pytest.raises(Invalid):
        await add_domain(coordinator, ours.id, "gmail.com")

    assert await AgencyDomain.count() == 1
    assert await acts() == []


async def test_a_domain_is_removed(database):
    agency = await made.agency(domains=("pd.example",))

    await remove_domain(await made.coordinator(agency), agency.id, "PD.example")

    assert await domains_of(agency.id) == []
    assert await acts() == ["agency.domain_removed"]


async def test_a_code_leads_to_its_agency_until_it_is_used_up(database, clock):
    agency = await made.agency()
    row, code = await make_code(
        await made.coordinator(agency), agency.id, max_uses=2, expires_at=clock() + DAY
    )

    found = [await use_code(code.lower()), await use_code(code.replace("-", " "))]

    assert {one.id for one in found} == {agency.id}
    with pytest.raises(CodeUnusable):
        await use_code(code)
    assert code.replace("-", "") not in row.code_hash
    assert await acts() == ["agency.code_made", "agency.code_used", "agency.code_used"]


async def test_of_ten_who_use_a_code_for_three_at_once_three_succeed(database, clock):
    agency = await made.agency()
    _, code = await make_code(
        await made.coordinator(agency), agency.id, max_uses=3, expires_at=clock() + DAY
    )

    found = await asyncio.gather(*(use_code(code) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(one, CodeUnusable) for one in found) == 7
    assert [one["uses"] for one in await codes_of(agency.id)] == [3]


async def test_a_use_is_not_spent_when_what_it_was_for_fails(database, clock):
    agency = await made.agency()
    _, code = await make_code(
        await made.coordinator(agency), agency.id, max_uses=1, expires_at=clock() + DAY
    )

    with pytest.raises(RuntimeError):
        async with transaction():
            await use_code(code)
            raise RuntimeError

    assert (await use_code(code)).id == agency.id


async def test_a_code_that_is_old_ended_unknown_or_of_no_agency_opens_nothing(database, clock):
    agency, declined = await made.agency(), await made.agency(status=AgencyState.DECLINED)
    coordinator = await made.coordinator(agency)

    async def new():
        return await make_code(coordinator, agency.id, max_uses=1, expires_at=clock() + DAY)

    (ended, code), (_, old_code), (moved, moved_code) = await new(), await new(), await new()
    await end_code(coordinator, agency.id, ended.id)
    await end_code(coordinator, agency.id, ended.id)
    moved.agency = declined.id
    await moved.save()
    for one in (code, moved_code, "0000000000", "", "\x00"):
        with pytest.raises(CodeUnusable):
            await use_code(one)
    clock.move(DAY)
    with pytest.raises(CodeUnusable):
        await use_code(old_code)

    assert await AgencyCode.count().where(AgencyCode.uses > 0) == 0


async def test_codes_of_a_merged_agency_are_the_kept_ones(database, clock):
    kept, dropped = await made.agency(), await made.agency()
    registrar = await make.staff(Role.REGISTRAR)
    coordinator = await made.coordinator(kept)
    row, code = await make_code(registrar, dropped.id, max_uses=9, expires_at=clock() + DAY)
    await merge_agencies(registrar, kept.id, dropped.id)

    used = await use_code(code)
    await end_code(coordinator, kept.id, row.id)

    assert used.id == kept.id
    assert [(one["id"], one["uses"]) for one in await codes_of(kept.id)] == [(row.id, 1)]
    with pytest.raises(CodeUnusable):
        await use_code(code)


async def test_what_a_code_may_not_be(database, clock):
    ours, theirs = await made.agency(), await made.agency()
    draft = await made.agency(status=AgencyState.DRAFT)
    coordinator = await made.coordinator(ours)
    row, _ = await make_code(
        await made.coordinator(theirs), theirs.id, max_uses=1, expires_at=clock() + DAY
    )

    for uses, until in ((0, clock()), (10_001, clock() + 367 * DAY)):
        with pytest.raises(Invalid) as refusal:
            await make_code(coordinator, ours.id, max_uses=uses, expires_at=until)
        assert refusal.value.errors.keys() == {"max_uses", "expires_at"}
    for agency in (theirs.id, uuid4()):
        with pytest.raises(NotFound):
            await make_code(coordinator, agency, max_uses=1, expires_at=clock() + DAY)
    with pytest.raises(NotFound):
        await end_code(coordinator, ours.id, row.id)  # theirs, by way of ours
    with pytest.raises(Forbidden):
        await make_code(await make.learner(), ours.id, max_uses=1, expires_at=clock() + DAY)
    with pytest.raises(NotActive):
        await make_code(
            await make.staff(Role.ADMIN), draft.id, max_uses=1, expires_at=clock() + DAY
        )


async def test_profiles_are_kept_beside_each_other(database, clock):
    agency = await made.agency()
    coordinator = await made.coordinator(agency)

    await record_profile(coordinator, agency.id, {"employees": 40}, as_of=date(2025, 1, 1))
    await record_profile(
        coordinator,
        agency.id,
        {"population": 41700, "population_source": " US  Census", "population_year": 2024},
    )

    rows = await profiles_of(agency.id)
    assert [(row["as_of"], row["employees"], row["population"]) for row in rows] == [
        (date(2026, 3, 2), None, 41700),
        (date(2025, 1, 1), 40, None),
    ]
    assert rows[0]["population_source"] == "US Census"
    assert await acts() == ["agency.profile_recorded"] * 2


async def test_a_profile_that_is_wrong_or_not_ones_own_is_not_kept(database, clock):
    ours, theirs = await made.agency(), await made.agency()
    coordinator = await made.coordinator(ours)

    with pytest.raises(Invalid) as refusal:
        await record_profile(
            coordinator, ours.id, {"positions": 3, "population": 5}, as_of=date(2026, 3, 3)
        )
    with pytest.raises(NotFound):
        await record_profile(coordinator, theirs.id, {"employees": 1})

    assert refusal.value.errors.keys() == {
        "as_of",
        "population_source",
        "population_year",
        "positions",
    }
    assert await AgencyProfile.count() == 0
