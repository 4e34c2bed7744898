"""Asking an executive for the word, over JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.params import FromPath, JSONBody

from connect.fields import Email
from connect.policy import Actor, Permission
from connect.readiness import affirmations

ActorRequest = Request[Actor, Any, Any]


class AffirmationIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email


class AffirmationAskedOut(msgspec.Struct):
    id: UUID
    email: str
    asked_at: datetime
    expires_at: datetime


class AffirmationsApi(Controller):
    path = "/api/v1/reviews/{review_id:uuid}/affirmation-requests"
    tags = ["readiness"]

    @post(
        "/",
        permission=Permission.APPLY_FOR_READINESS,
        summary="Mail an executive a one-time link under which the answers are affirmed",
    )
    async def ask(
        self, request: ActorRequest, review_id: FromPath[UUID], data: JSONBody[AffirmationIn]
    ) -> AffirmationAskedOut:
        row = await affirmations.ask(request.user, review_id, data.email)
        return AffirmationAskedOut(row.id, row.email, row.asked_at, row.expires_at)
