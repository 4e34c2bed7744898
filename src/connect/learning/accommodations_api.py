"""Accommodations over JSON, for staff."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect.fields import Reason
from connect.learning.accommodations import MOST_ATTEMPTS, MOST_PERCENT, accommodate
from connect.learning.rules import Granted
from connect.policy import Actor, Permission


class AccommodationsIn(msgspec.Struct, forbid_unknown_fields=True):
    """All that is granted; what is left out is taken back."""

    extra_time_percent: Annotated[
        int, Meta(ge=0, le=MOST_PERCENT, description="Write a whole number, 0 to 400.")
    ] = 0
    more_attempts: Annotated[
        int, Meta(ge=0, le=MOST_ATTEMPTS, description="Write a whole number, 0 to 20.")
    ] = 0
    no_time_limit: bool = False
    private_reason: Reason = ""

    @property
    def granted(self) -> Granted:
        return Granted(
            extra_time_percent=self.extra_time_percent,
            more_attempts=self.more_attempts,
            no_time_limit=self.no_time_limit,
        )


class AccommodationsApi(Controller):
    path = "/api/v1/enrollments/{enrollment_id:uuid}/accommodations"
    tags = ["learning"]

    @put("/", permission=Permission.ACCOMMODATE, summary="More time or attempts for one person")
    async def accommodate(
        self,
        request: Request[Actor, Any, Any],
        enrollment_id: FromPath[UUID],
        data: JSONBody[AccommodationsIn],
    ) -> Granted:
        await accommodate(
            request.user, enrollment_id, data.granted, private_reason=data.private_reason
        )
        return data.granted
