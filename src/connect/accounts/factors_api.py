"""Second factors, fresh proofs and sessions over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from connect.accounts import factors, passkeys, proofs, sessions, step_up
from connect.accounts.authentication import network
from connect.accounts.proofs import Proof
from connect.accounts.tables import FactorKind
from connect.fields import Line, Password
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Moment = Annotated[datetime, Meta(tz=True)]
SessionId = Annotated[str, Meta(max_length=64)]


class FactorIn(msgspec.Struct, forbid_unknown_fields=True):
    kind: FactorKind
    name: Line = ""


class FactorRow(msgspec.Struct):
    id: UUID
    kind: str
    name: str
    made_at: datetime
    used_at: datetime | None


class FactorBegun(msgspec.Struct, omit_defaults=True):
    id: UUID
    kind: str
    secret: str | UnsetType = UNSET  # of an app, base32
    uri: str | UnsetType = UNSET  # the same as an app reads it from a QR code
    options: passkeys.Credential | UnsetType = UNSET  # of navigator.credentials.create


class FactorConfirmed(msgspec.Struct):
    id: UUID
    kind: str
    token: str  # in place of the one that asked, which ended like all others
    expires_at: datetime
    recovery_codes: list[str]


class CodesOut(msgspec.Struct):
    codes: list[str]


class StepUpIn(Proof):
    password: Password = ""


class StepUpOut(msgspec.Struct):
    fresh_until: datetime


class StepUpWays(msgspec.Struct):
    fresh_until: datetime | None  # None: this way in is half open
    kinds: list[str]  # totp, passkey, recovery_code; or password
    options: passkeys.Credential | None  # of navigator.credentials.get


class SessionRow(msgspec.Struct):
    id: str
    network: str
    browser: str
    made_at: datetime
    last_seen_at: datetime
    is_this: bool


async def ways(actor: Actor) -> StepUpWays:
    """By what *actor* can prove who it is."""
    confirmed = await proofs.factors_of(actor.half_open or actor.id)
    kinds = sorted({row.kind for row in confirmed})
    if kinds and await proofs.codes_left(confirmed[0].account):
        kinds.append("recovery_code")
    options = passkeys.request_options(
        actor, [row for row in confirmed if row.kind == FactorKind.PASSKEY]
    )
    return StepUpWays(actor.fresh_until, kinds or ["password"], options)


class FactorsApi(Controller):
    path = "/api/v1"
    tags = ["sign-in"]

    @get("/me/factors", permission=Permission.EDIT_ACCOUNT, summary="Your second factors")
    async def factors(self, request: ActorRequest) -> Page[FactorRow]:
        rows = await proofs.factors_of(request.user.id)
        names = FactorRow.__struct_fields__
        return Page([FactorRow(*(getattr(row, name) for name in names)) for row in rows], None)

    @post("/me/factors", permission=Permission.EDIT_ACCOUNT, summary="Begin a second factor")
    async def begin(self, request: ActorRequest, data: JSONBody[FactorIn]) -> Response[FactorBegun]:
        async def act() -> tuple[int, FactorBegun]:
            factor = await factors.begin(request.user, data.kind, data.name)
            needed = await factors.to_set_up(request.user, factor)
            return 201, FactorBegun(factor.id, factor.kind, **needed)

        return await once(request, act, secret=True)

    @post(
        "/me/factors/{factor_id:uuid}/confirmation",
        permission=Permission.EDIT_ACCOUNT,
        summary="Take a factor into use; all sessions and tokens end, and a new token is given",
        status_code=200,
    )
    async def confirm(
        self, request: ActorRequest, factor_id: FromPath[UUID], data: JSONBody[Proof]
    ) -> FactorConfirmed:
        done = await factors.confirm(request.user, factor_id, data, network=network(request))
        assert done.token is not None  # noqa: S101 -- the API is asked by tokens only
        return FactorConfirmed(
            done.factor.id, done.factor.kind, done.secret, done.token.expires_at, done.codes
        )

    @delete(
        "/me/factors/{factor_id:uuid}",
        permission=Permission.EDIT_ACCOUNT,
        summary="Remove a factor; all sessions and tokens end",
    )
    async def remove(self, request: ActorRequest, factor_id: FromPath[UUID]) -> None:
        await factors.remove(request.user, factor_id)

    @post(
        "/me/recovery-codes",
        permission=Permission.EDIT_ACCOUNT,
        summary="New recovery codes, shown only this once; those from before end",
    )
    async def new_codes(self, request: ActorRequest) -> Response[CodesOut]:
        async def act() -> tuple[int, CodesOut]:
            return 201, CodesOut(await factors.new_codes(request.user))

        return await once(request, act, secret=True)

    @get("/step-ups", permission=Permission.EDIT_ACCOUNT, summary="How you can prove who you are")
    async def ways(self, request: ActorRequest) -> StepUpWays:
        return await ways(request.user)

    @post(
        "/step-ups",
        permission=Permission.EDIT_ACCOUNT,
        summary="Prove anew who you are; it counts for ten minutes",
    )
    async def step_up(self, request: ActorRequest, data: JSONBody[StepUpIn]) -> StepUpOut:
        until, _ = await step_up.step_up(
            request.user,
            proof=Proof(data.otp, data.credential),
            password=data.password,
            network=network(request),
        )
        return StepUpOut(until)

    @get("/me/sessions", permission=Permission.EDIT_ACCOUNT, summary="Where you are signed in")
    async def sessions(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[SessionRow]:
        before = read_cursor(after, tuple[Moment, str]) if after else None
        rows = await sessions.sessions_of(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: (row["made_at"], row["id"]))
        return Page(msgspec.convert(kept, list[SessionRow]), following)

    @delete(
        "/me/sessions",
        permission=Permission.EDIT_ACCOUNT,
        summary="End all sessions but the one that asks",
    )
    async def end_others(self, request: ActorRequest) -> None:
        await sessions.end_other_sessions(request.user)

    @delete(
        "/me/sessions/{session_id:str}", permission=Permission.EDIT_ACCOUNT, summary="End a session"
    )
    async def end(self, request: ActorRequest, session_id: FromPath[SessionId]) -> None:
        await sessions.end_session(request.user, session_id)

    @delete(
        "/accounts/{account_id:uuid}/factors",
        permission=Permission.RESET_FACTORS,
        summary="Take the second factors of somebody who lost them away",
    )
    async def reset(self, request: ActorRequest, account_id: FromPath[UUID]) -> None:
        await factors.reset(request.user, account_id)
