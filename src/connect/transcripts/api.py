"""The transcript over JSON."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get

from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.policy import Actor, Permission
from connect.transcripts.queries import transcript
from connect.web.templating import hours


class TranscriptRow(msgspec.Struct):
    course: str
    title: str
    version: int
    completed_on: date
    expires_on: date | None  # the first day on which it does not count any more
    by_hand: bool  # staff recorded a part of it
    minutes: int
    hours: str
    certificate: str
    status: str


class TranscriptApi(Controller):
    path = "/api/v1/transcript"
    tags = ["learning"]

    @get("/", permission=Permission.READ_RECORDS, summary="Your completions of all cycles")
    async def transcript(
        self,
        request: Request[Actor, Any, Any],
        limit: Limit = DEFAULT,
        after: After = "",
    ) -> Page[TranscriptRow]:
        before = read_cursor(after, UUID) if after else None
        rows = await transcript(request.user, before=before, limit=limit)
        kept, following = cut(rows, limit, lambda row: row["id"])
        items = [
            TranscriptRow(
                course=r["course"],
                title=r["title"],
                version=r["version"],
                completed_on=r["day"],
                expires_on=r["expires_on"],
                by_hand=r["by_hand"],
                minutes=r["minutes"],
                hours=hours(r["minutes"]),
                certificate=r["certificate"],
                status=r["status"],
            )
            for r in kept
        ]
        return Page(items, following)
