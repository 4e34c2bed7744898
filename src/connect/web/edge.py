"""What every request passes: id, host, origin, size, headers, log and measures."""

import re
import time
from typing import Any
from uuid import uuid4

import structlog
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from connect.audit import request_id
from connect.config import settings
from connect.errors import (
    ConnectError,
    CrossSite,
    NotFound,
    UnsupportedMediaType,
    problem,
    show,
)
from connect.policy import VISITOR

log = structlog.get_logger()
PACKAGES = "/p/"  # what is under it needs a launch's token, and is code of strangers
SAFE = {"GET", "HEAD", "OPTIONS"}
HOST = re.compile(r"(?P<name>\[[^]]+\]|[^:]+)(:(?P<port>[0-9]{1,5}))?")
API_TAKES = {"", "application/json", "multipart/form-data"}
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")
REQUESTS = Counter("connect_requests_total", "Requests by route and status", ["route", "status"])
SECONDS = Histogram("connect_request_seconds", "Time to answer", ["route"])


MOST_PARAMETERS = 500  # in an address; our own pages send a few dozen


class UnknownHost(ConnectError):
    status = 421
    message = "This server does not answer for that host name."


class TooManyParameters(ConnectError):
    message = "The address has too many parameters. Use at most 500."


def edge(app: ASGIApp) -> ASGIApp:
    """The outermost middleware."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        number = uuid4().hex
        request_id.set(number)
        scope["state"]["request_id"] = number
        scope["user"] = VISITOR  # until the sign-in middleware knows better
        status = 500

        async def decorated(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _headers(scope, list(message["headers"]), number)
            await send(message)

        try:
            if refusal := _refusal(scope):
                request: Request[Any, Any, Any] = Request(scope, receive, send)
                response = _shown(request, refusal)
                await response.to_asgi_response(None, request)(scope, receive, decorated)
            else:
                await app(scope, receive, decorated)
        finally:
            seconds = time.perf_counter() - began
            route = scope.get("path_template") or "unknown"
            REQUESTS.labels(route, status).inc()
            SECONDS.labels(route).observe(seconds)
            # The path of a mailed link holds its token; the route's template does not.
            log.info(
                "request",
                request_id=number,
                method=scope["method"],
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
            )

    return answer


def _shown(request: Request[Any, Any, Any], refusal: ConnectError) -> Response[Any]:
    if isinstance(refusal, UnknownHost):  # no page: its address cannot be made of such a name
        body = problem(request, refusal)
        return Response(body, status_code=refusal.status, media_type="application/problem+json")
    return show(request, refusal)


def _headers(scope: Scope, headers: list[tuple[bytes, bytes]], number: str) -> Any:
    present = {name.lower() for name, _ in headers}
    wanted = [*HEADERS.items(), ("x-request-id", number)]
    if settings().secure:
        wanted.append(HSTS)
    user = scope.get("user")
    if user is not None and user.session:
        wanted.append(("cache-control", "no-store"))
    headers += [(n.encode(), v.encode()) for n, v in wanted if n.encode() not in present]
    return headers


def _refusal(scope: HTTPScope) -> ConnectError | None:
    """Why this request is refused before anything of its body is read."""
    headers = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]}
    of_packages = scope["path"].startswith(PACKAGES)
    if not _is_ours(headers.get("host", ""), of_packages=of_packages):
        return UnknownHost()
    if "\x00" in scope["path"] or any(len(p.encode()) > 255 for p in scope["path"].split("/")):
        return NotFound()  # no file has such a name, and a NUL fails on PostgreSQL too
    if scope["query_string"].count(b"&") >= MOST_PARAMETERS:
        return TooManyParameters()
    if scope["method"] in SAFE or of_packages:  # its token stands in the address, no cookie counts
        return None
    if scope["path"].startswith("/api/"):  # bearer tokens only, which no other site's form sends
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return None if kind in API_TAKES else UnsupportedMediaType()
    site = headers.get("sec-fetch-site")
    if site is not None:
        return None if site in ("same-origin", "none") else CrossSite()
    origin = headers.get("origin")
    if origin is not None and origin != f"{_scheme()}://{headers['host']}":
        return CrossSite()
    return None  # no browser: one would have sent either header; the form's token still counts


def _is_ours(host: str, *, of_packages: bool) -> bool:
    """Whether we answer for *host*: the host of packages gives out these and nothing else."""
    found = HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > 65535:
        return False
    if settings().packages_host and of_packages:
        return found["name"].lower() == settings().packages_host
    return found["name"].lower() in settings().allowed_hosts


def _scheme() -> str:
    return "https" if settings().secure else "http"
