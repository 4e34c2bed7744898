"""Which kinds of mail somebody wants."""

from collections.abc import Mapping
from uuid import UUID

from connect import security
from connect.audit import record
from connect.config import settings
from connect.db import transaction
from connect.errors import Invalid, NotFound
from connect.mail.kinds import KINDS, Kind, MailClass
from connect.mail.tables import MailPreference
from connect.policy import VISITOR, Actor, Permission

SWITCHED = [name for name, kind in KINDS.items() if kind.of is not MailClass.SECURITY]


async def is_wanted(account: UUID | None, kind: str) -> bool:
    """Whether a mail of *kind* may leave for *account*.

    Raises:
        KeyError: the kind has no line in ``mail.kinds``.
    """
    if KINDS[kind].of is MailClass.SECURITY or account is None:
        return True
    return not await MailPreference.exists().where(
        MailPreference.account == account,
        MailPreference.kind == kind,
        MailPreference.wanted == False,  # noqa: E712 -- a column
    )


async def preferences_of(account: UUID) -> dict[str, bool]:
    """Every kind that can be switched off, and whether it is wanted."""
    rows = await MailPreference.select(MailPreference.kind, MailPreference.wanted).where(
        MailPreference.account == account
    )
    said = {row["kind"]: bool(row["wanted"]) for row in rows}
    return {kind: said.get(kind, True) for kind in SWITCHED}


async def change_preferences(actor: Actor, wanted: Mapping[str, object]) -> None:
    """Switch the actor's own mails of the kinds in *wanted* on or off; others stay.

    Raises:
        Invalid: every kind that is unknown or cannot be switched off, every value but a boolean.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    if wrong := {k: why for k, value in wanted.items() if (why := _fault(k, value))}:
        raise Invalid(wrong)
    async with transaction():
        asked = sorted((kind, bool(value)) for kind, value in wanted.items())
        changed = {k: value for k, value in asked if await _switch(actor.id, k, wanted=value)}
        if changed:
            await record(
                actor, "mail_preferences.changed", MailPreference, of=actor.id, wanted=changed
            )


def _fault(kind: str, value: object) -> str:
    if kind not in KINDS:
        return "There is no such kind of mail."
    if kind not in SWITCHED:
        return "Mails of this kind keep accounts safe and cannot be switched off."
    return "" if isinstance(value, bool) else "Say true or false."


async def _switch(account: UUID, kind: str, *, wanted: bool) -> bool:
    """Write what is *wanted*; whether that was another wish than before."""
    row = MailPreference(account=account, kind=kind, wanted=wanted)
    new = await MailPreference.insert(row).on_conflict(
        target=(MailPreference.account, MailPreference.kind), action="DO NOTHING"
    )
    if new:
        return not wanted
    return bool(
        await MailPreference.update({MailPreference.wanted: wanted})
        .where(
            MailPreference.account == account,
            MailPreference.kind == kind,
            MailPreference.wanted != wanted,
        )
        .returning(MailPreference.id)
    )


def stop_address(account: UUID | None, kind: str) -> str:
    """Where *account* switches *kind* off without signing in; empty where nobody can.

    The address holds account and kind, signed: no row stands for it, and it does not expire.
    """
    if account is None or kind not in SWITCHED:
        return ""
    return f"{settings().base_url}/unsubscribe/{security.sign('stop', f'{account} {kind}')}"


def stopped_kind(token: str) -> Kind:
    """The kind that the end of a ``stop_address`` switches off.

    Raises:
        NotFound: we did not sign it, or the kind cannot be switched off any more.
    """
    return KINDS[_read(token)[1]]


async def unsubscribe(token: str) -> None:
    """Switch off the kind that *token* names, for the account that it names.

    Raises:
        NotFound: as ``stopped_kind``.
    """
    account, kind = _read(token)
    async with transaction():
        if await _switch(account, kind, wanted=False):
            await record(VISITOR, "mail.unsubscribed", MailPreference, of=account, kind=kind)


def _read(token: str) -> tuple[UUID, str]:
    account, _, kind = (security.signed("stop", token) or "").partition(" ")
    if kind not in SWITCHED:
        raise NotFound
    return UUID(account), kind
