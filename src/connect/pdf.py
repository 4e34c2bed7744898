"""PDFs from HTML, drawn and signed in processes of their own: the loop stays free, a bad page dies
alone, and what draws holds no key."""

import asyncio
import atexit
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, cast

import msgspec

from connect.pdf_pipe import LENGTH

PROCESSES = min(2, os.cpu_count() or 1)
SECONDS = 5.0  # for one render; a certificate takes 0.03
STARTING_SECONDS = 60.0  # for a process to become warm, which takes about one
RENDERS = 500  # after which a process is replaced, since WeasyPrint keeps a little each time
LARGEST = 1_000_000  # bytes of html and images
ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_", "PYTHONPATH", "FONTCONFIG_", "XDG_", "LD_")
RENDERER, SIGNER = "connect.pdf_renderer", "connect.pdf_signer"
SIGNING_SECONDS = 15.0  # for one signature, with the answer of a timestamp server


class RenderFailed(Exception):
    """There is no PDF: the document asked for what it may not have, or broke the renderer."""


class SigningFailed(Exception):
    """There is no signature; the text says why."""


class RenderTimeout(RenderFailed):
    """The document took longer than ``SECONDS``; the process that drew it has been killed."""


async def render(
    html: str,
    *,
    images: Mapping[str, bytes],
    stylesheet: str,
    attached: Mapping[str, bytes] | None = None,
    to_sign: bool = False,
) -> bytes:
    """One PDF/UA-1 document. The same arguments give the same bytes.

    Nothing is fetched. *images* are SVG or PNG by the name that ``<img src="connect:NAME">``
    gives them; a document that asks for anything else fails as a whole. *stylesheet* is the
    absolute path of a file of ours, which each process reads once. *attached* are files inside the
    document, by name. A document *to_sign* has an empty field that ``sign`` fills.

    Any number of calls may wait; the limit runs from the moment a process has the document. A
    canceled call leaves its render to end by itself.

    Raises:
        ValueError: *html* and *images* are more than ``LARGEST`` bytes.
        RenderTimeout: it took more than ``SECONDS``.
        RenderFailed: it broke, or asked for something it may not have.
    """
    order = msgspec.msgpack.encode((html, dict(images), stylesheet, dict(attached or {}), to_sign))
    if len(order) > LARGEST:
        raise ValueError(f"A document of {len(order)} bytes is not drawn.")
    pool = _current()
    pdf, fault = await asyncio.wrap_future(pool.threads.submit(pool.render, order, SECONDS))
    if fault:
        raise RenderFailed(fault)
    return pdf


async def sign(pdf: bytes, *, key: str, timestamps: str = "") -> bytes:
    """*pdf*, which was rendered ``to_sign``, with a PAdES signature over all of it.

    Args:
        key: PEM of an RSA private key and its certificate.
        timestamps: address of an RFC 3161 server whose word on the time goes in.

    Raises:
        SigningFailed: it could not be signed, or the timestamp server gave no answer.
    """
    global _signers
    _signers = _signers or _Pool(SIGNER, 1)
    order = msgspec.msgpack.encode((pdf, key, timestamps))
    try:
        signed, fault = await asyncio.wrap_future(
            _signers.threads.submit(_signers.render, order, SIGNING_SECONDS)
        )
    except RenderFailed as error:
        raise SigningFailed(str(error)) from None
    if fault:
        raise SigningFailed(fault)
    return signed


async def warm() -> None:
    """Start every process and return when all are ready. Without it the first renders wait."""
    pool = _current()
    together = threading.Barrier(PROCESSES)  # or one thread would warm the same process twice
    jobs = [pool.threads.submit(pool.warm, together) for _ in range(PROCESSES)]
    await asyncio.gather(*map(asyncio.wrap_future, jobs))


async def close() -> None:
    """Let running renders finish and end the processes. A later render starts new ones."""
    await asyncio.to_thread(_end)


