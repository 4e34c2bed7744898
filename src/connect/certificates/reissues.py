"""A certificate issued anew: the same thing on the same day, under a number of its own."""

import unicodedata
from datetime import timedelta

import msgspec

from connect import clock
from connect.accounts.queries import USABLE
from connect.accounts.tables import Account
from connect.agencies.queries import standing_agency
from connect.agencies.tables import Agency
from connect.audit import record
from connect.certificates.actions import new_number, write
from connect.certificates.drawing import CertificateFacts
from connect.certificates.queries import certificate_of, successor_of
from connect.certificates.rules import is_nameless, new_code
from connect.certificates.tables import Certificate, CertificateStatus
from connect.db import locked, one, transaction
from connect.errors import Conflict, Invalid
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission

MOST = 5  # in a year, by the holder
STANDING = [CertificateStatus.VALID, CertificateStatus.EXPIRED]


class AlreadyReplaced(Conflict):
    message = "This certificate was replaced by {number} already. Go on from that one."


class IsRevoked(Conflict):
    message = "This certificate was revoked, and a revoked one is not issued anew."


class HolderErased(Conflict):
    message = "Its holder was erased, so there is no name to issue it to."


class NothingToCorrect(Conflict):
    message = (
        "This certificate already carries the name on your account, {name}. Change the name for "
        "certificates on your account page first, then come back."
    )


class TooManyReissues(Conflict):
    message = (
        "You had {most} certificates issued anew within a year, and more needs a person to look "
        "at it. Write to the help address; staff can issue it."
    )


async def reissue(actor: Actor, number: str, *, reason: str = "") -> Certificate:
    """Issue the certificate anew with the holder's present name; the old one is superseded.

    Day, hours, title and everything else stay as they were issued, and so does the training
    instance: no count changes (R5). The holder may do it when the name changed, ``MOST`` times
    in a year; staff with a reason.

    Raises:
        NotFound: no such certificate, or somebody else's.
        Invalid: staff gave no reason.
        AlreadyReplaced, IsRevoked, HolderErased, NothingToCorrect, TooManyReissues.
    """
    mine = (await certificate_of(actor, number, Permission.REISSUE_CERTIFICATES)).holder == actor.id
    if not mine and not reason.strip():
        raise Invalid({"reason": "Say why it is issued anew; it stays with the certificate."})
    async with transaction():
        old = await certificate_of(actor, number, Permission.REISSUE_CERTIFICATES)
        # Held, so that of two at once the second finds what the first did.
        holder = await _held(old)
        old = await certificate_of(actor, number, Permission.REISSUE_CERTIFICATES)
        await _must_stand(old)
        name = unicodedata.normalize("NFC", _name_of(holder))
        if mine:
            await _may_correct(old, name)
        await Certificate.update({Certificate.status: CertificateStatus.SUPERSEDED}).where(
            Certificate.id == old.id
        )
        facts = msgspec.json.decode(old.facts, type=CertificateFacts)
        new = await write(
            actor,
            msgspec.structs.replace(
                facts,
                number=await new_number(old.issued_on.year),
                code=new_code(),
                name=name,
                supersedes=old.number,
            ),
            holder=old.holder,
            agency=old.agency,
            source_kind=old.source_kind,
            source=old.source,
            supersedes=old.id,
            reason="" if mine else reason.strip(),
        )
        await record(actor, "certificate.reissued", Certificate, of=old.id, by=new.number)
        if isinstance(holder, Account) and holder.status in USABLE:
            await write_mail(
                "certificates/reissued",
                to=holder.email,
                account=holder.id,
                once=str(new.id),
                name=holder.legal_name,
                title=new.title,
                old=old.number,
                number=new.number,
            )
    return new


async def _held(row: Certificate) -> Account | Agency:
    """Whose certificate it is, locked."""
    if row.agency is not None:
        return await standing_agency(row.agency, lock=True)
    return await one(locked(Account.objects().where(Account.id == row.holder), Account))


def _name_of(holder: Account | Agency) -> str:
    return (
        holder.name
        if isinstance(holder, Agency)
        else (holder.certificate_name or holder.legal_name)
    )


async def _must_stand(row: Certificate) -> None:
    if row.status == CertificateStatus.SUPERSEDED:
        raise AlreadyReplaced(number=await successor_of(row))
    if row.status == CertificateStatus.REVOKED:
        raise IsRevoked
    if is_nameless(row.name):
        raise HolderErased


async def _may_correct(row: Certificate, name: str) -> None:
    if row.name == name:
        raise NothingToCorrect(name=name)
    year = clock.now() - timedelta(days=365)
    made = await Certificate.count().where(
        Certificate.holder == row.holder,
        Certificate.supersedes.is_not_null(),
        Certificate.reissue_reason == "",
        Certificate.issued_at > year,
    )
    if made >= MOST:
        raise TooManyReissues(most=MOST)
