"""Bringing, screening, changing and merging: what is written, and what is refused."""

import asyncio
from uuid import uuid4

import msgspec
import pytest

import make
from agencies import made
from connect.agencies.actions import (
    AddressNotProved,
    AlreadyScreened,
    OwnRequest,
    RegistrarsOnly,
    TooManyDrafts,
    Verdict,
    change_agency,
    create_agency,
    open_draft,
    screen,
)
from connect.agencies.queries import NotActive, domains_of, standing_agency
from connect.agencies.tables import Agency, AgencyDomain, AgencyState
from connect.audit import AuditEvent
from connect.db import transaction
from connect.errors import Forbidden, Invalid, NotFound, NotSignedIn
from connect.policy import VISITOR, Role


async def listed(agency_id):
    return {row["domain"]: row["is_its_alone"] for row in await domains_of(agency_id)}


async def acts():
    rows = await AuditEvent.select(AuditEvent.act, AuditEvent.details).order_by(AuditEvent.id)
    return [row["act"] for row in rows], msgspec.json.decode(rows[-1]["details"])


async def test_anybody_with_a_proved_address_opens_a_draft(database):
    learner = await make.learner()

    draft = await open_draft(learner, **made.wish(name=" Cedar  Falls PD ", ori="ia-0070100"))

    stored = await standing_agency(draft.id)
    assert (stored.status, stored.opened_by, stored.name, stored.ori) == (
        AgencyState.DRAFT,
        learner.id,
        "Cedar Falls PD",
        "IA0070100",
    )
    assert stored.words == "cedar falls pd black hawk ia0070100"
    assert await listed(draft.id) == {"cedarfallspd.example": False}  # nobody's word yet
    done, details = await acts()
    assert (done, details["ori"]) == (["agency.requested"], "IA0070100")


@pytest.mark.parametrize(
    ("person", "refusal"), [({"proved_at": None}, AddressNotProved), (None, NotSignedIn)]
)
async def test_who_has_proved_no_address_opens_none(database, person, refusal):
    actor = VISITOR if person is None else await make.learner(**person)

    with pytest.raises(refusal):
        await open_draft(actor, **made.wish())

    assert await Agency.count() == 0


async def test_every_bad_value_is_told_also_what_is_taken(database):
    learner = await make.learner()
    known = await made.agency(name="Ames Police Department", ori="IA0850100")

    with pytest.raises(Invalid) as refusal:
        await open_draft(
            learner, **made.wish(name=" ", ori="ia0850100", domains=["gmail.com"], psap_id="1")
        )

    told = refusal.value.errors
    assert told.keys() == {"ori", "name", "psap_id", "domains"}
    assert known.name in told["ori"]
    assert await Agency.count() == 1
    assert await AuditEvent.count() == 0


async def test_two_clicks_open_one_draft_and_five_are_enough(database):
    learner = await make.learner()

    both = await asyncio.gather(*(open_draft(learner, **made.wish()) for _ in range(2)))
    for number in range(4):
        await open_draft(learner, **made.wish(name=f"Precinct {number}", ori=None, domains=[]))

    assert both[0].id == both[1].id
    with pytest.raises(TooManyDrafts):
        await open_draft(learner, **made.wish(name="One more", ori=None))
    assert await Agency.count() == 5


async def test_of_many_who_bring_an_ori_at_once_one_succeeds(database):
    registrar = await make.staff(Role.REGISTRAR)
    people = [await make.learner() for _ in range(3)]

    found = await asyncio.gather(
        create_agency(registrar, **made.wish(name="By a registrar")),
        *(open_draft(p, **made.wish(name=f"By {n}")) for n, p in enumerate(people)),
        return_exceptions=True,
    )

    refused = [one for one in found if isinstance(one, Invalid)]
    assert len(refused) == 3, found
    assert {tuple(one.errors) for one in refused} == {("ori",)}
    assert await Agency.count() == 1


async def test_a_911_center_is_known_by_its_psap_id(database):
    registrar = await make.staff(Role.REGISTRAR)
    center = made.wish(kind="emergency-communications", ori=None, psap_id=" 2155 ", domains=[])

    first = await create_agency(registrar, **center)
    elsewhere = await create_agency(registrar, **{**center, "state": "TX"})
    with pytest.raises(Invalid) as refusal:
        await open_draft(await make.learner(), **{**center, "name": "Second"})

    assert (first.psap_id, elsewhere.psap_id) == ("2155", "2155")
    assert refusal.value.errors.keys() == {"psap_id"}
    assert first.words == "cedar falls police department black hawk 2155"


async def test_an_ori_is_free_again_after_a_request_was_declined(database):
    registrar = await make.staff(Role.REGISTRAR)
    draft = await open_draft(await make.learner(), **made.wish())
    await screen(registrar, draft.id, Verdict.DECLINED, reason="Closed in 2019.")

    agency = await create_agency(registrar, **made.wish())

    assert agency.status == AgencyState.ACTIVE
    assert await listed(agency.id) == {"cedarfallspd.example": True}


