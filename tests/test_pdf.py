"""The renderer fetches nothing, ends what takes too long (S6), and draws the same bytes (D25)."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from connect import pdf

HEAD = '<!doctype html><html lang="en"><title>Test</title>'
PLAIN = f"{HEAD}<h1>Plain</h1>"
BOMB = f"{HEAD}<table><tr><td colspan=100000>x</table>"
DOT = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
CANARY = "canary-5b1f"


@pytest.fixture(scope="module", autouse=True)
async def renderers() -> AsyncIterator[None]:
    await pdf.warm()
    yield
    await pdf.close()


@pytest.fixture
async def listener() -> AsyncIterator[tuple[str, list[str]]]:
    """The address of a server on the loopback, and a list with an entry per connection."""
    connections: list[str] = []

    def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", connections
    server.close()
    await server.wait_closed()


async def draw(html: str, images: dict[str, bytes] | None = None) -> bytes:
    return await pdf.render(html, images=images or {}, stylesheet="")


def processes() -> set[int]:
    """Our own renderers, by what the system says."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_text()
        except OSError:
            continue
        if parent == os.getpid() and "connect.pdf_renderer" in command:
            found.add(int(entry.name))
    return found


def told(what: str, process: int) -> str:
    return Path(f"/proc/{process}/{what}").read_text()


async def until(holds: Callable[[], bool], seconds: float = 5) -> bool:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return True
        await asyncio.sleep(0.05)
    return holds()


ASKING = {
    "image": '<img alt="" src="URL">',
    "image by style": "<p style=\"background: url('URL')\">x",
    "image before text": "<style>p::before { content: url('URL') }</style><p>x",
    "list mark": "<ul style=\"list-style-image: url('URL')\"><li>x</ul>",
    "border": "<p style=\"border: 1px solid; border-image: url('URL') 1\">x",
    "stylesheet": '<link rel="stylesheet" href="URL"><p>x',
    "imported style": "<style>@import url('URL');</style><p>x",
    "font": "<style>@font-face { font-family: F; src: url('URL') }</style><p>x",
    "attachment": '<link rel="attachment" href="URL"><p>x',
    "linked attachment": '<a rel="attachment" href="URL">x</a>',
    "object": '<object data="URL">x</object>',
    "embed": '<embed src="URL">',
    "relative to a base": '<base href="URL"><img alt="" src="y">',
    "image in a drawing": '<svg width="9" height="9"><image height="9" href="URL"/></svg>',
}
NOT_ASKING = {
    "frame": '<iframe src="URL"></iframe>',
    "script": '<script src="URL"></script>',
    "part of a drawing": '<svg width="9" height="9"><use href="URL#a"/></svg>',
}


@pytest.mark.parametrize("kind", ["http", "file"])
@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING.keys())
async def test_s6_a_document_that_asks_for_something_is_refused(
    asking: str, kind: str, listener: tuple[str, list[str]], tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text(CANARY)
    address, connections = listener
    url = address if kind == "http" else (tmp_path / "secret.txt").as_uri()

    with pytest.raises(pdf.RenderFailed, match="asked for"):
        await draw(HEAD + asking.replace("URL", url))

    assert connections == []


@pytest.mark.parametrize("kind", ["http", "file"])
@pytest.mark.parametrize("asking", NOT_ASKING.values(), ids=NOT_ASKING.keys())
async def test_s6_what_is_not_drawn_is_not_fetched(
    asking: str, kind: str, listener: tuple[str, list[str]], tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text(CANARY)
    address, connections = listener
    url = address if kind == "http" else (tmp_path / "secret.txt").as_uri()

    document = await draw(PLAIN + asking.replace("URL", url))

    assert len(ASKING) + len(NOT_ASKING) >= 15
    assert connections == []
    assert CANARY not in pypdf.PdfReader(BytesIO(document)).pages[0].extract_text()


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,AAAA", "connect:other", "connect:", "ftp:x"]
)
async def test_only_given_names_are_served(url: str) -> None:
    with pytest.raises(pdf.RenderFailed):
        await draw(f'{HEAD}<img alt="x" src="{url}">', {"mark": DOT})


async def test_s6_a_given_image_may_not_ask_either(listener: tuple[str, list[str]]) -> None:
    address, connections = listener
    asking = DOT.replace(b"<path", f'<image width="1" height="1" href="{address}"/><path'.encode())

    with pytest.raises(pdf.RenderFailed, match="asked for"):
        await draw(f'{HEAD}<img alt="x" src="connect:mark">', {"mark": asking})

    assert connections == []


async def test_s6_a_stylesheet_may_not_ask_either(tmp_path: Path) -> None:
    (tmp_path / "secret.css").write_text(f"p::before {{ content: '{CANARY}' }}")
    (tmp_path / "own.css").write_text("@import 'secret.css';")

    with pytest.raises(pdf.RenderFailed, match="asked for"):
        await pdf.render(PLAIN, images={}, stylesheet=str(tmp_path / "own.css"))


@pytest.mark.parametrize(
    ("html", "image"),
    [
        ('<img alt="x" src="connect:mark">', b"<svg"),
        ('<img alt="x" src="connect:mark">', b"neither"),
        ('<img src="connect:mark">', DOT),
    ],
    ids=["broken drawing", "no image", "no text for it"],
)
async def test_a_document_that_cannot_be_whole_is_refused(html: str, image: bytes) -> None:
    with pytest.raises(pdf.RenderFailed):
        await draw(HEAD + html, {"mark": image})


async def test_s6_a_bomb_is_killed_while_others_are_drawn() -> None:
    start = time.monotonic()
    bomb = asyncio.ensure_future(draw(BOMB))
    others = [await draw(PLAIN) for _ in range(3)]
    others_took = time.monotonic() - start

    with pytest.raises(pdf.RenderTimeout):
        await bomb
    bomb_took, start = time.monotonic() - start, time.monotonic()
    await draw(PLAIN)

    assert len(others) == 3
    assert others_took < 5
    assert bomb_took < pdf.SECONDS + 0.5  # killed at 5 s; the rest is this process waking up
    assert time.monotonic() - start < 2


async def test_two_bombs_leave_the_next_document_unharmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 1.0)
    bombs = await asyncio.gather(draw(BOMB), draw(BOMB), return_exceptions=True)
    start = time.monotonic()
    await draw(PLAIN)

    assert [type(result) for result in bombs] == [pdf.RenderTimeout] * 2
    print(f"next document after two bombs: {time.monotonic() - start:.2f} s")


