"""Bringing an agency, screening it, changing it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies import rules
from connect.agencies.domains import list_domains, propose_domains
from connect.agencies.queries import NotActive, domains_of, managed_agency
from connect.agencies.tables import Agency, AgencyState
from connect.audit import record
from connect.db import is_unique_violation, locked, transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.policy import Actor, Permission

MOST_DRAFTS = 5  # of one person at a time
MOST_LEVELS = 10  # of agencies above each other
LONGEST_REASON = 1000
STANDING = [AgencyState.DRAFT, AgencyState.ACTIVE]


class AddressNotProved(Forbidden):
    message = (
        "Your e-mail address is not proved yet, and a new agency needs that. Open the link in "
        "the mail we sent you, or ask for a new one on your account page."
    )


class TooManyDrafts(Conflict):
    message = "You asked for {number} agencies already. Wait until a registrar has looked at them."


class AlreadyScreened(Conflict):
    message = "This request was screened already, or the agency never was one."


class OwnRequest(Forbidden):
    message = "You asked for this agency yourself. Another registrar has to screen it."


class RegistrarsOnly(Forbidden):
    message = "Kind, state, ORI, PSAP ID and parent are changed by a registrar. Write to one."


class Verdict(StrEnum):
    CREATED = "created"
    MATCHED = "matched"
    DECLINED = "declined"


class Screened(msgspec.Struct, frozen=True):
    """What a screening came to."""

    agency: Any  # Agency: the one that was created or matched; the draft when it was declined
    opened_by: UUID  # account of the applicant
    verdict: Verdict


async def open_draft(
    actor: Actor,
    *,
    kind: str,
    name: str,
    state: str,
    county: str = "",
    ori: str | None = None,
    psap_id: str | None = None,
    domains: Sequence[str] = (),
) -> Agency:
    """Ask for an agency that is not listed. The same again is the draft that waits.

    Its domains are proposals: they prove nothing before a registrar's screening.

    Raises:
        AddressNotProved, TooManyDrafts: the rule that failed.
        Invalid: every bad value; one of them may be an ORI that is listed.
    """
    actor.must(Permission.OPEN_AGENCY)
    if not actor.proved:
        raise AddressNotProved
    facts = _normal(
        {"kind": kind, "name": name, "state": state, "county": county}
        | {"ori": ori, "psap_id": psap_id}
    )
    draft = Agency(
        **facts, words=rules.agency_words(facts), status=AgencyState.DRAFT, opened_by=actor.id
    )
    same = Agency.objects().where(
        Agency.opened_by == actor.id,
        Agency.status == AgencyState.DRAFT,
        Agency.state == draft.state,
        Agency.words == draft.words,
    )
    async with transaction():
        if waiting := await same.first():
            return waiting
        try:
            await _open(actor, draft, facts, rules.normal_domains(domains))
        except Invalid:
            if waiting := await same.first():  # two clicks at once
                return waiting
            raise
    return draft


async def _open(
    actor: Actor, draft: Agency, facts: Mapping[str, Any], domains: Sequence[str]
) -> None:
    _must_be_right({**facts, "domains": domains}, await _taken(draft.id, facts))
    waiting = await Agency.count().where(
        Agency.opened_by == actor.id, Agency.status == AgencyState.DRAFT
    )
    if waiting >= MOST_DRAFTS:
        raise TooManyDrafts(number=MOST_DRAFTS)
    await _write(draft, lambda: Agency.insert(draft))
    await propose_domains(draft.id, domains)
    await record(actor, "agency.requested", Agency, of=draft.id, **facts, domains=domains)


async def create_agency(
    actor: Actor,
    *,
    kind: str,
    name: str,
    state: str,
    county: str = "",
    ori: str | None = None,
    psap_id: str | None = None,
    domains: Sequence[str] = (),
) -> Agency:
    """List an agency at once, as a registrar does. Its domains are its alone.

    Raises:
        Invalid: every bad value; one of them may be an ORI that is listed.
    """
    actor.must(Permission.MANAGE_AGENCIES)
    facts = _normal(
        {"kind": kind, "name": name, "state": state, "county": county}
        | {"ori": ori, "psap_id": psap_id}
    )
    agency = Agency(
        **facts,
        words=rules.agency_words(facts),
        status=AgencyState.ACTIVE,
        opened_by=actor.id,
        screened_by=actor.id,
        screened_at=clock.now(),
    )
    async with transaction():
        wanted = rules.normal_domains(domains)
        _must_be_right(facts | {"domains": wanted}, await _taken(agency.id, facts))
        await _write(agency, lambda: Agency.insert(agency))
        await list_domains(agency.id, wanted)
        await record(actor, "agency.created", Agency, of=agency.id, **facts, domains=wanted)
    return agency


async def screen(
    actor: Actor,
    agency_id: UUID,
    verdict: Verdict,
    match_id: UUID | None = None,
    reason: str = "",
    domains: Sequence[str] | None = None,
) -> Screened:
    """A registrar's word on a draft, once: list it, match it with a listed one, or decline it.

    Args:
        match_id: the active agency that the draft is, when it is matched.
        reason: why it is declined; shown to the applicant.
        domains: those that are the agency's alone; None: the proposed ones. None is listed
            when the draft is declined.

    Raises:
        NotFound: no such agency.
        AlreadyScreened: somebody was quicker.
        OwnRequest: the actor opened it.
        Invalid: every bad value.
    """
    actor.must(Permission.MANAGE_AGENCIES)
    async with transaction():
        held = await _hold(agency_id, *([match_id] if match_id else []))
        draft, match = held.get(agency_id), held.get(match_id) if match_id else None
        if draft is None:
            raise NotFound
        if draft.status != AgencyState.DRAFT:
            raise AlreadyScreened
        if draft.opened_by == actor.id:
            raise OwnRequest
        proposed = [row["domain"] for row in await domains_of(draft.id)]
        wanted = proposed if domains is None else rules.normal_domains(domains)
        _must_hold(verdict, match_id, match, reason, wanted)

        draft.screened_by, draft.screened_at = actor.id, clock.now()
        draft.reason = reason.strip()
        if verdict is Verdict.DECLINED:
            draft.status, wanted = AgencyState.DECLINED, []
        else:
            await propose_domains(draft.id, [])
            await list_domains(match.id if match else draft.id, wanted)
            draft.status = AgencyState.MERGED if match else AgencyState.ACTIVE
            draft.merged_into = match.id if match else None
        await draft.save()
        await record(
            actor,
            f"agency.{verdict}",
            Agency,
            of=draft.id,
            match=match_id,
            reason=draft.reason,
            proposed=proposed,
            domains=wanted,
        )
    return Screened(match or draft, draft.opened_by, verdict)


def _must_hold(
    verdict: Verdict,
    match_id: UUID | None,
    match: Agency | None,
    reason: str,
    domains: Sequence[str],
) -> None:
    wrong: dict[str, str] = {}
    if verdict is Verdict.MATCHED and (match is None or match.status != AgencyState.ACTIVE):
        wrong["match_id"] = "Choose the listed agency that this one is."
    if verdict is not Verdict.MATCHED and match_id:
        wrong["match_id"] = "Leave this empty, or say that the two are the same."
    if verdict is Verdict.DECLINED and not reason.strip():
        wrong["reason"] = "Say why, so that the applicant knows what to do."
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        wrong["reason"] = f"Write at most {LONGEST_REASON} characters."
    if verdict is not Verdict.DECLINED and (fault := rules.domains_fault(domains)):
        wrong["domains"] = fault
    if wrong:
        raise Invalid(wrong)


async def change_agency(actor: Actor, agency_id: UUID, changes: Mapping[str, Any]) -> Agency:
    """Change an agency; *changes* holds some of ``FACTS`` and ``parent``.

    Its coordinators change name and county; what it is, only a registrar changes.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        RegistrarsOnly: a coordinator changes what the agency is.
        NotActive: it was declined.
        Invalid: every bad value.
    """
    async with transaction():
        agency = await managed_agency(actor, agency_id, lock=True)
        if agency.status not in STANDING:
            raise NotActive
        before = {name: getattr(agency, name) for name in (*rules.FACTS, "parent")}
        after = before | _normal(changes)
        changed = {name: value for name, value in after.items() if value != before[name]}
        if changed.keys() & rules.IDENTITY and not actor.may(Permission.MANAGE_AGENCIES):
            raise RegistrarsOnly
        facts = {name: after[name] for name in rules.FACTS}
        wrong = await _taken(agency.id, facts)
        if changed.get("parent"):
            wrong |= await _parent_fault(agency.id, changed["parent"])
        _must_be_right(facts, wrong)
        if not changed:
            return agency
        for name, value in (changed | {"words": rules.agency_words(facts)}).items():
            setattr(agency, name, value)
        await _write(agency, lambda: agency.save())
        was = {name: before[name] for name in changed}
        await record(actor, "agency.changed", Agency, of=agency.id, before=was, after=changed)
    return agency


def _normal(given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts in the forms in which they are stored."""
    forms: dict[str, Callable[[Any], Any]] = {
        "name": rules.normal_line,
        "county": rules.normal_line,
        "state": rules.normal_state,
        "ori": lambda typed: rules.normal_ori(typed or "") or None,
        "psap_id": lambda typed: (typed or "").strip() or None,
    }
    return {n: forms[n](value) if n in forms else value for n, value in given.items()}


