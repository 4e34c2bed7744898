"""A merge and its undo leave every table byte by byte as it was, whatever stood in it."""

from datetime import date, timedelta
from uuid import uuid4

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import make
from connect import clock as time
from connect.accounts.tables import Affiliation, RoleGrant
from connect.agencies.tables import AgencyCode, AgencyDomain, AgencyProfile
from connect.certificates.tables import Certificate
from connect.db import fetch
from connect.learning.tables import Completion, Enrollment
from connect.merges.actions import BuiltOn, merge_agencies, merge_people, undo_merge
from connect.policy import Role
from connect.trainings.tables import Training
from merges import made

TO_AGENCIES = [Role.COORDINATOR, Role.EXECUTIVE]
DAYS = st.integers(0, 2)
SIDES = st.integers(0, 1)
FEW = st.integers(0, 2)
PEOPLE = st.lists(
    st.one_of(
        st.tuples(st.just("completion"), SIDES, FEW, DAYS),
        st.tuples(st.just("uncounted"), SIDES, FEW, DAYS),
        st.tuples(st.just("under way"), SIDES, FEW, FEW),
        st.tuples(st.just("works"), SIDES, FEW, DAYS),
        st.tuples(st.just("worked"), SIDES, FEW, DAYS),
        st.tuples(st.just("case"), SIDES, FEW, DAYS),
        st.tuples(st.just("decided"), SIDES, FEW, DAYS),
        st.tuples(st.just("role"), SIDES, FEW, SIDES),
        st.tuples(st.just("draft"), SIDES, FEW, DAYS),
        st.tuples(st.just("ways in"), SIDES, FEW, DAYS),
        st.tuples(st.just("brought in"), SIDES, FEW, DAYS),
    ),
    max_size=12,
)
AGENCIES = st.lists(
    st.one_of(
        st.tuples(st.just("works"), SIDES, FEW, DAYS),
        st.tuples(st.just("worked"), SIDES, FEW, DAYS),
        st.tuples(st.just("role"), SIDES, FEW, SIDES),
        st.tuples(st.just("domain"), SIDES, FEW, SIDES),
        st.tuples(st.just("code"), SIDES, FEW, DAYS),
        st.tuples(st.just("profile"), SIDES, FEW, DAYS),
        st.tuples(st.just("case"), SIDES, FEW, SIDES),
        st.tuples(st.just("trained"), SIDES, FEW, DAYS),
        st.tuples(st.just("child"), SIDES, FEW, DAYS),
        st.tuples(st.just("below"), SIDES, FEW, DAYS),
    ),
    max_size=12,
)
OWNED = {
    Affiliation: Affiliation.account,
    Certificate: Certificate.holder,
    Completion: Completion.learner,
    Enrollment: Enrollment.learner,
    Training: Training.person,
}
SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def live(deeds, people, courses, agencies):
    """Write what people did; what the rules of a site would refuse is left out."""
    opened, done = set(), set()
    for kind, side, which, more in deeds:
        person, day = people[side], made.DAY + timedelta(days=more)
        if kind == "completion":
            await made.completion(person, courses[which], day)
        elif kind == "uncounted":
            await made.completion(person, courses[which], day, counts=False)
        elif kind == "brought in":
            row = await made.completion(person, courses[which], day, state=None)
            await Enrollment.update({Enrollment.state: "expired"}).where(
                Enrollment.id == row.enrollment
            )
        elif kind == "under way" and (side, which) not in opened:
            opened.add((side, which))
            await made.under_way(person, courses[which], done=more)
        elif kind == "works" and not await Affiliation.exists().where(
            Affiliation.account == person.id,
            Affiliation.agency == agencies[which].id,
            Affiliation.until.is_null(),
        ):
            await made.works(person, agencies[which], is_primary=more == 0)
        elif kind == "worked":
            await made.works(person, agencies[which], until=date(2026, 2, 1 + more))
        elif kind == "case":
            await made.case(person, agencies[which] if more else None)
        elif kind == "decided":
            await made.case(person, state="approved", decided_at=time.now(), reason="Seen.")
        elif kind == "role" and (person.id, which, more) not in done:
            done.add((person.id, which, more))
            await made.role(person, TO_AGENCIES[more], agencies[which])
        elif kind == "draft" and (person.id, which) not in done:
            done.add((person.id, which))
            words = f"wish {people[0].email} {which}"
            await make.agency(status="draft", opened_by=person.id, words=words)
        elif kind == "ways in" and ("in", side) not in done:
            done.add(("in", side))
            await made.ways_in(person)