async def test_a_process_that_dies_fails_its_document_alone() -> None:
    dying = asyncio.ensure_future(draw(BOMB))
    await asyncio.sleep(0.5)
    for process in processes():
        os.kill(process, signal.SIGKILL)

    with pytest.raises(pdf.RenderFailed, match="-9"):
        await dying
    assert (await draw(PLAIN)).startswith(b"%PDF-1.7")


async def test_a_process_that_died_idle_is_not_noticed() -> None:
    await pdf.warm()
    before = processes()
    for process in before:
        os.kill(process, signal.SIGKILL)
    await asyncio.sleep(0.1)

    assert (await draw(PLAIN)).startswith(b"%PDF-1.7")
    assert not processes() & before


async def test_d25_the_same_order_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text('h1 { font: 20pt "Noto Serif"; color: navy }')
    html = f'{HEAD}<h1>Ann Böl, 山田</h1><img alt="x" src="connect:dot">'

    async def one() -> bytes:
        return await pdf.render(html, images={"dot": DOT}, stylesheet=str(tmp_path / "own.css"))

    first = await asyncio.gather(*[one() for _ in range(8)])
    await pdf.close()

    assert {*first, await one()} == {first[0]}


async def test_several_loops_use_the_same_processes() -> None:
    await pdf.warm()
    before = processes()

    results = [await asyncio.to_thread(lambda: asyncio.run(draw(PLAIN))) for _ in range(2)]

    assert results[0] == results[1] == await draw(PLAIN)
    assert processes() == before


async def test_a_canceled_call_does_not_disturb_the_next() -> None:
    canceled = asyncio.ensure_future(draw(f"{HEAD}<h1>Canceled</h1>" + "<p>x" * 200))
    await asyncio.sleep(0.02)
    canceled.cancel()

    results = await asyncio.gather(*[draw(PLAIN) for _ in range(4)])

    assert len(set(results)) == 1


async def test_an_interrupt_does_not_end_the_processes() -> None:
    await pdf.warm()
    before = processes()
    for process in before:
        os.kill(process, signal.SIGINT)

    await asyncio.gather(draw(PLAIN), draw(PLAIN))

    assert processes() == before


async def test_a_parent_that_is_gone_takes_its_processes_along() -> None:
    program = (
        "import asyncio, os, connect.pdf as pdf\n"
        "async def main():\n"
        "    await pdf.warm()\n"
        "    print(*[renderer.process.pid for renderer in pdf._pool.idle], flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    run = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True
    )

    left = [Path(f"/proc/{number}/cmdline") for number in run.stdout.split()]

    assert len(left) == pdf.PROCESSES
    assert await until(lambda: not any(path.exists() and path.read_bytes() for path in left))


async def test_a_process_is_replaced_after_its_share_of_renders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await pdf.close()
    monkeypatch.setattr(pdf, "RENDERS", 2)
    seen: set[int] = set()

    for _ in range(5):
        await draw(PLAIN)
        seen |= processes()

    assert len(seen) >= 3
    assert len(processes()) <= pdf.PROCESSES


async def test_a_process_has_little_memory_and_no_secrets() -> None:
    await pdf.warm()

    for process in processes():
        assert "Max address space         1536000000" in told("limits", process)
        assert "CONNECT_" not in told("environ", process)


async def test_s6_a_document_of_two_megabytes_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="not drawn"):
        await draw(HEAD + "x" * 2_000_000)


@pytest.mark.parametrize(
    "kills", [pytest.param(4, id="short"), pytest.param(100, id="long", marks=pytest.mark.long)]
)
async def test_d25_kills_change_no_byte(kills: int) -> None:
    expected = await draw(PLAIN)

    for _ in range(kills):
        for process in processes():
            os.kill(process, signal.SIGKILL)
        try:
            result = await draw(PLAIN)
        except pdf.RenderFailed:
            result = await draw(PLAIN)
        assert result == expected
