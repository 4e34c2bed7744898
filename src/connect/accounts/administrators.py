"""Word to the people who run the site."""

from uuid import UUID

from connect.accounts.queries import IN_USE
from connect.accounts.tables import Account, RoleGrant
from connect.db import transaction
from connect.mail.actions import write_mail
from connect.policy import Role


async def tell_administrators(event: UUID, label: str, most: int) -> None:
    """Mail to each administrator that mails are held, once for each *event*; job.

    Args:
        label: what the mails are about.
        most: how many of them may leave within an hour.
    """
    administrators = RoleGrant.select(RoleGrant.account).where(
        RoleGrant.role == Role.ADMIN, RoleGrant.agency.is_null()
    )
    async with transaction():
        for account in await Account.objects().where(Account.id.is_in(administrators), IN_USE):
            await write_mail(
                "mail/held",
                to=account.email,
                account=account.id,
                once=str(event),
                name=account.legal_name,
                label=label,
                most=most,
            )