async def test_a_registrar_lists_a_draft_with_its_domains_in_one_act(database):
    applicant, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    draft = await open_draft(applicant, **made.wish(domains=["pd.example", "county.example"]))

    async with transaction():  # as accounts does, with the applicant's part
        done = await screen(registrar, draft.id, Verdict.CREATED, domains=["PD.example"])

    stored = await standing_agency(draft.id)
    assert (done.agency.id, done.opened_by, done.verdict) == (draft.id, applicant.id, "created")
    assert (stored.status, stored.screened_by) == (AgencyState.ACTIVE, registrar.id)
    assert stored.screened_at is not None
    assert await listed(draft.id) == {"pd.example": True}
    told, details = await acts()
    assert told == ["agency.requested", "agency.created"]
    assert details["proposed"] == ["county.example", "pd.example"]


async def test_a_matched_draft_leads_to_the_listed_agency(database):
    known = await made.agency(domains=("old.example",))
    draft = await open_draft(await make.learner(), **made.wish())

    done = await screen(await make.staff(Role.REGISTRAR), draft.id, Verdict.MATCHED, known.id)

    assert done.agency.id == known.id
    assert (await standing_agency(draft.id)).id == known.id
    assert await listed(known.id) == {"old.example": True, "cedarfallspd.example": True}
    assert await AgencyDomain.count().where(AgencyDomain.agency == draft.id) == 0


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ({"verdict": Verdict.DECLINED, "reason": " "}, {"reason"}),
        ({"verdict": Verdict.MATCHED, "domains": ["gmail.com"]}, {"match_id", "domains"}),
        ({"verdict": Verdict.MATCHED, "match_id": uuid4()}, {"match_id"}),
        ({"verdict": Verdict.CREATED, "match_id": uuid4(), "reason": "x" * 1001}, None),
    ],
)
async def test_a_screening_tells_everything_that_is_wrong_and_changes_nothing(
    database, answer, wrong
):
    draft = await open_draft(await make.learner(), **made.wish())

    with pytest.raises(Invalid) as refusal:
        await screen(await make.staff(Role.REGISTRAR), draft.id, **answer)

    assert refusal.value.errors.keys() == (wrong or {"match_id", "reason"})
    assert (await standing_agency(draft.id)).status == AgencyState.DRAFT
    assert await listed(draft.id) == {"cedarfallspd.example": False}


async def test_a_draft_is_screened_once_and_by_somebody_else(database):
    both = await make.staff(Role.REGISTRAR)
    draft = await open_draft(both, **made.wish())
    others = [await make.staff(Role.REGISTRAR) for _ in range(2)]

    with pytest.raises(OwnRequest):
        await screen(both, draft.id, Verdict.CREATED)
    found = await asyncio.gather(
        *(screen(other, draft.id, Verdict.CREATED) for other in others), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in found) == ["AlreadyScreened", "Screened"]
    with pytest.raises(AlreadyScreened):
        await screen(others[0], draft.id, Verdict.DECLINED, reason="Too late.")
    with pytest.raises(NotFound):
        await screen(others[0], uuid4(), Verdict.CREATED)
    with pytest.raises(Forbidden):
        await screen(await made.coordinator(draft), draft.id, Verdict.CREATED)


async def test_a_coordinator_changes_the_name_and_not_what_the_agency_is(database):
    agency = await made.agency(name="Ames PD", ori="IA0850100")
    coordinator = await made.coordinator(agency)

    changed = await change_agency(
        coordinator, agency.id, {"name": "Ames Police", "county": "Story", "kind": agency.kind}
    )
    with pytest.raises(RegistrarsOnly):
        await change_agency(coordinator, agency.id, {"name": "School", "kind": "school"})

    stored = await standing_agency(agency.id)
    assert (changed.name, stored.name, stored.words) == (
        "Ames Police",
        "Ames Police",
        "ames police story ia0850100",
    )
    done, details = await acts()
    assert done == ["agency.changed"]
    assert details == {
        "before": {"name": "Ames PD", "county": "Black Hawk"},
        "after": {"name": "Ames Police", "county": "Story"},
    }


async def test_a_registrar_changes_what_the_agency_is_by_the_same_rules(database):
    registrar = await make.staff(Role.REGISTRAR)
    agency, other = await made.agency(), await made.agency()
    below = await made.agency(parent=agency.id)

    with pytest.raises(Invalid) as refusal:
        await change_agency(registrar, agency.id, {"ori": other.ori, "parent": below.id})
    await change_agency(registrar, agency.id, {"ori": None, "kind": "school", "parent": other.id})

    assert refusal.value.errors.keys() == {"ori", "parent"}
    stored = await standing_agency(agency.id)
    assert (stored.ori, stored.kind, stored.parent) == (None, "school", other.id)


async def test_a_stranger_finds_no_agency_to_change(database):
    ours, theirs = await made.agency(), await made.agency()
    declined = await made.agency(status=AgencyState.DECLINED)

    with pytest.raises(NotFound):
        await change_agency(await made.coordinator(theirs), ours.id, {"name": "Theirs"})
    with pytest.raises(Forbidden):
        await change_agency(await make.learner(), ours.id, {"name": "Theirs"})
    with pytest.raises(NotActive):
        await change_agency(await make.staff(Role.ADMIN), declined.id, {"name": "Back"})
    assert (await standing_agency(ours.id)).name == ours.name
