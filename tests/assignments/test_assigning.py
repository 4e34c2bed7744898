"""Who is reached: the preview says it, saving does just that, and a day keeps up with it."""

from datetime import date, timedelta

import pytest

import make
from accounts.contents import count
from agencies import made
from certificates.earned import read, rename
from connect.accounts.tables import Account, Affiliation, RoleGrant
from connect.assignments.actions import apply, apply_all, assign, end, preview
from connect.assignments.queries import assigned_to, assignments, people_of
from connect.assignments.reminders import plan_for
from connect.assignments.rules import Asked
from connect.assignments.tables import Assigned
from connect.catalog.content import OpenTo
from connect.certificates.reissues import reissue
from connect.certificates.revocations import revoke
from connect.errors import Invalid, NotFound
from connect.learning.tables import Enrollment
from connect.mail.tables import Mail
from connect.paths.tables import PathEnrollment
from connect.policy import Role
from paths.followed import finish, modules, path
from rosters.staffed import account_of, completed, course, elsewhere, works

DUE = date(2026, 6, 30)
pytestmark = pytest.mark.usefixtures("clock")


async def registrar():
    return await make.staff(Role.REGISTRAR, discipline=None)


def asked(**changes):
    return Asked(**{"course": "first", "discipline": "educator", "due_on": DUE, **changes})


async def educators(number, **changes):
    return [await make.account(discipline="educator", **changes) for _ in range(number)]


async def current(assignment):
    return {one.person for one in await people_of(assignment)}


async def test_the_people_of_the_preview_are_those_whom_saving_changes(
    database, work, mailbox, clock
):
    version = await course("first")
    staff = await registrar()
    new, enrolled, has_it, _ = await educators(4)
    await make.account(discipline="prosecutor")
    await make.account(discipline="educator", status="closed")
    await make.account(discipline="educator", status="pending_email", proved_at=None)
    await Enrollment(learner=enrolled.id, course=version.course, version=version.id).save()
    affiliation = await works(await made.agency(), account=has_it)
    await completed(affiliation, version, date(2026, 1, 5))
    before = await count("enrollment")

    told = await preview(staff, asked())
    assert await count("assigned") == await count("mail") == 0
    shown = await assign(staff, asked())
    await work()

    assert len(told.who) == 4
    wills = {p.person: p.will for p in told.who}
    assert (wills[new.id], wills[enrolled.id], wills[has_it.id]) == ("enroll", "enrolled", "has_it")
    assert await current(shown) == {p.person for p in told.who}
    assert told.mails == len(mailbox) == 3
    assert await count("enrollment") == before + told.number("enroll") == before + 2
    assert {mail.to for mail in mailbox} == {p.email for p in told.who if p.will != "has_it"}


async def test_who_may_not_begin_yet_is_asked_and_told_why_and_not_enrolled(
    database, work, mailbox
):
    await make.course(make.content(slug="first", access=OpenTo.VERIFIED))
    (one,) = await educators(1)
    staff = await registrar()

    told = await preview(staff, asked())
    await assign(staff, asked())
    await work()

    assert [(p.will, p.why) for p in told.who] == [
        ("cannot", "This course is for verified professionals, and you are not verified yet.")
    ]
    assert await count("enrollment") == 0
    assert "you are not verified yet" in mailbox[0].body
    (mine,) = await assigned_to(make.actor_of(one))
    assert "not verified" in mine.cannot


async def test_who_fits_later_is_asked_the_next_day_and_who_fits_no_more_keeps_the_enrollment(
    database, work, clock
):
    await course("first")
    staff = await registrar()
    (stays, goes) = await educators(2)
    shown = await assign(staff, asked())
    await work()
    clock.move(timedelta(days=1))
    await Account.update({Account.discipline: "prosecutor"}).where(Account.id == goes.id)
    (comes,) = await educators(1)

    await apply_all()
    await work()

    assert await current(shown) == {stays.id, comes.id}
    assert await count("enrollment") == 3
    assert await Mail.count().where(Mail.kind == "assignments/assigned") == 3
    await Account.update({Account.discipline: "educator"}).where(Account.id == goes.id)
    await apply(shown.id)
    assert await current(shown) == {stays.id, comes.id, goes.id}
    assert await Assigned.count() == 3


