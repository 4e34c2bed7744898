"""An agency with people who completed courses, without the way there."""

import itertools
from datetime import date
from typing import Any
from uuid import UUID

import make
from connect.accounts.tables import Account, Affiliation
from connect.agencies.tables import Agency
from connect.catalog.tables import CourseVersion
from connect.certificates.tables import Certificate
from connect.clock import now
from connect.db import one, uuid7
from connect.external.tables import ExternalCompletion
from connect.learning.tables import Completion, Enrollment, EnrollmentState
from connect.rosters.tables import RequiredCourse

_numbers = itertools.count(1)


async def works(agency: Agency, *, consented: bool = True, **changes: Any) -> Affiliation:
    """Somebody who works for *agency*; facts of the account are named ``account=``."""
    account: Account = changes.pop("account", None) or await make.account(
        legal_name=changes.pop("name", f"Person Number{next(_numbers)}")
    )
    row = Affiliation(
        **{
            "account": account.id,
            "agency": agency.id,
            "since": date(2024, 1, 1),
            "consented_at": now() if consented else None,
            **changes,
        }
    )
    await row.save()
    return row


async def account_of(affiliation: Affiliation) -> Account:
    return await one(Account.objects().where(Account.id == affiliation.account))


async def completed(
    affiliation: Affiliation, version: CourseVersion, day: date, **changes: Any
) -> Certificate:
    """The certificate of a completion on *day*; *changes* are the certificate's."""
    number = next(_numbers)
    enrollment = Enrollment(
        learner=affiliation.account,
        course=version.course,
        version=version.id,
        state=EnrollmentState.COMPLETED,
    )
    await enrollment.save()
    certificate = Certificate(
        **{
            "number": f"C-{day.year}-{number:06}",
            "code": f"{number:026}",
            "holder": affiliation.account,
            "name": f"Person Number{number}",
            "title": version.title,
            "minutes": 30,
            "issued_on": day,
            "facts": "{}",
            "digest": "0" * 64,
            "source_kind": "enrollment",
            "source": enrollment.id,
            **changes,
        }
    )
    await certificate.save()
    await Completion(
        enrollment=enrollment.id,
        learner=affiliation.account,
        day=day,
        zone="America/Chicago",
        minutes=30,
        certificate=certificate.id,
    ).save()
    return certificate


async def requires(agency: Agency, version: CourseVersion, **changes: Any) -> RequiredCourse:
    row = RequiredCourse(agency=agency.id, course=version.course, made_by=uuid7(), **changes)
    await row.save()
    return row


async def course(slug: str, title: str = "") -> CourseVersion:
    return await make.course(make.content(slug=slug, title=title or slug.capitalize()))


async def elsewhere(account: UUID, course: UUID, day: date, **changes) -> ExternalCompletion:
    """A completion with another provider that was accepted for a course of ours."""
    given = {"account": account, "course": course, "day": day, "made_by": account}
    given |= {"title": "TELMAC", "provider": "NCMEC", "minutes": 480, "state": "accepted"}
    row = ExternalCompletion(**given | changes)
    await row.save()
    return row
