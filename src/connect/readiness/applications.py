"""An agency's application, from the first answer to its submission, and taking it back."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.tables import Account
from connect.agencies.queries import NotActive, family_of, profiles_of, standing_agency
from connect.agencies.tables import Agency, AgencyState
from connect.audit import record
from connect.db import locked, one, transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.readiness import application_rules as rules
from connect.readiness.application_rules import Item
from connect.readiness.carried import answers_of, approved_before, carry_policy
from connect.readiness.criteria import RequirementSet, current_set
from connect.readiness.facts import affirmed as affirmed
from connect.readiness.facts import asked_of as asked_of
from connect.readiness.facts import facts_hash_of as facts_hash_of
from connect.readiness.facts import facts_of as facts_of
from connect.readiness.review_queries import reviewers, tell
from connect.readiness.rosters import roster_agency
from connect.readiness.snapshots import keep
from connect.readiness.tables import (
    OPEN,
    Affirmation,
    Membership,
    MembershipState,
    PolicyDocument,
    Review,
    ReviewAnswer,
    ReviewKind,
    ReviewState,
    RosterLine,
)

AGENCYS_TURN = [ReviewState.DRAFT, ReviewState.CHANGES_REQUESTED]


class NothingAsked(Conflict):
    message = "The program is for law enforcement agencies and 911 centers; yours is neither."


class OpenAlready(Conflict):
    message = "Your agency has an open application. Go on with it, or withdraw it first."


class NotYourTurn(Conflict):
    message = "{why} Nothing was changed."


async def seen_review(actor: Actor, review_id: UUID) -> Review:
    """A review that the actor may read: of the own agency, or any for the program's staff.

    Raises:
        NotSignedIn, Forbidden: the actor may read none at all.
        NotFound: no such review, or it is not the actor's.
    """
    return await _review(actor, review_id, Permission.READ_READINESS)


async def own_review(actor: Actor, review_id: UUID) -> Review:
    """A review that the actor keeps for the agency; held until the transaction ends.

    Raises:
        as ``seen_review``.
    """
    return await _review(actor, review_id, Permission.APPLY_FOR_READINESS, lock=True)


async def in_the_agencys_hands(actor: Actor, review_id: UUID) -> Review:
    """As ``own_review``, while the agency may change what it handed in.

    Raises:
        NotYourTurn: it was submitted, or is over.
    """
    review = await own_review(actor, review_id)
    if review.state not in AGENCYS_TURN:
        over = review.state not in OPEN
        why = "This application is over." if over else "This application is being reviewed."
        raise NotYourTurn(why=why)
    return review


async def _review(actor: Actor, review_id: UUID, to: Permission, *, lock: bool = False) -> Review:
    actor.must(to)
    query = Review.objects().where(Review.id == review_id)
    review = await one(locked(query, Review) if lock else query)
    if not actor.may(to, agency=(await standing_agency(review.agency)).id):
        raise NotFound
    return review


async def term_of(agency: UUID, on: date) -> Membership | None:
    """The membership of an agency that is not over on a day; of several, the last to end."""
    return (
        await Membership.objects()
        .where(
            Membership.agency.is_in(await family_of(agency)),
            Membership.state.is_in([MembershipState.ACTIVE, MembershipState.SUSPENDED]),
            Membership.ends_on > on,
        )
        .order_by(Membership.ends_on, ascending=False)
        .first()
    )


async def open_review(actor: Actor, agency_id: UUID, kind: ReviewKind) -> Review:
    """Open an agency's application under the set in force, with what is known of it filled in.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: it is not listed.
        NothingAsked: the program has no set for agencies of its kind.
        OpenAlready: there is one.
        Invalid: a membership stands in the way, or there is none to renew.
    """
    today = clock.today()
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        if agency.status != AgencyState.ACTIVE:
            raise NotActive
        asked = current_set(agency.kind, today)
        if asked is None:
            raise NothingAsked
        if await Review.exists().where(Review.agency == agency.id, Review.state.is_in(OPEN)):
            raise OpenAlready
        term = await term_of(agency.id, today)
        if wrong := rules.kind_fault(kind, ends_on=term.ends_on if term else None, today=today):
            raise Invalid({"kind": wrong})
        review = Review(agency=agency.id, kind=kind, requirements=asked.key, opened_by=actor.id)
        await Review.insert(review)
        await record(actor, "review.opened", Review, of=review.id, agency=agency.id, kind=kind)
        former = await approved_before(agency.id) if kind == ReviewKind.RENEWAL else None
        known = await _known(agency, asked, former)
        await _save(actor, review, {field: ("", value) for field, value in known.items()})
        if former:
            await carry_policy(actor, former, review)
    return review


async def _known(agency: Agency, asked: RequirementSet, former: Review | None) -> dict[str, str]:
    """What is known of what is asked: by the agency's own page, and by the approved application.

    The page's last profile says more than that application when it is of a later day.
    """
    profile = next(iter(await profiles_of(agency.id)), {})
    known: dict[str, Any] = {n: v for n, v in profile.items() if v not in (None, "")}
    if former:
        before, decided = await answers_of(former)
        known = before | known if profile and profile["as_of"] > decided else known | before
    known |= {n: v for n, v in (("ori", agency.ori), ("psap_id", agency.psap_id)) if v}
    found = {}
    for fact in asked.facts:
        value = rules.known_answer(fact, known.get(fact.id))
        if value and not rules.answer_fault(fact, value, state=agency.state, today=clock.today()):
            found[fact.id] = value
    return found


async def answer(actor: Actor, review_id: UUID, typed: Mapping[str, str]) -> dict[str, str]:
    """Save those of the answers *typed* that fit; an empty one takes an answer out.

    A change of what was affirmed voids the affirmation (R20).

    Returns:
        What is wrong with the others, which were not saved: field → sentence.

    Raises:
        NotFound: no such review, or it is not the actor's.
        NotYourTurn: the agency may not change it now.
    """
    async with transaction():
        review = await in_the_agencys_hands(actor, review_id)
        agency = await standing_agency(review.agency)
        asked = {fact.id: fact for fact in asked_of(review).facts}
        before = await facts_of(review)
        faults: dict[str, str] = {}
        changed: dict[str, tuple[str, str]] = {}
        for field, words in typed.items():
            if field not in asked:
                faults[field] = "There is no such field here."
                continue
            value = rules.normal(asked[field], words)
            fault = rules.answer_fault(asked[field], value, state=agency.state, today=clock.today())
            if fault:
                faults[field] = fault
            elif value != before.get(field, ""):
                changed[field] = before.get(field, ""), value
        await _save(actor, review, changed)
        if changed:
            await _void_affirmations(actor, review)
    return faults


async def _save(actor: Actor, review: Review, changed: Mapping[str, tuple[str, str]]) -> None:
    """Write answers, each ``field: (before, after)``."""
    if not changed:
        return
    rows = [
        ReviewAnswer(
            review=review.id, field=field, value=after, saved_by=actor.id, saved_at=clock.now()
        )
        for field, (_, after) in changed.items()
    ]
    await ReviewAnswer.insert(*rows).on_conflict(
        target=(ReviewAnswer.review, ReviewAnswer.field),
        action="DO UPDATE",
        values=[ReviewAnswer.value, ReviewAnswer.saved_by, ReviewAnswer.saved_at],
    )
    told = {field: {"before": was, "after": now} for field, (was, now) in changed.items()}
    await record(actor, "review.answered", Review, of=review.id, answers=told)


async def _void_affirmations(actor: Actor, review: Review) -> None:
    voided = (
        await Affirmation.update({Affirmation.voided_at: clock.now()})
        .where(
            Affirmation.review == review.id,
            Affirmation.affirmed_at.is_not_null(),
            Affirmation.voided_at.is_null(),
            Affirmation.facts_hash != await facts_hash_of(review),
        )
        .returning(Affirmation.id)
    )
    for row in voided:
        await record(actor, "affirmation.voided", Affirmation, of=row["id"], review=review.id)


async def open_items(review: Review) -> list[Item]:
    """Everything that is missing before an application can be submitted, in the form's order."""
    found = rules.fact_items(asked_of(review), await facts_of(review))
    agency = await standing_agency(review.agency)
    lasts = RosterLine.until.is_null() | (RosterLine.until >= clock.today())
    if not await RosterLine.exists().where(RosterLine.agency == agency.id, lasts):
        found.append(Item("roster", "Put everybody who has to be trained on the roster."))
    policy = (PolicyDocument.review == review.id) & PolicyDocument.replaced_at.is_null()
    if not await PolicyDocument.exists().where(policy):
        found.append(Item("policy", "Upload your policy as PDF, DOC or DOCX."))
    if await affirmed(review) is None:
        found.append(
            Item("affirmation", "Ask an executive of your agency to affirm the answers by mail.")
        )
    return found


