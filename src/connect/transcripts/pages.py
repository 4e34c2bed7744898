"""The transcript, as a page."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.params import FromQuery

from connect.paging import cut, read_cursor
from connect.paths.queries import completed_paths
from connect.policy import Actor, Permission
from connect.transcripts.queries import total_minutes, transcript
from connect.web.templating import hours, page, plural

PER_PAGE = 50


class TranscriptPages(Controller):
    include_in_schema = False

    @get("/transcript", permission=Permission.READ_RECORDS)
    async def transcript(
        self, request: Request[Actor, Any, Any], after: FromQuery[str] = ""
    ) -> Response[str]:
        before = read_cursor(after, UUID) if after else None
        rows = await transcript(request.user, before=before, limit=PER_PAGE)
        kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
        number, minutes = await total_minutes(request.user)
        return page(
            request,
            "transcripts/transcript.html",
            name=request.user.name,
            total=f"{plural(number, 'completion')}, {hours(minutes)}" if number else "",
            completions=[
                {
                    "title": row["title"],
                    "completed_on": row["day"],
                    "expires_on": row["expires_on"],
                    "by_hand": row["by_hand"],
                    "hours": hours(row["minutes"]),
                    "certificate_number": row["certificate"],
                    "certificate_url": f"/certificates/{row['certificate']}",
                    "status": "active" if row["status"] == "valid" else row["status"],
                }
                for row in kept
            ],
            paths=[] if before else await completed_paths(request.user.id),
            next=f"/transcript?after={following}" if following else "",
        )
