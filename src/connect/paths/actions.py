"""Publishing paths, following them, completing them."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path as Folder
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.tables import Account
from connect.audit import record
from connect.catalog.path_check import Fault, PathContent, check_paths, place_of
from connect.certificates.actions import issue_certificate
from connect.certificates.tables import CertificateKind
from connect.db import locked, one, transaction
from connect.errors import Conflict, NotFound
from connect.learning import actions as learning
from connect.learning.rules import expires_on
from connect.learning.tables import Enrollment
from connect.mail.actions import write_mail
from connect.paths import rules
from connect.paths.queries import (
    Published,
    courses_in,
    current_path,
    done_by,
    earlier_completion,
    open_enrollment,
    path_version,
)
from connect.paths.tables import Path, PathCompletion, PathEnrollment, PathVersion
from connect.policy import SYSTEM, Actor, Permission

AT_ONCE = 500  # enrollments in one look of the sweep


class PrerequisiteMissing(Conflict):
    message = "In this path {title} comes after {before}. Finish that first."


class Outcome(StrEnum):
    NEW = "new version"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


async def publish_paths(
    actor: Actor, courses: Folder
) -> dict[str, tuple[Outcome, int, list[Fault]]]:
    """Publish every path of the folder *courses*, after its courses; twice the same is one version.

    Returns:
        By slug: what happened, the number of the version that is published now (0 when refused),
        and what the check found.
    """
    found = {}
    for slug, (content, faults) in check_paths(courses).items():
        if content is not None:
            there = await courses_in([content])
            faults = faults + [
                Fault(place_of(courses, slug), 1, f"{c.course} is not published")
                for c in content.courses
                if c.course not in there
            ]
        if content is None or not all(fault.warning for fault in faults):
            found[slug] = (Outcome.REFUSED, 0, faults)
        else:
            found[slug] = (*await publish_path(actor, content), faults)
    return found


async def publish_path(actor: Actor, content: PathContent) -> tuple[Outcome, int]:
    """Make *content* the published version of its path. Learners keep the one they began."""
    async with transaction():
        await Path.insert(Path(slug=content.slug)).on_conflict(
            target=Path.slug, action="DO NOTHING"
        )
        path = await one(locked(Path.objects().where(Path.slug == content.slug), Path))
        versions = (
            await PathVersion.select(
                PathVersion.id, PathVersion.hash, PathVersion.number, PathVersion.is_current
            )
            .where(PathVersion.path == path.id)
            .order_by(PathVersion.number)
        )
        same = next((v for v in versions if v["hash"] == content.hash), None)
        if same and same["is_current"]:
            return Outcome.UNCHANGED, same["number"]
        await PathVersion.update({PathVersion.is_current: False}).where(PathVersion.path == path.id)
        number = same["number"] if same else len(versions) + 1
        if same:  # an earlier state of the file is back
            await PathVersion.update({PathVersion.is_current: True}).where(
                PathVersion.id == same["id"]
            )
        else:
            await PathVersion.insert(
                PathVersion(
                    path=path.id,
                    number=number,
                    hash=content.hash,
                    title=content.title,
                    content=msgspec.json.encode(content).decode(),
                )
            )
        await record(actor, "path.published", Path, of=path.id, version=number, hash=content.hash)
    return Outcome.NEW, number


async def enroll(actor: Actor, slug: str) -> tuple[PathEnrollment, bool]:
    """Follow a path, or go on with the enrollment that is open; and whether it is new.

    Courses that were completed before count at once. A path that is completed is followed anew
    only from 90 days before the completion expires; until then that enrollment is the answer.

    Raises:
        NotFound: no such path.
        AddressNotProved: by the rule of courses.
    """
    actor.must(Permission.LEARN)
    version = await current_path(slug)
    if not actor.proved:
        raise learning.AddressNotProved
    async with transaction():
        account = await _held(actor.id)
        found, new = await _enrolled(account, version)
        if new:
            await record(actor, "path.followed", PathEnrollment, of=found.id, version=version.id)
            await complete_if_met(found)
    return found, new


async def enroll_for(learner: UUID, version: Published) -> bool:
    """Have somebody follow a path because it was assigned, in the caller's transaction; whether
    that is new."""
    found, new = await _enrolled(await _held(learner), version)
    if new:
        await record(SYSTEM, "path.followed", PathEnrollment, of=found.id, version=version.id)
        await complete_if_met(found)
    return new


async def _held(account: UUID) -> Account:
    """The account, so that of two requests at once the second finds the first's row."""
    return await one(locked(Account.objects().where(Account.id == account), Account))


