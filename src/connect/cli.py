"""Every command. Data goes to stdout, words to stderr; exit code 0 means done.

Those that look after records are in ``cli_records``, those on members in ``cli_members``.
"""

import gc
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from connect import clock
from connect.cli_members import agencies, memberships
from connect.cli_records import audit, erasures, retention, rotate_signing_key, verify_certificate
from connect.cli_run import run, say
from connect.config import WrongSettings, settings


@click.group()
def commands() -> None:
    """Connect: training whose records can be trusted."""


for kept in (audit, verify_certificate, rotate_signing_key, erasures, retention, memberships):
    commands.add_command(kept)


@commands.command()
@click.option("--check", is_flag=True, help="Only tell what would run.")
def migrate(check: bool) -> None:
    """Bring the database's schema to head."""
    from connect import migrate as migrations

    names = run(lambda: migrations.migrate(only_check=check))
    for name in names:
        click.echo(name)
    say(f"{len(names)} migrations {'are pending' if check else 'ran'}.")
    sys.exit(1 if check and names else 0)


@commands.command("make-migration")
@click.argument("description")
def make_migration(description: str) -> None:
    """Write the migration that brings the schema to the table classes."""
    from connect.migrate_writer import write_migration

    path = run(lambda: write_migration(description))
    if path is None:
        say("The migrations say what the tables say. Nothing to write.")
    else:
        click.echo(path)


@commands.command("create-admin")
@click.option("--email", required=True)
@click.option("--name", default="", help="Name; the part before the @ without it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(email: str, name: str, password_stdin: bool) -> None:
    """Make an administrator."""
    from connect.accounts.actions import make_administrator

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    run(
        lambda: make_administrator(
            email=email, name=name or email.partition("@")[0], password=password
        )
    )
    say(f"{email} is an administrator.")


@commands.command("check-courses")
@click.argument("path", type=click.Path(path_type=Path), required=False)
def check_courses(path: Path | None) -> None:
    """Name every fault of the courses in PATH, with file and line."""
    from connect.catalog.check import check_courses as check
    from connect.catalog.evaluation_check import check_evaluations
    from connect.catalog.path_check import check_paths

    courses = path or Path(settings().courses_dir)
    results, paths = check(courses), check_paths(courses)
    found = [*results.values(), *paths.values()]
    faults = {fault for _, faults in found for fault in faults}
    faults.update(check_evaluations(courses))
    for fault in sorted(faults):
        click.echo(fault)
    wrong = sum(not fault.warning for fault in faults)
    told = f", {len(paths)} paths" if paths else ""
    say(f"{len(results)} courses{told}, {wrong} faults, {len(faults) - wrong} warnings.")
    sys.exit(1 if wrong else 0)


@commands.command()
@click.argument(
    "path", type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
)
@click.option("--port", type=int, default=8001, show_default=True)
def preview_course(path: Path, port: int) -> None:
    """Show the course in PATH on this machine, and anew whenever a file is saved."""
    from connect.publishing.local_preview import serve_preview

    click.echo(f"{path.name} is at http://127.0.0.1:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    serve_preview(path, port)


@commands.command()
@click.argument(
    "path", type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
)
def translated(path: Path) -> None:
    """Note that all translations of the course in PATH fit their originals as they are now."""
    from connect.catalog.translations import note_translated

    found = note_translated(path)
    for translation in found:
        click.echo(translation)
    say(f"{len(found)} translations are noted as up to date.")


@commands.command("publish-courses")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--dry-run", is_flag=True, help="Only tell what would change, and whom it concerns.")
def publish_courses(path: Path | None, dry_run: bool) -> None:
    """Publish the courses in PATH; twice the same content is one version."""
    from connect.catalog.actions import Published, publish_all
    from connect.catalog.path_check import FOLDER
    from connect.paths.actions import publish_paths
    from connect.policy import SYSTEM

    folder = path or Path(settings().courses_dir)
    if dry_run:
        _look_at_courses(folder)

    async def publish() -> list[tuple[str, Any]]:
        courses = await publish_all(SYSTEM, folder)
        paths = await publish_paths(SYSTEM, folder)
        return [*courses.items(), *((f"{FOLDER}/{slug}", made) for slug, made in paths.items())]

    results = run(publish)
    for slug, (outcome, number, faults) in results:
        for fault in faults:
            say(str(fault))
        click.echo(f"{slug}\t{number or '-'}\t{outcome}")
    sys.exit(any(outcome == Published.REFUSED for _, (outcome, _, _) in results))


def _look_at_courses(courses: Path) -> NoReturn:
    """Print what publishing would change, one line for each difference, and end."""
    from connect.publishing.actions import look_at_all
    from connect.publishing.rules import words

    refused = False
    for slug, (outlook, faults) in run(lambda: look_at_all(courses)).items():
        for fault in faults:
            say(str(fault))
        click.echo(f"{slug}\t{outlook.outcome if outlook else 'refused'}")
        refused = refused or outlook is None
        if outlook and outlook.difference:
            say(f"  {words(outlook.concerned)}")
            for line in outlook.difference:
                click.echo(f"  {line}")
    sys.exit(refused)


@commands.group()
def export() -> None:
    """The same rows and numbers as API and page."""


export.add_command(agencies)
YEAR = click.option("--year", type=click.IntRange(2000, 2100), required=True)
FORMAT = click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv")
OUTPUT = click.option("--output", type=click.Path(path_type=Path, dir_okay=False))


def _give(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, newline="")


@export.command()
@YEAR
@FORMAT
@OUTPUT
def trainings(year: int, form: str, output: Path | None) -> None:
    """Every training instance of YEAR."""
    from connect.reports.exports import ROW_COLUMNS, as_json, rows_csv, training_row
    from connect.reports.queries import training_rows

    rows = run(lambda: training_rows(date(year, 1, 1), date(year, 12, 31), filters={}))
    if form == "csv":
        _give(rows_csv(rows), output)
    else:
        _give(as_json(ROW_COLUMNS, [list(training_row(r).values()) for r in rows]), output)


@export.command()
@YEAR
@FORMAT
@OUTPUT
def counts(year: int, form: str, output: Path | None) -> None:
    """Training counts of YEAR by month, discipline, state and course."""
    from connect.reports.exports import COUNT_COLUMNS, as_json, count_rows, counts_csv
    from connect.reports.queries import USUAL
    from connect.reports.queries import counts as count

    found = run(lambda: count(date(year, 1, 1), date(year, 12, 31), USUAL))
    if form == "csv":
        _give(counts_csv(found), output)
    else:
        _give(as_json(COUNT_COLUMNS, count_rows(found)), output)


@commands.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day; today without it.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be sent.")
def reminders(on: datetime | None, dry_run: bool) -> None:
    """Send what is due today, or tell it for a day: address, kind, what, due, days, state, why."""
    from connect.assignments import reminders as ledger

    day = on.date() if on else clock.today()
    if not dry_run and day != clock.today():
        raise click.UsageError("Reminders are sent for today. For another day add --dry-run.")

    async def act() -> list[ledger.Planned]:
        if not dry_run:
            await ledger.decide(day)
        return await ledger.plan(day)

    found = run(act)
    for p in found:
        facts = (p.email, p.kind, p.title, p.due_on, p.days, p.state, p.reason)
        click.echo("\t".join(map(str, facts)))
    say(f"{ledger.mails(found)} mails, {sum(p.state == 'skipped' for p in found)} skipped.")


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True)
@click.option("--workers", type=int, envvar="WEB_CONCURRENCY", default=1, show_default=True)
@click.option("--worker/--no-worker", "with_worker", default=None, help="Background work inside.")
def serve(host: str, port: int, workers: int, with_worker: bool | None) -> None:
    """Serve the site."""
    gc.disable()  # until all is imported: see serving.look_for_garbage
    from connect import db, serving
    from connect.engine_sqlite import SQLite

    engine = db.engine()
    if isinstance(engine, SQLite):
        if workers > 1:
            raise click.UsageError("SQLite is served by one process. Use PostgreSQL for --workers.")
        engine.serve_alone()
    inside = settings().embedded if with_worker is None else with_worker
    serving.serve(host, port, workers=workers, with_worker=inside)


@commands.command("run")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True)
def run_all(host: str, port: int) -> None:
    """Migrate, publish the courses, then serve the site and its worker: what make run does."""
    from connect import db, serving

    db.engine().serve_alone()
    token = run(_prepare)
    if not settings().secure:
        say("Served without https: the session cookie is not marked Secure. Fine on this machine.")
    click.echo(f"Connect is at {settings().base_url}")
    if token:
        click.echo(f"Make the first administrator at {settings().base_url}/setup/{token}")
    sys.stdout.flush()
    serving.serve(host, port, workers=1, with_worker=True, quiet=True)


