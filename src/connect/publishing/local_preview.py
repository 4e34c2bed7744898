"""``connect preview-course``: one folder shown on this machine, read anew at every look.

No database, no accounts, nothing recorded: an application of its own, for its author alone.
"""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.params import FromPath
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Receive, Scope, Send

from connect.catalog.check import Checked, check_course
from connect.errors import ConnectError, NotFound, show
from connect.policy import VISITOR
from connect.publishing.preview import previewed
from connect.web.edge import HEADERS
from connect.web.templating import STATIC, page, redirect

AnyRequest = Request[Any, Any, State]


def _anybody(app: ASGIApp) -> ASGIApp:
    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = VISITOR
        await app(scope, receive, send)

    return asked


def preview_app(folder: Path) -> Litestar:
    """The application that shows the course in *folder*."""

    def look() -> Checked:
        return check_course(folder)

    @get("/")
    async def start(request: AnyRequest) -> Response[Any]:
        content, faults = look()
        if content is None:
            return _faulty(request, faults)
        return redirect(f"/preview/{content.components[0].id}")

    @get("/preview/{component:str}")
    async def component(request: AnyRequest, component: FromPath[str]) -> Response[Any]:
        content, faults = look()
        if content is None:
            return _faulty(request, faults)
        return page(
            request,
            "publishing/preview.html",
            back=None,
            faults=[str(fault) for fault in faults],
            changed_url="/changed",
            **previewed(content, component, url="/preview", files="/files"),
        )

    @get("/files/{sha256:str}")
    async def file(sha256: FromPath[str]) -> Response[bytes]:
        content, _ = look()
        for path, media in content.media.items() if content else ():
            if media.sha256 == sha256:
                return Response((folder / path).read_bytes(), media_type=media.content_type)
        raise NotFound

    @get("/changed", media_type=MediaType.TEXT, sync_to_thread=True)
    def changed() -> str:
        return str(max(path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]))

    def _faulty(request: AnyRequest, faults: list[Any]) -> Response[str]:
        shown = sorted(str(fault) for fault in faults)
        return page(
            request,
            "publishing/faults.html",
            status=422,
            title=folder.name,
            faults=shown,
            changed_url="/changed",
        )

    static = create_static_files_router(path="/static", directories=[STATIC])
    return Litestar(
        [start, component, file, changed, static],
        middleware=[_anybody],
        response_headers=HEADERS,
        exception_handlers={ConnectError: show},
        openapi_config=None,
        logging_config=None,
    )


def serve_preview(folder: Path, port: int) -> None:
    """Show the course in *folder* on this machine until told to stop."""
    import uvicorn

    uvicorn.run(preview_app(folder), host="127.0.0.1", port=port, log_level="warning")
