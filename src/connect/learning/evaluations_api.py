"""The evaluation of a course over JSON."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from connect.fields import Key
from connect.idempotency import once
from connect.learning import evaluations, views
from connect.learning.api import EnrollmentOut
from connect.learning.queries import enrollment_of, standing
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Language = Annotated[str, QueryParameter(max_length=20)]


class OptionOut(msgspec.Struct):
    id: str
    text: str


class AskOut(msgspec.Struct):
    id: str
    kind: str
    text: str
    required: bool
    options: list[OptionOut]


class EvaluationOut(msgspec.Struct):
    title: str
    intro: str
    language: str
    languages: list[str]
    given: bool
    questions: list[AskOut]


class EvaluationIn(msgspec.Struct, forbid_unknown_fields=True):
    answers: Annotated[
        dict[Key, int | str | list[str]],
        Meta(
            max_length=100,
            description="Send question ids with a step from 1 to 5, an id, ids, or words.",
        ),
    ]


class EvaluationsApi(Controller):
    path = "/api/v1/enrollments/{enrollment_id:uuid}/evaluation"
    tags = ["learning"]

    @get("/", permission=Permission.LEARN, summary="What a course asks at its end")
    async def evaluation(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], language: Language = ""
    ) -> EvaluationOut:
        enrollment = await enrollment_of(request.user, enrollment_id)
        content, _ = await standing(enrollment)
        evaluation = evaluations.evaluation_in(content)
        shown, words = evaluation.worded(language or content.language)
        return EvaluationOut(
            title=words.title,
            intro=words.intro,
            language=shown,
            languages=sorted(evaluation.wordings),
            given=await evaluations.is_given(enrollment.id),
            questions=msgspec.convert(words.questions, list[AskOut], from_attributes=True),
        )

    @post(
        "/",
        permission=Permission.LEARN,
        summary="Hand in the evaluation of a course; it may complete the course",
        status_code=201,
    )
    async def give(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], data: JSONBody[EvaluationIn]
    ) -> Response[EnrollmentOut]:
        async def act() -> tuple[int, EnrollmentOut]:
            enrollment = await evaluations.give_evaluation(
                request.user, enrollment_id, data.answers
            )
            shown = await views.enrollment(enrollment)
            return 201, msgspec.convert(shown, EnrollmentOut)

        return await once(request, act)