async def _prepare() -> str | None:
    from connect import migrate as migrations
    from connect.accounts.actions import setup_token
    from connect.catalog.actions import publish_all
    from connect.paths.actions import publish_paths
    from connect.policy import SYSTEM

    await migrations.migrate()
    for slug, (outcome, number, faults) in (
        await publish_all(SYSTEM, Path(settings().courses_dir))
    ).items():
        for fault in faults:
            if not fault.warning:
                say(str(fault))
        say(f"Course {slug}: version {number}, {outcome}.")
    paths = await publish_paths(SYSTEM, Path(settings().courses_dir))
    for slug, (result, number, faults) in paths.items():
        for fault in faults:
            if not fault.warning:
                say(str(fault))
        say(f"Path {slug}: version {number}, {result}.")
    return await setup_token()


@commands.command()
def worker() -> None:
    """Do background work; with PostgreSQL several may run."""
    gc.disable()  # until all is imported: see serving.look_for_garbage
    from connect import db, pdf, serving
    from connect import worker as background

    serving.configure_log()
    db.engine().serve_alone()
    serving.look_for_garbage()

    async def work() -> None:
        await pdf.warm()
        try:
            await background.work()
        finally:
            await pdf.close()

    run(work)


@commands.command()
def doctor() -> None:
    """Look at settings, database, mail, disk, fonts, Python: a verdict and the mend for each."""
    from connect.doctor import examine

    for name in settings().__struct_fields__:
        click.echo(f"CONNECT_{name.upper()}={settings().masked(name)}")
    findings = run(examine)
    for finding in findings:
        click.echo(f"{'WRONG' if finding.fails else 'ok':5}  {finding.what}: {finding.verdict}")
        if finding.mend:
            click.echo(f"       mend: {finding.mend}")
    sys.exit(any(finding.fails for finding in findings))


def main() -> None:
    """The command line, with refusals in words."""
    from connect.engine_sqlite_pool import DatabaseInUse, DatabaseUnusable
    from connect.errors import ConnectError, Invalid

    try:
        commands(standalone_mode=True)
    except Invalid as refusal:
        for field, words in refusal.errors.items():
            say(f"{field}: {words}")
    except (ConnectError, WrongSettings, DatabaseInUse, DatabaseUnusable) as refusal:
        say(str(refusal))
    except KeyboardInterrupt:
        sys.exit(0)
    sys.exit(1)


if __name__ == "__main__":
    main()
