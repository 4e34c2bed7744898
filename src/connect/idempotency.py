"""Once: a creating request's key, effect and stored answer in one transaction."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.db import transaction, uuid7
from connect.errors import Conflict, Invalid
from connect.limits import network_of
from connect.policy import Actor

KEPT = timedelta(days=7)
Answer = tuple[int, Any]  # status and body
Made = TypeVar("Made")


class IdempotencyKey(Table, tablename="idempotency_key"):
    """A creating request that was answered, and the answer to give again."""

    id = UUID(primary_key=True, default=uuid7)
    actor = Varchar(length=40)
    route = Varchar(length=200)
    key = Varchar(length=200)
    body_sha256 = Varchar(length=64)
    status = Integer()
    answer = Text()  # JSON; empty for an answer that carries a secret
    made_at = Timestamptz(default=clock.now, index=True)
    idempotency_key_once = Unique([actor, route, key])


class AlreadyDone(Conflict):
    message = "This was done before, and its answer held a secret that is shown only once."


async def once(
    request: Request[Actor, Any, Any], act: Callable[[], Awaitable[Answer]], *, secret: bool = False
) -> Response[Any]:
    """Do *act* in a transaction; with an ``Idempotency-Key`` do it once and repeat its answer.

    A request that comes while the first still runs waits for it. A refusal is not stored.

    Args:
        secret: the answer must not be stored; a repetition is refused instead.

    Raises:
        Invalid: the key was used with another body.
        AlreadyDone: the answer was a secret.
    """
    key = request.headers.get("idempotency-key")
    if not key:
        async with transaction():
            status, body = await act()
        return Response(body, status_code=status)
    if len(key) > 200 or not key.isprintable():
        raise Invalid({"Idempotency-Key": "Use at most 200 printable characters."})
    digest = hashlib.sha256(await request.body()).hexdigest()
    status, body = await _once(request, key, digest, act, secret=secret)
    return Response(body, status_code=status)


async def once_by_form(
    request: Request[Actor, Any, Any], act: Callable[[], Awaitable[Made]], *, secret: bool = False
) -> Made:
    """Do *act* in a transaction; the same form sent twice does it once and gets its answer again.

    A form that was filled anew after going back is another one, though it carries the same key.

    Args:
        secret: what *act* returns must not be stored, and need not be JSON.

    Raises:
        AlreadyDone: the answer was a secret.
    """
    digest = hashlib.sha256(await request.body()).hexdigest()
    key = (await request.form()).get("once", "")

    async def done() -> Answer:
        return 303, await act()

    if not key:
        async with transaction():
            return await act()
    made: Made = (await _once(request, digest, digest, done, secret=secret))[1]
    return made


async def _once(
    request: Request[Actor, Any, Any],
    key: str,
    digest: str,
    act: Callable[[], Awaitable[Answer]],
    *,
    secret: bool,
) -> Answer:
    row = IdempotencyKey(
        actor=str(request.user.account_id or _network(request)),
        route=f"{request.method} {request.url.path}"[:200],
        key=key,
        body_sha256=digest,
        status=0,
        answer="",
    )
    async with transaction():
        new = await IdempotencyKey.insert(row).on_conflict(
            target=(IdempotencyKey.actor, IdempotencyKey.route, IdempotencyKey.key),
            action="DO NOTHING",
        )
        if not new:
            return await _again(row, digest)
        status, body = await act()
        stored = "" if secret else msgspec.json.encode(body).decode()
        await IdempotencyKey.update(
            {IdempotencyKey.status: status, IdempotencyKey.answer: stored}
        ).where(IdempotencyKey.id == row.id)
    return status, body


def _network(request: Request[Actor, Any, Any]) -> str:
    """What tells one visitor's keys from those of another."""
    return network_of(request.client.host if request.client else "")


async def _again(row: IdempotencyKey, digest: str) -> Answer:
    first = (
        await IdempotencyKey.select()
        .where(
            IdempotencyKey.actor == row.actor,
            IdempotencyKey.route == row.route,
            IdempotencyKey.key == row.key,
        )
        .first()
    )
    if first is None or first["body_sha256"] != digest:
        raise Invalid({"Idempotency-Key": "This key was used with another body. Use a new key."})
    if not first["answer"]:
        raise AlreadyDone
    return first["status"], msgspec.json.decode(first["answer"])


async def sweep() -> None:
    """Forget answers older than a week."""
    await IdempotencyKey.delete().where(IdempotencyKey.made_at < clock.now() - KEPT)
