"""Grants and their courses, over JSON."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from connect.grants import actions, rules
from connect.grants.queries import grant_by_id, grants
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Number = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=rules.LONGEST_NUMBER,
        description="Write the award number, such as 15PJDP-25-GK-0001.",
    ),
]
Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=rules.LONGEST_TITLE,
        description=f"Write the title in 1 to {rules.LONGEST_TITLE} characters, on one line.",
    ),
]
Wording = Annotated[
    str,
    Meta(
        max_length=rules.LONGEST_WORDING,
        description=f"Write at most {rules.LONGEST_WORDING} characters.",
    ),
]
Day = Annotated[date, Meta(description="Write the day as 2026-03-04.")]


class GrantCourse(msgspec.Struct, rename={"since": "from"}):
    course: str
    since: date
    until: date | None


class GrantOut(msgspec.Struct):
    id: UUID
    award_number: str
    title: str
    starts_on: date
    ends_on: date
    acknowledgement: str
    courses: list[GrantCourse]


class GrantIn(msgspec.Struct, forbid_unknown_fields=True):
    award_number: Number
    title: Title
    starts_on: Day
    ends_on: Day
    acknowledgement: Wording = ""


class ChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    award_number: Number | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    starts_on: Day | UnsetType = UNSET
    ends_on: Day | UnsetType = UNSET
    acknowledgement: Wording | UnsetType = UNSET


class DaysIn(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from"}):
    since: Day
    until: Day | None = None


def shown(row: dict[str, Any]) -> GrantOut:
    """A row of ``queries.grants``."""
    courses = [GrantCourse(c["slug"], c["since"], c["until"]) for c in row["courses"]]
    return msgspec.convert(row | {"courses": courses}, GrantOut)


class GrantsApi(Controller):
    path = "/api/v1/grants"
    tags = ["grants"]

    @get("/", permission=Permission.MANAGE_GRANTS, summary="Grants, latest first")
    async def grants(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[GrantOut]:
        behind = read_cursor(after, UUID) if after else None
        rows = await grants(request.user, after=behind, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        return Page([shown(row) for row in kept], following)

    @post("/", permission=Permission.MANAGE_GRANTS, summary="Write down an award")
    async def add(self, request: ActorRequest, data: JSONBody[GrantIn]) -> Response[GrantOut]:
        async def act() -> tuple[int, GrantOut]:
            row = await actions.add_grant(request.user, **msgspec.structs.asdict(data))
            return 201, shown(await grant_by_id(request.user, row.id))

        return await once(request, act)

    @get("/{grant_id:uuid}", permission=Permission.MANAGE_GRANTS, summary="One grant")
    async def grant(self, request: ActorRequest, grant_id: FromPath[UUID]) -> GrantOut:
        return shown(await grant_by_id(request.user, grant_id))

    @patch("/{grant_id:uuid}", permission=Permission.MANAGE_GRANTS, summary="Change a grant")
    async def change(
        self, request: ActorRequest, grant_id: FromPath[UUID], data: JSONBody[ChangeIn]
    ) -> GrantOut:
        changes = {n: v for n, v in msgspec.structs.asdict(data).items() if v is not UNSET}
        await actions.change_grant(request.user, grant_id, changes)
        return shown(await grant_by_id(request.user, grant_id))

    @put(
        "/{grant_id:uuid}/courses/{slug:str}",
        permission=Permission.MANAGE_GRANTS,
        summary="Let a course belong to the grant from one day to another",
    )
    async def assign(
        self,
        request: ActorRequest,
        grant_id: FromPath[UUID],
        slug: FromPath[str],
        data: JSONBody[DaysIn],
    ) -> GrantCourse:
        row = await actions.assign_course(
            request.user, grant_id, slug, since=data.since, until=data.until
        )
        return GrantCourse(slug, row.since, row.until)

    @delete(
        "/{grant_id:uuid}/courses/{slug:str}",
        permission=Permission.MANAGE_GRANTS,
        summary="Take a course out of the grant; trainings keep it",
    )
    async def remove(
        self, request: ActorRequest, grant_id: FromPath[UUID], slug: FromPath[str]
    ) -> None:
        await actions.remove_course(request.user, grant_id, slug)
