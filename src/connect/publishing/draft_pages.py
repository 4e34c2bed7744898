"""Drafts of courses, as pages: look, mend a file or its wording, preview, publish."""

import tomllib
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.catalog.content import CourseContent
from connect.catalog.faults import Fault
from connect.catalog.queries import current_version, media_of, slug_of
from connect.catalog.wording import wordings
from connect.errors import Invalid, NotFound
from connect.policy import Actor, Permission
from connect.publishing import drafts
from connect.publishing.actions import Faulty, Outlook, checked, look_at
from connect.publishing.pages import outlook_shown
from connect.publishing.preview import previewed
from connect.publishing.queries import draft_by_id, files_of, source_of
from connect.publishing.rules import is_text, line_diff
from connect.publishing.tables import CourseDraft
from connect.web.forms import read_form
from connect.web.ranges import file_answer
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
BODY = 2_000_000  # bytes: the longest text file, as a form sends it
DRAFT = "/{draft_id:uuid}"


class DraftPages(Controller):
    path = "/admin/courses/drafts"
    include_in_schema = False

    @post("/", permission=Permission.PUBLISH_COURSES)
    async def open(self, request: ActorRequest) -> Response[None]:
        fields = await read_form(request)
        draft = await drafts.open_draft(request.user, str(fields.get("slug", "")))
        return redirect(_address(draft.id))

    @get(DRAFT, permission=Permission.PUBLISH_COURSES)
    async def draft(self, request: ActorRequest, draft_id: FromPath[UUID]) -> Response[str]:
        return await _page(request, await draft_by_id(request.user, draft_id))

    @get(f"{DRAFT}/file", permission=Permission.PUBLISH_COURSES)
    async def file(
        self, request: ActorRequest, draft_id: FromPath[UUID], path: FromQuery[str] = ""
    ) -> Response[str]:
        draft = await draft_by_id(request.user, draft_id)
        return await _file_page(request, draft, path, await drafts.text_of(draft, path))

    @post(f"{DRAFT}/file", permission=Permission.PUBLISH_COURSES, request_max_body_size=BODY)
    async def save(
        self, request: ActorRequest, draft_id: FromPath[UUID], path: FromQuery[str] = ""
    ) -> Response[Any]:
        fields = await read_form(request)
        text = str(fields.get("text", ""))
        try:
            await drafts.save_file(request.user, draft_id, path, text, revision=_revision(fields))
        except (Invalid, drafts.SavedMeanwhile) as refusal:
            draft = await draft_by_id(request.user, draft_id)
            return await _file_page(request, draft, path, text, refusal=refusal)
        return redirect(f"{_address(draft_id)}/file?path={quote(path)}")

    @get(f"{DRAFT}/wording", permission=Permission.PUBLISH_COURSES)
    async def wording(
        self, request: ActorRequest, draft_id: FromPath[UUID], path: FromQuery[str] = ""
    ) -> Response[str]:
        draft = await draft_by_id(request.user, draft_id)
        return await _wording_page(request, draft, path)

    @post(f"{DRAFT}/wording", permission=Permission.PUBLISH_COURSES, request_max_body_size=BODY)
    async def save_wording(
        self, request: ActorRequest, draft_id: FromPath[UUID], path: FromQuery[str] = ""
    ) -> Response[Any]:
        fields = await read_form(request)
        texts = {n[2:]: str(v) for n, v in fields.items() if n.startswith("w-")}
        try:
            await drafts.save_wording(
                request.user, draft_id, path, texts, revision=_revision(fields)
            )
        except (Invalid, drafts.SavedMeanwhile) as refusal:
            draft = await draft_by_id(request.user, draft_id)
            return await _wording_page(request, draft, path, texts, refusal=refusal)
        return redirect(_address(draft_id))

    @get(f"{DRAFT}/preview/{{component:str}}", permission=Permission.PUBLISH_COURSES)
    async def preview(
        self, request: ActorRequest, draft_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[str]:
        draft = await draft_by_id(request.user, draft_id)
        async with drafts.laid_out(draft) as folder:
            content, _ = await checked(folder)
        return _preview_page(request, draft, content, component)

    @get(f"{DRAFT}/media/{{sha256:str}}", permission=Permission.PUBLISH_COURSES)
    async def media(
        self, request: ActorRequest, draft_id: FromPath[UUID], sha256: FromPath[str]
    ) -> Response[Any]:
        draft = await draft_by_id(request.user, draft_id)
        if sha256 not in (await files_of(draft.base)).values():
            raise NotFound
        row = await media_of(sha256)
        return file_answer(
            request, sha256, size=row.size, content_type=row.content_type, public=False
        )

    @get(f"{DRAFT}/course.zip", permission=Permission.PUBLISH_COURSES)
    async def zip(self, request: ActorRequest, draft_id: FromPath[UUID]) -> Response[bytes]:
        draft = await draft_by_id(request.user, draft_id)
        name = await slug_of(draft.course)
        return Response(
            await drafts.draft_zip(request.user, draft_id),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
        )

    @post(f"{DRAFT}/publication", permission=Permission.PUBLISH_COURSES)
    async def publish(self, request: ActorRequest, draft_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            done = await drafts.publish_draft(request.user, draft_id, revision=_revision(fields))
        except Faulty:
            draft = await draft_by_id(request.user, draft_id)
            return await _page(request, draft, status=422)
        return redirect(f"/admin/courses?published={done.slug}")

    @post(f"{DRAFT}/base", permission=Permission.PUBLISH_COURSES)
    async def bring_forward(
        self, request: ActorRequest, draft_id: FromPath[UUID]
    ) -> Response[None]:
        await read_form(request)
        await drafts.bring_forward(request.user, draft_id)
        return redirect(_address(draft_id))

    @post(f"{DRAFT}/discard", permission=Permission.PUBLISH_COURSES)
    async def discard(self, request: ActorRequest, draft_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await drafts.discard_draft(request.user, draft_id)
        return redirect("/admin/courses")


def _address(draft_id: UUID) -> str:
    return f"/admin/courses/drafts/{draft_id}"


def _revision(fields: dict[str, Any]) -> int:
    given = str(fields.get("revision", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


async def _seen(draft: CourseDraft) -> tuple[Outlook | None, list[Fault]]:
    """What publishing would do, and what the check found; paths count from the course folder."""
    async with drafts.laid_out(draft) as folder:
        try:
            found = await look_at(folder)
            outlook, faults = found, found.warnings
        except Faulty as refusal:
            outlook, faults = None, refusal.faults
    prefix = f"courses/{folder.name}/"
    return outlook, [
        msgspec.structs.replace(fault, path=fault.path.removeprefix(prefix))
        for fault in sorted(faults)
    ]


async def _base(draft: CourseDraft) -> dict[str, Any]:
    """What every page of a draft shows of it."""
    slug = await slug_of(draft.course)
    current = await current_version(slug)
    return {
        "id": draft.id,
        "slug": slug,
        "title": current.title,
        "revision": draft.revision,
        "url": _address(draft.id),
        "current": current.number,
        "moved_on": current.id != draft.base,
        "both": await drafts.changed_in_both(draft, current.id),
    }


async def _page(request: ActorRequest, draft: CourseDraft, *, status: int = 200) -> Response[str]:
    outlook, faults = await _seen(draft)
    base, edits = await _base(draft), drafts.edits_of(draft)
    paths = [path for path in {**await files_of(draft.base), **edits} if is_text(path)]
    url = f"{_address(draft.id)}/file?path="
    return page(
        request,
        "publishing/draft.html",
        status=status,
        draft=base | {"changed_at": moment(draft.changed_at, request.user.time_zone)},
        files=[
            {
                "path": path,
                "changed": path in edits,
                "wording": path.startswith("quizzes/"),
                "diff": await _diff(draft, path, edits[path]) if path in edits else [],
            }
            for path in sorted(paths)
        ],
        links={path: url + quote(path) for path in paths},
        outlook=outlook_shown(outlook),
        faults=faults,
        first=await _first(draft) if outlook else "",
    )


async def _first(draft: CourseDraft) -> str:
    """The component with which a preview begins."""
    source = tomllib.loads(await drafts.text_of(draft, "course.toml"))
    return str(source["components"][0]["id"])


async def _diff(draft: CourseDraft, path: str, text: str) -> list[str]:
    try:
        before = await source_of(draft.base, path)
    except NotFound:  # the version that it is based on now has no such file
        before = ""
    return line_diff(before, text)


async def _file_page(
    request: ActorRequest,
    draft: CourseDraft,
    path: str,
    text: str,
    *,
    refusal: Invalid | drafts.SavedMeanwhile | None = None,
) -> Response[str]:
    _, faults = await _seen(draft)
    lines = (await drafts.text_of(draft, path)).split("\n")
    return page(
        request,
        "publishing/file.html",
        status=refusal.status if refusal else 200,
        draft=await _base(draft),
        file_path=path,
        form={"text": text},
        errors=refusal.errors if isinstance(refusal, Invalid) else {},
        clash=str(refusal) if isinstance(refusal, drafts.SavedMeanwhile) else "",
        faults=[
            {
                "line": fault.line,
                "message": fault.message,
                "warning": fault.warning,
                "source": lines[fault.line - 1] if fault.line <= len(lines) else "",
            }
            for fault in faults
            if fault.path == path
        ],
    )


async def _wording_page(
    request: ActorRequest,
    draft: CourseDraft,
    path: str,
    texts: dict[str, str] | None = None,
    *,
    refusal: Invalid | drafts.SavedMeanwhile | None = None,
) -> Response[str]:
    try:
        found = wordings(await drafts.text_of(draft, path))
    except tomllib.TOMLDecodeError:
        return await _file_page(request, draft, path, await drafts.text_of(draft, path))
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    return page(
        request,
        "publishing/wording.html",
        status=refusal.status if refusal else 200,
        draft=await _base(draft),
        file_path=path,
        words=[
            {
                "name": f"w-{w.name}",
                "question": -1 if w.question is None else w.question,
                "choice": w.choice,
                "key": w.key,
            }
            for w in found
        ],
        form={f"w-{w.name}": (texts or {}).get(w.name, w.text) for w in found},
        errors={f"w-{name}": message for name, message in errors.items()},
        clash=str(refusal) if isinstance(refusal, drafts.SavedMeanwhile) else "",
    )


def _preview_page(
    request: ActorRequest, draft: CourseDraft, content: CourseContent, name: str
) -> Response[str]:
    here = _address(draft.id)
    return page(
        request,
        "publishing/preview.html",
        back={"url": here, "words": f"Draft of {content.title}"},
        faults=[],
        changed_url="",
        **previewed(content, name, url=f"{here}/preview", files=f"{here}/media"),
    )
