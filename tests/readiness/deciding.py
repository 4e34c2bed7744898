"""A 911 center whose application is complete, and those who review it; valid by default."""

from datetime import date
from typing import Any

import msgspec

import make
from agencies import made
from connect import clock
from connect.agencies.tables import Agency
from connect.catalog.tables import CourseVersion
from connect.policy import Actor, Role
from connect.readiness import applications, reviewing, snapshots
from connect.readiness.criteria import requirement_sets
from connect.readiness.tables import Evidence, PolicyDocument, Review, RosterLine
from readiness.applying import affirmed, opened, policy
from rosters.staffed import completed, works

ECC = requirement_sets()["emergency-communications/2026.1"]
FACTS = {
    "psap_level": "Primary",
    "ecc_scope": "Consolidated",
    "population": "41200",
    "population_source": "Census 2020",
    "population_year": "2020",
    "yearly_calls": "90000",
    "positions": "28",
    "work_stations": "8",
    "agencies_served": "6",
    "policy_training": "Both",
}
PAGES = [
    "Purpose. This policy is about missing children.",
    "Reports. A report is taken at once. Nobody waits. It covers everybody under 21.",
]


class Handed(msgspec.Struct):
    """An application that was handed in, complete."""

    agency: Agency
    coordinator: Actor
    review: Review
    document: PolicyDocument


async def on_roster(
    agency: Agency,
    by: Actor,
    name: str,
    category: str,
    code: str = "",
    since: date = date(2024, 1, 1),
) -> Any:
    """Somebody on the roster; trained in the course with *code* last year."""
    person = await works(agency, name=name)
    await RosterLine(
        agency=agency.id,
        account=person.account,
        category=category,
        since=since,
        made_by=by.id,
    ).save()
    if code:
        version = await CourseVersion.objects().where(CourseVersion.code == code).first()
        version = version or await make.course(make.content(slug=code.lower(), code=code))
        await completed(person, version, date(2025, 6, 1))
    return person


async def handed_in(*, trained: bool = True, **changes: Any) -> Handed:
    agency = await made.agency(kind="emergency-communications", name="Cedar Valley 911", ori=None)
    coordinator = await made.coordinator(agency)
    await on_roster(agency, coordinator, "Tess Taker", "call-taker", "TCME-101" if trained else "")
    await on_roster(agency, coordinator, "Dee Director", "ecc-executive", "CEO-BRIEF")
    review = await opened(agency, coordinator)
    assert await applications.answer(coordinator, review.id, FACTS) == {}
    document = await policy(
        review, coordinator, **{"pages": msgspec.json.encode(PAGES).decode(), **changes}
    )
    await pointed(review, coordinator, document, "no-waiting", "A report is taken at once.")
    await affirmed(review, coordinator)
    return Handed(agency, coordinator, await applications.submit(coordinator, review.id), document)


async def pointed(
    review: Review, by: Actor, document: PolicyDocument, element: str, passage: str, page: int = 2
) -> None:
    await Evidence.delete().where(Evidence.review == review.id, Evidence.element == element)
    await Evidence(
        review=review.id,
        element=element,
        document=document.id,
        page=page,
        passage=passage,
        pointed_by=by.id,
        pointed_at=clock.now(),
    ).save()


async def reviewer(**changes: Any) -> Actor:
    return await make.staff(Role.REVIEWER, **changes)


async def approver(**changes: Any) -> Actor:
    return await make.staff(Role.APPROVER, **changes)


async def all_met(by: Actor, handed: Handed, *, but: tuple[str, ...] = ()) -> None:
    """The review is taken, and every element is met on page 2."""
    await reviewing.assign(by, handed.review.id, by.id)
    for element in ECC.elements:
        if element.id not in but:
            await reviewing.find(
                by,
                handed.review.id,
                element.id,
                "met",
                document=handed.document.id,
                page=2,
            )


async def present(handed: Handed) -> str:
    """The hash of the state as it is."""
    review = await read(handed)
    return snapshots.hash_of(await snapshots.state_of(review))


async def read(handed: Handed) -> Review:
    review = await Review.objects().where(Review.id == handed.review.id).first()
    assert review is not None
    return review


async def recommended(by: Actor, *, trained: bool = True) -> Handed:
    handed = await handed_in(trained=trained)
    await all_met(by, handed)
    await reviewing.recommend(by, handed.review.id, await present(handed))
    return handed
