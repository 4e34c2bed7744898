"""The real application behind a real port, as one task of the test's own loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


class Site:
    """Connect on a free port of this machine; it can go away and come back."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.pages: dict[str, int] = {}  # address → bytes of the largest page that it gave
        with _listening(0) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: _Server | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        # The tests' fixtures opened the database, and do the work that a lifespan would begin.
        config = uvicorn.Config(
            self._measured,
            interface="asgi3",
            http="httptools",
            ws="none",
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        self._running = asyncio.create_task(self._server.serve([_listening(self.port)]))
        while not self._server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.005)

    async def _measured(self, scope: Any, receive: Any, send: Any) -> None:
        size = 0

        async def counting(message: Any) -> None:
            nonlocal size
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"")
                size = 0 if kind.startswith(b"text/html") else -(1 << 40)
            else:
                size += len(message.get("body", b""))
                self.pages[scope["path"]] = max(size, self.pages.get(scope["path"], 0))
            await send(message)

        await self._app(scope, receive, counting)

    async def stop(self) -> None:
        """Refuse connections from now on, and end those that are open."""
        if self._server and self._running:
            self._server.should_exit = True
            await self._running


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave Ctrl-C to pytest."""
        yield
