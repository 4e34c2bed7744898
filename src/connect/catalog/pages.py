"""Files of courses: images and the like."""

from litestar import Response, get
from litestar.params import FromPath

from connect import files
from connect.catalog.tables import CourseMedia
from connect.db import one
from connect.policy import Permission


@get("/media/{sha256:str}", permission=Permission.READ_CATALOG, include_in_schema=False)
async def media(sha256: FromPath[str]) -> Response[bytes]:
    """A file that a course shows. Its name is its content's digest, so it may be kept for good."""
    row = await one(CourseMedia.objects().where(CourseMedia.sha256 == sha256))
    return Response(
        await files.get(sha256),
        headers={
            "Content-Type": row.content_type,
            "Cache-Control": "public, max-age=31536000, immutable",
            # Shown as an image it is inert; opened by itself it must stay so.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
