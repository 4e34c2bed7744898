"""The commands on memberships."""

import json

import pytest
from click.testing import CliRunner

from connect.cli import commands
from connect.readiness.member_counts import COLUMNS


@pytest.fixture
def nobody_there(sqlite_template, monkeypatch):
    from connect import piccolo_conf
    from connect.db import make_engine

    monkeypatch.setattr(piccolo_conf, "DB", make_engine(f"sqlite:///{sqlite_template}"))


def test_what_is_due_on_a_day_is_told_and_nothing_is_sent(nobody_there):
    done = CliRunner().invoke(commands, ["memberships", "due", "--on", "2031-03-02"])

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "0 mails, 0 skipped, 0 memberships end.\n"


def test_the_agencies_of_a_year_are_exported_with_their_definition(nobody_there, tmp_path):
    kept = tmp_path / "agencies.json"

    table = CliRunner().invoke(commands, ["export", "agencies", "--year", "2026"])
    CliRunner().invoke(
        commands,
        ["export", "agencies", "--year", "2026", "--format", "json", "--output", str(kept)],
    )

    assert (table.exit_code, table.stdout.split()) == (0, [",".join(COLUMNS)])
    found = json.loads(kept.read_text())
    assert (found["agencies"], found["rows"]) == (0, [])
    assert "each agency once" in found["definition"]
