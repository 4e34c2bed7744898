"""Granting and revoking roles."""

from uuid import UUID

from connect.accounts.queries import USABLE, Ended
from connect.accounts.sign_in import end_ways_in
from connect.accounts.tables import Account, AccountStatus, RoleGrant
from connect.agencies.queries import unlisted
from connect.agencies.tables import Agency
from connect.audit import record
from connect.db import locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid
from connect.policy import Actor, Permission, Role

FOR_AN_AGENCY = {Role.COORDINATOR, Role.EXECUTIVE}  # held for one agency only
FOR_EITHER = {Role.PRESENTER, Role.PARTNER_COORDINATOR, Role.INSTRUCTOR}
BY_HAND = set(Role) - {Role.ANYONE, Role.LEARNER}  # the others come by being here
# Only somebody above may grant; nobody stands above an administrator.
GRANTS: dict[Role, set[Role]] = {
    Role.ADMIN: BY_HAND,
    Role.REGISTRAR: FOR_AN_AGENCY | FOR_EITHER,
}


class LastAdministrator(Conflict):
    message = "This is the last administrator. Make somebody else one first."


class Merged(Conflict):
    message = "Another account stands for this one. Grant the role to that account."


class NotAbove(Forbidden):
    message = "This role is granted and taken back by somebody above it, and never by oneself."


def stands_above(actor: Actor, account: UUID, roles: set[Role]) -> bool:
    """Whether *actor* may grant all of *roles* to *account*, which is not its own."""
    held = {role for role, agency in actor.roles if agency is None}
    granted = {role for above in held for role in GRANTS.get(above, ())}
    return account != actor.account_id and roles <= granted


def _must_stand_above(actor: Actor, account: UUID, role: Role) -> None:
    if not stands_above(actor, account, {role}):
        raise NotAbove


def fault(role: Role, agency: UUID | None) -> str:
    """Why *role* cannot be held so; empty when it can."""
    if role not in BY_HAND:
        return "This role is not granted: everybody with an account has it."
    if role in FOR_AN_AGENCY and agency is None:
        return "Name the agency: this role is held for one."
    if agency is not None and role not in FOR_AN_AGENCY | FOR_EITHER:
        return "This role is held for the whole site. Leave the agency out."
    return ""


async def grant_role(
    actor: Actor, account_id: UUID, role: Role, agency: UUID | None = None
) -> None:
    """Give somebody a role. Their sessions and tokens end: the next sign-in has it.

    Raises:
        Invalid: the role is not held so, or the agency is not active.
        NotAbove: the actor may not.
        StepUpNeeded: the actor's last proof is too old.
        Merged, Ended: another account stands for this one, or none does.
        NotFound: no such account or agency.
    """
    actor.must(Permission.GRANT_ROLES)
    actor.must_be_fresh()
    if wrong := fault(role, agency):
        raise Invalid({"agency_id": wrong})
    _must_stand_above(actor, account_id, role)
    async with transaction():
        account = await one(locked(Account.objects().where(Account.id == account_id), Account))
        if account.status == AccountStatus.MERGED:
            raise Merged
        if account.ended_at is not None:
            raise Ended
        if agency is not None:
            await one(Agency.objects().where(Agency.id == agency))
            if wrong := await unlisted(agency):
                raise Invalid({"agency_id": wrong})
        await give(actor, account, role, agency)


async def give(actor: Actor, account: Account, role: Role, agency: UUID | None) -> None:
    """Write a role that a rule or a registrar's screening gives, in the caller's transaction."""
    if await _held(account.id, role, agency):
        return
    await RoleGrant.insert(
        RoleGrant(account=account.id, role=role, agency=agency, granted_by=actor.account_id)
    )
    await end_ways_in(account.id)
    await record(actor, "role.granted", Account, of=account.id, role=role, agency=agency)


async def hold_administrators() -> set[UUID]:
    """The administrators who can act, held so that two who go at once do not both go."""
    rows = await locked(
        RoleGrant.objects(RoleGrant.account).where(
            RoleGrant.role == Role.ADMIN,
            RoleGrant.agency.is_null(),
            RoleGrant.account.status.is_in([*USABLE]),
        ),
        RoleGrant,
    )
    return {row.account.id for row in rows}


async def must_not_be_the_last(account_id: UUID) -> None:
    """Do nothing when somebody else is an administrator too.

    Raises:
        LastAdministrator: nobody else would be one.
    """
    if await hold_administrators() == {account_id}:
        raise LastAdministrator


async def revoke_role(
    actor: Actor, account_id: UUID, role: Role, agency: UUID | None = None
) -> None:
    """Take a role back; its holder's sessions and tokens end at once. Twice is once.

    Raises:
        NotAbove: the actor may not.
        StepUpNeeded: the actor's last proof is too old.
        LastAdministrator: nobody else would be one.
        NotFound: no such account.
    """
    actor.must(Permission.GRANT_ROLES)
    actor.must_be_fresh()
    _must_stand_above(actor, account_id, role)
    async with transaction():
        admins = await hold_administrators()
        await one(locked(Account.objects().where(Account.id == account_id), Account))
        if not await _held(account_id, role, agency):
            return
        if role is Role.ADMIN and admins == {account_id}:
            raise LastAdministrator
        await RoleGrant.delete().where(*_which(account_id, role, agency))
        await end_ways_in(account_id)
        await record(actor, "role.revoked", Account, of=account_id, role=role, agency=agency)


def _which(account: UUID, role: Role, agency: UUID | None):  # type: ignore[no-untyped-def]
    at = RoleGrant.agency.is_null() if agency is None else RoleGrant.agency == agency
    return RoleGrant.account == account, RoleGrant.role == role, at


async def _held(account: UUID, role: Role, agency: UUID | None) -> bool:
    return await RoleGrant.exists().where(*_which(account, role, agency))
