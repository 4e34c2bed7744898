"""People with completions here and elsewhere, without the way there."""

from datetime import date

import make
from connect.accounts.tables import Account
from connect.external.tables import ExternalCompletion
from connect.policy import Actor
from rosters.staffed import completed, course, works

DAY = date(2026, 2, 1)


async def graduate(days=(DAY,), **changes) -> tuple[Actor, Account]:
    """Somebody who completed one course on each of *days*, 30 minutes each."""
    account = await make.account(**changes)
    person = await works(await make.agency(), account=account)
    version = await course("first", "First response")
    for day in days:
        await completed(person, version, day)
    return make.actor_of(account), account


async def elsewhere(account, **changes):
    given = {"account": account.id, "title": "TELMAC", "provider": "NCMEC", "day": DAY}
    given |= {"minutes": 480, "state": "accepted", "made_by": account.id, "number": "T-1"}
    row = ExternalCompletion(**given | changes)
    await row.save()
    return row
