"""Commands that look after records: the trail, certificates and their key, what is erased."""

import sys
from pathlib import Path

import click

from connect.cli_run import run, say


@click.group()
def audit() -> None:
    """The trail of who did what."""


@audit.command("verify")
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A kept copy of the anchors, or a log with them; else those in the data folder.",
)
def verify_audit(anchors: Path | None) -> None:
    """Check that no row of the trail was edited, deleted, moved or cut off."""
    from connect.audit_verify import summary, verify

    verdict = run(lambda: verify(anchors))
    for fault in verdict.faults:
        click.echo(f"{fault.kind}: {fault.words}")
    click.echo(summary(verdict))
    sys.exit(not verdict.whole)


@click.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Public certificates, as /.well-known/connect-signing.pem has them; else those here.",
)
def verify_certificate(file: Path, key: Path | None) -> None:
    """Tell, offline, whether FILE is a certificate that we issued, and unchanged."""
    from connect.certificates.authenticity import NotGenuine, examine
    from connect.signing import own_certificates

    try:
        found = examine(file.read_bytes(), [key.read_text()] if key else own_certificates())
    except NotGenuine as fault:
        click.echo(f"NOT GENUINE: {fault}")
        sys.exit(1)
    click.echo("GENUINE: this is the file that was issued, and nothing in it was changed.")
    for name in ("number", "name", "title", "minutes", "issued_on", "expires_on", "organization"):
        if value := found.facts.get(name):
            click.echo(f"{name}: {value}")
    click.echo(f"signed by: {found.signer}")
    click.echo(f"signed at: {found.signed_at} (by the signer's clock)")
    if found.timestamp_at:
        click.echo(f"timestamp: {found.timestamp_at}")
    say("Whether it still stands (not revoked or replaced) only the site can tell: /verify.")


@click.command("rotate-signing-key")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a new key there, for CONNECT_SIGNING_KEY_FILE; nothing else changes.",
)
def rotate_signing_key(output: Path | None) -> None:
    """Sign with a new key from now on. What was signed before stays valid."""
    from connect import signing
    from connect.config import keep_once

    if output and output.exists():
        raise click.UsageError(f"{output} exists already, and a key is never overwritten.")
    try:
        key = signing.read_key(keep_once(output, signing.new_pem)) if output else signing.rotate()
    except signing.GivenKey as fault:
        say(str(fault))
        sys.exit(1)
    click.echo(key.certificate, nl=False)
    say(f"The new key is good until {key.ends:%Y-%m-%d}. Back it up.")


@click.group()
def erasures() -> None:
    """People who were erased."""


@erasures.command("replay")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A kept copy of the erasures; else that in the data folder.",
)
def replay_erasures(path: Path | None) -> None:
    """Erase again whom an older backup brought back. Safe to run twice."""
    from connect.records.actions import erasure_file, replay

    path = path or erasure_file()
    again = run(lambda: replay(path)) if path.exists() else []
    for account in again:
        click.echo(account)
    say(f"{len(again)} people were erased again.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
def retention(dry_run: bool) -> None:
    """Erase and remove what is kept no longer; the worker does it every day."""
    from connect.records.retention import due, end_retention

    found = run(due)
    for kind, ids in found.items():
        for of in ids:
            click.echo(f"{kind}\t{of}")
    if not dry_run:
        run(end_retention)
    total = sum(map(len, found.values()))
    say(f"{total} {'would go' if dry_run else 'went'}. Files follow by the worker.")
