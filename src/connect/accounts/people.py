"""People as registrars see them: search, one person, what waits for a decision."""

from typing import Any
from uuid import UUID

from connect.accounts.tables import Account
from connect.db import fetch, one
from connect.policy import Actor, Permission

LISTED = """
SELECT a.id, a.legal_name, a.email, a.status, a.discipline, a.state, a.title, a.made_at
FROM account a WHERE {where} ORDER BY a.id DESC LIMIT {limit}
"""
CASES = """
SELECT c.id, c.route, c.state, c.explanation, c.sponsor_email, c.document, c.opened_at,
  c.document_kind, c.document_size,
  c.account, a.legal_name, a.email, a.discipline, a.title, a.state AS person_state,
  c.agency, g.name AS agency_name
FROM eligibility_case c JOIN account a ON a.id = c.account
LEFT JOIN agency g ON g.id = c.agency
WHERE c.state IN ('open', 'waiting_sponsor') ORDER BY c.opened_at, c.id LIMIT {}
"""
ROLES = """
SELECT r.role, r.agency, g.name AS agency_name FROM role_grant r
LEFT JOIN agency g ON g.id = r.agency WHERE r.account = {} ORDER BY r.role, g.name
"""


async def people(
    actor: Actor, *, q: str = "", before: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """People, newest first, one more than *limit* when there are more.

    Args:
        q: words that all stand in name or address, in any case.
    """
    actor.must(Permission.READ_PEOPLE)
    where: list[str] = ["a.status <> 'merged'"]
    arguments: list[Any] = []
    for word in q.lower().replace("%", "").replace("_", "").replace("\\", "").split()[:5]:
        where.append("(lower(a.legal_name) LIKE {} OR a.email LIKE {})")
        arguments += [f"%{word}%"] * 2
    if before:
        where.append("a.id < {}")
        arguments.append(before)
    sql = LISTED.replace("{where}", " AND ".join(where)).replace("{limit}", str(limit + 1))
    return await fetch(sql, *arguments)


async def person(actor: Actor, account_id: UUID) -> Account:
    """One person, for a registrar.

    Raises:
        NotFound: there is none.
    """
    actor.must(Permission.READ_PEOPLE)
    return await one(Account.objects().where(Account.id == account_id))


async def joined_into(account: UUID) -> list[dict[str, Any]]:
    """The accounts for which this one stands: ``{id, email}``."""
    return (
        await Account.select(Account.id, Account.email)
        .where(Account.merged_into == account)
        .order_by(Account.id)
    )


async def roles_of(account: UUID) -> list[dict[str, Any]]:
    """The roles somebody holds: ``{role, agency, agency_name}``."""
    return await fetch(ROLES, account)


async def waiting_cases(actor: Actor, *, limit: int = 100) -> list[dict[str, Any]]:
    """Requests to be verified that wait, oldest first."""
    actor.must(Permission.VERIFY_PEOPLE)
    return await fetch(CASES, limit)
