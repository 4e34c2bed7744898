"""Files of courses: images, recordings and the like."""

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from connect.catalog.queries import media_of
from connect.errors import NotFound
from connect.policy import Permission
from connect.web.ranges import file_answer


@route(
    "/media/{sha256:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    permission=Permission.READ_CATALOG,
    include_in_schema=False,
)
async def media(request: Request[Any, Any, Any], sha256: FromPath[str]) -> Response[Any]:
    """A file that some public course shows."""
    row = await media_of(sha256)
    if not row.is_public:
        raise NotFound
    return file_answer(
        request,
        sha256,
        size=row.size,
        content_type=row.content_type,
        public=True,
    )
