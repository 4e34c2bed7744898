"""Going on with a newer version of a course that concerns everybody; what is done stays done."""

from typing import Any
from uuid import UUID

import msgspec

from connect.audit import record
from connect.catalog.content import Change
from connect.catalog.queries import content_of, current_version, slug_of
from connect.catalog.tables import CourseVersion
from connect.db import one, transaction
from connect.errors import Conflict
from connect.learning.actions import EnrollmentEnded, complete_if_met, component_in
from connect.learning.changes import Difference, Fate, differences
from connect.learning.cycles import contents_since
from connect.learning.queries import enrollment_of
from connect.learning.tables import (
    OPEN,
    Accommodation,
    Attempt,
    AttemptState,
    CarriedComponent,
    Enrollment,
    EnrollmentLanguage,
    EnrollmentState,
    EvaluationResponse,
    Override,
    Progress,
)
from connect.policy import Actor, Permission

OF_A_COMPONENT: list[Any] = [Progress, Attempt, Override, CarriedComponent]
OF_THE_WHOLE: list[Any] = [Accommodation, EnrollmentLanguage]


class NoNewerVersion(Conflict):
    message = "There is no newer version that everybody is asked to take. Go on with this one."


class QuizBegun(Conflict):
    message = "{title!r} is different in the new version, and you have begun it. Hand it in first."


class Newer(msgspec.Struct, frozen=True):
    """A version that was published after an enrollment began, and concerns everybody."""

    version: UUID
    number: int
    differences: list[Difference]

    @property
    def kept(self) -> list[str]:
        """The components that have not changed: what is recorded of them counts on."""
        return [d.component for d in self.differences if d.fate is Fate.UNCHANGED]


async def newer_version(enrollment: Enrollment, current: CourseVersion) -> Newer | None:
    """The version that the learner of an open enrollment may go on with; None: there is none.

    Args:
        current: the version of the course that is published now.

    Only where its author, or that of a version in between, asks everybody to take it: whoever is
    under way finishes any other course as it was begun.
    """
    if enrollment.state not in OPEN or enrollment.version == current.id:
        return None
    began = await one(CourseVersion.objects().where(CourseVersion.id == enrollment.version))
    since = await contents_since(current, began.number)
    if not any(content.change is Change.EVERYONE for content in since):
        return None
    old = await content_of(enrollment.version)
    return Newer(current.id, current.number, differences(old, since[-1]))


async def move(actor: Actor, enrollment_id: UUID) -> Enrollment:
    """Go on with the newer version in a new enrollment; the one before ends as withdrawn.

    What is recorded of components that have not changed goes along, used attempts, too. What is
    recorded of the others stays where it is. A package that is not finished begins anew: what it
    keeps is the earlier enrollment's.

    Raises:
        NotFound: no such enrollment, or somebody else's.
        EnrollmentEnded: it is not open.
        NoNewerVersion: nothing newer concerns everybody.
        QuizBegun: an attempt at a quiz that changed is not handed in.
    """
    actor.must(Permission.LEARN)
    async with transaction():
        old = await enrollment_of(actor, enrollment_id, lock=True)
        if old.state not in OPEN:
            raise EnrollmentEnded
        newer = await newer_version(old, await current_version(await slug_of(old.course)))
        if newer is None:
            raise NoNewerVersion
        begun = await Attempt.select(Attempt.component).where(
            Attempt.enrollment == old.id, Attempt.state == AttemptState.OPEN
        )
        for row in begun:
            if row["component"] not in newer.kept:
                content = await content_of(old.version)
                raise QuizBegun(title=component_in(content, row["component"]).title)
        place = old.last_component if old.last_component in newer.kept else None
        new = Enrollment(
            learner=actor.id,
            course=old.course,
            version=newer.version,
            state=old.state,
            last_component=place,
        )
        old.state = EnrollmentState.WITHDRAWN
        await old.save([Enrollment.state])
        await Enrollment.insert(new)
        await _take_along(old, new, newer.kept)
        await record(
            actor, "enrollment.moved", Enrollment, of=new.id, earlier=old.id, kept=newer.kept
        )
        await complete_if_met(actor, new)
    return new


async def _take_along(old: Enrollment, new: Enrollment, kept: list[str]) -> None:
    for table in OF_THE_WHOLE:
        await table.update({table.enrollment: new.id}).where(table.enrollment == old.id)
    if not kept:
        return
    for table in OF_A_COMPONENT:
        await table.update({table.enrollment: new.id}).where(
            table.enrollment == old.id, table.component.is_in(kept)
        )
    content = await content_of(new.version)
    if any(component_in(content, name).evaluation for name in kept):
        await EvaluationResponse.update({EvaluationResponse.enrollment: new.id}).where(
            EvaluationResponse.enrollment == old.id
        )
