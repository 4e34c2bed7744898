"""Handing a mail to a real server: what arrives, and what each trouble is taken for."""

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from aiosmtplib import SMTPNotSupported

from accounts.environment import environment
from connect.mail import transport
from mail.post_office import PASSWORD, USER, certificate, post_office, tarpit, text_of

MAIL = UUID("01956000-0000-7000-8000-000000000001")
WRITTEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
OURS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


async def send(to="ada@agency.example", subject="Hello", body="One line.\n", stop=""):
    await transport.send(MAIL, to, subject, body, WRITTEN, stop)


async def test_a_mail_arrives_as_it_was_worded():
    async with post_office() as office:
        with environment(smtp_url=office.url, mail_from="Cönnect <training@connect.example>"):
            await send(subject="Grüße", body=".\n.. dots\nFrom the top\n" + "ü" * 1200 + "\n")

    (letter,) = office.letters
    message = letter.message
    assert (letter.sender, letter.recipients) == (
        "training@connect.example",
        ["ada@agency.example"],
    )
    assert {name: str(message[name]) for name in OURS[:6]} == {
        "From": "Cönnect <training@connect.example>",
        "To": "ada@agency.example",
        "Subject": "Grüße",
        "Date": "Mon, 02 Mar 2026 15:00:00 +0000",
        "Message-ID": f"<{MAIL}@127.0.0.1>",
        "Auto-Submitted": "auto-generated",
    }
    assert text_of(message) == (".\n.. dots\nFrom the top\n" + "ü" * 1200 + "\n")


@pytest.mark.parametrize(
    "to",
    [
        "!#$%&'*+/=?^_`{|}~-@x.example",
        "o'neil@x.example",
        "a..b@x.example",
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 50}.example",
    ],
)
async def test_an_odd_address_is_neither_changed_nor_split(to):
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await send(to=to)

    assert [letter.recipients for letter in office.letters] == [[to]]
    assert office.letters[0].message["To"] == to


@pytest.mark.parametrize("length", [10, 100, 300])
async def test_the_way_out_of_a_mail_is_one_line_that_a_program_reads(length):
    address = f"https://connect.example/unsubscribe/{'x' * length}"
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await send(stop=address)

    head = office.letters[0].raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{address}>".encode() in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


async def test_it_is_encrypted_where_the_server_offers_that(tmp_path, monkeypatch):
    context, vouching = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(vouching))
    async with post_office(starttls=context) as office:
        with environment(smtp_url=office.url):
            await send()

    assert [letter.encrypted for letter in office.letters] == [True]


@pytest.mark.parametrize("asked", ["", "?starttls=required"])
async def test_a_server_that_nobody_vouches_for_gets_no_mail(tmp_path, asked):
    context, _ = certificate(tmp_path)
    async with post_office(starttls=context) as office:
        with environment(smtp_url=office.url + asked), pytest.raises(Exception) as trouble:
            await send()

    assert "CERTIFICATE_VERIFY_FAILED" in str(trouble.value)
    assert office.letters == []


async def test_where_encryption_is_required_nothing_goes_in_clear():
    async with post_office() as office:
        with (
            environment(smtp_url=f"{office.url}?starttls=required"),
            pytest.raises(Exception) as trouble,
        ):
            await send()

    assert not isinstance(trouble.value, transport.Refused)
    assert office.letters == []


async def test_smtps_signs_in_with_what_the_address_says(tmp_path, monkeypatch):
    context, vouching = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(vouching))
    async with post_office(tls=context, locked=True) as office:
        with environment(smtp_url=f"smtps://{USER}:p%40ss%3Aword%2F1@127.0.0.1:{office.port}"):
            await send()

    assert PASSWORD == "p@ss:word/1"
    assert len(office.letters) == 1


async def test_a_wrong_password_is_no_fault_of_the_mail():
    async with post_office(locked=True) as office:
        with (
            environment(smtp_url=f"smtp://{USER}:wrong@127.0.0.1:{office.port}"),
            pytest.raises(Exception) as trouble,
        ):
            await send()

    assert not isinstance(trouble.value, transport.Refused)
    assert "535" in str(trouble.value)


@pytest.mark.parametrize(
    ("command", "answer", "for_good"),
    [
        ("RCPT", "450 4.2.0 Greylisted, come back later", False),
        ("RCPT", "452 4.2.2 Mailbox full", False),
        ("RCPT", "550 5.1.1 No such user", True),
        ("DATA", "451 4.3.0 Try later", False),
        ("DATA", "554 5.7.1 Refused as spam", True),
        ("MAIL", "421 4.3.2 Shutting down", False),
        ("MAIL", "550 5.7.1 This sender may not", False),  # ours to mend, not the mail's fault
    ],
)
async def test_only_a_lasting_refusal_of_this_mail_is_for_good(command, answer, for_good):
    async with post_office() as office:
        office.answers[command] = [answer]
        with environment(smtp_url=office.url), pytest.raises(Exception) as trouble:
            await send()

    assert isinstance(trouble.value, transport.Refused) is for_good
    assert answer[4:] in str(trouble.value)
    assert office.letters == []


async def test_a_server_that_is_away_is_worth_another_try():
    async with post_office() as office:
        gone = office.url
    with environment(smtp_url=gone), pytest.raises(ConnectionError):
        await send()


async def silent(reader, writer):
    await asyncio.Event().wait()


async def one_byte_at_a_time(reader, writer):
    while True:
        for byte in b"220-Wait a little\r\n":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.01)


async def slow_at_every_step(reader, writer):
    """Answers each command just before the patience for one step would end."""
    writer.write(b"220 Hello\r\n")
    while await reader.readline():
        await asyncio.sleep(0.2)
        writer.write(b"250 Go on\r\n")


@pytest.mark.parametrize("talk", [silent, one_byte_at_a_time, slow_at_every_step])
async def test_a_tarpit_holds_us_no_longer_than_the_time_for_one_mail(monkeypatch, talk):
    monkeypatch.setattr(transport, "SECONDS", 0.3)
    began = time.monotonic()
    async with tarpit(talk) as url:
        with environment(smtp_url=url), pytest.raises(TimeoutError):
            await send()

    assert time.monotonic() - began < 1


BREAKS = ["\n", "\r", "\r\n", "\n\n", "\x00", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85"]
BREAKS += ["\u2028", "\u2029", "\r\n ", "\n\t", "\\r\\n", "%0d%0a", "\u560d\u560a", "\x1b", "\x7f"]


@pytest.mark.parametrize("where", ["to", "subject"])
@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
async def test_no_line_break_adds_a_header_or_a_recipient(where, line_break):
    text = f"ada@agency.example{line_break}Bcc: eve@evil.example{line_break}{line_break}Hidden"
    async with post_office() as office:
        with environment(smtp_url=office.url):
            try:
                await send(**{where: text})
            except (ValueError, SMTPNotSupported):  # there is no such message, or address
                assert office.letters == []
                return

    (letter,) = office.letters
    head = letter.raw.partition(b"\r\n\r\n")[0]
    assert [
        line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] != b" "
    ] == OURS
    assert len(letter.recipients) == 1
    assert text_of(letter.message) == "One line.\n"
    kinds = [part.get_content_type() for part in letter.message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


async def test_without_a_server_a_mail_is_printed(capsys):
    await send(body="http://127.0.0.1:8000/verify-email/token\n")

    assert capsys.readouterr().err == (
        "\n--- mail to ada@agency.example: Hello\nhttp://127.0.0.1:8000/verify-email/token\n---\n"
    )
