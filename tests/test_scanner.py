"""The hook for a virus scanner, asked over its own protocol; clamd is played by a small server."""

import asyncio

import msgspec
import pytest

from connect import config, scanner
from connect.errors import Invalid

HARMFUL = b"X5O!-a-test-file" * 10_000


async def clamd(reader, writer):
    """Answers INSTREAM as clamd does; what begins with X5O! is harmful."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    data = b""
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        data += await reader.readexactly(size)
    bad = data.startswith(b"X5O!")
    writer.write(b"stream: Eicar FOUND\0" if bad else b"stream: OK\0")
    await writer.drain()
    writer.close()


@pytest.fixture
def asking(monkeypatch):
    def at(url):
        made = msgspec.structs.replace(config.settings(), clamd_url=url)
        monkeypatch.setattr(scanner, "settings", lambda: made)

    return at


async def test_a_clean_file_passes_and_a_harmful_one_is_refused(asking, tmp_path):
    path = tmp_path / "clamd.sock"
    async with await asyncio.start_unix_server(clamd, path):
        asking(f"unix://{path}")

        await scanner.scan(b"clean")
        with pytest.raises(Invalid) as refusal:
            await scanner.scan(HARMFUL)

    assert refusal.value.errors == {"file": scanner.FOUND}


async def test_a_scanner_by_port_is_asked_too(asking):
    async with await asyncio.start_server(clamd, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        asking(f"tcp://127.0.0.1:{port}")

        with pytest.raises(Invalid):
            await scanner.scan(HARMFUL)


async def test_while_it_does_not_answer_nothing_is_taken(asking, tmp_path):
    asking(f"unix://{tmp_path / 'nobody.sock'}")

    with pytest.raises(Invalid) as refusal:
        await scanner.scan(b"clean")

    assert refusal.value.errors == {"file": scanner.UNCHECKED}


async def test_without_a_scanner_nothing_is_asked(asking):
    asking("")

    assert await scanner.scan(HARMFUL) is None
