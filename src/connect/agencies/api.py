"""Agencies over JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from connect.agencies import actions, codes, domains, profiles, rules
from connect.agencies.queries import (
    Seen,
    agencies,
    codes_of,
    domains_of,
    drafts,
    profiles_of,
    seen_agency,
)
from connect.agencies.tables import EccScope, PsapLevel
from connect.agencies.views import terms_of
from connect.fields import Line, State
from connect.idempotency import once
from connect.lists import AGENCY_KINDS
from connect.paging import DEFAULT, After, Limit, Page, Word, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Status = Annotated[Literal["active", "draft"], QueryParameter()]
OfState = Annotated[str, QueryParameter(name="state", max_length=2, pattern=r"^[^\x00]*$")]
END = r"$(?!\n)"  # Python's $ alone also matches before a last line break

Kind = Annotated[
    str,
    Meta(pattern=f"^({'|'.join(AGENCY_KINDS)}){END}", description="Choose a kind from the list."),
]
AgencyName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=rules.LONGEST_NAME,
        description=f"Write the agency's full name in 1 to {rules.LONGEST_NAME} characters.",
    ),
]
Ori = Annotated[
    str,
    Meta(
        max_length=30,
        pattern=rf"^\s*([A-Za-z]{{2}}[\s-]*([A-Za-z0-9][\s-]*){{7}})?{END}",
        description="An ORI has nine letters and digits and begins with the state, "
        "such as IA0070100.",
    ),
]
PsapId = Annotated[
    str,
    Meta(
        pattern=rf"^\s*([0-9]{{1,5}})?\s*{END}",
        description="An FCC PSAP ID is a number of up to five digits.",
    ),
]
Domains = Annotated[
    list[Annotated[str, Meta(max_length=254)]],
    Meta(
        max_length=rules.MOST_DOMAINS,
        description=f"List up to {rules.MOST_DOMAINS} domains such as cedarfallspd.example.",
    ),
]


def _number(most: int) -> Meta:
    words = "Write a whole number such as 41700, without words; or leave it empty."
    return Meta(ge=0, le=most, description=words)


People = Annotated[int, _number(1_000_000_000)]
Calls = Annotated[int, _number(1_000_000_000)]
Count = Annotated[int, _number(1_000_000)]
Year = Annotated[
    int, Meta(ge=rules.FIRST_YEAR, le=2100, description="Write the year with four digits.")
]
Uses = Annotated[
    int,
    Meta(
        ge=1,
        le=codes.MOST_USES,
        description=f"Write a whole number from 1 to {codes.MOST_USES:,}.",
    ),
]
Moment = Annotated[
    datetime, Meta(tz=True, description="Write a moment such as 2026-06-30T23:59:59Z.")
]
Day = Annotated[date, Meta(description="Write the day as 2026-03-04.")]


class AgencyRow(msgspec.Struct, kw_only=True):
    """What anybody sees; the last two only of drafts."""

    id: UUID
    name: str
    kind: str
    state: str
    county: str
    status: str | UnsetType = UNSET
    opened_at: datetime | UnsetType = UNSET


class DomainOut(msgspec.Struct):
    domain: str
    is_its_alone: bool
    others: int | UnsetType = UNSET  # active agencies that list it too


class CodeRow(msgspec.Struct):
    id: UUID
    max_uses: int
    uses: int
    expires_at: datetime
    made_at: datetime


class CodeOut(msgspec.Struct):
    id: UUID
    code: str
    max_uses: int
    expires_at: datetime


class ProfileOut(msgspec.Struct, kw_only=True):
    as_of: date
    population: int | None
    population_source: str
    population_year: int | None
    employees: int | None
    sworn: int | None
    psap_level: str | None
    ecc_scope: str | None
    yearly_calls: int | None
    positions: int | None
    work_stations: int | None
    agencies_served: int | None


class MembershipOut(msgspec.Struct):
    """In the readiness program, today."""

    state: str
    since: date
    until: date  # exclusive


class AgencyOut(AgencyRow, kw_only=True):
    """More for who asked for it; all of it for who manages it."""

    membership: MembershipOut | UnsetType | None = UNSET
    ori: str | UnsetType | None = UNSET
    psap_id: str | UnsetType | None = UNSET
    parent: UUID | UnsetType | None = UNSET
    merged_into: UUID | UnsetType | None = UNSET
    screened_at: datetime | UnsetType | None = UNSET
    reason: str | UnsetType = UNSET
    domains: list[DomainOut] | UnsetType = UNSET
    codes: list[CodeRow] | UnsetType = UNSET
    profiles: list[ProfileOut] | UnsetType = UNSET


class AgencyIn(msgspec.Struct, forbid_unknown_fields=True):
    name: AgencyName
    kind: Kind
    state: State
    county: Line = ""
    ori: Ori | None = None
    psap_id: PsapId | None = None
    domains: Domains = []


class ChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind | UnsetType = UNSET
    name: AgencyName | UnsetType = UNSET
    state: State | UnsetType = UNSET
    county: Line | UnsetType = UNSET
    ori: Ori | UnsetType | None = UNSET
    psap_id: PsapId | UnsetType | None = UNSET
    parent: UUID | UnsetType | None = UNSET


class DomainIn(msgspec.Struct, forbid_unknown_fields=True):
    is_its_alone: bool | None = None


class CodeIn(msgspec.Struct, forbid_unknown_fields=True):
    max_uses: Uses
    expires_at: Moment


class ProfileIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    as_of: Day | None = None
    population: People | None = None
    population_source: Line = ""
    population_year: Year | None = None
    employees: Count | None = None
    sworn: Count | None = None
    psap_level: Annotated[PsapLevel, Meta(description="Choose primary or secondary.")] | None = None
    ecc_scope: (
        Annotated[EccScope, Meta(description="Choose law-enforcement-only or consolidated.")] | None
    ) = None
    yearly_calls: Calls | None = None
    positions: Count | None = None
    work_stations: Count | None = None
    agencies_served: Count | None = None


def profile_facts(data: ProfileIn) -> dict[str, Any]:
    """The facts of a profile, without its day."""
    return {n: v for n, v in msgspec.structs.asdict(data).items() if n != "as_of"}


async def _shown(seen: Seen) -> AgencyOut:
    agency = seen.agency
    shown = AgencyOut(**{n: getattr(agency, n) for n in ("id", "name", "kind", "state", "county")})
    if seen.brought or seen.manages:
        for name in ("status", "opened_at", "ori", "psap_id", "merged_into", "screened_at"):
            setattr(shown, name, getattr(agency, name))
        shown.reason = agency.reason
        shown.domains = msgspec.convert(await domains_of(agency.id), list[DomainOut])
    if seen.manages:
        shown.parent = agency.parent
        shown.codes = msgspec.convert(await codes_of(agency.id), list[CodeRow])
        shown.profiles = msgspec.convert(await profiles_of(agency.id), list[ProfileOut])
    return shown


class AgenciesApi(Controller):
    path = "/api/v1/agencies"
    tags = ["agencies"]

    @get(
        "/",
        permission=Permission.READ_AGENCIES,
        summary="Listed agencies by name; `status=draft`: those that wait for a screening",
    )
    async def agencies(
        self,
        request: ActorRequest,
        q: Word = "",
        of_state: OfState = "",
        kind: Word = "",
        status: Status = "active",
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[AgencyRow]:
        behind = read_cursor(after, UUID) if after else None
        if status == "draft":
            rows = await drafts(request.user, after=behind, limit=limit)
            rows = [row | {"status": status} for row in rows]
        else:
            rows = await agencies(q=q, state=of_state, kind=kind, after=behind, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        return Page(msgspec.convert(kept, list[AgencyRow]), following)

    @get(
        "/{agency_id:uuid}",
        permission=Permission.READ_AGENCIES,
        summary="One agency; for one that was merged away, the one that stands for it",
    )
    async def agency(self, request: ActorRequest, agency_id: FromPath[UUID]) -> AgencyOut:
        shown = await _shown(await seen_agency(request.user, agency_id))
        now = (await terms_of(request, shown.id)).current
        shown.membership = MembershipOut(now.state, now.since, now.ends_on) if now else None
        return shown

    @post(
        "/",
        permission=Permission.OPEN_AGENCY,
        summary="Ask for an agency that is not listed; for a registrar it is listed at once",
    )
    async def bring(self, request: ActorRequest, data: JSONBody[AgencyIn]) -> Response[AgencyOut]:
        actor = request.user
        act = actions.create_agency if actor.may(Permission.MANAGE_AGENCIES) else actions.open_draft

        async def bring() -> tuple[int, AgencyOut]:
            agency = await act(actor, **msgspec.structs.asdict(data))
            return 201, await _shown(await seen_agency(actor, agency.id))

        return await once(request, bring)

    @patch(
        "/{agency_id:uuid}",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Change an agency; what it is, only a registrar changes",
    )
    async def change(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[ChangeIn]
    ) -> AgencyOut:
        changes = {n: v for n, v in msgspec.structs.asdict(data).items() if v is not UNSET}
        agency = await actions.change_agency(request.user, agency_id, changes)
        return await _shown(await seen_agency(request.user, agency.id))

    @post(
        "/{agency_id:uuid}/codes",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Make a code for the agency's people; it is shown once",
    )
    async def make_code(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[CodeIn]
    ) -> Response[CodeOut]:
        async def act() -> tuple[int, CodeOut]:
            row, code = await codes.make_code(
                request.user, agency_id, max_uses=data.max_uses, expires_at=data.expires_at
            )
            return 201, CodeOut(row.id, code, row.max_uses, row.expires_at)

        return await once(request, act, secret=True)

    @delete(
        "/{agency_id:uuid}/codes/{code_id:uuid}",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="End a code",
    )
    async def end_code(
        self, request: ActorRequest, agency_id: FromPath[UUID], code_id: FromPath[UUID]
    ) -> None:
        await codes.end_code(request.user, agency_id, code_id)

    @put(
        "/{agency_id:uuid}/domains/{domain:str}",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="List an e-mail domain that proves employment",
    )
    async def add_domain(
        self,
        request: ActorRequest,
        agency_id: FromPath[UUID],
        domain: FromPath[str],
        data: JSONBody[DomainIn | None] = None,
    ) -> DomainOut:
        row = await domains.add_domain(
            request.user, agency_id, domain, is_its_alone=data.is_its_alone if data else None
        )
        return DomainOut(row.domain, row.is_its_alone)

    @delete(
        "/{agency_id:uuid}/domains/{domain:str}",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Take an e-mail domain off the list",
    )
    async def remove_domain(
        self, request: ActorRequest, agency_id: FromPath[UUID], domain: FromPath[str]
    ) -> None:
        await domains.remove_domain(request.user, agency_id, domain)

    @post(
        "/{agency_id:uuid}/profiles",
        permission=Permission.MANAGE_OWN_AGENCY,
        summary="Write down what the agency is like on a day",
    )
    async def record_profile(
        self, request: ActorRequest, agency_id: FromPath[UUID], data: JSONBody[ProfileIn]
    ) -> Response[ProfileOut]:
        async def act() -> tuple[int, ProfileOut]:
            row = await profiles.record_profile(
                request.user, agency_id, profile_facts(data), as_of=data.as_of
            )
            return 201, ProfileOut(**{n: getattr(row, n) for n in ProfileOut.__struct_fields__})

        return await once(request, act)