@SLOW
@given(PEOPLE)
async def test_people(database, deeds):
    registrar = await make.staff(Role.REGISTRAR)
    keep, gone = await make.account(), await make.account(state=None, title="Sergeant")
    courses = [await make.course() for _ in range(3)]
    agencies = [await make.agency() for _ in range(3)]
    await live(deeds, (keep, gone), courses, agencies)
    before = await made.dump()

    done = await merge_people(registrar, keep.id, gone.id)
    merge, repeats = done.merge, done.plan.repeats
    between = await made.dump()
    left = {t: await t.count().where(column == gone.id) for t, column in OWNED.items()}
    await undo_merge(registrar, merge.id)
    after = await made.dump()

    assert after == before
    assert between != before
    assert left == {
        Affiliation: 0,
        Certificate: 0,
        Completion: len(repeats),
        Enrollment: len(repeats),
        Training: sum(repeat.counted for repeat in repeats),
    }
    # Nothing is lost in between either: rows end only where a way in or a role ended.
    ended = {"session", "api_token", "one_time_link", "role_grant"}
    assert {n: len(rows) for n, rows in between.items() if n not in ended} == {
        n: len(rows) for n, rows in before.items() if n not in ended
    }
    event(f"{len(deeds) // 4 * 4} deeds and more")


async def found(agencies, deeds):
    """Write what agencies are and have."""
    people = [await make.account() for _ in range(3)]
    done = set()
    course = await make.course()
    for kind, side, which, more in deeds:
        agency, person = agencies[side], people[which]
        again = (kind, side, which, more) in done
        done.add((kind, side, which, more))
        if kind == "works" and ("works", side, which) not in done:
            done.add(("works", side, which))
            await made.works(person, agency, is_primary=more == 0)
        elif kind == "worked":
            await made.works(person, agency, until=date(2026, 2, 1 + more))
        elif kind == "role" and not again:
            await RoleGrant(account=person.id, role=TO_AGENCIES[more], agency=agency.id).save()
        elif kind == "domain" and ("domain", side, which) not in done:
            done.add(("domain", side, which))
            row = AgencyDomain(agency=agency.id, domain=f"d{which}.example")
            row.is_its_alone = bool(more)
            await row.save()
        elif kind == "code":
            code = AgencyCode(agency=agency.id, code_hash=uuid4().hex, max_uses=9)
            code.made_by = person.id
            await code.save()
        elif kind == "profile":
            await AgencyProfile(agency=agency.id, as_of=made.DAY, population=which).save()
        elif kind == "case":
            decided = {"state": "approved", "decided_at": time.now()} if more else {}
            await made.case(person, agency, **decided)
        elif kind == "trained" and not again:
            day = made.DAY + timedelta(days=more)
            await made.completion(person, course, day, agency=agency.id)
        elif kind == "child":
            await make.agency(parent=agency.id)
        elif kind == "below" and agencies[1 - side].parent is None and agency.parent is None:
            middle = await make.agency(parent=agency.id)
            agencies[1 - side].parent = middle.id
            await agencies[1 - side].save()


@SLOW
@given(AGENCIES)
async def test_agencies(database, deeds):
    registrar = await make.staff(Role.REGISTRAR)
    keep, gone = await make.agency(), await make.agency()
    await found((keep, gone), deeds)
    before = await made.dump()

    merge = (await merge_agencies(registrar, keep.id, gone.id)).merge
    between = await made.dump()
    circles = await _circles()
    await undo_merge(registrar, merge.id)

    assert await made.dump() == before
    assert circles == []
    assert between["training"] == before["training"]  # facts as they stood
    doubles = await fetch(
        "SELECT account, agency FROM affiliation WHERE until IS NULL "
        "GROUP BY account, agency HAVING count(*) > 1"
    )
    assert doubles == []


async def _circles():
    """Agencies that stand above themselves."""
    above = {row["id"]: row["parent"] for row in await fetch("SELECT id, parent FROM agency")}
    wrong = []
    for start in above:
        here, seen = above[start], 0
        while here is not None and seen <= len(above):
            here, seen = above.get(here), seen + 1
        if here is not None:
            wrong.append(start)
    return wrong


@SLOW
@given(PEOPLE, st.booleans())
async def test_people_and_agencies_in_turn(database, deeds, people_first):
    """Undone in any order that is allowed, two merges leave everything as it was."""
    registrar = await make.staff(Role.REGISTRAR)
    keep, gone = await make.account(), await make.account()
    agencies = [await make.agency() for _ in range(3)]
    await live(deeds, (keep, gone), [await make.course() for _ in range(3)], agencies)
    before = await made.dump()
    one = [merge_people, keep.id, gone.id]
    two = [merge_agencies, agencies[0].id, agencies[1].id]
    done = []
    for merge, *both in (one, two) if people_first else (two, one):
        done.append((await merge(registrar, *both)).merge)

    try:
        await undo_merge(registrar, done[0].id)
        event("any order")
        left = [done[1]]
    except BuiltOn:
        event("in reverse")
        left = done[::-1]
    for merge in left:
        await undo_merge(registrar, merge.id)

    assert await made.dump() == before
