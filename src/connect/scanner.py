"""A virus scanner, where the operator has one: ``clamd``, asked over its own protocol.

``CONNECT_CLAMD_URL`` names it: ``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl``. When it is
set, a file that cannot be scanned is not taken.
"""

import asyncio
from urllib.parse import urlsplit

import structlog

from connect.config import settings
from connect.errors import Invalid

log = structlog.get_logger()
PIECE = 1 << 16  # bytes
PATIENCE = 30  # seconds
FOUND = "Our scanner says that this file is harmful. Scan your computer, then send a clean copy."
UNCHECKED = "This file cannot be checked for viruses now. Try again in a few minutes."


async def scan(data: bytes) -> None:
    """Do nothing when *data* is clean, or when there is no scanner.

    Raises:
        Invalid: under ``file``: it is harmful, or could not be scanned.
    """
    if not settings().clamd_url:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await _ask(settings().clamd_url, data)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        log.error("the virus scanner does not answer", why=str(error))
        raise Invalid({"file": UNCHECKED}) from None
    if answer.endswith("FOUND"):
        log.warning("the virus scanner refused a file", what=answer)
        raise Invalid({"file": FOUND})
    if not answer.endswith("OK"):
        log.error("the virus scanner failed", answer=answer)
        raise Invalid({"file": UNCHECKED})


async def _ask(url: str, data: bytes) -> str:
    place = urlsplit(url)
    if place.scheme == "unix":
        reader, writer = await asyncio.open_unix_connection(place.path)
    else:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(b"zINSTREAM\0")
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            writer.write(len(piece).to_bytes(4, "big") + piece)
            await writer.drain()
        writer.write((0).to_bytes(4, "big"))
        await writer.drain()
        return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace").strip()
    finally:
        writer.close()