async def submit(actor: Actor, review_id: UUID) -> Review:
    """Hand the application in, for the first time or after changes that were asked for.

    What is judged is the roster of this day (R16); training need not be complete. A renewal of
    a membership that is over by now becomes a new application (R21).

    Raises:
        NotFound: no such review, or it is not the actor's.
        NotYourTurn: it was submitted, or is over.
        Invalid: a sentence for each thing that is missing.
    """
    async with transaction():
        review = await in_the_agencys_hands(actor, review_id)
        if items := await open_items(review):
            raise Invalid({item.key: item.words for item in items})
        agency = await standing_agency(review.agency)
        again = review.state == ReviewState.CHANGES_REQUESTED
        now, today = clock.now(), clock.today()
        if again:
            review.waited_seconds += int((now - review.state_since).total_seconds())
        if review.submitted_at is None:
            review.submitted_at = now
            review.answer_due = first_answer_due(today)
        if review.kind == ReviewKind.RENEWAL and not again:
            term = await term_of(agency.id, today)
            review.kind = ReviewKind.RENEWAL if term else ReviewKind.NEW
        review.judged_on = today
        review.state = ReviewState.IN_REVIEW if again and review.reviewer else ReviewState.SUBMITTED
        review.state_since = now
        await review.save()
        await keep(review, "submission")
        act = "review.resubmitted" if again else "review.submitted"
        await record(actor, act, Review, of=review.id, kind=review.kind, due=review.answer_due)
        await _tell(actor, review, agency, again=again)
        if not again:
            await tell(await reviewers(), "readiness/waiting", review, agency.name)
    return review


