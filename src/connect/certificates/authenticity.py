"""Whether a PDF is a certificate of ours and unchanged, told without network and database.

A signature covers everything around it but not the room it stands in, and readers forgive a lot in
there. So that no byte can change unseen, what stands in that room has to be exactly what signing
writes: one signature by one certificate, in its only spelling, and zeros.
"""

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec
from asn1crypto import cms  # type: ignore[import-untyped]
from asn1crypto.algos import (  # type: ignore[import-untyped]
    DigestAlgorithm,
    SignedDigestAlgorithm,
)
from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

UNSIGNED = {"signature_time_stamp_token"}


class NotGenuine(Exception):
    """The file is not a certificate of ours, or not as we issued it; the text says why."""


class Genuine(msgspec.Struct):
    """A certificate as we issued it."""

    facts: dict[str, Any]  # as ``drawing.CertificateFacts`` was stored
    signer: str
    signed_at: datetime | None  # by the signer's clock
    timestamp_at: datetime | None  # by a timestamp server's


def examine(data: bytes, known: Iterable[str]) -> Genuine:
    """What a PDF says, if one of the *known* public certificates (PEM) signed all of it.

    Do not call it on an event loop.

    Raises:
        NotGenuine: anything else.
    """
    trusted = {c.sha256 for pem in known for c in load_certs_from_pemder_data(pem.encode())}
    try:
        reader = PdfFileReader(BytesIO(data))
        signatures = reader.embedded_signatures
        certificate = signatures[0].signer_cert if signatures else None
        facts = _facts(reader)
    except NotGenuine:
        raise
    except Exception as error:  # a broken PDF breaks a parser in every way there is
        raise NotGenuine("This is not a certificate that we signed.") from error
    if certificate is None or len(signatures) != 1:
        raise NotGenuine("It is not signed." if not signatures else "Somebody added a signature.")
    signature = signatures[0]
    if certificate.sha256 not in trusted:
        raise NotGenuine("It is signed, but not by a key of ours that is known here.")
    try:
        _must_be_plain(signature, data)
        moment = signature.self_reported_timestamp
        status = validate_pdf_signature(
            signature,
            ValidationContext(trust_roots=[certificate], moment=moment, best_signature_time=moment),
            skip_diff=True,
        )
    except NotGenuine:
        raise
    except Exception as error:
        raise NotGenuine("Its signature cannot be read.") from error
    is_whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    if not (status.intact and status.valid and status.trusted and is_whole):
        raise NotGenuine("It was changed after it was signed.")
    times = status.timestamp_validity
    if times and not (times.intact and times.valid):
        raise NotGenuine("Its timestamp was changed.")
    return Genuine(
        facts=facts,
        signer=certificate.subject.human_friendly,
        signed_at=moment,
        timestamp_at=times.timestamp if times else None,
    )


def _facts(reader: PdfFileReader) -> dict[str, Any]:
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    for place in range(0, len(names), 2):  # names and files in turn; [] resolves references
        if names[place] == "facts.json":
            return msgspec.json.decode(names[place + 1]["/EF"]["/F"].data, type=dict[str, Any])
    raise NotGenuine("It holds no facts.")


def _must_be_plain(signature: EmbeddedPdfSignature, data: bytes) -> None:
    """Do nothing when the room of the signature holds what signing writes and nothing else.

    Raises:
        NotGenuine: it does not.
    """
    start, before, after, rest = (int(n) for n in signature.byte_range)
    found = signature.signed_data
    added = found["signer_infos"][0]["unsigned_attrs"]
    is_plain = (
        start == 0
        and after + rest == len(data)
        and {kind["type"].native for kind in added or []} <= UNSIGNED
        and data[before:after] == _as_written(found, signature.signer_cert, after - before - 2)
    )
    if not is_plain:
        raise NotGenuine("It was changed after it was signed.")


def _as_written(found: cms.SignedData, certificate: Certificate, room: int) -> bytes:
    """A signature as it is written into a PDF with *room* characters, made anew.

    From what was found come only the parts that prove themselves: what was signed, the
    signature, and a timestamp, which has a signature of its own.
    """
    signer = found["signer_infos"][0]
    made = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        ),
        "digest_algorithm": DigestAlgorithm({"algorithm": "sha256"}),
        "signature_algorithm": SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        "signed_attrs": signer["signed_attrs"],
        "signature": signer["signature"],
    }
    if signer["unsigned_attrs"]:
        made["unsigned_attrs"] = signer["unsigned_attrs"]
    content = {
        "version": "v1",
        "digest_algorithms": [DigestAlgorithm({"algorithm": "sha256"})],
        "encap_content_info": {"content_type": "data"},
        "certificates": [certificate] * len(found["certificates"]),
        "signer_infos": [made],
    }
    whole = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})
    hexadecimal: str = whole.dump(force=True).hex().upper()
    return b"<" + hexadecimal.encode().ljust(room, b"0") + b">"
