"""Launching parts of packages, and taking what they hand in."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from piccolo.columns import Column

from connect import clock
from connect.audit import record
from connect.catalog.content import Component
from connect.db import transaction
from connect.errors import Conflict, Forbidden
from connect.learning.actions import complete_if_met, must_be_unlocked
from connect.learning.queries import enrollment_of, progress_of, standing
from connect.learning.requirements import Told
from connect.learning.tables import OPEN, Enrollment, Progress
from connect.packages import rules
from connect.packages.queries import (
    launch_by,
    package_in,
    states_of,
    told_in,
    unit_at,
)
from connect.packages.tables import PackageCommit, PackageLaunch, PackageState
from connect.policy import Actor, Permission
from connect.security import new_token, token_hash

LASTS = timedelta(hours=4)
MOST_VALUES = 2_000  # elements of one commit
MOST_COMMITS = 20_000  # of one launch: more than one a second while it lasts


class WrongLaunch(Forbidden):
    message = "This launch belongs to another part, or its time is over. Open the part again."


class TooMuch(Conflict):
    message = "The package hands in more than is taken at once."


class Launched(msgspec.Struct):
    """A start of one part. ``token`` is told once."""

    id: UUID
    unit: int
    title: str
    token: str
    expires_at: datetime


class Commit(msgspec.Struct, forbid_unknown_fields=True):
    """What a package hands in at once: elements of its data model as texts."""

    token: Annotated[str, Meta(max_length=100)]
    number: Annotated[int, Meta(ge=1, le=MOST_COMMITS)]  # counted by the browser in each launch
    values: dict[Annotated[str, Meta(max_length=200)], Annotated[str, Meta(max_length=70_000)]]
    ends: bool = False  # the package says that it ended


class Committed(msgspec.Struct):
    """What was kept of a commit."""

    number: int
    saved_at: datetime
    recorded: bool  # False: the enrollment has ended, and nothing is recorded
    told: Told  # by all parts together
    done: bool  # the component is
    refused: list[str] = []  # "element: why"


async def launch(
    actor: Actor, enrollment_id: UUID, component_id: str, unit: int | None = None
) -> Launched:
    """Start one part of a package: its files are given out under a token for four hours.

    Args:
        unit: its place, from 1; by default the first part that is not finished.

    Raises:
        NotFound: no such package or part in the actor's enrollment.
        ComponentLocked: something before it is not done.
    """
    actor.must(Permission.LEARN)
    token = new_token()
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        content, facts = await standing(enrollment)
        component, package = package_in(content, component_id)
        must_be_unlocked(content, facts, component)
        states = await states_of(enrollment.id, component.id)
        told = told_in(package, states)
        place = unit or next((n for n, t in enumerate(told, 1) if t is not Told.FINISHED), 1)
        found = unit_at(package, place)
        now = clock.now()
        row = PackageLaunch(
            enrollment=enrollment.id,
            component=component.id,
            unit=place,
            package=package.sha256,
            token_hash=token_hash(token),
            made_at=now,
            expires_at=now + LASTS,
        )
        await PackageLaunch.insert(row)
        if not found.tracked and enrollment.state in OPEN:  # nothing will report of it
            state = states.get(place) or _new_state(enrollment, component, place)
            state.told = Told.FINISHED
            await state.save()
            told[place - 1] = Told.FINISHED
            await note_told(actor, enrollment, component, rules.told_by_all(told))
        await record(
            actor,
            "package.launched",
            Enrollment,
            of=enrollment.id,
            component=component.id,
            unit=place,
        )
    return Launched(row.id, place, found.title, token, row.expires_at)


async def commit(actor: Actor, enrollment_id: UUID, component_id: str, given: Commit) -> Committed:
    """Take what a package hands in: what is right is kept, what is wrong is refused and logged.

    The same number again gives the same answer and changes nothing.

    Raises:
        NotFound: no such package in the actor's enrollment.
        WrongLaunch: the token is that of another attempt, or over.
        TooMuch: more elements than are taken at once.
    """
    actor.must(Permission.LEARN)
    if len(given.values) > MOST_VALUES:
        raise TooMuch
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        content, facts = await standing(enrollment)
        component, package = package_in(content, component_id)
        must_be_unlocked(content, facts, component)
        found = await launch_by(given.token)
        if (
            found is None
            or UUID(str(found["enrollment"])) != enrollment.id
            or found["component"] != component.id
        ):
            raise WrongLaunch
        states = await states_of(enrollment.id, component.id)
        state = states.setdefault(found["unit"], _new_state(enrollment, component, found["unit"]))
        now = clock.now()
        kept = msgspec.json.decode(state.kept, type=dict[str, str])
        taken = rules.take(package.standard, kept, given.values)
        row = PackageCommit(
            launch=found["id"],
            number=given.number,
            at=now,
            given=msgspec.json.encode(rules.shortened(given.values)).decode(),
            refused="\n".join(f"{name}: {why}" for name, why in taken.refused.items()),
        )
        if enrollment.state in OPEN:
            new = await PackageCommit.insert(row).on_conflict(
                target=(PackageCommit.launch, PackageCommit.number), action="DO NOTHING"
            )
            if new:
                unit = unit_at(package, found["unit"])
                state.kept = msgspec.json.encode(taken.values).decode()
                if state.told != Told.FINISHED:  # stays, whatever is said later
                    state.told = rules.told(package.standard, unit, taken.values)
                state.score = rules.score(package.standard, taken.values)
                state.changed_at = now
                await state.save()
                await _note_session(found["id"], taken.seconds, given, now)
        told = rules.told_by_all(told_in(package, states))
        progress = await note_told(actor, enrollment, component, told)
    return Committed(
        number=given.number,
        saved_at=now,
        recorded=enrollment.state in OPEN or progress.done_at is not None,
        told=Told(progress.told),
        done=progress.done_at is not None,
        refused=[f"{name}: {why}" for name, why in taken.refused.items()],
    )


def _new_state(enrollment: Enrollment, component: Component, place: int) -> PackageState:
    return PackageState(enrollment=enrollment.id, component=component.id, unit=place)


async def _note_session(launch_id: UUID, seconds: int | None, given: Commit, now: datetime) -> None:
    changes: dict[Column | str, Any] = {}
    if seconds is not None:
        changes["said_seconds"] = seconds
    if given.ends:
        changes["ended_at"] = now
    if changes:
        await PackageLaunch.update(changes).where(PackageLaunch.id == launch_id)


async def note_told(
    actor: Actor, enrollment: Enrollment, component: Component, told: Told
) -> Progress:
    """Keep what a package says of itself, in the caller's transaction; the component's row.

    With the end of the package the component is done, once its minimum time is met; else the
    learner closes it later. What was finished stays finished. The caller holds the enrollment's
    lock.
    """
    row = await progress_of(enrollment.id, component.id)
    if enrollment.state not in OPEN or row.told == Told.FINISHED:
        return row
    row.told = told
    finishes = (
        told is Told.FINISHED and row.done_at is None and row.seconds >= component.min_seconds
    )
    if finishes:
        row.done_at = clock.now()
    await row.save()
    if finishes:
        await record(
            actor, "component.finished", Enrollment, of=enrollment.id, component=component.id
        )
        await complete_if_met(actor, enrollment)
    return row
