"""Mailed links, each good once."""

from datetime import timedelta
from uuid import UUID

from piccolo.columns.combination import Where

from connect import clock, security
from connect.accounts.queries import account_in_use
from connect.accounts.tables import Account, LinkKind, OneTimeLink
from connect.errors import Conflict

LINK_LASTS = {
    LinkKind.PROVE: timedelta(days=3),
    LinkKind.RESET: timedelta(minutes=60),
    LinkKind.SETUP: timedelta(days=1),
    LinkKind.SPONSOR: timedelta(days=30),
    LinkKind.ADDRESS: timedelta(days=3),
    LinkKind.INVITE: timedelta(days=30),
}


class LinkUsedUp(Conflict):
    message = "This link was used or is too old. Ask for a new one."


async def make_link(kind: LinkKind, account: UUID | None, *, about: UUID | None = None) -> str:
    """A one-time link's token, in the caller's transaction; *about* is the row it decides on."""
    token = security.new_token()
    await OneTimeLink.insert(
        OneTimeLink(
            token_hash=security.token_hash(token),
            kind=kind,
            account=account,
            about=about,
            expires_at=clock.now() + LINK_LASTS[kind],
        )
    )
    return token


async def use_link(kind: LinkKind, token: str) -> OneTimeLink:
    """Spend a one-time link, in the caller's transaction.

    Raises:
        LinkUsedUp: unknown, spent or too old; which of them is not told.
    """
    spent = (
        await OneTimeLink.update({OneTimeLink.used_at: clock.now()})
        .where(*is_good(kind, token))
        .returning(*OneTimeLink.all_columns())
    )
    if not spent:
        raise LinkUsedUp
    return OneTimeLink(**spent[0])


async def link_that_waits(kind: LinkKind, token: str) -> OneTimeLink:
    """A one-time link that could be spent now; it is not.

    Raises:
        LinkUsedUp: as ``use_link``.
    """
    found = await OneTimeLink.objects().where(*is_good(kind, token)).first()
    if found is None:
        raise LinkUsedUp
    return found


def is_good(kind: LinkKind, token: str) -> tuple[Where, ...]:
    return (
        OneTimeLink.token_hash == security.token_hash(token),
        OneTimeLink.kind == kind,
        OneTimeLink.used_at.is_null(),
        OneTimeLink.expires_at > clock.now(),
    )


async def account_by_link(kind: LinkKind, token: str) -> Account:
    """Spend a mailed link; the account that it was mailed to, held until the transaction ends.

    Raises:
        LinkUsedUp: as ``use_link``, or the account may not be used any more.
    """
    account = await account_in_use((await use_link(kind, token)).account)
    if account is None:
        raise LinkUsedUp
    return account
