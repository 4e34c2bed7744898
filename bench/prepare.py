"""Fills a migrated database for the benchmarks; prints as JSON what requests have to name.

Run by ``run.py`` with the settings of the server that will use the database.
"""

import asyncio
import itertools
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from piccolo.table import Table

from connect import clock, db, security
from connect.accounts.tables import Account, AccountStatus, ApiToken, Session
from connect.catalog.actions import publish_all
from connect.catalog.content import Component, ComponentKind, CourseContent
from connect.catalog.queries import content_of, current_version
from connect.catalog.tables import CourseVersion
from connect.certificates.actions import issue_certificate
from connect.certificates.tables import Certificate
from connect.config import ROOT
from connect.learning import rules
from connect.learning.tables import (
    Attempt,
    AttemptState,
    Completion,
    Enrollment,
    EnrollmentState,
    Progress,
)
from connect.migrate import migrate
from connect.policy import SYSTEM

PEOPLE = 1000
CERTIFIED = 300  # of them, whose certificates wait to be drawn
DONE, GOING = "first-response", "taking-the-call"  # each is through one course, in the other
PASSWORD = "violet canyon lantern 42"
PORTION = 500  # rows in one INSERT


async def insert(rows: Sequence[Table]) -> None:
    for start in range(0, len(rows), PORTION):
        await type(rows[0]).insert(*rows[start : start + PORTION])


def ways_in(people: Iterable[Account]) -> tuple[list[ApiToken], list[Session], list[list[str]]]:
    """A token and a session of each person, and their secrets."""
    tokens: list[ApiToken] = []
    sessions: list[Session] = []
    secrets: list[list[str]] = []
    for person in people:
        token, cookie = f"connect_{security.new_token()}", security.new_token()
        until = clock.now() + timedelta(days=1)
        hashes = [security.token_hash(secret) for secret in (token, cookie)]
        tokens.append(ApiToken(account=person.id, token_hash=hashes[0], expires_at=until))
        sessions.append(Session(account=person.id, id_hash=hashes[1], expires_at=until))
        secrets.append([token, cookie])
    return tokens, sessions, secrets


def enrolled(person: Account, version: CourseVersion, state: EnrollmentState) -> Enrollment:
    done = state is EnrollmentState.COMPLETED
    return Enrollment(
        learner=person.id,
        course=version.course,
        version=version.id,
        state=state,
        completed_at=clock.now() if done else None,
    )


def progress(enrollment: Enrollment, components: Iterable[Component]) -> list[Progress]:
    now = clock.now()
    return [
        Progress(enrollment=enrollment.id, component=c.id, seconds=90, done_at=now)
        for c in components
    ]


def attempt(enrollment: Enrollment, content: CourseContent, *, passed: bool) -> Attempt:
    final = next(c for c in content.components if c.id == "final")
    assert final.quiz is not None
    number = enrollment.id.int % 1000
    return Attempt(
        enrollment=enrollment.id,
        component=final.id,
        number=1,
        seed=number,
        questions=msgspec.json.encode(rules.draw(final.quiz, seed=number)).decode(),
        state=AttemptState.PASSED if passed else AttemptState.OPEN,
        score=100 if passed else None,
    )


async def certify(person: Account, enrollment: Enrollment, content: CourseContent) -> Certificate:
    """A certificate that waits to be drawn, and the completion that it stands for."""
    day = clock.now().date()
    certificate = await issue_certificate(
        SYSTEM,
        holder=person.id,
        name=person.legal_name,
        title=content.title,
        version=1,
        minutes=content.contact_minutes,
        day=day,
        credit_lines=[],
        source_kind="enrollment",
        source=enrollment.id,
    )
    await Completion.insert(
        Completion(
            enrollment=enrollment.id,
            learner=person.id,
            day=day,
            zone=person.time_zone,
            minutes=content.contact_minutes,
            certificate=certificate.id,
        )
    )
    return certificate


async def course(slug: str) -> tuple[CourseVersion, CourseContent]:
    version = await current_version(slug)
    return version, await content_of(version.id)


async def fill() -> dict[str, Any]:
    await migrate()
    await publish_all(SYSTEM, ROOT / "courses")
    (done, done_content), (going, going_content) = await course(DONE), await course(GOING)
    hashed = await security.hash_password(PASSWORD)
    people = [
        Account(
            email=f"person{number}@agency.example",
            status=AccountStatus.ACTIVE_UNVERIFIED,
            password_hash=hashed,
            legal_name=f"Person Number {number}",
            discipline="law-enforcement",
            state="TX",
            time_zone="America/Chicago",
            proved_at=clock.now(),
        )
        for number in range(PEOPLE)
    ]
    tokens, sessions, secrets = ways_in(people)
    finished = [
        enrolled(p, done, EnrollmentState.COMPLETED if i < CERTIFIED else EnrollmentState.ENROLLED)
        for i, p in enumerate(people)
    ]
    begun = [enrolled(p, going, EnrollmentState.IN_PROGRESS) for p in people]
    required = [c for c in done_content.components if c.required]
    lessons = [c for c in going_content.components if c.kind == ComponentKind.LESSON][:3]
    opened = [attempt(e, going_content, passed=False) for e in begun]
    rows: list[Sequence[Table]] = [
        people,
        tokens,
        sessions,
        finished,
        begun,
        [row for e in finished[:CERTIFIED] for row in progress(e, required)],
        [row for e in begun for row in progress(e, lessons)],
        [attempt(e, done_content, passed=True) for e in finished[:CERTIFIED]],
        opened,
    ]
    async with db.transaction():
        for table in rows:
            await insert(table)
        certificates = [
            await certify(p, e, done_content)
            for p, e in itertools.islice(zip(people, finished, strict=True), CERTIFIED)
        ]
    return {
        "slug": GOING,
        "people": [
            {"email": p.email, "token": token, "cookie": cookie}
            for p, (token, cookie) in zip(people, secrets, strict=True)
        ],
        "password": PASSWORD,
        "attempts": [
            [row.id, [[question, choices[0]] for question, choices in shown(row)]] for row in opened
        ],
        "certificates": [[c.number, c.code] for c in certificates],
    }


def shown(row: Attempt) -> rules.Drawn:
    return msgspec.json.decode(row.questions, type=rules.Drawn)


async def main() -> None:
    await db.open_pool()
    try:
        found = await fill()
    finally:
        await db.close_pool()
    sys.stdout.buffer.write(msgspec.json.encode(found, enc_hook=str))


if __name__ == "__main__":
    asyncio.run(main())
