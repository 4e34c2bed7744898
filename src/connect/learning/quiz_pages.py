"""A quiz under way and how it went, as pages."""

import re
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from connect.catalog.content import CourseContent, Question
from connect.errors import Invalid, NotFound
from connect.learning import actions, answer_forms, attempts, rules, views
from connect.learning.answers import Given, in_words, is_empty, key_in_words, with_gaps
from connect.learning.languages import as_read, component_language
from connect.learning.queries import answers_to, attempt_of, enrollment_of, standing
from connect.learning.requirements import GRADED
from connect.learning.tables import OPEN, Attempt, Enrollment
from connect.policy import Actor, Permission
from connect.web.forms import read_form, several
from connect.web.templating import clock_time, page, redirect

ActorRequest = Request[Actor, Any, Any]


class QuizPages(Controller):
    path = "/attempts/{attempt_id:uuid}"
    include_in_schema = False

    @get("/", permission=Permission.LEARN)
    async def quiz(self, request: ActorRequest, attempt_id: FromPath[UUID]) -> Response[Any]:
        attempt = await attempt_of(request.user, attempt_id)
        if attempt.state != "open":
            return redirect(f"/attempts/{attempt.id}/result")
        return await _quiz(request, attempt)

    @post("/answers/{question:str}", permission=Permission.LEARN, status_code=200)
    async def answer(
        self, request: ActorRequest, attempt_id: FromPath[UUID], question: FromPath[str]
    ) -> dict[str, str]:
        fields = await read_form(request)
        view = await views.attempt(request.user, await attempt_of(request.user, attempt_id))
        asked = next((q for q in view["questions"] if q["id"] == question), None)
        if asked is None:
            raise NotFound
        given, fault = answer_forms.read(asked, fields)
        if fault and view["state"] == "open":
            raise Invalid({question: fault})
        saved_at = await attempts.save_answer(request.user, attempt_id, question, given)
        return {"question": question, "saved_at": clock_time(saved_at, request.user.time_zone)}

    @post("/submission", permission=Permission.LEARN)
    async def submit(self, request: ActorRequest, attempt_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        attempt = await attempt_of(request.user, attempt_id)
        view = await views.attempt(request.user, attempt)
        read = {q["id"]: answer_forms.read(q, fields) for q in view["questions"]}
        faults = {question: fault for question, (_, fault) in read.items() if fault}
        # An empty one saves nothing: it may come from a page that is older than the answer.
        given = {q: found for q, (found, fault) in read.items() if not (fault or is_empty(found))}
        faults |= await attempts.faults_of(request.user, attempt_id, given)
        if faults and attempt.state == "open" and not attempts.is_over(attempt):
            return await _quiz(request, attempt, fields=fields, faults=faults)
        await attempts.submit_answers(request.user, attempt_id, given)
        return redirect(f"/attempts/{attempt_id}/result")

    @get("/result", permission=Permission.LEARN)
    async def result(self, request: ActorRequest, attempt_id: FromPath[UUID]) -> Response[Any]:
        attempt = await attempt_of(request.user, attempt_id)
        if attempt.state == "open":
            return redirect(f"/attempts/{attempt.id}")
        return await _result(request, attempt)


async def _quiz(
    request: ActorRequest,
    attempt: Attempt,
    *,
    fields: dict[str, Any] | None = None,
    faults: dict[str, str] | None = None,
) -> Response[str]:
    """The questions with what was saved, or with what was sent and could not be kept."""
    view = await views.attempt(request.user, attempt)
    zone = request.user.time_zone
    questions = [_asked(question, fields, faults or {}, zone) for question in view["questions"]]
    course = await enrollment_of(request.user, attempt.enrollment)
    shown = view | {
        "lang": await component_language(course, attempt.component),
        "leave_url": f"/learn/{attempt.enrollment}/{attempt.component}",
        "answered": sum(question["answered"] for question in questions),
        "total": len(questions),
        "ends_at": clock_time(attempt.expires_at, zone) if attempt.expires_at else "",
    }
    errors = {
        f"question-{question['id']}": f"Question {number}: {question['error']}"
        for number, question in enumerate(questions, 1)
        if question["error"]
    }
    return page(
        request,
        "learning/quiz.html",
        status=422 if faults else 200,
        attempt=shown,
        questions=questions,
        errors=errors,
    )


def _asked(
    question: dict[str, Any], fields: dict[str, Any] | None, faults: dict[str, str], zone: str
) -> dict[str, Any]:
    """A question as its template draws it: each part with the name and value of its field."""
    held = answer_forms.saved(question) if fields is None else fields

    def part(name: str = "", **more: Any) -> dict[str, Any]:
        field = answer_forms.field(question, name)
        return {"field": field, "value": next(iter(several(held, field)), ""), **more}

    chosen = several(held, answer_forms.field(question))
    saved_at = clock_time(question["saved_at"], zone) if question["saved_at"] else ""
    gaps = question.get("gaps", [])
    return question | {
        "text_html": Markup(question["html"]),  # noqa: S704 -- sanitized when it was checked
        "choices": [c | {"checked": c["id"] in chosen} for c in question.get("choices", [])],
        "entry": part(),
        "items": [part(**{"name": one["id"], **one}) for one in question.get("items", [])],
        "left": [part(**{"name": one["id"], **one}) for one in question.get("left", [])],
        "right": question.get("right", []),
        "sentence": _sentence(question["html"], gaps, part) if gaps else [],
        "saved_at": saved_at,
        "error": faults.get(question["id"], ""),
    }


def _sentence(source: str, gaps: list[str], part: Any) -> list[Any]:
    """The text of a cloze, cut at its gaps: HTML, gap, HTML, gap, …, HTML."""
    marks = "|".join(re.escape(f"{{{gap}}}") for gap in gaps)
    pieces: list[Any] = []
    for piece in re.split(f"({marks})", source):
        if piece[1:-1] in gaps and piece[:1] == "{":
            pieces.append(part(piece[1:-1], number=gaps.index(piece[1:-1]) + 1))
        else:
            pieces.append(Markup(piece))  # noqa: S704 -- sanitized when it was checked
    return pieces


async def _result(request: ActorRequest, attempt: Attempt) -> Response[str]:
    enrollment = await enrollment_of(request.user, attempt.enrollment)
    content, facts = await standing(enrollment)
    component = actions.component_in(await as_read(enrollment, content), attempt.component)
    view = await views.enrollment(enrollment)
    submission = attempts.result_of(attempt)
    questions = {q.id: q for q in attempts.questions_of(attempt, component)}
    given = {q: a["given"] for q, a in (await answers_to(attempt.id)).items()}
    fact = facts.get(component.id, rules.NOTHING)
    quiz = component.quiz
    graded = quiz is not None and quiz.purpose in GRADED
    left = rules.attempts_left(quiz, fact.attempts, fact.reopened) if quiz else None
    going_on = enrollment.state in OPEN
    may_repeat = going_on and left != 0 and not (graded and fact.done)
    base = f"/learn/{enrollment.id}"
    return page(
        request,
        "learning/result.html",
        result={
            "title": component.title,
            "lang": await component_language(enrollment, component.id),
            "course_title": content.title,
            "course_url": f"/courses/{content.slug}",
            "graded": graded,
            "passed": submission.passed,
            "score_percent": submission.score_percent,
            "pass_percent": quiz.pass_percent if quiz else 0,
            "state": submission.state,
            "feedback": [
                _told(enrollment, told, questions[told.question], given.get(told.question))
                for told in submission.feedback
            ],
            "attempts_left": left,
            "retry_url": f"{base}/{component.id}/attempts" if may_repeat else "",
            "certificate_url": f"/certificates/{n}" if (n := view["certificate"]) else "",
            "continue_url": f"{base}/continue" if going_on and fact.done else "",
            "missing": [
                {
                    "what": f"{_title(content, m.component)}: {m.what}",
                    "url": f"{base}/{m.component}",
                }
                for m in view["missing"]
                if m.component != component.id
            ],
        },
    )


def _title(content: CourseContent, component: str) -> str:
    return actions.component_in(content, component).title


def _told(
    enrollment: Enrollment, told: rules.Feedback, question: Question, given: Given | None
) -> dict[str, Any]:
    words = " ".join(word for word in rules.told_of(question, given, html=True) if word)
    html = [views.linked(enrollment, text) for text in (with_gaps(question), words)]
    text_html, feedback_html = (Markup(text) for text in html)  # noqa: S704 -- sanitized when checked
    may_tell = told.key is not None or told.right_answer is not None
    return {
        "text_html": text_html,
        "right": told.right,
        "your_choices": in_words(question, given),
        "feedback_html": feedback_html,
        "right_choices": key_in_words(question) if may_tell else None,
    }
