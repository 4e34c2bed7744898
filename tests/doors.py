"""Fixtures that come in by the doors: the API, the pages, the worker, the mailbox."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from httpx import ASGITransport, AsyncClient

from connect import clock, jobs, security
from connect.accounts.authentication import cookie_name
from connect.accounts.sign_in import open_session
from connect.accounts.tables import Account, ApiToken
from connect.app import create_app
from connect.mail import transport
from connect.policy import Actor
from connect.worker import HANDLERS

HOST = "http://127.0.0.1:8000"


class Sent(msgspec.Struct):
    to: str
    subject: str
    body: str
    stop: str


@pytest.fixture(scope="session")
def app() -> Any:
    return create_app()


@pytest.fixture
async def client(app: Any, database: Any) -> AsyncIterator[AsyncClient]:
    """Nobody in particular, by HTTP."""
    transport = ASGITransport(app, client=("192.0.2.7", 40000))
    async with AsyncClient(transport=transport, base_url=HOST) as made:
        yield made


@pytest.fixture
async def api(app: Any, database: Any) -> AsyncIterator[Callable[[Actor], Awaitable[AsyncClient]]]:
    """``await api(actor)`` is a program that carries the actor's token; paths begin behind v1."""
    made: list[AsyncClient] = []

    async def program(actor: Actor) -> AsyncClient:
        token = security.new_token()
        await ApiToken(
            account=actor.id,
            token_hash=security.token_hash(token),
            expires_at=clock.now() + timedelta(days=1),
            factor_at=clock.now(),
        ).save()
        client = AsyncClient(
            transport=ASGITransport(app, client=("192.0.2.8", 40000)),
            base_url=f"{HOST}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
        )
        made.append(client)
        return client

    yield program
    for client in made:
        await client.aclose()


@pytest.fixture
async def browser(
    app: Any, database: Any
) -> AsyncIterator[Callable[[Actor], Awaitable[AsyncClient]]]:
    """``await browser(actor)`` is a browser that is signed in; ``.csrf`` is its forms' token."""
    made: list[AsyncClient] = []

    async def signed_in(actor: Actor) -> AsyncClient:
        account = await Account.objects().where(Account.id == actor.id).first()
        assert account is not None
        secret = await open_session(account, "192.0.2.9", with_factor=True)
        client = AsyncClient(
            transport=ASGITransport(app, client=("192.0.2.9", 40000)),
            base_url=HOST,
            cookies={cookie_name(): secret},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        client.csrf = form_token(secret)  # type: ignore[attr-defined]
        made.append(client)
        return client

    yield signed_in
    for client in made:
        await client.aclose()


def form_token(secret: str) -> str:
    """What the forms of the session with this cookie carry."""
    from connect import audit

    return audit.keyed_hash(f"form {security.token_hash(secret)}")


@pytest.fixture
def work(database: Any) -> Callable[[], Awaitable[int]]:
    """``await work()`` does every job that is due, as the worker does."""
    return lambda: jobs.work_off(HANDLERS)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What left the house; only the last step, SMTP, is replaced."""
    sent: list[Sent] = []

    async def keep(
        mail_id: Any, to: str, subject: str, body: str, written_at: Any, stop: str
    ) -> None:
        sent.append(Sent(to, subject, body, stop))

    monkeypatch.setattr(transport, "send", keep)
    return sent
