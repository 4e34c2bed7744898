"""The executive's page behind the mailed link. Opening it spends nothing."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from connect.agencies.queries import standing_agency
from connect.errors import Invalid, decode
from connect.fields import Name
from connect.policy import Actor, Permission
from connect.readiness import affirmations
from connect.readiness.application_rules import answer_words
from connect.readiness.applications import asked_of, facts_hash_of, facts_of
from connect.readiness.tables import Review
from connect.web.forms import read_form
from connect.web.templating import page

ActorRequest = Request[Actor, Any, Any]


class AffirmForm(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    title: Annotated[
        str, Meta(min_length=2, max_length=120, description="Write your title, such as Chief.")
    ]
    yes: Annotated[
        str, Meta(pattern="^yes$", description="Tick the box, or close this page if it is not so.")
    ]
    facts: str  # hash of the facts that the page showed


class AffirmationPages(Controller):
    path = "/affirm/{token:str}"
    include_in_schema = False

    @get("/", permission=Permission.AFFIRM)
    async def read(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        _, review = await affirmations.waiting(token)
        return await _page(request, review)

    @post("/", permission=Permission.AFFIRM, status_code=200)
    async def affirm(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        given = await read_form(request)
        _, review = await affirmations.waiting(token)
        try:
            filled = {"yes": ""} | given
            data = decode(AffirmForm, filled, strict=False)
            await affirmations.affirm(
                token, name=data.name.strip(), title=data.title.strip(), facts_hash=data.facts
            )
        except Invalid as refusal:
            return await _page(request, review, form=given, errors=refusal.errors)
        except affirmations.FactsChanged as refusal:
            kept = {name: value for name, value in given.items() if name != "yes"}
            return await _page(request, review, form=kept, errors={"yes": str(refusal)})
        return await _page(request, review, given=data.name)


async def _page(
    request: ActorRequest,
    review: Review,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    given: str = "",
) -> Response[str]:
    asked = asked_of(review)
    facts = await facts_of(review)
    agency = await standing_agency(review.agency)
    return page(
        request,
        "readiness/affirm.html",
        status=422 if errors else 200,
        agency=agency.name,
        asked=asked,
        answers=[
            (fact.label, answer_words(fact, facts[fact.id]) if fact.id in facts else "No answer")
            for fact in asked.facts
        ],
        facts_hash=await facts_hash_of(review),
        form=form or {},
        errors=errors or {},
        given=given,
    )
