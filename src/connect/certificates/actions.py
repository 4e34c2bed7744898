"""Issuing certificates and drawing their PDFs."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from jinja2 import TemplateError

from connect import clock, files, pdf
from connect.audit import record, record_many
from connect.certificates import drawing
from connect.certificates.rules import is_nameless, new_code, number_of
from connect.certificates.signatures import signed
from connect.certificates.tables import (
    Certificate,
    CertificateKind,
    CertificateStatus,
    NumberSeries,
)
from connect.config import settings
from connect.db import one, transaction
from connect.jobs import Retry, enqueue
from connect.policy import SYSTEM, Actor

AGAIN = timedelta(minutes=30)  # when templates that failed are tried again
AT_ONCE = 500  # rows in one transaction


async def issue_certificate(
    actor: Actor,
    *,
    holder: UUID | None = None,
    agency: UUID | None = None,
    name: str,
    title: str,
    version: int = 0,
    minutes: int = 0,
    day: date,
    credit_lines: Sequence[str] = (),
    valid_months: int | None = None,
    expires_on: date | None = None,
    kind: CertificateKind = CertificateKind.COURSE,
    language: str = "en",
    place: str = "",
    instructors: Sequence[str] = (),
    source_kind: str,
    source: UUID,
    acknowledgement: str = "",
) -> Certificate:
    """Write the certificate that *source* earned, in the caller's transaction; drawn later.

    The facts are fixed before anything is drawn, so that a PDF lost on its way can be made
    again and says the same.

    Args:
        holder, agency: whose it is, one of them.
        expires_on: the first day on which it is not valid, where no months say so.
        acknowledgement: what the grant that paid prescribes; empty: the site's own setting.
    """
    facts = drawing.CertificateFacts(
        number=await new_number(day.year),
        code=new_code(),
        name=name,
        title=title,
        minutes=minutes,
        issued_on=day,
        organization=settings().organization,
        base_url=settings().base_url,
        course_version=version,
        credit_lines=list(credit_lines),
        signatory_name=settings().signatory_name,
        signatory_title=settings().signatory_title,
        grant_acknowledgement=acknowledgement or settings().grant_acknowledgement,
        mark=_configured_mark(),
        expires_on=expires_on if valid_months is None else clock.months_after(day, valid_months),
        kind=kind,
        language=language,
        place=place,
        instructors=list(instructors),
    )
    return await write(
        actor, facts, holder=holder, agency=agency, source_kind=source_kind, source=source
    )


async def write(
    actor: Actor,
    facts: drawing.CertificateFacts,
    *,
    holder: UUID | None,
    agency: UUID | None,
    source_kind: str,
    source: UUID,
    supersedes: UUID | None = None,
    reason: str = "",
) -> Certificate:
    """Write a certificate that says *facts*, and the job that draws it, in the caller's
    transaction."""
    row = Certificate(
        number=facts.number,
        code=facts.code,
        kind=facts.kind,
        holder=holder,
        agency=agency,
        name=facts.name,
        title=facts.title,
        minutes=facts.minutes,
        issued_on=facts.issued_on,
        expires_on=facts.expires_on,
        facts=drawing.canonical(facts).decode(),
        digest=drawing.digest(facts),
        source_kind=source_kind,
        source=source,
        supersedes=supersedes,
        reissue_reason=reason,
    )
    await Certificate.insert(row)
    await enqueue("certificates.draw", certificate_id=row.id)
    await record(actor, "certificate.issued", Certificate, of=row.id, digest=row.digest)
    return row


def _configured_mark() -> str:
    """The organization's own mark as SVG; empty for ours."""
    return Path(settings().mark_file).read_text() if settings().mark_file else ""


async def new_number(year: int) -> str:
    """The next number of *year*. The series is held until the end: numbers have no gaps."""
    await NumberSeries.insert(NumberSeries(year=year)).on_conflict(
        target=NumberSeries.year, action="DO NOTHING"
    )
    taken = (
        await NumberSeries.update({NumberSeries.last: NumberSeries.last + 1})
        .where(NumberSeries.year == year)
        .returning(NumberSeries.last)
    )
    return number_of(year, int(taken[0]["last"]))


async def expire() -> None:
    """Mark the certificates whose term has ended, by the day in the organization's zone; job.

    A check tells the same before this ran.
    """
    today = clock.today()
    over = Certificate.select(Certificate.id).where(
        Certificate.status == CertificateStatus.VALID, Certificate.expires_on <= today
    )
    while rows := await over.limit(AT_ONCE):
        async with transaction():
            ended = (
                await Certificate.update({Certificate.status: CertificateStatus.EXPIRED})
                .where(
                    Certificate.id.is_in([row["id"] for row in rows]),
                    Certificate.status == CertificateStatus.VALID,
                )
                .returning(Certificate.id)
            )
            acts = [(row["id"], "certificate.expired") for row in ended]
            await record_many(SYSTEM, Certificate, acts)


async def draw(certificate_id: UUID) -> None:
    """Draw a certificate's PDF and keep it; job. A PDF that is kept is never drawn again.

    Raises:
        Retry: the organization's own templates do not work; it is drawn when they do.
    """
    row = await one(Certificate.objects().where(Certificate.id == certificate_id))
    if row.pdf or is_nameless(row.name):
        return
    facts = msgspec.json.decode(row.facts, type=drawing.CertificateFacts)
    try:
        html, images = drawing.page(facts)
        drawn = await pdf.render(
            html,
            images=images,
            stylesheet=drawing.stylesheet(),
            attached={"facts.json": row.facts.encode()},
            to_sign=True,
        )
    except (TemplateError, pdf.RenderFailed, TypeError, KeyError) as error:
        if settings().certificate_templates:
            raise Retry(AGAIN, drawing.fault_said(error)) from error
        raise
    kept = await files.put(await signed(drawn, waiting_since=row.issued_at))
    async with transaction():
        won = (
            await Certificate.update({Certificate.pdf: kept})
            .where(Certificate.id == certificate_id, Certificate.pdf.is_null())
            .returning(Certificate.id)
        )
        if won:
            await record(SYSTEM, "certificate.drawn", Certificate, of=certificate_id, sha256=kept)
    if not won:  # two drew it at once, and no two signatures are alike
        await files.remove(kept)