async def test_many_are_asked_in_pieces_and_each_once(database, work, monkeypatch):
    monkeypatch.setattr("connect.assignments.actions.AT_ONCE", 3)
    await course("first")
    await educators(8)

    shown = await assign(await registrar(), asked())
    await work()

    assert len(await current(shown)) == 8
    assert await Mail.count() == await count("enrollment") == 8


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"discipline": "educator"}, {"teacher"}),
        ({"discipline": "", "title": "SERGEANT"}, {"sergeant", "both"}),
        ({"discipline": "", "title": "sergeant night"}, {"both"}),
        ({"discipline": "", "title": "ser_eant"}, set()),
        ({"discipline": "", "role": "instructor"}, {"instructor"}),
        ({"discipline": "", "category": "patrol"}, {"sergeant", "both"}),
        ({"discipline": "prosecutor", "category": "patrol"}, {"both"}),
    ],
)
async def test_each_criterion_narrows(database, changes, wanted):
    await course("first")
    agency = await made.agency()
    people = {
        "teacher": await make.account(discipline="educator"),
        "sergeant": await make.account(title="Sergeant"),
        "both": await make.account(title="Chief"),
        "instructor": await make.account(),
        "past": await make.account(),
    }
    await works(agency, account=people["sergeant"], category="patrol")
    await works(
        agency,
        account=people["both"],
        category="patrol",
        title="Night Sergeant",
        discipline="prosecutor",
    )
    await works(agency, account=people["past"], category="patrol", until=date(2026, 3, 1))
    await RoleGrant(account=people["instructor"].id, role="instructor").save()

    told = await preview(await registrar(), asked(**changes))

    names = {row.id: name for name, row in people.items()}
    assert {names.get(p.person) for p in told.who} == wanted


async def test_a_coordinator_reaches_the_agencys_own_people_who_share(database, work, clock):
    agency, elsewhere = await made.agency(), await made.agency()
    await course("first")
    shares, bare = await works(agency), await works(agency, consented=False)
    foreign = await works(elsewhere)
    actor = await made.coordinator(agency)
    wanted = asked(discipline="", agency=agency.id)

    shown = await assign(actor, wanted)
    await work()

    assert await current(shown) == {shares.account}
    assert bare.account != foreign.account
    with pytest.raises(NotFound):
        await preview(actor, asked(agency=elsewhere.id))
    with pytest.raises(Invalid) as refusal:
        await preview(actor, asked())
    assert list(refusal.value.errors) == ["agency"]
    await Affiliation.update({Affiliation.consented_at: None}).where(Affiliation.id == shares.id)
    await apply(shown.id)
    assert await current(shown) == set()


async def test_a_coordinator_sees_the_agencys_own_assignments_and_no_others(database):
    agency, elsewhere = await made.agency(), await made.agency()
    await course("first")
    own = await assign(await made.coordinator(agency), asked(agency=agency.id))
    staff = await registrar()
    other = await assign(staff, asked(agency=agency.id))

    stranger = await made.coordinator(elsewhere)

    assert [row.id for row in await assignments(stranger, limit=9)] == []
    with pytest.raises(NotFound):
        await end(stranger, own.id)
    colleague = await made.coordinator(agency)
    assert [row.id for row in await assignments(colleague, limit=9)] == [own.id]
    with pytest.raises(NotFound):
        await end(colleague, other.id)
    assert {row.id for row in await assignments(staff, limit=9)} == {own.id, other.id}


