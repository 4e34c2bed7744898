"""Files that people hand in as evidence: what may be one, how it is kept, how it is given out.

Nothing here looks into a file beyond its first and last bytes, so there is nothing to blow up. A
file is sealed before it is stored: no two are the same, and removing one takes nothing else away.
"""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from connect import files, limits
from connect.db import transaction
from connect.errors import Invalid
from connect.jobs import enqueue
from connect.policy import Actor
from connect.security import seal_bytes, unseal_bytes

MOST_BYTES = 5 * 1024 * 1024
MULTIPART = 4 * MOST_BYTES  # bytes; what is larger than a file may be is told in the form
UNCLAIMED = timedelta(hours=1)  # after which a file that no row names is removed
TYPES = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}
BEGINS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
NEAR_THE_END = 1024  # bytes in which a PDF says that it ends; readers look there too
HEADERS = {  # whatever it holds, no browser runs it and no page shows it
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}


class Kept(msgspec.Struct, frozen=True):
    """A file that is stored: its name, what it is, its bytes before it was sealed."""

    digest: str
    kind: str
    size: int


def sniff(data: bytes) -> tuple[str, str]:
    """What *data* is by its bytes, a key of ``TYPES``; and why it is not taken, as a sentence.

    One of the two is empty. A file's name and the type that its sender states count for nothing.
    """
    kind = next((kind for kind, begin in BEGINS.items() if data.startswith(begin)), "")
    if not data:
        return "", "This file is empty. Choose another."
    if not kind:
        return "", "This is not a PDF, PNG or JPEG. Save it as one of these, whatever its name is."
    if len(data) > MOST_BYTES:
        return "", "This file is larger than 5 MB. Scan it with fewer colors, or send one page."
    if not _is_whole(kind, data):
        return (
            "",
            f"This {kind.upper()} is cut off: its end is missing. Save it again, then send it.",
        )
    return kind, ""


def _is_whole(kind: str, data: bytes) -> bool:
    if kind == "pdf":
        return b"%%EOF" in data[-NEAR_THE_END:]
    return data.endswith(PNG_END) if kind == "png" else data.rstrip(b"\x00").endswith(b"\xff\xd9")


async def keep(actor: Actor, data: bytes) -> Kept:
    """Check and store *data*, before the transaction that names it.

    A job is written first that removes the file unless a row names it by then, so that nothing is
    left whatever happens in between.

    Raises:
        Invalid: under ``file``, why it cannot be taken.
        TooMany: too many within the hour.
    """
    kind, fault = sniff(data)
    if fault:
        raise Invalid({"file": fault})
    await limits.hit(("upload", str(actor.id)))
    sealed = await asyncio.to_thread(seal_bytes, data)
    async with transaction():
        await enqueue("records.remove_files", after=UNCLAIMED, digests=[files.name_of(sealed)])
    return Kept(await files.put(sealed), kind, len(data))


async def opened(digest: str) -> bytes:
    """The bytes of a file that ``keep`` stored.

    Raises:
        NotFound: it is gone.
    """
    return await asyncio.to_thread(unseal_bytes, await files.get(digest))


async def uploaded(given: Any) -> bytes | None:
    """The bytes of a file in a form; None when none was chosen.

    Raises:
        Invalid: more than one, or no file.
    """
    if given is None or given == "":
        return None
    if not isinstance(given, UploadFile):
        raise Invalid({"file": "Send one file in this field."})
    data = await given.read()
    return data if data or given.filename else None


def download(kind: str, data: bytes, *, name: str = "evidence") -> Response[bytes]:
    """The file under a name of ours, to be kept and never shown inside a page."""
    headers = HEADERS | {"content-disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(data, media_type=TYPES[kind], headers=headers)
