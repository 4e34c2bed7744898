"""A person's further addresses and professional ids, and being suspended, over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect.accounts import addresses, professional_ids, states
from connect.accounts.authentication import network
from connect.accounts.professional_ids import Known
from connect.accounts.queries import account_of
from connect.accounts.tables import Account, Address, ProfessionalIdKind
from connect.errors import decode
from connect.fields import Email, Password, Reason, State, Token
from connect.idempotency import once
from connect.paging import Page
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
BoardNumber = Annotated[
    str,
    Meta(
        pattern=r"^\s*[A-Za-z0-9][A-Za-z0-9 ./-]{2,39}$(?!\n)",
        description="Write 3 to 40 letters and digits; spaces and . / - may stand between.",
    ),
]


class AddressOut(msgspec.Struct):
    id: UUID | None  # None: the one that signs in
    email: str
    proved_at: datetime | None
    signs_in: bool


class AddressIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email


class TokenIn(msgspec.Struct, forbid_unknown_fields=True):
    token: Token


class PasswordIn(msgspec.Struct, forbid_unknown_fields=True):
    password: Password


class NumberIn(msgspec.Struct, forbid_unknown_fields=True):
    value: BoardNumber


class Place(msgspec.Struct):
    """Which of somebody's numbers is meant."""

    state: State
    kind: Annotated[ProfessionalIdKind, Meta(description="Choose post, pid or license.")]


class NumberForm(Place, forbid_unknown_fields=True):
    """The same with the number itself, as the page sends it."""

    value: BoardNumber


class ReasonIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class StateOut(msgspec.Struct):
    status: str


def signing_in(account: Account) -> AddressOut:
    """The address that signs in."""
    return AddressOut(None, account.email, account.proved_at, signs_in=True)


def further(row: Address) -> AddressOut:
    """An address besides it."""
    return AddressOut(row.id, row.email, row.proved_at, signs_in=False)


def _place(state: str, kind: str) -> Place:
    """Raises Invalid for a state or kind that there is not."""
    return decode(Place, {"state": state.upper(), "kind": kind})


class PersonApi(Controller):
    path = "/api/v1"
    tags = ["people"]

    @get("/me/addresses", permission=Permission.EDIT_ACCOUNT, summary="Your addresses")
    async def addresses(self, request: ActorRequest) -> Page[AddressOut]:
        first = signing_in(await account_of(request.user))
        return Page([first, *map(further, await addresses.addresses_of(request.user))], None)

    @post(
        "/me/addresses",
        permission=Permission.EDIT_ACCOUNT,
        summary="Add an address; a link that proves it is mailed",
    )
    async def add(self, request: ActorRequest, data: JSONBody[AddressIn]) -> Response[Any]:
        async def act() -> tuple[int, AddressOut]:
            row = await addresses.add_address(request.user, data.email, network(request))
            return 201, further(row)

        return await once(request, act)

    @delete(
        "/me/addresses/{address_id:uuid}",
        permission=Permission.EDIT_ACCOUNT,
        summary="Remove an address that does not sign in",
    )
    async def remove(self, request: ActorRequest, address_id: FromPath[UUID]) -> None:
        await addresses.remove_address(request.user, address_id)

    @post(
        "/me/addresses/{address_id:uuid}/sign-in",
        permission=Permission.EDIT_ACCOUNT,
        summary="Let this address sign in; all other sessions and tokens end",
        status_code=204,
    )
    async def sign_in_with(
        self, request: ActorRequest, address_id: FromPath[UUID], data: JSONBody[PasswordIn]
    ) -> None:
        await addresses.sign_in_with(request.user, address_id, data.password)

    @post(
        "/address-confirmations",
        permission=Permission.REGISTER,
        summary="Prove an added address by the mailed token",
        status_code=204,
    )
    async def confirm(self, data: JSONBody[TokenIn]) -> None:
        await addresses.prove_added(data.token)

    @get(
        "/me/professional-ids",
        permission=Permission.EDIT_ACCOUNT,
        summary="Your numbers with the boards of the states, by their last characters",
    )
    async def numbers(self, request: ActorRequest) -> Page[Known]:
        return Page(await professional_ids.professional_ids_of(request.user), None)

    @put(
        "/me/professional-ids/{board:str}/{kind:str}",
        permission=Permission.EDIT_ACCOUNT,
        summary="Keep a number, in place of an earlier one",
    )
    async def set_number(
        self,
        request: ActorRequest,
        board: FromPath[str],
        kind: FromPath[str],
        data: JSONBody[NumberIn],
    ) -> Known:
        at = _place(board, kind)
        return await professional_ids.set_professional_id(
            request.user, at.state, at.kind, data.value
        )

    @delete(
        "/me/professional-ids/{board:str}/{kind:str}",
        permission=Permission.EDIT_ACCOUNT,
        summary="Forget a number",
    )
    async def remove_number(
        self, request: ActorRequest, board: FromPath[str], kind: FromPath[str]
    ) -> None:
        at = _place(board, kind)
        await professional_ids.remove_professional_id(request.user, at.state, at.kind)

    @post(
        "/accounts/{account_id:uuid}/suspension",
        permission=Permission.SUSPEND_PEOPLE,
        summary="Keep somebody out; every way in ends at once",
        status_code=200,
    )
    async def suspend(
        self, request: ActorRequest, account_id: FromPath[UUID], data: JSONBody[ReasonIn]
    ) -> StateOut:
        account = await states.suspend(request.user, account_id, reason=data.reason)
        return StateOut(account.status)

    @delete(
        "/accounts/{account_id:uuid}/suspension",
        permission=Permission.SUSPEND_PEOPLE,
        summary="Let somebody in again",
    )
    async def lift(self, request: ActorRequest, account_id: FromPath[UUID]) -> None:
        await states.lift_suspension(request.user, account_id)
