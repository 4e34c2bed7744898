"""An agency's people and what each still needs, over JSON, CSV and ZIP."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta

from connect.agencies.tables import Agency
from connect.csv_out import download
from connect.idempotency import once
from connect.lists import ROSTER_CATEGORIES
from connect.paging import DEFAULT, After, Limit, Page, Word, cut, read_cursor
from connect.policy import Actor, Permission
from connect.rosters import actions
from connect.rosters.archive import archive
from connect.rosters.exports import people_csv
from connect.rosters.queries import (
    Filters,
    Person,
    people,
    required_course,
    required_courses,
    roster_agency,
)
from connect.rosters.rules import LONGEST_NOTE, MOST_MONTHS, Required

ActorRequest = Request[Actor, Any, Any]
# `state` is a name that Litestar keeps for itself.
InState = Annotated[
    Literal["", "missing", "expiring", "complete", "unknown"], QueryParameter(name="state")
]
END = r"$(?!\n)"  # Python's $ alone also matches before a last line break
Category = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(ROSTER_CATEGORIES)}){END}",
        description="Choose a category from the list, or leave it out for everybody.",
    ),
]
Months = Annotated[
    int,
    Meta(
        ge=1,
        le=MOST_MONTHS,
        description=f"Write a whole number of months from 1 to {MOST_MONTHS}, or leave it empty.",
    ),
]
People = Annotated[
    list[UUID],
    Meta(
        min_length=1,
        max_length=actions.MOST_REMINDED,
        description=f"Choose 1 to {actions.MOST_REMINDED} people by the ids of their lines.",
    ),
]
Note = Annotated[
    str,
    Meta(max_length=LONGEST_NOTE, description=f"Write at most {LONGEST_NOTE:,} characters."),
]


class StandingOut(msgspec.Struct, omit_defaults=True):
    course: str
    state: str
    completed_on: date | None
    certificate: str | None
    expires_on: date | None
    by_hand: bool  # staff recorded a part of it
    elsewhere: bool = False  # with somebody else, and accepted by staff


class PersonOut(msgspec.Struct):
    id: UUID
    name: str
    title: str
    category: str | None
    is_supervisor: bool
    since: date
    until: date | None
    consented: bool
    state: str
    courses: list[StandingOut]


class RequiredOut(msgspec.Struct):
    course: str
    title: str
    category: str | None
    valid_months: int | None


class RequiredIn(msgspec.Struct, forbid_unknown_fields=True):
    category: Category | None = None
    valid_months: Months | None = None


class RemindIn(msgspec.Struct, forbid_unknown_fields=True):
    people: People
    note: Note = ""


class RemindedOut(msgspec.Struct):
    sent: int
    skipped: list[actions.Skipped]


def shown(person: Person) -> PersonOut:
    """A person as coordinators see them: no address, and no completion that is not shared."""
    facts = {n: getattr(person, n) for n in PersonOut.__struct_fields__ if n != "courses"}
    courses = [
        StandingOut(
            s.required.slug,
            s.state,
            s.completed_on,
            s.certificate,
            s.expires_on,
            s.by_hand,
            s.elsewhere,
        )
        for s in person.courses
    ]
    return PersonOut(**facts, courses=courses)


def required_shown(row: Required) -> RequiredOut:
    return RequiredOut(row.slug, row.title, row.category, row.valid_months)


async def people_file(agency: Agency, filters: Filters) -> Response[str]:
    """The people who fit *filters*, as CSV to keep."""
    text = people_csv(await people(agency.id, filters), await required_courses(agency.id))
    return download(text, f"people-{agency.id}.csv")


def certificates_file(agency: Agency) -> Stream:
    """The certificates of an agency's people, made while they are sent."""
    return Stream(
        archive(agency.id),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="certificates-{agency.id}.zip"'},
    )


class RostersApi(Controller):
    path = "/api/v1/agencies/{agency_id:uuid}"
    tags = ["agencies"]

    @get(
        "/people",
        permission=Permission.READ_AGENCY_PEOPLE,
        summary="An agency's people by name, and what each still needs",
    )
    async def people(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        q: Word = "",
        category: Word = "",
        in_state: InState = "",
        course: Word = "",
        include_former: FromQuery[bool] = False,
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[PersonOut]:
        agency = await roster_agency(request.user, agency_id)
        filters = Filters(
            q=q, category=category, state=in_state, course=course, include_former=include_former
        )
        behind = read_cursor(after, UUID) if after else None
        found = await people(agency.id, filters, after=behind, limit=limit)
        kept, following = cut(found, limit, lambda person: person.id)
        return Page([shown(person) for person in kept], following)

    @get(
        "/people.csv",
        permission=Permission.READ_AGENCY_PEOPLE,
        summary="The same as CSV, all people",
        media_type="text/csv",
    )
    async def people_csv(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        q: Word = "",
        category: Word = "",
        in_state: InState = "",
        course: Word = "",
        include_former: FromQuery[bool] = False,
    ) -> Response[str]:
        agency = await roster_agency(request.user, agency_id)
        filters = Filters(
            q=q, category=category, state=in_state, course=course, include_former=include_former
        )
        return await people_file(agency, filters)

    @get(
        "/certificates.zip",
        permission=Permission.READ_AGENCY_PEOPLE,
        summary="The valid certificates for required courses, with a manifest",
        media_type="application/zip",
    )
    async def certificates(self, request: ActorRequest, agency_id: FromPath[UUID]) -> Stream:
        return certificates_file(await roster_agency(request.user, agency_id))

    @post(
        "/reminders",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Mail people what they still need; once a day each",
    )
    async def remind(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[RemindIn]
    ) -> Response[RemindedOut]:
        async def act() -> tuple[int, RemindedOut]:
            done = await actions.remind(request.user, agency_id, data.people, note=data.note)
            return 201, RemindedOut(done.sent, done.skipped)

        return await once(request, act)

    @get(
        "/required-courses",
        permission=Permission.READ_AGENCY_PEOPLE,
        summary="The courses that an agency requires of its people",
    )
    async def all_required(
        self, request: ActorRequest, agency_id: FromPath[UUID]
    ) -> list[RequiredOut]:
        agency = await roster_agency(request.user, agency_id)
        return [required_shown(row) for row in await required_courses(agency.id)]

    @get(
        "/required-courses/{slug:str}",
        permission=Permission.READ_AGENCY_PEOPLE,
        summary="One course that an agency requires",
    )
    async def required(
        self, request: ActorRequest, agency_id: FromPath[UUID], slug: FromPath[str]
    ) -> RequiredOut:
        agency = await roster_agency(request.user, agency_id)
        return required_shown(await required_course(agency.id, slug))

    @put(
        "/required-courses/{slug:str}",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Require a course of everybody or of one category",
    )
    async def require(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        slug: FromPath[str],
        data: JSONBody[RequiredIn | None] = None,
    ) -> RequiredOut:
        given = data or RequiredIn()
        row = await actions.require_course(
            request.user,
            agency_id,
            slug,
            category=given.category,
            valid_months=given.valid_months,
        )
        return required_shown(row)

    @delete(
        "/required-courses/{slug:str}",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Require a course no longer",
    )
    async def release(
        self, request: ActorRequest, agency_id: FromPath[UUID], slug: FromPath[str]
    ) -> None:
        await actions.release_course(request.user, agency_id, slug)