class _Renderer:
    """One process and its pipes, in the hands of one thread at a time."""

    def __init__(self, module: str) -> None:
        kept = {k: v for k, v in os.environ.items() if k.startswith(ENVIRONMENT)}  # no secrets
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, "PYTHONHASHSEED": "0"},  # the order of a set must not show in a PDF
            start_new_session=True,  # Ctrl-C is for us; the process ends when its input does
        )
        self.orders = cast(IO[bytes], self.process.stdin)
        self.answers = cast(IO[bytes], self.process.stdout)
        self.is_warm = False
        self.renders = 0

    def wait(self) -> None:
        """Return when the process is ready for an order."""
        if not self.is_warm:
            self._ask(b"", STARTING_SECONDS)
            self.is_warm = True

    def render(self, order: bytes, seconds: float) -> tuple[bytes, str]:
        """The PDF and the fault in words, one of them empty. The process is dead if this raises."""
        self.wait()
        self.renders += 1
        answer = self._ask(LENGTH.pack(len(order)) + order, seconds)
        return msgspec.msgpack.decode(answer, type=tuple[bytes, str])

    def end(self) -> None:
        """Kill the process, which has nothing to lose, and reap it."""
        self.process.kill()
        with suppress(OSError), self.process:  # an order half written cannot be flushed
            pass

    def _ask(self, frame: bytes, seconds: float) -> bytes:
        """Write *frame* and read one answer; kill the process when that takes too long."""
        timer = threading.Timer(seconds, self.process.kill)
        start = time.monotonic()
        timer.start()
        try:
            self.orders.write(frame)
            self.orders.flush()
            (length,) = LENGTH.unpack(self.answers.read(LENGTH.size))
            answer = self.answers.read(length)
        except (OSError, struct.error):  # it died over the order
            length, answer = 1, b""
        finally:
            timer.cancel()
            timer.join()  # a kill that comes late must not hit the next document
        is_late = time.monotonic() - start >= seconds
        if len(answer) == length and not is_late:
            return answer
        self.end()
        if is_late:
            raise RenderTimeout(f"The document was not drawn within {seconds:g} s.")
        raise RenderFailed(f"The renderer ended with {self.process.returncode}.")


class _Pool:
    """As many threads as processes. A thread blocks on the pipe of the process it has taken.

    Threads, and not the subprocesses of asyncio, because those belong to one loop: a second loop
    cannot use them, and a loop that ends leaves them behind unclosed.
    """

    def __init__(self, module: str, processes: int) -> None:
        self.module = module
        self.threads = ThreadPoolExecutor(processes, thread_name_prefix="pdf")
        self.idle: list[_Renderer] = []  # the last is taken first
        self.is_closing = False

    def render(self, order: bytes, seconds: float) -> tuple[bytes, str]:
        if self.is_closing:
            raise RenderFailed("The renderers are being closed.")
        renderer = self._take()
        try:
            answer = renderer.render(order, seconds)
        except RenderFailed:
            self._replace()
            raise
        if renderer.renders < RENDERS:
            self.idle.append(renderer)
        else:
            renderer.end()
            self._replace()
        return answer

    def warm(self, together: threading.Barrier) -> None:
        renderer = self._take()
        renderer.wait()
        with suppress(threading.BrokenBarrierError):
            together.wait(STARTING_SECONDS)
        self.idle.append(renderer)

    def _take(self) -> _Renderer:
        while self.idle:
            renderer = self.idle.pop()
            if renderer.process.poll() is None:
                return renderer
            renderer.end()
        return _Renderer(self.module)

    def _replace(self) -> None:
        """Start a process that becomes warm while the others are taken first."""
        if not self.is_closing:
            self.idle.insert(0, _Renderer(self.module))


_pool: _Pool | None = None
_signers: _Pool | None = None


def _current() -> _Pool:
    global _pool
    _pool = _pool or _Pool(RENDERER, PROCESSES)
    return _pool


@atexit.register
def _end() -> None:
    global _pool, _signers
    pools, _pool, _signers = (_pool, _signers), None, None
    for pool in filter(None, pools):
        pool.is_closing = True
        pool.threads.shutdown()
        for renderer in pool.idle:
            renderer.end()
