"""What is given out of a package, to its frame alone: code of strangers, kept apart from the site.

With ``CONNECT_PACKAGES_URL`` packages have a host of their own, where a frame may store things and
a page around the part holds the API that SCORM looks for. Without it they run on this host in a
sandbox whose origin is nobody's: no cookies, no storage, no rights. Each document of such a sandbox
is a stranger to every other, so there the API is put into the part's first page itself.
"""

import html
import re
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from litestar import HttpMethod, Request, Response, get, route
from litestar.params import FromPath

from connect import files
from connect.catalog.package_content import Unit
from connect.catalog.queries import content_of
from connect.config import settings
from connect.learning.tables import OPEN
from connect.packages import rules
from connect.packages.elements import ELEMENTS, FORMATS
from connect.packages.queries import (
    file_at,
    launch_by,
    package_in,
    said_seconds,
    states_of,
    unit_at,
)
from connect.policy import Permission
from connect.web.ranges import file_answer
from connect.web.templating import STATIC, environment, manifest

API = "~/api.js"  # no file of a package begins so
GONE = "This part of a course is not open any more. Go back to the course and open it again."
_HEAD = re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)
_DOCTYPE = re.compile(rb"\s*<!doctype[^>]*>", re.IGNORECASE)


def base(token: str) -> str:
    """The address under which everything of one launch lies."""
    return f"{settings().packages_url or settings().base_url}/p/{token}/"


def rights() -> str:
    """What the frame of a package may do, as the ``sandbox`` attribute writes it."""
    own = " allow-same-origin" if settings().packages_url else ""
    return f"allow-scripts allow-forms{own}"


def frame_address(token: str, unit: Unit) -> str:
    """What the frame of a launch shows first."""
    if settings().packages_url:
        return base(token)
    return launch_address(token, unit)


def launch_address(token: str, unit: Unit) -> str:
    """Where a part itself begins."""
    return f"{base(token)}{quote(unit.launch)}{unit.query}"


def _headers(token: str) -> dict[str, str]:
    """A package loads from its own launch only, sends nothing elsewhere, and is framed by us."""
    own = base(token)
    apart = bool(settings().packages_url)
    policy = [
        f"sandbox {rights()}",
        f"default-src {own} 'unsafe-inline' 'unsafe-eval' data: blob:",
        f"connect-src {own} data: blob:",
        "worker-src blob:",
        "object-src 'none'",
        "form-action 'none'",
        f"base-uri {own}",
        *([f"frame-ancestors 'self' {settings().base_url}"] if apart else []),
    ]
    found = {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, max-age=14400",
        "Cross-Origin-Resource-Policy": "same-origin" if apart else "cross-origin",
    }
    # Fonts and requests of a sandbox come from no origin; the token is what lets them in.
    return found if apart else found | {"Access-Control-Allow-Origin": "*"}


def _gone() -> Response[str]:
    policy = "default-src 'none'; sandbox"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return Response(GONE, status_code=404, media_type="text/plain", headers=headers)


@get("/p/{token:str}", permission=Permission.READ_SITE, include_in_schema=False)
async def around(token: FromPath[str]) -> Response[str]:
    """The page around a part, which holds the API; on the host of packages only."""
    found = await launch_by(token)
    if found is None or not settings().packages_url:
        return _gone()
    _, package = package_in(await content_of(found["version"]), found["component"])
    unit = unit_at(package, found["unit"])
    words = environment.get_template("packages/around.html").render(
        title=unit.title, api=f"/p/{token}/{API}", address=launch_address(token, unit)
    )
    # What a package stored in this browser is gone at the next launch of any: by whomever.
    fresh = {"Cache-Control": "no-store", "Clear-Site-Data": '"cookies", "storage"'}
    return Response(words, media_type="text/html", headers=_headers(token) | fresh)


@get(f"/p/{{token:str}}/{API}", permission=Permission.READ_SITE, include_in_schema=False)
async def api_script(token: FromPath[str]) -> Response[str]:
    """The API that SCORM looks for, with what this part can read at its start."""
    found = await launch_by(token)
    if found is None:
        return _gone()
    _, package = package_in(await content_of(found["version"]), found["component"])
    place = found["unit"]
    states = await states_of(found["enrollment"], found["component"])
    kept = states[place].kept if place in states else "{}"
    given = rules.start(
        package.standard,
        unit_at(package, place),
        msgspec.json.decode(kept, type=dict[str, str]),
        await said_seconds(found["enrollment"], found["component"], place),
        rules.Learner(
            str(found["enrollment"]), str(found["name"]), ended=found["state"] not in OPEN
        ),
    )
    started = {
        "standard": package.standard,
        "site": settings().base_url,
        "around": bool(settings().packages_url),
        "values": given,
        "formats": FORMATS,
        "elements": {name: list(element) for name, element in ELEMENTS[package.standard].items()},
    }
    source = (STATIC / manifest()["package-api.js"]).read_text()
    script = f"window.ConnectPackage = {_as_script(started)};\n{source}"
    headers = _headers(token) | {"Cache-Control": "no-store"}
    return Response(script, media_type="text/javascript", headers=headers)


def _as_script(value: object) -> str:
    """*value* as JSON that no page takes for markup."""
    found = msgspec.json.encode(value).decode()
    for mark in "<>&\u2028\u2029":
        found = found.replace(mark, f"\\u{ord(mark):04x}")
    return found


@route(
    "/p/{token:str}/{path:path}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    permission=Permission.READ_SITE,
    include_in_schema=False,
)
async def package_file(
    request: Request[Any, Any, Any], token: FromPath[str], path: FromPath[str]
) -> Response[Any]:
    """One file of the package that was launched, by the path that it has there and no other."""
    # As it was asked for: the router takes "a//b" and "a/b/" for "a/b", and a package does not.
    asked = unquote(request.scope["raw_path"].decode("latin-1")).removeprefix(f"/p/{token}/")
    found = await file_at(token, asked)
    if found is None or found["sha256"] is None:
        return _gone()
    if not settings().packages_url and found["content_type"] == "text/html":
        _, package = package_in(await content_of(found["version"]), found["component"])
        unit = unit_at(package, found["unit"])
        if unit.launch == asked:
            data = _with_api(await files.get(found["sha256"]), f"/p/{token}/{API}")
            headers = _headers(token) | {"Content-Type": "text/html", "Cache-Control": "no-store"}
            return Response(data, headers=headers, media_type="text/html")
    return file_answer(
        request,
        found["sha256"],
        size=found["size"],
        content_type=found["content_type"],
        public=False,
        also=_headers(token),
    )


def _with_api(page: bytes, api: str) -> bytes:
    """*page* with the API's script before any other of its own."""
    script = f'<script src="{html.escape(api)}"></script>'.encode()
    place = _HEAD.search(page) or _DOCTYPE.match(page)
    at = place.end() if place else 0
    return page[:at] + script + page[at:]
