"""Publications of courses over JSON."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, post
from litestar.datastructures import UploadFile

from connect.catalog.actions import Published
from connect.catalog.archive import MOST_BYTES
from connect.catalog.difference import Line
from connect.catalog.faults import Fault
from connect.errors import Invalid
from connect.policy import Actor, Permission
from connect.publishing.actions import Outlook, publish_zip
from connect.publishing.rules import words

ActorRequest = Request[Actor, Any, Any]
MULTIPART = MOST_BYTES + 100_000  # bytes: the ZIP and what stands around it


class ConcernedOut(msgspec.Struct):
    change: str
    under_way: int
    completed: int
    words: str


class PublicationOut(msgspec.Struct):
    course: str
    title: str
    hash: str
    outcome: Published
    version: int | None
    dry_run: bool
    concerns: ConcernedOut
    difference: list[Line]
    warnings: list[Fault]


def shown(outlook: Outlook) -> PublicationOut:
    of = outlook.concerned
    return PublicationOut(
        outlook.slug,
        outlook.title,
        outlook.hash,
        outlook.outcome,
        outlook.version,
        outlook.version is None,
        ConcernedOut(of.change, of.under_way, of.completed, words(of)),
        outlook.difference,
        outlook.warnings,
    )


async def zip_of(fields: dict[str, Any]) -> bytes:
    """The uploaded ZIP.

    Raises:
        Invalid: there is none.
    """
    given = fields.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        raise Invalid({"file": "Choose a ZIP of one course folder."})
    try:
        return await given.read()
    finally:
        await given.close()


class PublicationsApi(Controller):
    path = "/api/v1/course-publications"
    tags = ["courses"]

    @post(
        "/",
        permission=Permission.PUBLISH_COURSES,
        summary="Publish a course from a ZIP of its folder (multipart: file, dry_run)",
        status_code=201,
        request_max_body_size=MULTIPART,
    )
    async def publish(self, request: ActorRequest) -> Response[PublicationOut]:
        form = dict((await request.form()).items())
        asked = str(form.get("dry_run") or "no").lower()
        dry_run = asked in ("true", "yes", "1", "on")
        if not dry_run and asked not in ("false", "no", "0", "off"):
            # A slip must not publish what was only to be looked at.
            raise Invalid({"dry_run": "Use true or false."})
        outlook = await publish_zip(request.user, await zip_of(form), dry_run=dry_run)
        made = not dry_run and outlook.outcome is Published.NEW
        return Response(shown(outlook), status_code=201 if made else 200)
