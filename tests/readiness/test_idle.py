"""A year of silence ends an application of the agency's turn; a month before it is told."""

from datetime import timedelta

from connect.audit import AuditEvent
from connect.readiness import applications, messages, reviewing
from connect.readiness.idle import end_idle
from connect.readiness.tables import Review, ReviewState
from readiness.applying import opened, police
from readiness.deciding import handed_in, read, reviewer


async def day_by_day(clock, days, work):
    for _ in range(days):
        clock.move(timedelta(days=1))
        await end_idle()
    await work()


async def state_of(review):
    row = await Review.objects().where(Review.id == review.id).first()
    assert row is not None
    return row.state


async def test_a_draft_without_a_word_is_told_once_and_closed_after_a_year(
    database, clock, work, mailbox
):
    agency, coordinator = await police()
    review = await opened(agency, coordinator)

    await day_by_day(clock, 336, work)  # February 1, 2027
    early = len(mailbox)
    await day_by_day(clock, 1, work)
    await day_by_day(clock, 27, work)  # March 1
    warned = [mail.subject for mail in mailbox]
    before = await state_of(review)
    await day_by_day(clock, 1, work)
    await day_by_day(clock, 3, work)

    assert early == 0
    assert len(warned) == 1
    assert "will be closed on March 2, 2027" in warned[0]
    assert (before, await state_of(review)) == (ReviewState.DRAFT, ReviewState.STALE)
    assert [mail.subject for mail in mailbox[1:]] == [
        f"The readiness application of {agency.name} was closed"
    ]
    assert await AuditEvent.count().where(AuditEvent.act == "review.stale") == 1
    assert (await opened(agency, coordinator)).state == ReviewState.DRAFT


async def test_any_sign_of_life_begins_the_year_anew(database, clock, work, mailbox):
    handed, rita = await handed_in(), await reviewer()
    await reviewing.assign(rita, handed.review.id, rita.id)
    await reviewing.give_back(rita, handed.review.id, "Name the director.")
    clock.move(timedelta(days=350))
    await messages.send(handed.coordinator, handed.review.id, "We are at it.")
    clock.move(timedelta(days=300))
    await end_idle()
    answered = await state_of(handed.review)
    clock.move(timedelta(days=30))
    await applications.answer(handed.coordinator, handed.review.id, {"positions": "29"})
    clock.move(timedelta(days=365))  # to the day before, over February 29

    await end_idle()
    last = await state_of(handed.review)
    clock.move(timedelta(days=1))
    await end_idle()

    assert (answered, last) == (ReviewState.CHANGES_REQUESTED, ReviewState.CHANGES_REQUESTED)
    assert await state_of(handed.review) == ReviewState.STALE


async def test_what_waits_for_the_program_never_goes_stale(database, clock, work, mailbox):
    handed = await handed_in()
    clock.move(timedelta(days=800))

    await end_idle()

    assert (await read(handed)).state == ReviewState.SUBMITTED