def faults(given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the typed facts and domains of an agency: field → sentence."""
    facts = {"kind": "", "name": "", "state": "", "county": "", "ori": None, "psap_id": None}
    found = rules.agency_faults(**facts | _normal({n: given[n] for n in facts if n in given}))
    if fault := rules.domains_fault(rules.normal_domains(given.get("domains", []))):
        found["domains"] = fault
    return found


def _must_be_right(given: Mapping[str, Any], found: Mapping[str, str]) -> None:
    """Do nothing when no value is bad.

    Raises:
        Invalid: every bad one, those *found* before included.
    """
    if wrong := {**found, **faults(given)}:
        raise Invalid(wrong)


async def _taken(agency_id: UUID, facts: Mapping[str, Any]) -> dict[str, str]:
    """Which identifiers another agency that stands has: field → sentence."""
    found: dict[str, str] = {}
    same = {"ori": Agency.ori == facts["ori"]}
    same["psap_id"] = (Agency.psap_id == facts["psap_id"]) & (Agency.state == facts["state"])
    for field, what in (("ori", "ORI"), ("psap_id", "PSAP ID")):
        if not facts[field] or rules.agency_faults(**facts).get(field):
            continue
        other = (
            await Agency.select(Agency.name, Agency.status)
            .where(same[field], Agency.status.is_in(STANDING), Agency.id != agency_id)
            .first()
        )
        if other and other["status"] == AgencyState.ACTIVE:
            found[field] = f"{other['name']} is listed with this {what}. Look for it by that name."
        elif other:
            found[field] = (
                f"Somebody asked for an agency with this {what}. A registrar looks at it."
            )
    return found


async def _parent_fault(agency_id: UUID, parent: UUID) -> dict[str, str]:
    """Why *parent* cannot stand above an agency, which may not stand above itself."""
    above: UUID | None = parent
    for _ in range(MOST_LEVELS):
        row = (
            await Agency.select(Agency.parent, Agency.status)
            .where(Agency.id == above, Agency.id != agency_id)
            .first()
        )
        if row is None or row["status"] != AgencyState.ACTIVE:
            break
        above = row["parent"]
        if above is None:
            return {}
    return {"parent": "Choose an active agency that does not stand below this one."}


async def _write(agency: Agency, writing: Callable[[], Awaitable[object]]) -> None:
    """Do *writing*, which stores *agency*.

    Raises:
        Invalid: somebody was quicker with its identifiers.
    """
    try:
        async with transaction():
            await writing()
    except Exception as error:
        if not is_unique_violation(error):
            raise
        taken = await _taken(agency.id, {name: getattr(agency, name) for name in rules.FACTS})
        raise Invalid(taken or {"name": "The same person asked for this agency already."}) from None


async def _hold(*ids: UUID) -> dict[UUID, Agency]:
    """These agencies, which nobody else changes before the transaction ends."""
    rows = await locked(
        Agency.objects().where(Agency.id.is_in(list(ids))).order_by(Agency.id), Agency
    )
    return {row.id: row for row in rows}
