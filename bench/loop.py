"""The learner's loop: 32 people open their test, give three answers, submit and read the result.

wrk cannot do it, since each person has an attempt of their own, which is closed when it is sent.
The client runs in the process of ``run.py``, with one connection for each person at work.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

LEARNERS = 32
ANSWERS = 3
LOOPS = 320  # each by another person
AIM = 50.0  # milliseconds a request, 95 of 100


def requests(person: dict[str, str], attempt: str, questions: list[list[str]]) -> Iterator[bytes]:
    """One person's loop, as it goes over the wire."""
    here = f"/api/v1/attempts/{attempt}"

    def http(method: str, path: str, body: Any = None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {person['token']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    yield http("GET", here)
    for question, choice in questions[:ANSWERS]:
        yield http("PUT", f"{here}/answers/{question}", {"choices": [choice]})
    yield http("POST", f"{here}/submission", {})
    yield http("GET", here)


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, float]:
    """The status of the answer, and the milliseconds until all of it was there."""
    start = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return int(head.split()[1]), (time.perf_counter() - start) * 1000


async def learn(port: int, facts: dict[str, Any]) -> dict[str, float]:
    waiting = iter(list(zip(facts["people"], facts["attempts"], strict=True))[:LOOPS])
    took: list[float] = []
    refused = 0

    async def learner() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for person, (attempt, questions) in waiting:
            for request in requests(person, attempt, questions):
                status, milliseconds = await ask(reader, writer, request)
                took.append(milliseconds)
                refused += status != 200
        writer.close()

    start = time.monotonic()
    await asyncio.gather(*(learner() for _ in range(LEARNERS)))
    seconds = time.monotonic() - start
    took.sort()
    part = {f"p{p}": took[len(took) * p // 100] for p in (50, 95, 99)}
    rate = len(took) / seconds
    return {"per_second": rate, "requests": len(took), "refused": refused, **part}


def measure(port: int, facts: dict[str, Any]) -> dict[str, float]:
    """Requests a second, the milliseconds of one, and how many were refused.

    It closes attempts, so what saves answers has to be measured before it.
    """
    return asyncio.run(learn(port, facts))
