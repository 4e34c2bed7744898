"""Agencies and those who manage them, valid by default."""

import itertools
from typing import Any

import make
from connect.accounts.tables import RoleGrant
from connect.agencies.rules import search_words
from connect.agencies.tables import Agency, AgencyDomain
from connect.policy import Actor, Role

_numbers = itertools.count(1)


async def agency(*, domains: tuple[str, ...] = (), **changes: Any) -> Agency:
    """A listed police department; each of *domains* is its alone."""
    number = next(_numbers)
    facts = {
        "kind": "law-enforcement",
        "name": f"Town {number} Police Department",
        "state": "IA",
        "county": "Black Hawk",
        "ori": f"IA{number:07}",
        **changes,
    }
    words = search_words(facts["name"], facts["county"], facts["ori"], facts.get("psap_id"))
    row = Agency(**{"words": words, **facts})
    await row.save()
    for domain in domains:
        await AgencyDomain(agency=row.id, domain=domain).save()
    return row


async def coordinator(*agencies: Agency) -> Actor:
    """Somebody who coordinates *agencies*."""
    account = await make.account()
    for row in agencies:
        await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=row.id).save()
    return coordinating(make.actor_of(account), *agencies)


def coordinating(actor: Actor, *agencies: Agency) -> Actor:
    """*actor* as the coordinator of *agencies*."""
    roles = frozenset((Role.COORDINATOR, row.id) for row in agencies)
    return Actor(account_id=actor.id, name=actor.name, proved=True, roles=roles)


def wish(**changes: Any) -> dict[str, Any]:
    """What somebody tells of an agency that is not listed."""
    return {
        "kind": "law-enforcement",
        "name": "Cedar Falls Police Department",
        "state": "IA",
        "county": "Black Hawk",
        "ori": "IA0070100",
        "domains": ["cedarfallspd.example"],
        **changes,
    }
