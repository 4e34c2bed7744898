"""Accounts over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from connect.accounts import actions, sign_in
from connect.accounts.authentication import network
from connect.accounts.people import people
from connect.accounts.people_api import PersonRow, ProfileIn
from connect.accounts.proofs import Otp
from connect.accounts.queries import account_of, tokens_of
from connect.accounts.rules import ADULTS_ONLY, faults
from connect.accounts.tables import Account, Scope
from connect.fields import Discipline, Email, Line, Name, Password, State, Token, Zone
from connect.idempotency import once
from connect.paging import DEFAULT, After, Limit, Page, Word, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Scopes = Annotated[
    str,
    Meta(
        pattern=rf"^({'|'.join(Scope)})$(?!\n)",
        description='The one scope is "read": the token changes nothing. Leave scopes out for all.',
    ),
]
Cursor = Annotated[str, Meta(max_length=100)]


class RegisterIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Password
    legal_name: Name
    discipline: Discipline
    state: State
    title: Line = ""
    certificate_name: Line = ""
    time_zone: Zone | UnsetType = UNSET
    adult: bool = True  # 18 or older

    @staticmethod
    def faults(given: dict[str, Any]) -> dict[str, str]:
        found = faults(given, password=given.get("password"))
        if str(given.get("adult", True)).lower() not in ("true", "1"):
            found["adult"] = ADULTS_ONLY
        return found


class EmailIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email


class TokenIn(msgspec.Struct, forbid_unknown_fields=True):
    token: Token


class SignInIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Password
    otp: Otp = ""
    name: Line = ""
    scopes: Annotated[list[Scopes], Meta(max_length=20)] = []
    expires_in_days: Annotated[int, Meta(ge=1, le=366, description="Use 1 to 366 days.")] = 30


class PasswordIn(msgspec.Struct, forbid_unknown_fields=True):
    password: Password


class PasswordChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    current: Password
    new: Password


class StatusOut(msgspec.Struct):
    status: str


class TokenOut(msgspec.Struct):
    id: UUID
    token: str
    expires_at: datetime


class TokenRow(msgspec.Struct):
    id: UUID
    name: str
    made_at: datetime
    expires_at: datetime


class RoleOut(msgspec.Struct):
    role: str
    agency_id: UUID | None


class AccountOut(msgspec.Struct):
    id: UUID
    email: str
    status: str
    legal_name: str
    certificate_name: str
    discipline: str | None
    title: str
    state: str | None
    time_zone: str
    roles: list[RoleOut]


def sent(data: msgspec.Struct) -> dict[str, Any]:
    """The fields that were sent."""
    return {n: v for n, v in msgspec.structs.asdict(data).items() if v is not UNSET}


def _out(actor: Actor, account: Account) -> AccountOut:
    return AccountOut(
        roles=[RoleOut(role, agency) for role, agency in sorted(actor.roles, key=str)],
        **{n: getattr(account, n) for n in AccountOut.__struct_fields__ if n != "roles"},
    )


class AccountsApi(Controller):
    path = "/api/v1"
    tags = ["accounts"]

    @post("/accounts", permission=Permission.REGISTER, summary="Open an account", status_code=202)
    async def register(
        self, request: ActorRequest, data: JSONBody[RegisterIn]
    ) -> Response[StatusOut]:
        account = await actions.new_account(network(request), **sent(data))

        async def act() -> tuple[int, StatusOut]:
            await actions.register(account)
            return 202, StatusOut("pending_email")

        return await once(request, act)

    # Here and not with the other people: one path belongs to one controller.
    @get("/accounts", permission=Permission.READ_PEOPLE, summary="Search people")
    async def people(
        self, request: ActorRequest, q: Word = "", limit: Limit = DEFAULT, after: After = ""
    ) -> Page[PersonRow]:
        before = read_cursor(after, UUID) if after else None
        rows = await people(request.user, q=q, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        return Page(msgspec.convert(kept, list[PersonRow]), following)

    @post(
        "/email-verification-requests",
        permission=Permission.REGISTER,
        summary="Mail the link that proves an address again",
        status_code=202,
    )
    async def request_proof(self, request: ActorRequest, data: JSONBody[EmailIn]) -> StatusOut:
        await actions.request_proof(network(request), data.email)
        return StatusOut("accepted")

    @post(
        "/email-verifications",
        permission=Permission.REGISTER,
        summary="Prove an address by the mailed token",
        status_code=200,
    )
    async def prove(self, data: JSONBody[TokenIn]) -> StatusOut:
        account = await actions.prove_address(data.token)
        return StatusOut(account.status)

    @post(
        "/password-resets",
        permission=Permission.SIGN_IN,
        summary="Mail a link that sets a new password",
        status_code=202,
    )
    async def request_reset(self, request: ActorRequest, data: JSONBody[EmailIn]) -> StatusOut:
        await sign_in.request_reset(network(request), data.email)
        return StatusOut("accepted")

    @put(
        "/password-resets/{token:str}",
        permission=Permission.SIGN_IN,
        summary="Set a new password by the mailed token",
        status_code=204,
    )
    async def reset(self, token: FromPath[str], data: JSONBody[PasswordIn]) -> None:
        await sign_in.reset_password(token, data.password)

    @get("/me", permission=Permission.EDIT_ACCOUNT, summary="The signed-in account")
    async def me(self, request: ActorRequest) -> AccountOut:
        return _out(request.user, await account_of(request.user))

    @patch("/me", permission=Permission.EDIT_ACCOUNT, summary="Change the profile")
    async def change_me(self, request: ActorRequest, data: JSONBody[ProfileIn]) -> AccountOut:
        return _out(request.user, await actions.update_profile(request.user, sent(data)))

    @put(
        "/me/password",
        permission=Permission.EDIT_ACCOUNT,
        summary="Change the password; all other sessions and tokens end",
        status_code=204,
    )
    async def change_password(
        self, request: ActorRequest, data: JSONBody[PasswordChangeIn]
    ) -> None:
        await sign_in.change_password(request.user, data.current, data.new)

    @post("/tokens", permission=Permission.SIGN_IN, summary="Sign in: a new API token")
    async def make_token(
        self, request: ActorRequest, data: JSONBody[SignInIn]
    ) -> Response[TokenOut]:
        account = await sign_in.check_sign_in(data.email, data.password, data.otp, network(request))

        async def act() -> tuple[int, TokenOut]:
            row, secret = await sign_in.make_token(
                account,
                name=data.name,
                scopes=data.scopes,
                days=data.expires_in_days,
                otp=data.otp,
                network=network(request),
            )
            return 201, TokenOut(row.id, secret, row.expires_at)

        return await once(request, act, secret=True)

    @get("/tokens", permission=Permission.EDIT_ACCOUNT, summary="Your API tokens, newest first")
    async def tokens(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: FromQuery[Cursor] = ""
    ) -> Page[TokenRow]:
        before = read_cursor(after, UUID) if after else None
        rows = await tokens_of(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        return Page(msgspec.convert(kept, list[TokenRow]), following)

    @delete("/tokens/{token_id:uuid}", permission=Permission.EDIT_ACCOUNT, summary="End a token")
    async def revoke_token(self, request: ActorRequest, token_id: FromPath[UUID]) -> None:
        await sign_in.revoke_token(request.user, token_id)
