"""How mail leaves: as text and as HTML, by SMTP; or onto the console where none is set."""

import asyncio
import email.policy
import sys
from datetime import datetime
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from connect.config import settings
from connect.mail.letter import as_html

SECONDS = 30  # for one mail; the library would wait as long for each step


class Refused(Exception):
    """The server will never take this mail."""


class _OneLine(UnstructuredHeader):
    """A header with an address: folded, it would come as encoded words that no reader decodes."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _OneLine)  # type: ignore[arg-type]
POLICY = email.policy.default.clone(header_factory=_headers)


async def send(
    mail_id: UUID, to: str, subject: str, body: str, written_at: datetime, stop: str = ""
) -> None:
    """Hand one mail over.

    Its Message-ID comes from the row, so that a mail sent twice is seen as one.

    Args:
        stop: where a POST stops mails like this (RFC 8058); empty where nothing does.

    Raises:
        Refused: a permanent refusal (5xx).
        Exception: anything else; worth another try.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = settings().mail_from
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(written_at)
    host = urlsplit(settings().base_url).hostname
    message["Message-ID"] = f"<{mail_id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    if stop:
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(body)
    message.add_alternative(as_html(subject, body), subtype="html")
    message.set_boundary(f"connect-{mail_id.hex}")  # of the row too: sent again, the same bytes
    if not settings().smtp_url:
        print(f"\n--- mail to {to}: {subject}\n{body}---", file=sys.stderr, flush=True)
        return
    await _smtp(message)


async def _smtp(message: EmailMessage) -> None:
    import aiosmtplib  # only where SMTP is set

    url = urlsplit(settings().smtp_url)
    tls = url.scheme == "smtps"
    starttls = parse_qs(url.query).get("starttls", [""])[0]
    try:
        async with asyncio.timeout(SECONDS):
            await aiosmtplib.send(
                message,
                hostname=url.hostname,
                port=url.port or (465 if tls else 587),
                username=unquote(url.username) if url.username else None,
                password=unquote(url.password) if url.password else None,
                use_tls=tls,
                start_tls=True if starttls == "required" else (None if not tls else False),
            )
    # What the server says of itself or of us, a wrong password say, is no fault of this mail.
    except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
        codes = (
            [r.code for r in error.recipients]
            if isinstance(error, aiosmtplib.SMTPRecipientsRefused)
            else [error.code]
        )
        if all(code >= 500 for code in codes):
            raise Refused(str(error)) from error
        raise
