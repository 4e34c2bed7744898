"""Clients that take the course by API, repeat what was not answered, and write down what was."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

COURSE = "calls-at-night"
QUESTIONS = ("first", "second", "third")
PAUSE = 0.02  # seconds at most between two requests of one client
AWAY = 0.1  # seconds between two knocks at a server that is down


class Unexpected(Exception):
    """An answer that a correct client never gets."""


class Ledger:
    """What the server acknowledged, and may therefore never lose."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], set[str]] = {}  # attempt, question → what it may hold
        self.acknowledged: set[tuple[str, str]] = set()  # those of which one answer was confirmed
        self.steps: set[tuple[str, str]] = set()  # enrollment, component that is done
        self.submissions: dict[str, dict[str, Any]] = {}  # attempt → what was told
        self.certificates: dict[str, str] = {}  # enrollment → number
        self.statuses: Counter[int] = Counter()
        self.unanswered = 0  # requests that a kill cut off

    def sent(self, attempt: str, question: str, choice: str) -> None:
        """It may be stored from now on, though nobody said so."""
        self.answers.setdefault((attempt, question), set()).add(choice)

    def saved(self, attempt: str, question: str, choice: str) -> None:
        """It is stored, and nothing sent before it."""
        self.answers[attempt, question] = {choice}
        self.acknowledged.add((attempt, question))


class Client:
    """One program. It has one request under way at a time."""

    def __init__(self, address: str, ledger: Ledger, chance: random.Random) -> None:
        self._http = httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=15, trust_env=False)
        self._ledger, self._chance = ledger, chance

    async def take_courses(self, tokens: Iterator[str], over: asyncio.Event) -> None:
        """Complete the course as one person after another, until *over*; none is left half-way."""
        async with self._http:
            while not over.is_set():
                self._http.headers["Authorization"] = f"Bearer {next(tokens)}"
                await self._take_course()

    async def _take_course(self) -> None:
        enrollment = await self._create(f"/courses/{COURSE}/enrollments", {})
        here = f"/enrollments/{enrollment['id']}"
        for component, events in (("call", ("open", "close")), ("promise", ("acknowledge",))):
            for event in events:
                step = await self._call("PUT", f"{here}/components/{component}", {"event": event})
            if step["state"] != "done":
                raise Unexpected(f"{component} is {step}")
            self._ledger.steps.add((enrollment["id"], component))
        # Every third fails at first, so that there are second attempts too.
        for right in [False, True] if self._chance.random() < 0.3 else [True]:
            if await self._take_quiz(here, right=right) is not right:
                raise Unexpected(f"{here} was graded wrongly")
        done = await self._call("GET", here)
        if done["state"] != "completed" or not done["certificate"]:
            raise Unexpected(f"{here} is {done}")
        self._ledger.certificates[enrollment["id"]] = done["certificate"]

    async def _take_quiz(self, here: str, *, right: bool) -> bool:
        attempt = (await self._create(f"{here}/quizzes/final/attempts", {}))["id"]
        for choice in "ba" if right else "ab":  # changed once: the later one counts
            for question in QUESTIONS:
                self._ledger.sent(attempt, question, choice)
                path = f"/attempts/{attempt}/answers/{question}"
                await self._call("PUT", path, {"choices": [choice]})
                self._ledger.saved(attempt, question, choice)
        told = await self._call("POST", f"/attempts/{attempt}/submission", {})
        self._ledger.submissions[attempt] = told
        return bool(told["passed"])

    async def _create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST with a key on every other time: without one too, nothing may be made twice."""
        key = f"{self._chance.getrandbits(64):x}" if self._chance.random() < 0.5 else ""
        return await self._call("POST", path, body, key)

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> dict[str, Any]:
        """The answer, asked for until the server gives one."""
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            await asyncio.sleep(self._chance.uniform(0, PAUSE))
            try:
                answer = await self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as trouble:
                self._ledger.unanswered += not isinstance(trouble, httpx.ConnectError)
                await asyncio.sleep(AWAY)
                continue
            self._ledger.statuses[answer.status_code] += 1
            if answer.status_code in (200, 201):
                found: dict[str, Any] = answer.json()
                return found
            if answer.status_code != 503:
                raise Unexpected(f"{method} {path}: {answer.status_code} {answer.text}")