async def test_days_after_joining_count_for_new_people_from_joining(database, work, clock):
    agency = await made.agency()
    await course("first")
    old = await works(agency, since=date(2024, 1, 1))
    shown = await assign(
        await registrar(), asked(discipline="", agency=agency.id, due_on=None, due_days=30)
    )
    await work()
    clock.move(timedelta(days=10))
    new = await works(agency, since=date(2026, 3, 9))
    await apply(shown.id)

    due = {one.person: one.due_on for one in await people_of(shown)}
    assert due == {old.account: date(2026, 4, 1), new.account: date(2026, 4, 8)}


async def test_a_path_is_assigned_and_followed(database, work, mailbox):
    await modules()
    await path()
    (one,) = await educators(1)

    await assign(await registrar(), asked(course="", path="introduction"))
    await work()

    assert await PathEnrollment.count().where(PathEnrollment.learner == one.id) == 1
    assert "/paths/introduction" in mailbox[0].body
    (mine,) = await assigned_to(make.actor_of(one))
    assert (mine.title, mine.url, mine.due_on) == ("Introduction", "/paths/introduction", DUE)


async def test_what_is_done_is_told_by_the_certificate_that_stands(database, work):
    await modules()
    (one,) = await educators(1)
    ada = make.actor_of(one)
    await assign(await registrar(), asked(course="module-a"))
    await work()
    await finish(ada, "module-a")
    await rename(ada, "Ada King")
    new = await reissue(ada, (await read(holder=ada.id)).number)

    assert await assigned_to(ada) == []

    await revoke(await registrar(), new.number, reason="Somebody else took it.")

    assert [mine.title for mine in await assigned_to(ada)] == ["Module-a"]


async def test_what_is_done_or_ended_stands_on_no_list(database, work):
    version = await course("first")
    one, other = await educators(2)
    staff = await registrar()
    shown = await assign(staff, asked())
    await work()
    assert len(await assigned_to(make.actor_of(one))) == 1

    await completed(await works(await made.agency(), account=one), version, date(2026, 1, 1))
    assert await assigned_to(make.actor_of(one)) == []
    await end(staff, shown.id)
    assert await assigned_to(make.actor_of(other)) == []
    await apply(shown.id)
    assert await count("enrollment") == 3  # two that were assigned, one that was completed
    assert (await account_of(await works(await made.agency(), account=other))).id == other.id
    with pytest.raises(NotFound):
        await end(staff, shown.id)


async def test_every_bad_value_is_told_at_once(database):
    with pytest.raises(Invalid) as refusal:
        await assign(await registrar(), Asked(course="none", role="king"))
    assert set(refusal.value.errors) == {"course", "role", "due_on"}


async def test_a_consent_that_ends_hides_somebody_from_the_coordinator_at_once(database, work):
    agency = await made.agency()
    await course("first")
    stays, leaves = await works(agency), await works(agency)
    actor = await made.coordinator(agency)
    shown = await assign(actor, asked(discipline="", agency=agency.id))
    await work()

    await Affiliation.update({Affiliation.consented_at: None}).where(Affiliation.id == leaves.id)

    assert await current(shown) == {stays.account}
    on = DUE - timedelta(days=7)
    assert [p.person for p in await plan_for(actor, on)] == [stays.account]


async def test_what_another_provider_taught_is_not_asked_for_while_it_counts(database, work):
    version = await make.course(make.content(slug="first", valid_months=24))
    staff = await registrar()
    counts, too_old, declined = await educators(3)
    for person, day, state in (
        (counts, date(2025, 3, 2), "accepted"),
        (too_old, date(2024, 3, 2), "accepted"),
        (declined, date(2025, 3, 2), "declined"),
    ):
        await elsewhere(person.id, version.course, day, state=state)

    shown = await assign(staff, asked())
    await work()

    assert await assigned_to(make.actor_of(counts)) == []
    assert await Enrollment.count().where(Enrollment.learner == counts.id) == 0
    assert {person.person: person.done for person in await people_of(shown)} == {
        counts.id: True,
        too_old.id: False,
        declined.id: False,
    }
