"""Who asks: a bearer token under ``/api``, a session's cookie everywhere else."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from connect.accounts.queries import actor_of_session, actor_of_token
from connect.accounts.rules import SESSION, browser_of
from connect.accounts.sign_in import note_seen
from connect.config import settings
from connect.errors import Forbidden, NotSignedIn
from connect.limits import network_of
from connect.policy import VISITOR
from connect.security import token_hash

READING = ("GET", "HEAD")
PLAIN = ("/static/", "/media/", "/health/", "/metrics", "/p/")  # answer everybody the same


class ReadsOnly(Forbidden):
    message = 'This token has the scope "read": it changes nothing. Use one without scopes.'


def cookie_name() -> str:
    """``__Host-connect``, which browsers keep to this host; without https they refuse that name."""
    return "__Host-connect" if settings().secure else "connect"


def session_cookie(secret: str) -> Cookie:
    """The cookie that carries a session."""
    return Cookie(
        key=cookie_name(),
        value=secret,
        path="/",
        httponly=True,
        secure=settings().secure,
        samesite="lax",
        max_age=int(SESSION.total_seconds()),
    )


def no_cookie() -> Cookie:
    """What makes the browser forget the session."""
    cookie = session_cookie("")
    cookie.max_age = 0
    return cookie


def network(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The network that a request comes from; proxies are believed by the server's settings."""
    return network_of(connection.client.host if connection.client else "")


def browser(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The browser that a request comes from, in words."""
    return browser_of(connection.headers.get("user-agent", ""))


class Authentication(AbstractAuthenticationMiddleware):
    """Sets ``request.user`` to a ``policy.Actor``."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        path = connection.scope["path"]
        if path.startswith("/api/"):
            return AuthenticationResult(user=await self._by_token(connection), auth=None)
        if path.startswith(PLAIN):
            return AuthenticationResult(user=VISITOR, auth=None)
        secret = connection.cookies.get(cookie_name())
        found = await actor_of_session(token_hash(secret)) if secret else None
        if found is None:
            return AuthenticationResult(user=VISITOR, auth=None)
        actor, last_seen = found
        await note_seen(actor.session, last_seen)
        return AuthenticationResult(user=actor, auth=None)

    async def _by_token(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Any:
        header = connection.headers.get("authorization", "")
        if not header:
            return VISITOR
        scheme, _, token = header.partition(" ")
        actor = (
            await actor_of_token(token_hash(token.strip())) if scheme.lower() == "bearer" else None
        )
        if actor is None:
            # A wrong token is refused even where none is needed: its sender believes to be known.
            connection.scope["user"] = VISITOR
            raise NotSignedIn
        if actor.reads_only and connection.scope.get("method") not in READING:
            connection.scope["user"] = VISITOR
            raise ReadsOnly
        return actor
