"""Stored files by byte ranges (RFC 9110, section 14), so that a recording can be sought in."""

import re
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.response import Stream

from connect import files

_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*")


class Span(tuple[int, int]):
    """First and last byte, both included."""


def span_of(header: str, size: int) -> Span | None:
    """The one range that a ``Range`` header asks for; ``None``: the whole file.

    A header with several ranges, or one that cannot be read, asks for the whole file too.

    Args:
        size: of the file, in bytes.

    Raises:
        ValueError: the range begins behind the end of the file.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # the last so many bytes
        if int(last) == 0 or size == 0:
            raise ValueError("nothing is asked for")
        return Span((max(0, size - int(last)), size - 1))
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise ValueError("behind the end")
    return Span((int(first), min(int(last), size - 1) if last else size - 1))


def file_answer(
    request: Request[Any, Any, Any],
    digest: str,
    *,
    size: int,
    content_type: str,
    public: bool,
    also: Mapping[str, str] | None = None,
) -> Response[Any]:
    """A stored file, or the part of it that is asked for, read while it is sent.

    Its name is its content's digest, so it may be kept for good, by everybody when *public*.

    Args:
        also: headers over these.
    """
    tag = f'"{digest}"'
    told = {
        "Content-Type": content_type,
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": f"{'public' if public else 'private'}, max-age=31536000, immutable",
        # Shown as an image it is inert; opened by itself it must stay so.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        **(also or {}),
    }
    if tag in request.headers.get("If-None-Match", ""):
        return Response(None, status_code=304, headers=told)
    asked = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) != tag:
        asked = ""
    try:
        span = span_of(asked, size)
    except ValueError:
        return Response(None, status_code=416, headers=told | {"Content-Range": f"bytes */{size}"})
    first, last = span or (0, size - 1)
    told["Content-Length"] = str(last - first + 1)
    if span:
        told["Content-Range"] = f"bytes {first}-{last}/{size}"
    status = 206 if span else 200
    if request.method == "HEAD":
        return Response(None, status_code=status, headers=told)
    return Stream(files.read(digest, first, last + 1), status_code=status, headers=told)
