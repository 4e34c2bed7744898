"""Commands on memberships in the readiness program."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from connect import clock
from connect.cli_run import run, say


@click.group()
def memberships() -> None:
    """Terms in the readiness program."""


@memberships.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day; today without it.")
def due(on: datetime | None) -> None:
    """Tell what is sent and which terms end on a day, or what was: agency, what, days, due, state,
    why, to whom. Nothing is sent."""
    from connect.readiness.reminders import plan

    day = on.date() if on else clock.today()
    found: list[Any] = run(lambda: plan(day))
    for d in found:
        days = "" if d.days_before is None else d.days_before
        facts = (d.agency_name, d.what, days, d.due_on, d.state, d.reason, " ".join(d.to))
        click.echo("\t".join(map(str, facts)))
    say(
        f"{sum(len(d.to) for d in found)} mails, {sum(d.state == 'skipped' for d in found)} "
        f"skipped, {sum(d.what == 'lapse' for d in found)} memberships end."
    )


@click.command()
@click.option("--year", type=click.IntRange(1990, 2100), required=True)
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False))
def agencies(year: int, form: str, output: Path | None) -> None:
    """Agencies approved in YEAR, new or renewed, each once, with their population."""
    from connect.readiness.member_counts import agencies_counted, counted_csv

    found: Any = run(lambda: agencies_counted(year))
    text = counted_csv(found)
    if form == "json":
        text = msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, newline="")
    say(f"{found.agencies} agencies, {found.population:,} people.")
