"""Stored files, named by their SHA-256: a folder or an S3 bucket, one code path."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore

from connect.config import settings
from connect.errors import NotFound

PIECE = 1 << 19  # bytes that are held at a time


@cache
def _store(url: str) -> ObjectStore:
    if url.startswith("file://"):
        return LocalStore(urlsplit(url).path, mkdir=True)
    return obstore.store.from_url(url)


def _path(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def name_of(data: bytes) -> str:
    """What *data* is called once it is stored: its SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


async def put(data: bytes) -> str:
    """Store *data*; its name. The same bytes are stored once."""
    digest = name_of(data)
    url = settings().files_url
    await obstore.put_async(_store(url), _path(digest), data)
    if url.startswith("file://"):
        # A row that names this file is committed next; the file must not be behind it.
        await asyncio.to_thread(_to_disk, Path(urlsplit(url).path) / _path(digest))
    return digest


async def put_file(path: Path) -> str:
    """Store a file of this machine, a piece at a time; its SHA-256 in hex."""
    with path.open("rb") as file:
        digest = await asyncio.to_thread(lambda: hashlib.file_digest(file, "sha256").hexdigest())
    url = settings().files_url
    await obstore.put_async(_store(url), _path(digest), path, max_concurrency=2)
    if url.startswith("file://"):
        await asyncio.to_thread(_to_disk, Path(urlsplit(url).path) / _path(digest))
    return digest


async def pieces(digest: str) -> AsyncIterator[bytes]:
    """The stored bytes, a piece at a time.

    Raises:
        NotFound: no such file.
    """
    try:
        found = await obstore.get_async(_store(settings().files_url), _path(digest))
    except FileNotFoundError:
        raise NotFound from None
    async for piece in found:
        yield bytes(piece)


async def get(digest: str) -> bytes:
    """The stored bytes.

    Raises:
        NotFound: no such file.
    """
    try:
        found = await obstore.get_async(_store(settings().files_url), _path(digest))
    except FileNotFoundError:
        raise NotFound from None
    return bytes(await found.bytes_async())


async def read(digest: str, start: int, end: int) -> AsyncIterator[bytes]:
    """The stored bytes from *start* up to *end*, piece by piece.

    Raises:
        NotFound: no such file.
    """
    store = _store(settings().files_url)
    for place in range(start, end, PIECE):
        try:
            piece = await obstore.get_range_async(
                store, _path(digest), start=place, end=min(place + PIECE, end)
            )
        except FileNotFoundError:
            raise NotFound from None
        yield bytes(piece)


async def remove(digest: str) -> None:
    """Delete the stored bytes; those that are not there already are fine."""
    with suppress(FileNotFoundError):
        await obstore.delete_async(_store(settings().files_url), _path(digest))


def append_line(path: Path, line: bytes) -> None:
    """Write *line* at the end of a file of this machine; it is on the disk on return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # by a loss of power
        os.write(descriptor, (b"\n" if torn else b"") + line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_disk(path: Path) -> None:
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
