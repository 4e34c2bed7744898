"""What Connect is measured against: bare Litestar handlers that do the same SQL by hand.

The same statements in the same transactions, as durable as Connect's; the same templates and
shapes of answers; argon2id with the same cost. Without what Connect adds: no Piccolo, no table of
permissions, no checks of host, origin and every field, no security headers, request ids, log
lines and measures. One file, quick and plain, as somebody would write it who has only this to do.

A handler's statements stand in a generator that yields them and gets their rows. On SQLite all
of them run in one hop to a thread; on PostgreSQL on one connection of asyncpg's pool.
"""

import asyncio
import hashlib
import secrets
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import argon2
import asyncpg  # type: ignore[import-untyped]
import msgspec
import uvicorn
from litestar import Litestar, MediaType, Request, Response, get, post, put
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from connect.catalog.content import CourseContent
from connect.config import settings
from connect.learning import rules
from connect.lists import DISCIPLINES
from connect.policy import VISITOR, Actor
from connect.web.templating import environment

Statement = tuple[str, tuple[Any, ...]]
Work = Generator[Statement, Any, Any]
Asked = Request[Any, Any, Any]


class Sqlite:
    """One writer, a few readers, each a thread with a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        self._writer = ThreadPoolExecutor(1, initializer=self._connect)
        self._readers = ThreadPoolExecutor(4, initializer=self._connect)

    def _connect(self) -> None:
        raw = sqlite3.connect(self._path, isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            raw.execute(f"PRAGMA {pragma}")
        raw.row_factory = sqlite3.Row
        self._local.raw = raw

    async def open(self) -> None:
        """Nothing: each thread opens its connection."""

    async def read(self, work: Work) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._through, work)

    async def each(self, work: Work) -> Any:
        """Statements that write, each for itself."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._through, work)

    async def write(self, work: Work) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._in_transaction, work)

    def _in_transaction(self, work: Work) -> Any:
        self._local.raw.execute("BEGIN IMMEDIATE")
        try:
            result = self._through(work)
        except BaseException:
            self._local.raw.execute("ROLLBACK")
            raise
        self._local.raw.execute("COMMIT")
        return result

    def _through(self, work: Work) -> Any:
        raw = self._local.raw
        try:
            sql, args = next(work)
            while True:
                sql = sql.replace("$", "?").replace(" FOR UPDATE", "")
                sql, args = work.send(raw.execute(sql, args).fetchall())
        except StopIteration as end:
            return end.value


