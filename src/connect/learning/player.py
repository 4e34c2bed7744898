"""The player: one step of a course at a time, as pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, Response, get, post, route
from litestar.params import FromPath
from markupsafe import Markup

from connect.catalog.content import Component
from connect.catalog.queries import content_of
from connect.config import settings
from connect.errors import Invalid, NotFound
from connect.learning import actions, attempts, evaluation_forms, evaluations, rules, views
from connect.learning.actions import Event, TooEarly
from connect.learning.languages import as_read, choose_language, reading
from connect.learning.queries import enrollment_of, standing
from connect.learning.requirements import Fact
from connect.learning.tables import OPEN, Enrollment
from connect.policy import Actor, Permission
from connect.web.edge import CSP
from connect.web.forms import read_form
from connect.web.ranges import file_answer
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]


async def go_on(actor: Actor, enrollment: Enrollment) -> Response[None]:
    """Open the step where the learner goes on, and show it."""
    content, facts = await standing(enrollment)
    here = rules.next_component(content, facts, enrollment.last_component)
    if here is None:
        return redirect(f"/learn/{enrollment.id}/{content.components[0].id}")
    await actions.note_event(actor, enrollment.id, here, Event.OPEN)
    return redirect(f"/learn/{enrollment.id}/{here}")


class LearningPages(Controller):
    include_in_schema = False

    @get("/learn/{enrollment_id:uuid}", permission=Permission.LEARN)
    async def resume(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> Response[None]:
        enrollment = await enrollment_of(request.user, enrollment_id)
        content, facts = await standing(enrollment)
        here = rules.next_component(content, facts, enrollment.last_component)
        return redirect(f"/learn/{enrollment.id}/{here or content.components[0].id}")

    @route(
        "/enrollments/{enrollment_id:uuid}/media/{sha256:str}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        permission=Permission.LEARN,
    )
    async def media(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], sha256: FromPath[str]
    ) -> Response[Any]:
        """A file of a restricted course, for who is enrolled."""
        enrollment = await enrollment_of(request.user, enrollment_id)
        content = await content_of(enrollment.version)
        found = next((m for m in content.media.values() if m.sha256 == sha256), None)
        if found is None:
            raise NotFound
        return file_answer(
            request,
            sha256,
            size=found.size,
            content_type=found.content_type,
            public=False,
        )

    @post("/learn/{enrollment_id:uuid}/continue", permission=Permission.LEARN)
    async def go_on(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        return await go_on(request.user, await enrollment_of(request.user, enrollment_id))

    @get("/learn/{enrollment_id:uuid}/{component:str}", permission=Permission.LEARN)
    async def player(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[str]:
        return await _player(request, enrollment_id, component)

    @post("/learn/{enrollment_id:uuid}/{component:str}", permission=Permission.LEARN)
    async def open_step(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[None]:
        await read_form(request)
        await actions.note_event(request.user, enrollment_id, component, Event.OPEN)
        return redirect(f"/learn/{enrollment_id}/{component}")

    @post("/learn/{enrollment_id:uuid}/{component:str}/next", permission=Permission.LEARN)
    async def next_step(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[Any]:
        fields = await read_form(request)
        event = Event.ACKNOWLEDGE if fields.get("acknowledged") else Event.CLOSE
        try:
            step = await actions.note_event(request.user, enrollment_id, component, event)
        except actions.NotOpened:
            await actions.note_event(request.user, enrollment_id, component, Event.OPEN)
            words = "Your time for this step begins now. Read it, then press Next again."
            return await _player(request, enrollment_id, component, refused=words)
        except TooEarly as refusal:
            return await _player(request, enrollment_id, component, refused=str(refusal))
        if step.state is not rules.ComponentState.DONE:
            words = "Tick the box to go on."
            return await _player(request, enrollment_id, component, refused=words)
        return await _lead_on(request.user, enrollment_id, component, step)

    @post("/learn/{enrollment_id:uuid}/{component:str}/language", permission=Permission.LEARN)
    async def language(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[None]:
        fields = await read_form(request)
        await choose_language(request.user, enrollment_id, str(fields.get("language", "")))
        return redirect(f"/learn/{enrollment_id}/{component}")

    @post(
        "/learn/{enrollment_id:uuid}/{component:str}/heartbeat",
        permission=Permission.LEARN,
        status_code=200,
    )
    async def heartbeat(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> actions.Step:
        await read_form(request)
        return await actions.note_event(request.user, enrollment_id, component, Event.HEARTBEAT)

    @post("/learn/{enrollment_id:uuid}/{component:str}/answers", permission=Permission.LEARN)
    async def evaluate(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[Any]:
        fields = await read_form(request)
        content, _ = await standing(await enrollment_of(request.user, enrollment_id))
        asked = evaluations.evaluation_in(content)
        answers = evaluation_forms.answers(asked, fields)
        try:
            await evaluations.give_evaluation(request.user, enrollment_id, answers)
        except evaluations.AlreadyGiven:
            pass  # the same form a second time
        except Invalid as refusal:
            language = str(fields.get("language", ""))
            errors = evaluation_forms.at_fields(asked, refusal.errors, language)
            return await _player(request, enrollment_id, component, fields=fields, errors=errors)
        shown = await views.enrollment(await enrollment_of(request.user, enrollment_id))
        number = shown["certificate"]
        return redirect(f"/certificates/{number}" if number else f"/learn/{enrollment_id}")

    @post("/learn/{enrollment_id:uuid}/{component:str}/attempts", permission=Permission.LEARN)
    async def start(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[None]:
        await read_form(request)
        attempt, _ = await attempts.start_attempt(request.user, enrollment_id, component)
        return redirect(f"/attempts/{attempt.id}")


async def _lead_on(
    actor: Actor, enrollment_id: UUID, component: str, step: actions.Step
) -> Response[None]:
    """Show the next step and open it; at the end the certificate."""
    enrollment = await enrollment_of(actor, enrollment_id)
    if enrollment.state not in OPEN:
        view = await views.enrollment(enrollment)
        ids = [c["id"] for c in view["components"]]
        following = ids[ids.index(component) + 1 :]
        if following:
            return redirect(f"/learn/{enrollment_id}/{following[0]}")
        number = view["certificate"]
        return redirect(f"/certificates/{number}" if number else f"/courses/{view['course']}")
    if step.next_component is None:
        return redirect(f"/learn/{enrollment_id}")
    await actions.note_event(actor, enrollment_id, step.next_component, Event.OPEN)
    return redirect(f"/learn/{enrollment_id}/{step.next_component}")


async def _player(
    request: ActorRequest,
    enrollment_id: UUID,
    component: str,
    *,
    refused: str = "",
    fields: dict[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response[str]:
    enrollment = await enrollment_of(request.user, enrollment_id)
    original, facts = await standing(enrollment)
    content = await as_read(enrollment, original)
    found = actions.component_in(content, component)
    shown = await views.component(enrollment, component)
    states = rules.states(content, facts)
    ids = [c.id for c in content.components]
    following = ids[ids.index(component) + 1 :]
    left = sum(
        c.minutes or 0 for c in content.components if states[c.id] is not rules.ComponentState.DONE
    )
    fact = facts.get(component, rules.NOTHING)
    titles = {c.id: c.title for c in content.components}
    base = f"/learn/{enrollment.id}"
    spoken = await reading(enrollment, original, component)
    return page(
        request,
        "learning/player.html",
        status=409 if refused else 422 if errors else 200,
        enrollment={
            "id": enrollment.id,
            "title": content.title,
            "percent": rules.progress_percent(content, facts),
            "minutes_left": left,
            "content_notes": content.content_notes,
            "language": content.language,
            "begun": any(fact.done for fact in facts.values()),
        },
        reading=spoken,
        steps=[
            {
                "id": c.id,
                "kind": c.kind,
                "title": c.title,
                "state": states[c.id],
                "minutes": c.minutes,
                "url": "" if states[c.id] is rules.ComponentState.LOCKED else f"{base}/{c.id}",
                "current": c.id == component,
                "note": _note(facts.get(c.id, rules.NOTHING)),
            }
            for c in content.components
        ],
        component={
            "id": component,
            "kind": found.kind,
            "title": shown["title"],
            "html": Markup(shown["html"]),  # noqa: S704 -- sanitized when it was checked
            "text": shown["text"],
            "recording": views.recording(enrollment, content, found),
            "download": views.download(enrollment, content, found),
            "package": _package(found, fact),
            "minutes": found.minutes,
            "seconds": fact.seconds,
            "min_seconds": found.min_seconds,
            "state": states[component],
            "skip_url": "" if found.required or not following else f"{base}/{following[0]}",
            "quiz": await views.quiz_intro(enrollment, found, fact) if found.quiz else None,
        },
        evaluation=found.evaluation
        and evaluation_forms.shown(
            found.evaluation,
            content,
            f"{base}/{component}",
            fields or {"language": spoken["language"], **request.query_params},
        ),
        errors=errors or {},
        next={"title": titles[following[0]], "url": ""} if following else None,
        refused=refused,
        headers=_framing() if found.package else None,
    )


def _package(found: Component, fact: Fact) -> dict[str, Any] | None:
    """What the frame of a package needs to know of it."""
    if found.package is None:
        return None
    return {
        "units": [(place, unit.title) for place, unit in enumerate(found.package.units, 1)],
        "told": fact.told,
    }


def _framing() -> dict[str, str]:
    """The policy of a page with a package, the one thing that a page of ours frames."""
    frames = f"{settings().packages_url or settings().base_url}/p/"
    return {"Content-Security-Policy": f"{CSP}; frame-src {frames}"}


def _note(fact: rules.Fact) -> str:
    """Why a step is done that the learner did not do here."""
    return "recorded by staff" if fact.by_hand else "carried over" if fact.carried else ""