async def _tell(actor: Actor, review: Review, agency: Agency, *, again: bool) -> None:
    """Write to whoever submitted, and after changes to the reviewer."""
    reached = {"readiness/submitted": actor.id}
    if again and review.reviewer:
        reached["readiness/resubmitted"] = review.reviewer
    for template, account_id in reached.items():
        account = await one(Account.objects().where(Account.id == account_id))
        await write_mail(
            template,
            to=account.email,
            account=account.id,
            name=account.legal_name,
            agency={"id": agency.id, "name": agency.name},
            review=review.id,
            due=review.answer_due,
            again=again,
        )


async def withdraw(actor: Actor, review_id: UUID) -> Review:
    """Take an application back before it is decided. All of it stays readable.

    Raises:
        NotFound: no such review, or it is not the actor's.
        NotYourTurn: it is over.
    """
    async with transaction():
        review = await own_review(actor, review_id)
        if review.state not in OPEN:
            raise NotYourTurn(why="This application is over.")
        await record(actor, "review.withdrawn", Review, of=review.id, before=review.state)
        review.state, review.state_since = ReviewState.WITHDRAWN, clock.now()
        await review.save([Review.state, Review.state_since])
    return review


def first_answer_due(day: date) -> date:
    """The day on which the first answer to what is submitted on *day* is promised."""
    holidays = _federal_holidays(day.year) | _federal_holidays(day.year + 1)
    return rules.business_days_after(day, rules.ANSWER_IN, holidays)


@cache
def _federal_holidays(year: int) -> frozenset[date]:
    import holidays  # takes most of a second, and is needed seldom

    return frozenset(holidays.country_holidays("US", years=year))
