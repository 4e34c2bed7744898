"""Real mail servers on loopback, in the tests' own loop: good ones and troublesome ones."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "connect", "p@ss:word/1"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Letter(msgspec.Struct):
    """A mail as it came in, to the byte."""

    sender: str
    recipients: list[str]
    raw: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.raw, policy=WIRE)
        assert isinstance(message, EmailMessage)
        return message


def text_of(message: EmailMessage) -> str:
    """What a reader without HTML shows of a mail."""
    plain = message.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    return str(plain.get_content()).replace("\r\n", "\n")


class PostOffice:
    """Takes every mail. What it is to answer instead stands in *answers*, used up in order."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answers: dict[str, list[str]] = {"MAIL": [], "RCPT": [], "DATA": []}
        self.cuts = 0  # connections to cut when a mail is in
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def ids(self) -> list[str]:
        return [letter.message["Message-ID"] for letter in self.letters]

    def _answer(self, command: str) -> str:
        return self.answers[command].pop(0) if self.answers[command] else "250 Fine"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        envelope.mail_from = sender
        return self._answer("MAIL")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, recipient: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(recipient)
        return self._answer("RCPT")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self._answer("DATA")
        if answer.startswith("250"):
            raw = envelope.content
            assert isinstance(raw, bytes)
            self.letters.append(
                Letter(str(envelope.mail_from), envelope.rcpt_tos, raw, session.ssl is not None)
            )
        if self.cuts:
            self.cuts -= 1
            server.transport.abort()
        return answer


def _knows(server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
    known = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@asynccontextmanager
async def post_office(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    locked: bool = False,
) -> AsyncIterator[PostOffice]:
    """A mail server; *starttls* offers encryption, *tls* begins with it, *locked* asks who."""
    office = PostOffice()

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # of a password without encryption
            return SMTP(
                office,
                hostname="localhost",
                tls_context=starttls,
                auth_required=locked,
                auth_require_tls=False,
                authenticator=_knows,
            )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def tarpit(talk: Talk) -> AsyncIterator[str]:
    """The URL of a server that talks as *talk* does, which never comes to an end."""
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on 127.0.0.1 encrypts with, and the file that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "mail.pem", folder / "mail.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, chain