async def _enrolled(account: Account, version: Published) -> tuple[PathEnrollment, bool]:
    if found := await open_enrollment(account.id, version.path):
        return found, False
    today = clock.day_in(account.time_zone, clock.now())
    last = await earlier_completion(account.id, version.path)
    if last and not rules.may_repeat(last.expires_on, today):
        return await one(
            PathEnrollment.objects().where(PathEnrollment.id == last.enrollment)
        ), False
    row = PathEnrollment(path=version.path, version=version.id, learner=account.id)
    await PathEnrollment.insert(row)
    return row, True


async def begin(actor: Actor, slug: str, course: str) -> Enrollment:
    """Begin a course of a path that the actor follows, or go on with it.

    Raises:
        NotFound: no such path, the actor does not follow it, or it has no such course.
        PrerequisiteMissing: another course of the path comes first.
        NotVerified, AttemptsUsedUp: by the rules of the course.
    """
    actor.must(Permission.LEARN)
    row = await open_enrollment(actor.id, (await current_path(slug)).path)
    if row is None:
        raise NotFound
    content = (await path_version(row.version)).content
    if course not in {c.course for c in content.courses}:
        raise NotFound
    now = rules.states(content, await done_by(actor.id, content), *await _judged_on(row))
    if before := rules.blocking(content, course, now):
        titles = {slug: row["title"] for slug, row in (await courses_in([content])).items()}
        raise PrerequisiteMissing(
            title=repr(titles.get(course, course)),
            before=" and ".join(repr(titles.get(slug, slug)) for slug in before),
        )
    return (await learning.enroll(actor, course))[0]


async def _judged_on(row: PathEnrollment) -> tuple[Any, datetime | None]:
    """The day on which an open enrollment is judged, and since when completions count for it."""
    account = await one(Account.objects().where(Account.id == row.learner))
    last = await earlier_completion(row.learner, row.path)
    return clock.day_in(account.time_zone, clock.now()), last.completed_at if last else None


async def complete_if_met(row: PathEnrollment) -> bool:
    """Complete a path when nothing is missing, in the caller's transaction, which holds the row.

    Completion, certificate and mail appear together. No training is recorded: those of the
    courses are (R9). The day is that of the last course, or of enrolling when that came later,
    whenever this runs. Safe to call after every fact.
    """
    if row.completed_at is not None:
        return False
    version = await path_version(row.version)
    content = version.content
    account = await one(Account.objects().where(Account.id == row.learner))
    done = await done_by(account.id, content)
    days = [d.day for many in done.values() for d in many]
    day = max([clock.day_in(account.time_zone, row.enrolled_at), *days])
    last = await earlier_completion(account.id, row.path)
    since = last.completed_at if last else None
    if rules.missing(content, done, day, since):
        return False
    counted = [rules.counting(done.get(c.course, ()), day, since) for c in content.courses]
    minutes = sum(d.minutes for d in counted if d)
    certificate = None
    if content.certificate:
        certificate = await issue_certificate(
            SYSTEM,
            kind=CertificateKind.PATH,
            holder=account.id,
            name=account.certificate_name or account.legal_name,
            title=content.title,
            version=version.number,
            minutes=minutes,
            day=day,
            credit_lines=[],
            valid_months=content.valid_months,
            language=content.language,
            source_kind="path_enrollment",
            source=row.id,
        )
    row.completed_at = clock.now()
    await row.save([PathEnrollment.completed_at])
    await PathCompletion.insert(
        PathCompletion(
            enrollment=row.id,
            path=row.path,
            learner=account.id,
            day=day,
            expires_on=expires_on(day, content.valid_months),
            minutes=minutes,
            completed_at=row.completed_at,
            certificate=certificate.id if certificate else None,
        )
    )
    await record(SYSTEM, "path.completed", PathEnrollment, of=row.id)
    await write_mail(
        "paths/completed",
        to=account.email,
        account=account.id,
        once=str(row.id),
        name=account.legal_name,
        path=content.title,
        slug=content.slug,
        number=certificate.number if certificate else "",
    )
    return True


async def look(learner: UUID) -> None:
    """Complete what somebody's newly completed course completes; job."""
    rows = await PathEnrollment.select(PathEnrollment.id).where(
        PathEnrollment.learner == learner, PathEnrollment.completed_at.is_null()
    )
    for row in rows:
        await _look_at(row["id"])


async def sweep() -> None:
    """Look at every path under way; job. For what a merge or a correction brought about."""
    after: UUID | None = None
    while True:
        query = PathEnrollment.select(PathEnrollment.id).where(
            PathEnrollment.completed_at.is_null()
        )
        if after:
            query = query.where(PathEnrollment.id > after)
        rows = await query.order_by(PathEnrollment.id).limit(AT_ONCE)
        for row in rows:
            await _look_at(row["id"])
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["id"]


async def _look_at(enrollment: UUID) -> None:
    async with transaction():
        query = PathEnrollment.objects().where(PathEnrollment.id == enrollment)
        await complete_if_met(await one(locked(query, PathEnrollment)))
