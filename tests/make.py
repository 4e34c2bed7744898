"""What tests are about, valid by default: a test names only what matters to it."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from connect.accounts.tables import Account, AccountStatus, RoleGrant
from connect.agencies.tables import Agency
from connect.catalog.content import (
    Choice,
    Component,
    ComponentKind,
    CourseContent,
    Item,
    Number,
    Pair,
    Purpose,
    Question,
    QuestionKind,
    Quiz,
)
from connect.catalog.evaluations import Ask, AskKind, Evaluation, Option, Wording
from connect.catalog.tables import Course, CourseVersion
from connect.clock import now
from connect.policy import Actor, Role

_numbers = itertools.count(1)
PASSWORD = "violet canyon lantern 42"
# Of PASSWORD, so that a test need not spend the time to make it.
PASSWORD_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$QGjtXQtBSIlRihGidC4lRA$"
    "c58A8qywdj1n6/VZevjdhC21fSl+dIBnhmsH+Rv0Rn0"
)


def choice(name: str, *, right: bool = False) -> Choice:
    return Choice(
        id=name, html=name, text=name, right=right, feedback="" if right else "Not quite."
    )


def question(name: str, *, right: set[str] | None = None, **changes: Any) -> Question:
    right = right or {"a"}
    kind = QuestionKind.CHOICES if len(right) > 1 else QuestionKind.CHOICE
    return Question(
        **{
            "id": name,
            "kind": kind,
            "html": f"<p>{name}?</p>",
            "text": f"{name}?",
            "choices": [choice(c, right=c in right) for c in ("a", "b", "c")],
            "feedback": "Because of a rule.",
            **changes,
        }
    )


def every_kind(**changes: Any) -> list[Question]:
    """A question of each kind, named by its kind."""
    keys: dict[str, dict[str, Any]] = {
        "choice": {"choices": [choice("a", right=True), choice("b")]},
        "choices": {"choices": [choice("a", right=True), choice("b"), choice("c", right=True)]},
        "true_false": {"choices": [choice("true", right=True), choice("false")]},
        "numeric": {"number": Number(Decimal("2"), Decimal("0.5"))},
        "short": {"accept": ["1-800-THE-LOST", "Hotline"]},
        "order": {
            "items": [Item("intake", "Intake"), Item("answer", "Answer"), Item("end", "End")]
        },
        "match": {
            "pairs": [Pair("Dispatcher", "Call"), Pair("Chief", "Team"), Pair("Nurse", "Care")]
        },
        "cloze": {
            "text": "Within {hours} hours, under {age}.",
            "html": "Within {hours} hours, under <b>{age}</b>.",
            "gaps": {"age": ["21"], "hours": ["2", "two"]},
        },
    }
    return [
        question(
            kind.replace("_", "-"), **{"kind": QuestionKind(kind), "choices": [], **key, **changes}
        )
        for kind, key in keys.items()
    ]


def quiz(**changes: Any) -> Quiz:
    return Quiz(
        **{
            "title": "Final test",
            "purpose": Purpose.FINAL,
            "pass_percent": 80,
            "questions": [question("q1"), question("q2")],
            **changes,
        }
    )


def lesson(name: str, **changes: Any) -> Component:
    return Component(
        **{
            "id": name,
            "kind": ComponentKind.LESSON,
            "title": name.capitalize(),
            "html": f"<p>{name}</p>",
            "minutes": 5,
            **changes,
        }
    )


def acknowledgement(name: str) -> Component:
    return Component(
        id=name, kind=ComponentKind.ACKNOWLEDGEMENT, title=name.capitalize(), text="I have read it."
    )


def component_quiz(name: str, *, required: bool = True, **changes: Any) -> Component:
    return Component(
        id=name,
        kind=ComponentKind.QUIZ,
        title=name.capitalize(),
        required=required,
        quiz=quiz(**changes),
    )


def ask(name: str, kind: str = "scale", **changes: Any) -> Ask:
    """A question of an evaluation; a choice is one of a, b, c."""
    ids = {"scale": "12345", "text": ""}.get(kind, "abc")
    return Ask(
        **{
            "id": name,
            "kind": AskKind(kind),
            "text": f"{name}?",
            "required": kind == "scale",
            "options": [Option(i, f"Option {i}") for i in ids],
            **changes,
        }
    )


def evaluation(*questions: Ask) -> Component:
    """The last component of a course that asks for an evaluation."""
    asked = list(questions) or [
        ask("clarity"),
        ask("length", "choice"),
        ask("barriers", "choices"),
        ask("missing", "text"),
    ]
    wording = Wording("Your view", "Two minutes.", asked)
    return Component(
        id="evaluation",
        kind=ComponentKind.EVALUATION,
        title="Your view",
        evaluation=Evaluation("standard", "en", {"en": wording}),
    )


def content(**changes: Any) -> CourseContent:
    number = next(_numbers)
    return CourseContent(
        **{
            "slug": f"course-{number}",
            "hash": f"{number:064x}",
            "title": f"Course {number}",
            "summary": "What it is about.",
            "language": "en",
            "contact_minutes": 30,
            "disciplines": ["law-enforcement"],
            "components": [lesson("one", min_seconds=60), component_quiz("final")],
            **changes,
        }
    )


async def course(given: CourseContent | None = None, *, number: int = 1) -> CourseVersion:
    """A published course; its content is *given*."""
    given = given or content()
    row = await Course.objects().where(Course.slug == given.slug).first()
    if row is None:
        row = Course(slug=given.slug)
        await row.save()
    await CourseVersion.update({CourseVersion.is_current: False}).where(
        CourseVersion.course == row.id
    )
    version = CourseVersion(
        course=row.id,
        number=number,
        hash=given.hash,
        code=given.code or "",
        title=given.title,
        language=given.language,
        contact_minutes=given.contact_minutes,
        disciplines="|" + "".join(f"{d}|" for d in given.disciplines),
        topics="|" + "".join(f"{t}|" for t in given.topics),
        words=f"{given.title} {given.summary}".lower(),
        content=msgspec.json.encode(given).decode(),
    )
    await version.save()
    return version


async def account(**changes: Any) -> Account:
    """A person whose address is proved and whose password is ``PASSWORD``."""
    number = next(_numbers)
    row = Account(
        **{
            "email": f"person{number}@agency.example",
            "status": AccountStatus.ACTIVE_UNVERIFIED,
            "password_hash": PASSWORD_HASH,
            "legal_name": f"Person Number{number}",
            "discipline": "law-enforcement",
            "state": "TX",
            "time_zone": "America/Chicago",
            "proved_at": now(),
            **changes,
        }
    )
    await row.save()
    return row


async def learner(**changes: Any) -> Actor:
    """Somebody who takes courses."""
    return actor_of(await account(**changes))


def actor_of(row: Account, *roles: Role) -> Actor:
    return Actor(
        account_id=row.id,
        name=row.legal_name,
        proved=row.proved_at is not None,
        time_zone=row.time_zone,
        roles=frozenset((role, None) for role in roles),
        fresh_until=datetime.max.replace(tzinfo=UTC),  # just proved who it is
    )


async def staff(*roles: Role, **changes: Any) -> Actor:
    """Somebody who holds *roles* for the whole site."""
    row = await account(**changes)
    for role in roles:
        await RoleGrant(account=row.id, role=role).save()
    return actor_of(row, *roles)


async def agency(**changes: Any) -> Agency:
    """An agency that is active."""
    number = next(_numbers)
    given = {
        "kind": "law-enforcement",
        "name": f"Agency {number} Police Department",
        "state": "TX",
        "words": f"agency {number} police department",
        **changes,
    }
    row = Agency(**given)
    await row.save()
    return row
