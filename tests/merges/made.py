"""Lives of people and agencies: rows in every table, made directly."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from connect import clock, db, security
from connect.accounts.tables import (
    Account,
    Affiliation,
    ApiToken,
    EligibilityCase,
    OneTimeLink,
    RoleGrant,
    Session,
)
from connect.agencies.tables import Agency
from connect.catalog.tables import CourseVersion
from connect.certificates.actions import issue_certificate
from connect.learning.tables import Attempt, Attention, Completion, Enrollment, Progress
from connect.piccolo_app import APP_CONFIG
from connect.policy import SYSTEM
from connect.trainings.tables import Mode, SourceKind, Training

ASIDE = {
    "audit_event",
    "audit_head",
    "audit_anchor",
    "mail",
    "job",
    "record_merge",
    "record_merge_step",
}
DAY = date(2026, 3, 1)


async def completion(
    account: Account,
    version: CourseVersion,
    day: date = DAY,
    *,
    counts: bool = True,
    **facts: Any,
) -> Completion:
    """Somebody completed a course on a day: enrollment, progress, certificate, instance."""
    enrollment = Enrollment(
        learner=account.id,
        course=version.course,
        version=version.id,
        state="completed",
        completed_at=clock.now(),
    )
    await enrollment.save()
    await Progress(enrollment=enrollment.id, component="one", done_at=clock.now()).save()
    await Attempt(
        enrollment=enrollment.id, component="final", number=1, seed=1, questions="[]"
    ).save()
    certificate = await issue_certificate(
        SYSTEM,
        holder=account.id,
        name=account.legal_name,
        title=version.title,
        version=version.number,
        minutes=30,
        day=day,
        credit_lines=[],
        source_kind="enrollment",
        source=enrollment.id,
    )
    training = None
    if counts:
        training = Training(
            **{
                "person": account.id,
                "day": day,
                "mode": Mode.ON_DEMAND,
                "minutes": 30,
                "course": str(version.course),
                "course_title": version.title,
                "version": version.number,
                "discipline": account.discipline,
                "state": account.state,
                "source_kind": SourceKind.ENROLLMENT,
                "source": enrollment.id,
                **facts,
            }
        )
        await training.save()
    row = Completion(
        enrollment=enrollment.id,
        learner=account.id,
        day=day,
        zone=account.time_zone,
        minutes=30,
        certificate=certificate.id,
        training=training.id if training else None,
    )
    await row.save()
    return row


async def under_way(account: Account, version: CourseVersion, *, done: int = 0) -> Enrollment:
    """Somebody is in a course and has done so many of its steps."""
    row = Enrollment(
        learner=account.id, course=version.course, version=version.id, state="in_progress"
    )
    await row.save()
    for number in range(done):
        await Progress(enrollment=row.id, component=f"c{number}", done_at=clock.now()).save()
    return row


async def works(account: Account, agency: Agency, **facts: Any) -> Affiliation:
    row = Affiliation(account=account.id, agency=agency.id, **{"since": date(2026, 1, 5), **facts})
    await row.save()
    return row


async def case(account: Account, agency: Agency | None = None, **facts: Any) -> EligibilityCase:
    given = {"route": "document", "state": "open", "explanation": "I work there.", **facts}
    row = EligibilityCase(account=account.id, agency=agency.id if agency else None, **given)
    await row.save()
    return row


async def role(account: Account, name: str, agency: Agency | None = None) -> RoleGrant:
    row = RoleGrant(account=account.id, role=name, agency=agency.id if agency else None)
    await row.save()
    return row


async def ways_in(account: Account) -> None:
    """A session, a token, a link that waits and one that was used."""
    later = clock.now() + timedelta(days=2)
    await Session(
        id_hash=security.token_hash(security.new_token()), account=account.id, expires_at=later
    ).save()
    await ApiToken(
        account=account.id,
        token_hash=security.token_hash(security.new_token()),
        name="mine",
        scopes='["read"]',
        expires_at=later,
    ).save()
    for used in (None, datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)):
        await OneTimeLink(
            token_hash=security.token_hash(security.new_token()),
            kind="reset",
            account=account.id,
            about=uuid4(),
            expires_at=later,
            used_at=used,
        ).save()
    await Attention(learner=account.id).save()


async def dump() -> dict[str, list[str]]:
    """Every row of every table but those that only tell of a merge, as the database has it."""
    found = {}
    for table in APP_CONFIG.table_classes:
        name = table._meta.tablename
        if name not in ASIDE:
            rows = await db.fetch(f'SELECT * FROM "{name}"')  # noqa: S608 -- our own names
            found[name] = sorted(repr(sorted(row.items())) for row in rows)
    return found
