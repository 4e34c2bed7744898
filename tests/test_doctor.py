"""The doctor's verdicts: on a healthy installation, and on each thing that is wrong."""

import asyncio

import msgspec
import pytest

from connect import config, doctor
from connect.config import settings


@pytest.fixture
def other_settings(monkeypatch):
    def use(**changes):
        changed = msgspec.structs.replace(settings(), **changes)
        monkeypatch.setattr(doctor, "settings", lambda: changed)

    return use


def verdict(findings, what):
    return next(finding for finding in findings if finding.what == what)


async def test_a_healthy_installation_has_nothing_that_fails(database):
    findings = await doctor.examine()

    assert [finding for finding in findings if finding.fails] == []
    assert len(findings) == len(doctor.CHECKS)


async def test_a_database_without_schema_is_told_with_its_mend(empty):
    found = verdict(await doctor.examine(), "database")

    assert (found.fails, found.mend) == (True, "connect migrate")


async def test_a_mail_server_that_does_not_answer_is_told(database, other_settings):
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    other_settings(smtp_url=f"smtp://127.0.0.1:{port}")
    answered = verdict(await doctor.examine(), "mail")
    server.close()
    await server.wait_closed()

    silent = verdict(await doctor.examine(), "mail")

    assert not answered.fails
    assert silent.fails and "CONNECT_SMTP_URL" in silent.mend


async def test_a_check_that_breaks_is_a_finding_and_hides_no_other(database, monkeypatch):
    async def _broken():
        raise OSError("no such thing")

    monkeypatch.setattr(doctor, "CHECKS", [_broken, *doctor.CHECKS])

    findings = await doctor.examine()

    assert findings[0] == doctor.Finding("broken", "OSError: no such thing", "See above.", True)
    assert len(findings) == len(doctor.CHECKS)


KEY = "Zq8-made-up-for-this-test-4Tn1_xW7eRb"


def test_secrets_are_masked():
    given = config.read_settings(
        {
            "CONNECT_DATABASE_URL": "postgresql://connect:hunter2@db.example/connect",
            "CONNECT_SECRET_KEY": KEY,
            "CONNECT_BASE_URL": "https://connect.example",
            "CONNECT_SMTP_URL": "smtp://user:hunter2@mail.example:587",
        }
    )

    shown = [given.masked(name) for name in given.__struct_fields__]

    assert "hunter2" not in f"{shown} {given!r}"
    assert KEY not in f"{shown} {given!r}"
