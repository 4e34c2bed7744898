"""An agency that invites."""

import pytest

import make
from accounts.invitation import ADDRESS, coordinator, token_of
from connect.accounts.invitations import invite


@pytest.fixture
async def agency(database):
    return await make.agency(name="Cedar Falls PD", state="IA")


@pytest.fixture
async def inviting(agency, work, mailbox):
    """``await inviting(email)`` invites to the agency and gives the link's token."""
    actor = await coordinator(agency, legal_name="Carla Coordinator")

    async def ask(email=ADDRESS, **facts):
        await invite(actor, [{"email": email, **facts}], agency_id=agency.id, note="Welcome.")
        await work()
        return token_of(mailbox[-1])

    return ask
