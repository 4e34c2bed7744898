"""An invitation to one agency: who is invited, by whom, and what they type."""

import re

import make
from accounts.people import NEW_PASSWORD
from connect.accounts.tables import (
    Account,
    RoleGrant,
)
from connect.policy import Actor, Role

ADDRESS = "ada@agency.example"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
FORM = {
    "act": "register",
    "password": NEW_PASSWORD,
    "legal_name": "Ada Officer",
    "discipline": "law-enforcement",
    "state": "TX",
    "time_zone": "America/Chicago",
    "adult": "true",
}


async def coordinator(agency, **changes):
    account = await make.account(**changes)
    await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=agency.id).save()
    return Actor(account_id=account.id, roles=frozenset({(Role.COORDINATOR, agency.id)}))


def token_of(mail):
    return re.search(r"/invitations/(\S+)", mail.body)[1]


async def by_email(email=ADDRESS):
    return await Account.objects().where(Account.email == email).first()
