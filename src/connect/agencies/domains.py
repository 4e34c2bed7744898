"""The e-mail domains that prove employment at an agency."""

from collections.abc import Sequence
from uuid import UUID

from connect.agencies import rules
from connect.agencies.queries import active_agency, listed_elsewhere, managed_agency
from connect.agencies.tables import Agency, AgencyDomain
from connect.audit import record
from connect.db import transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.policy import Actor, Permission


class DomainNotYours(Forbidden):
    message = "Only a registrar says that no other agency's people have this domain. Write to one."


class DomainElsewhere(Conflict):
    message = "Another agency lists this domain. A registrar can list it for both; write to one."


async def propose_domains(agency_id: UUID, domains: Sequence[str]) -> None:
    """Write a draft's domains in place of earlier ones, in the caller's transaction."""
    await AgencyDomain.delete().where(AgencyDomain.agency == agency_id)
    for domain in domains:
        await AgencyDomain.insert(AgencyDomain(agency=agency_id, domain=domain, is_its_alone=False))


async def list_domains(agency_id: UUID, domains: Sequence[str]) -> None:
    """Add *domains*, by a registrar's word its alone, in the caller's transaction.

    What was said of one that is listed already stays.
    """
    for domain in domains:
        await _insert(AgencyDomain(agency=agency_id, domain=domain, is_its_alone=True))


async def add_domain(
    actor: Actor, agency_id: UUID, domain: str, *, is_its_alone: bool | None = None
) -> AgencyDomain:
    """List an e-mail domain that proves employment; again, it changes what is said of it.

    Args:
        is_its_alone: no other agency's people have it, so that it proves a discipline too,
            where the kind implies one. Only a registrar says so, and does when it is left out.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: it is not listed.
        DomainNotYours, DomainElsewhere: what a registrar has to say.
        Invalid: the domain proves nothing.
    """
    domain = rules.normal_domain(domain)
    async with transaction():
        agency = await active_agency(actor, agency_id)
        if fault := rules.domain_fault(domain):
            raise Invalid({"domain": fault})
        listed = AgencyDomain.agency == agency.id
        row = await AgencyDomain.objects().where(listed, AgencyDomain.domain == domain).first()
        is_registrar = actor.may(Permission.MANAGE_AGENCIES)
        if is_its_alone and not is_registrar and not (row and row.is_its_alone):
            raise DomainNotYours
        if row is None:
            if not is_registrar and await listed_elsewhere(agency.id, domain):
                raise DomainElsewhere
            if await AgencyDomain.count().where(listed) >= rules.MOST_DOMAINS:
                raise Invalid({"domain": f"List at most {rules.MOST_DOMAINS} domains."})
            said = is_registrar if is_its_alone is None else is_its_alone
            row = AgencyDomain(agency=agency.id, domain=domain, is_its_alone=said)
            await AgencyDomain.insert(row)
        elif is_its_alone is not None:
            row.is_its_alone = is_its_alone
            await row.save([AgencyDomain.is_its_alone])
        said = row.is_its_alone
        await record(
            actor,
            "agency.domain_listed",
            Agency,
            of=agency.id,
            domain=domain,
            is_its_alone=said,
        )
    return row


async def remove_domain(actor: Actor, agency_id: UUID, domain: str) -> None:
    """Take a domain off an agency's list. Who was verified by it stays so.

    Raises:
        NotFound: no such agency, it is not the actor's, or it does not list the domain.
    """
    domain = rules.normal_domain(domain)
    async with transaction():
        agency = await managed_agency(actor, agency_id, lock=True)
        gone = (
            await AgencyDomain.delete()
            .where(AgencyDomain.agency == agency.id, AgencyDomain.domain == domain)
            .returning(AgencyDomain.id)
        )
        if not gone:
            raise NotFound
        await record(actor, "agency.domain_removed", Agency, of=agency.id, domain=domain)


async def _insert(row: AgencyDomain) -> bool:
    """Whether *row* is new."""
    made = await AgencyDomain.insert(row).on_conflict(
        target=(AgencyDomain.agency, AgencyDomain.domain), action="DO NOTHING"
    )
    return bool(made)
