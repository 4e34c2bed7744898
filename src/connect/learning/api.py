"""Courses and learning over JSON."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from connect.catalog.content import Audience, CourseContent, Credit
from connect.catalog.queries import content_of, courses, current_version
from connect.credits.queries import credits_now
from connect.fields import Key
from connect.idempotency import once
from connect.learning import actions, attempts, views
from connect.learning.answers import HOW, Given
from connect.learning.queries import attempt_of, enrollment_of, enrollments_of
from connect.learning.requirements import Missing
from connect.learning.withdrawals import withdraw_enrollment
from connect.paging import DEFAULT, After, Limit, Page, Word, cut, read_cursor
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Minutes = Annotated[int | None, QueryParameter(ge=0, le=100000)]


Only = Annotated[
    str, QueryParameter(pattern="^(changes)?$", description="changes: only what changed since")
]


class CourseRow(msgspec.Struct):
    slug: str
    code: str | None
    title: str
    summary: str
    language: str
    contact_minutes: int
    disciplines: list[str]
    topics: list[str]
    access: Any
    version: int


class ComponentRow(msgspec.Struct):
    id: str
    kind: str
    title: str
    minutes: int | None
    required: bool


class CourseOut(CourseRow):
    objectives: list[str]
    content_notes: list[str]
    credits: list[Credit]
    components: list[ComponentRow]
    reviewed_on: date | None


class ProgressRow(msgspec.Struct):
    id: str
    kind: str
    title: str
    state: str
    seconds: int
    min_seconds: int
    by_hand: bool  # done only by the word of staff
    carried_over: bool  # done in an earlier completion, and unchanged since


class EnrollmentOut(msgspec.Struct):
    id: UUID
    course: str
    version: int
    state: str
    progress_percent: int
    next_component: str | None
    components: list[ProgressRow]
    missing: list[Missing]
    completed_at: datetime | None
    expires_on: date | None  # the first day on which the completion does not count any more
    carried_from: date | None  # day of the completion from which unchanged steps are carried over
    certificate: str | None


class ComponentOut(msgspec.Struct):
    title: str
    html: str
    media: list[dict[str, Any]]


class EventIn(msgspec.Struct, forbid_unknown_fields=True):
    event: actions.Event


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Part(msgspec.Struct):
    id: str  # for items and sides, of this attempt only
    text: str


class AnswerOut(msgspec.Struct):
    choices: list[str] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    number: float | int | UnsetType | None = UNSET
    order: list[str] | UnsetType = UNSET
    pairs: dict[str, str] | UnsetType = UNSET
    gaps: dict[str, str] | UnsetType = UNSET


class QuestionRow(msgspec.Struct):
    id: str
    kind: str
    text: str
    image: str | None
    alt: str
    points: int
    answer: AnswerOut | None
    saved_at: datetime | None
    # Of these only what belongs to the kind.
    choices: list[Part] | UnsetType = UNSET
    items: list[Part] | UnsetType = UNSET
    left: list[Part] | UnsetType = UNSET
    right: list[Part] | UnsetType = UNSET
    gaps: list[str] | UnsetType = UNSET  # names, as the text has them in braces


class AttemptOut(msgspec.Struct):
    id: UUID
    quiz: str
    number: int
    state: str
    started_at: datetime
    expires_at: datetime | None
    attempts_left: int | None
    questions: list[QuestionRow]


class AnswerIn(msgspec.Struct, forbid_unknown_fields=True):
    """The field of the question's kind. An empty list, text or object, or null for a number,
    takes an answer back."""

    choices: Annotated[list[Key], Meta(max_length=20, description=HOW["choices"])] | UnsetType = (
        UNSET
    )
    text: Annotated[str, Meta(description=HOW["text"])] | UnsetType = UNSET
    number: Annotated[Decimal, Meta(description=HOW["number"])] | UnsetType | None = UNSET
    order: Annotated[list[Key], Meta(max_length=20, description=HOW["order"])] | UnsetType = UNSET
    pairs: Annotated[dict[Key, Key], Meta(max_length=20, description=HOW["pairs"])] | UnsetType = (
        UNSET
    )
    gaps: Annotated[dict[Key, str], Meta(max_length=20, description=HOW["gaps"])] | UnsetType = (
        UNSET
    )


class SavedOut(msgspec.Struct):
    question: str
    saved_at: datetime


def _row(content: CourseContent, number: int) -> dict[str, Any]:
    found = {n: getattr(content, n) for n in CourseRow.__struct_fields__ if n != "version"}
    access = content.access
    found["access"] = msgspec.to_builtins(access) if isinstance(access, Audience) else str(access)
    return {**found, "version": number}


class CoursesApi(Controller):
    path = "/api/v1/courses"
    tags = ["courses"]

    @get("/", permission=Permission.READ_CATALOG, summary="Published courses")
    async def courses(
        self,
        q: Word = "",
        discipline: Word = "",
        topic: Word = "",
        language: Word = "",
        min_minutes: Minutes = None,
        max_minutes: Minutes = None,
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[CourseRow]:
        rows = await courses(
            q=q,
            discipline=discipline,
            topic=topic,
            language=language,
            min_minutes=min_minutes,
            max_minutes=max_minutes,
            after=read_cursor(after, str) if after else "",
            limit=limit,
        )
        kept, following = cut(rows, limit, lambda row: row["slug"])
        items = [CourseRow(**_row(await content_of(r["id"]), r["number"])) for r in kept]
        return Page(items, following)

    @get("/{slug:str}", permission=Permission.READ_CATALOG, summary="One course")
    async def course(self, slug: FromPath[str]) -> CourseOut:
        version = await current_version(slug)
        content = await content_of(version.id)
        return CourseOut(
            **_row(content, version.number),
            objectives=content.objectives,
            content_notes=content.content_notes,
            credits=await credits_now(content, version.course),
            components=[
                ComponentRow(c.id, c.kind, c.title, c.minutes, c.required)
                for c in content.components
            ],
            reviewed_on=content.reviewed_on,
        )

    @post(
        "/{slug:str}/enrollments",
        permission=Permission.LEARN,
        summary="Begin a course, or get the enrollment that is open",
    )
    async def enroll(
        self, request: ActorRequest, slug: FromPath[str], only: Only = ""
    ) -> Response[EnrollmentOut]:
        async def act() -> tuple[int, EnrollmentOut]:
            enrollment, new = await actions.enroll(
                request.user, slug, only_changes=only == "changes"
            )
            return (201 if new else 200), await _enrollment(enrollment)

        return await once(request, act)


async def _enrollment(enrollment: Any) -> EnrollmentOut:
    return msgspec.convert(await views.enrollment(enrollment), EnrollmentOut)


class EnrollmentsApi(Controller):
    path = "/api/v1/enrollments"
    tags = ["learning"]

    @get("/", permission=Permission.LEARN, summary="Your enrollments, newest first")
    async def enrollments(
        self, request: ActorRequest, limit: Limit = DEFAULT, after: After = ""
    ) -> Page[EnrollmentOut]:
        before = read_cursor(after, UUID) if after else None
        rows = await enrollments_of(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row.id)
        return Page(msgspec.convert(await views.enrollments(kept), list[EnrollmentOut]), following)

    @get("/{enrollment_id:uuid}", permission=Permission.LEARN, summary="One enrollment")
    async def enrollment(
        self, request: ActorRequest, enrollment_id: FromPath[UUID]
    ) -> EnrollmentOut:
        return await _enrollment(await enrollment_of(request.user, enrollment_id))

    @delete(
        "/{enrollment_id:uuid}",
        permission=Permission.LEARN,
        summary="Leave a course that is open; what was recorded stays",
    )
    async def withdraw(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> None:
        await withdraw_enrollment(request.user, enrollment_id)

    @get(
        "/{enrollment_id:uuid}/components/{component:str}",
        permission=Permission.LEARN,
        summary="What a component shows; records no time",
    )
    async def component(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> ComponentOut:
        enrollment = await enrollment_of(request.user, enrollment_id)
        return msgspec.convert(await views.component(enrollment, component), ComponentOut)

    @put(
        "/{enrollment_id:uuid}/components/{component:str}",
        permission=Permission.LEARN,
        summary="Record that a component was opened, is being read, was closed or acknowledged",
    )
    async def event(
        self,
        request: ActorRequest,
        enrollment_id: FromPath[UUID],
        component: FromPath[str],
        data: JSONBody[EventIn],
    ) -> actions.Step:
        return await actions.note_event(request.user, enrollment_id, component, data.event)

    @post(
        "/{enrollment_id:uuid}/quizzes/{component:str}/attempts",
        permission=Permission.LEARN,
        summary="Begin an attempt at a quiz, or get the open one",
    )
    async def start(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[AttemptOut]:
        async def act() -> tuple[int, AttemptOut]:
            attempt, new = await attempts.start_attempt(request.user, enrollment_id, component)
            shown = msgspec.convert(await views.attempt(request.user, attempt), AttemptOut)
            return (201 if new else 200), shown

        return await once(request, act)


class AttemptsApi(Controller):
    path = "/api/v1/attempts/{attempt_id:uuid}"
    tags = ["learning"]

    @get("/", permission=Permission.LEARN, summary="An attempt with its saved answers")
    async def attempt(self, request: ActorRequest, attempt_id: FromPath[UUID]) -> AttemptOut:
        attempt = await attempt_of(request.user, attempt_id)
        return msgspec.convert(await views.attempt(request.user, attempt), AttemptOut)

    @put("/answers/{question:str}", permission=Permission.LEARN, summary="Save one answer")
    async def answer(
        self,
        request: ActorRequest,
        attempt_id: FromPath[UUID],
        question: FromPath[str],
        data: JSONBody[AnswerIn],
    ) -> SavedOut:
        given = Given(**msgspec.structs.asdict(data))
        saved_at = await attempts.save_answer(request.user, attempt_id, question, given)
        return SavedOut(question, saved_at)

    @post(
        "/submission",
        permission=Permission.LEARN,
        summary="Grade an attempt by its saved answers; repeated, the same answer",
        status_code=200,
    )
    async def submit(
        self, request: ActorRequest, attempt_id: FromPath[UUID], data: JSONBody[Nothing]
    ) -> attempts.Submission:
        return await attempts.submit_attempt(request.user, attempt_id)
