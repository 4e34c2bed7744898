"""Certificates' PDFs, signed: readers say that nothing was changed since we issued them."""

import asyncio
from datetime import datetime, timedelta

import structlog

from connect import clock, pdf
from connect.certificates.tables import SigningCertificate
from connect.config import settings
from connect.jobs import Retry
from connect.signing import SigningKey, signing_key

log = structlog.get_logger()
PATIENCE = timedelta(minutes=15)  # for a timestamp server that gives no answer
PAUSE = timedelta(minutes=1)


async def signed(data: bytes, *, waiting_since: datetime) -> bytes:
    """*data* with our signature, and with a timestamp when a server for them is configured.

    Raises:
        Retry: the timestamp server gave no answer, and has some time left to.
        pdf.SigningFailed: there is no signature.
    """
    key = await current_key()
    address = settings().timestamp_url
    if address:
        try:
            return await pdf.sign(data, key=key.pem, timestamps=address)
        except pdf.SigningFailed as error:
            if clock.now() < waiting_since + PATIENCE:
                raise Retry(PAUSE, f"no timestamp: {error}") from None
            log.warning("signed without timestamp", error=str(error))
    return await pdf.sign(data, key=key.pem)


async def current_key() -> SigningKey:
    """The key that signs now. Its public certificate is known to all machines before it does."""
    key = await asyncio.to_thread(signing_key)
    if not await SigningCertificate.exists().where(
        SigningCertificate.fingerprint == key.fingerprint
    ):
        row = SigningCertificate(fingerprint=key.fingerprint, pem=key.certificate)
        await SigningCertificate.insert(row).on_conflict(
            target=SigningCertificate.fingerprint, action="DO NOTHING"
        )
    return key


async def public_certificates() -> str:
    """Every public certificate that a PDF of ours may be signed with, as PEM, newest first."""
    rows = await SigningCertificate.select(SigningCertificate.pem).order_by(
        SigningCertificate.first_used_at, ascending=False
    )
    if rows:
        return "".join(row["pem"] for row in rows)
    return (await asyncio.to_thread(signing_key)).certificate  # a GET writes no row