class Postgres:
    """asyncpg's pool. Nothing in a session needs a reset, so that round trip is saved."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self) -> None:
        async def keep(_: Any) -> None:
            pass

        options = {"timezone": "UTC"}
        self._pool = await asyncpg.create_pool(
            self._url, min_size=1, max_size=10, reset=keep, server_settings=options
        )

    async def read(self, work: Work) -> Any:
        async with self._pool.acquire() as connection:
            return await self._through(work, connection)

    each = read

    async def write(self, work: Work) -> Any:
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._through(work, connection)

    async def _through(self, work: Work, connection: Any) -> Any:
        try:
            sql, args = next(work)
            while True:
                sql, args = work.send(await connection.fetch(sql, *args))
        except StopIteration as end:
            return end.value


db: Sqlite | Postgres = (
    Sqlite(settings().database_url.removeprefix("sqlite:///"))
    if settings().embedded
    else Postgres(settings().database_url)
)
sqlite3.register_adapter(datetime, str)
hashers = ThreadPoolExecutor(2)
argon2id = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
contents: dict[str, CourseContent] = {}  # a version never changes


def now() -> datetime:
    return datetime.now(UTC)


def moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(version: Any) -> Generator[Statement, Any, CourseContent]:
    if str(version) not in contents:
        (row,) = yield "SELECT content FROM course_version WHERE id = $1", (str(version),)
        contents[str(version)] = msgspec.json.decode(row["content"], type=CourseContent)
    return contents[str(version)]


HOLDER = """
SELECT a.id, a.legal_name, a.proved_at, a.time_zone, g.role, g.agency
FROM api_token d JOIN account a ON a.id = d.account LEFT JOIN role_grant g ON g.account = a.id
WHERE d.token_hash = $1 AND d.expires_at > $2 AND a.status NOT IN ('suspended', 'closed')
"""
SIGNED_IN = """
SELECT a.id, a.legal_name, a.proved_at, a.time_zone, d.last_seen_at, g.role, g.agency
FROM session d JOIN account a ON a.id = d.account LEFT JOIN role_grant g ON g.account = a.id
WHERE d.id_hash = $1 AND d.expires_at > $2 AND a.status NOT IN ('suspended', 'closed')
"""


def by_token(request: Asked) -> Generator[Statement, Any, Any]:
    token = request.headers["authorization"].removeprefix("Bearer ")
    rows = yield HOLDER, (sha256(token), now())
    if not rows:
        raise HTTPException(status_code=401)
    return rows[0]


def by_cookie(request: Asked) -> Generator[Statement, Any, Actor]:
    rows = yield SIGNED_IN, (sha256(request.cookies["connect"]), now())
    if not rows:
        raise HTTPException(status_code=401)
    row = rows[0]
    return Actor(account_id=row["id"], name=row["legal_name"], proved=bool(row["proved_at"]))


def card(content: CourseContent) -> dict[str, Any]:
    """A course as templates show it."""
    return {
        "slug": content.slug,
        "title": content.title,
        "summary": content.summary,
        "contact_minutes": content.contact_minutes,
        "disciplines": [DISCIPLINES[d].label for d in content.disciplines],
        "topics": [topic_label(topic) for topic in content.topics],
        "access": "public",
    }


def topic_label(topic: str) -> str:
    return topic.replace("-", " ").capitalize()


def html(template: str, path: str, actor: Actor = VISITOR, **context: Any) -> Response[str]:
    text = environment.get_template(template).render(
        actor=actor, path=path, settings=settings(), **context
    )
    return Response(text, media_type=MediaType.HTML)


@get("/health/ready")
async def ready() -> str:
    return "ok"


@get("/courses")
async def catalog() -> Response[str]:
    def work() -> Work:
        rows = yield (
            "SELECT v.id, c.slug, c.id AS course_id, v.number FROM course_version v"
            " JOIN course c ON c.id = v.course WHERE v.is_current ORDER BY c.slug LIMIT $1",
            (21,),
        )
        found = []
        for row in rows:
            found.append((yield from content_of(row["id"])))
        topics = yield "SELECT topics FROM course_version WHERE is_current", ()
        return found, sorted({t for row in topics for t in row["topics"].split("|") if t})

    found, topics = await db.read(work())
    return html(
        "learning/catalog.html",
        "/courses",
        courses=[card(content) | {"progress": None} for content in found],
        filters={"q": "", "discipline": "", "topic": "", "minutes": ""},
        filtered=False,
        next="",
        options={
            "disciplines": [(item.code, item.label) for item in DISCIPLINES.values()],
            "topics": [(topic, topic_label(topic)) for topic in topics],
            "minutes": [
                ("30", "Up to 30 minutes"),
                ("60", "Up to an hour"),
                ("120", "Up to two hours"),
            ],
        },
    )


ENROLLMENT = "SELECT id, course, version, state, last_component, completed_at FROM enrollment"
NUMBERS = """
SELECT e.id, v.number, v.id AS version, c.certificate, k.number AS certificate_number
FROM enrollment e JOIN course_version v ON v.id = e.version
LEFT JOIN completion c ON c.enrollment = e.id LEFT JOIN certificate k ON k.id = c.certificate
WHERE e.id IN (%s)
"""
FACTS = """
SELECT p.enrollment, p.component, p.seconds, p.done_at, NULL AS score, 0 AS ended
FROM progress p WHERE p.enrollment IN (%s)
UNION ALL
SELECT a.enrollment, a.component, 0, NULL, max(a.score), count(*)
FROM attempt a WHERE a.enrollment IN (%s) AND a.state <> 'open'
GROUP BY a.enrollment, a.component
"""


def shown(rows: list[Any]) -> Generator[Statement, Any, list[dict[str, Any]]]:
    """Enrollments as API and pages show them: two statements, and what is computed from them."""
    ids = tuple(row["id"] for row in rows)
    marks = ", ".join(f"${number + 1}" for number in range(len(ids)))
    numbers = {row["id"]: row for row in (yield NUMBERS % marks, ids)}
    facts: dict[Any, dict[str, dict[str, Any]]] = {id: {} for id in ids}
    for row in (yield FACTS % (marks, marks), ids):
        fact = facts[row["enrollment"]].setdefault(row["component"], {})
        if row["ended"]:
            fact |= {"attempts": row["ended"], "best": row["score"]}
        else:
            fact |= {"seconds": row["seconds"], "opened": True, "done": row["done_at"] is not None}
    found = []
    for row in rows:
        content = yield from content_of(row["version"])
        recorded = {c: rules.Fact(**fact) for c, fact in facts[row["id"]].items()}
        states = rules.states(content, recorded)
        found.append(
            {
                "id": row["id"],
                "course": content.slug,
                "version": numbers[row["id"]]["number"],
                "state": row["state"],
                "progress_percent": rules.progress_percent(content, recorded),
                "next_component": rules.next_component(content, recorded, row["last_component"]),
                "components": [
                    {
                        "id": c.id,
                        "kind": c.kind,
                        "title": c.title,
                        "state": states[c.id],
                        "seconds": recorded.get(c.id, rules.NOTHING).seconds,
                        "min_seconds": c.min_seconds,
                    }
                    for c in content.components
                ],
                "missing": rules.missing(content, recorded),
                "completed_at": row["completed_at"],
                "certificate": numbers[row["id"]]["certificate_number"],
            }
        )
    return found


@get("/courses/{slug:str}")
async def course(request: Asked, slug: FromPath[str]) -> Response[str]:
    def work() -> Work:
        actor = yield from by_cookie(request)
        (version,) = yield (
            "SELECT v.id, v.course, v.number FROM course_version v"
            " JOIN course c ON c.id = v.course WHERE c.slug = $1 AND v.is_current",
            (slug,),
        )
        content = yield from content_of(version["id"])
        rows = yield (
            f"{ENROLLMENT} WHERE learner = $1 AND course = $2 ORDER BY enrolled_at DESC LIMIT 1",
            (actor.account_id, version["course"]),
        )
        return actor, version, content, (yield from shown(rows)) if rows else []

    actor, version, content, latest = await db.read(work())
    enrollment = None
    if latest:
        number = latest[0]["certificate"]
        enrollment = {
            "state": latest[0]["state"],
            "url": f"/learn/{latest[0]['id']}",
            "percent": latest[0]["progress_percent"],
            "certificate_url": f"/certificates/{number}" if number else None,
        }
    return html(
        "learning/course.html",
        f"/courses/{slug}",
        actor,
        course=card(content)
        | {
            "objectives": content.objectives,
            "content_notes": content.content_notes,
            "components": content.components,
            "credits": content.credits,
            "version": version["number"],
            "reviewed_on": content.reviewed_on,
        },
        enrollment=enrollment,
        address_proved=actor.proved,
    )


@get("/api/v1/enrollments")
async def enrollments(request: Asked) -> dict[str, Any]:
    def work() -> Work:
        person = yield from by_token(request)
        rows = yield f"{ENROLLMENT} WHERE learner = $1 ORDER BY id DESC LIMIT 26", (person["id"],)
        return (yield from shown(rows))

    return {"items": await db.read(work()), "next": None}


class AnswerIn(msgspec.Struct):
    choices: list[str]


@put("/api/v1/attempts/{attempt_id:uuid}/answers/{question:str}")
async def answer(
    request: Asked, attempt_id: FromPath[UUID], question: FromPath[str], data: AnswerIn
) -> dict[str, Any]:
    def look() -> Work:
        person = yield from by_token(request)
        return (
            yield (
                "SELECT t.state, t.expires_at, t.questions FROM attempt t"
                " JOIN enrollment e ON e.id = t.enrollment WHERE t.id = $1 AND e.learner = $2",
                (str(attempt_id), person["id"]),
            )
        )

    def keep() -> Work:
        return (
            yield (
                "INSERT INTO answer (id, attempt, question, given, saved_at)"
                " SELECT $1, id, $2, $3, $4 FROM attempt WHERE id = $5 AND state = 'open'"
                " FOR UPDATE ON CONFLICT (attempt, question)"
                " DO UPDATE SET given = excluded.given, saved_at = excluded.saved_at"
                " RETURNING id",
                (str(uuid4()), question, given, saved_at, str(attempt_id)),
            )
        )

    saved_at = now()
    rows = await db.read(look())
    if not rows:
        raise HTTPException(status_code=404)
    expires_at = moment(rows[0]["expires_at"])
    if rows[0]["state"] != "open" or (expires_at and saved_at > expires_at):
        raise HTTPException(status_code=409)
    offered = dict(msgspec.json.decode(rows[0]["questions"])).get(question)
    if offered is None or len(data.choices) > 1 or not set(data.choices) <= set(offered):
        raise HTTPException(status_code=422)
    given = msgspec.json.encode(data).decode()
    if not await db.each(keep()):
        raise HTTPException(status_code=409)
    return {"question": question, "saved_at": saved_at}


def used_up(key: str, most: int, seconds: int) -> Generator[Statement, Any, None]:
    """One hit of a sliding window, as ``connect.limits`` counts it."""
    at = now()
    (row,) = yield (
        "INSERT INTO rate_limit (key, hits, until) VALUES ($1, '[]', $2)"
        " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING hits",
        (key, at),
    )
    hits = [h for h in msgspec.json.decode(row["hits"]) if h > at.timestamp() - seconds]
    if len(hits) >= most:
        raise HTTPException(status_code=429)
    yield (
        "UPDATE rate_limit SET hits = $1, until = $2 WHERE key = $3",
        (
            msgspec.json.encode([*hits, at.timestamp()]).decode(),
            at + timedelta(seconds=seconds),
            key,
        ),
    )


class SignInIn(msgspec.Struct):
    email: str
    password: str


def network(request: Asked) -> str:
    return request.client.host if request.client else ""


@post("/api/v1/tokens")
async def sign_in(request: Asked, data: SignInIn) -> dict[str, Any]:
    keys = [sha256(f"sign_in {data.email} {network(request)}"), sha256(f"net {network(request)}")]

    def limited() -> Work:
        for key in keys:
            yield from used_up(key, 100000, 900)

    def account() -> Work:
        sql = "SELECT id, password_hash FROM account WHERE email = $1 AND status NOT IN ($2, $3)"
        rows = yield sql, (data.email, "suspended", "closed")
        return rows[0] if rows else None

    def forgiven() -> Work:
        yield "DELETE FROM rate_limit WHERE key = $1", (keys[0],)

    def token() -> Work:
        rows = yield "SELECT password_hash FROM account WHERE id = $1 FOR UPDATE", (person["id"],)
        if rows[0]["password_hash"] != person["password_hash"]:
            raise HTTPException(status_code=401)
        yield (
            "INSERT INTO api_token (id, account, token_hash, name, scopes, made_at, expires_at)"
            " VALUES ($1, $2, $3, '', '[]', $4, $5)",
            (id, person["id"], sha256(secret), now(), expires_at),
        )
        yield (
            "INSERT INTO audit_event (id, at, actor, act, subject_kind, subject, details, request)"
            " VALUES ($1, $2, $3, 'token.made', 'apitoken', $4, '{}', '')",
            (str(uuid4()), now(), person["id"], id),
        )

    await db.write(limited())
    person = await db.read(account())
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(
        hashers, argon2id.verify, person["password_hash"], data.password
    )  # raises when it does not fit
    await db.write(forgiven())
    id, secret, expires_at = str(uuid4()), secrets.token_urlsafe(32), now() + timedelta(days=30)
    await db.write(token())
    return {"id": id, "token": secret, "expires_at": expires_at}


@get("/api/v1/certificates/{number:str}/pdf")
async def certificate(request: Asked, number: FromPath[str]) -> Response[bytes]:
    def work() -> Work:
        person = yield from by_token(request)
        rows = yield "SELECT holder, pdf FROM certificate WHERE number = $1", (number,)
        if not rows or rows[0]["holder"] != person["id"] or not rows[0]["pdf"]:
            raise HTTPException(status_code=404)
        return rows[0]["pdf"]

    digest = await db.read(work())
    path = Path(urlsplit(settings().files_url).path) / digest[:2] / digest
    return Response(await asyncio.to_thread(path.read_bytes), media_type="application/pdf")


@get("/verify/{code:str}")
async def verify(request: Asked, code: FromPath[str]) -> Response[str]:
    def limited() -> Work:
        yield from used_up(sha256(f"verify {network(request)}"), 100000, 60)

    def work() -> Work:
        rows = yield (
            "SELECT name, title, minutes, issued_on, number, status FROM certificate"
            " WHERE code = $1",
            (code,),
        )
        return dict(rows[0]) if rows else {"status": "unknown", "number": None}

    await db.write(limited())
    found = await db.read(work())
    found["issued_on"] = moment(found["issued_on"])
    found |= {"superseded_by": None, "superseded_by_url": None, "revoked_on": None}
    return html("certificates/verify.html", f"/verify/{code}", found=found)


@asynccontextmanager
async def lifespan(_: Litestar) -> AsyncIterator[None]:
    await db.open()
    yield


HANDLERS: list[Callable[..., Any]] = [
    ready,
    catalog,
    course,
    enrollments,
    answer,
    sign_in,
    certificate,
    verify,
]

if __name__ == "__main__":
    uvicorn.run(
        Litestar(HANDLERS, lifespan=[lifespan], openapi_config=None, logging_config=None),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        access_log=False,
        log_level="warning",
    )
