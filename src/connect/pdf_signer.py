"""The process that signs PDFs: ``python -m connect.pdf_signer``, started by ``connect.pdf``.

It sees finished PDFs of ours and the key, and nothing that anybody else wrote. An order is
``[pdf, key, timestamps]`` (see ``connect.pdf_pipe``).
"""

import asyncio
from functools import lru_cache
from io import BytesIO

import aiohttp
import msgspec
from asn1crypto.algos import SignedDigestAlgorithm  # type: ignore[import-untyped]
from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.aiohttp_client import AIOHttpTimeStamper

from connect.pdf_pipe import pipes, serve

MEMORY = 1_000_000_000  # bytes of address space
FIELD = "Signature"  # as ``pdf_renderer`` names it
RESERVED, RESERVED_WITH_TIME = 8_192, 32_768  # characters of hexadecimal for the signature
TIMESTAMP_SECONDS = 8
ORDER = msgspec.msgpack.Decoder(tuple[bytes, str, str])


class KeySigner(Signer):
    """Signs with a key that was loaded once; loading one takes ten times as long as signing."""

    def __init__(self, pem: str) -> None:
        key = serialization.load_pem_private_key(pem.encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("The key is not an RSA key.")
        self.key = key
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
        super().__init__(
            signing_cert=Certificate.load(der),
            signature_mechanism=SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        )

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


signer_of = lru_cache(maxsize=4)(KeySigner)


async def sign(pdf: bytes, pem: str, timestamps: str) -> bytes:
    """*pdf* with a PAdES signature: B-B, or B-T with a timestamp."""
    if not timestamps:
        return await _sign(pdf, pem, None, RESERVED)
    async with aiohttp.ClientSession(trust_env=True) as session:
        times = AIOHttpTimeStamper(timestamps, session, timeout=TIMESTAMP_SECONDS)
        return await _sign(pdf, pem, times, RESERVED_WITH_TIME)


async def _sign(pdf: bytes, pem: str, times: TimeStamper | None, reserved: int) -> bytes:
    signed = BytesIO()
    what = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    await PdfSigner(what, signer_of(pem), timestamper=times).async_sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), output=signed, bytes_reserved=reserved
    )
    return signed.getvalue()


def answer_to(order: bytes) -> tuple[bytes, str]:
    try:
        return asyncio.run(sign(*ORDER.decode(order))), ""
    except Exception as error:  # whatever it is, the order has no answer and the next may have one
        return b"", f"{type(error).__name__}: {error}"[:500]


def main() -> None:
    serve(*pipes(MEMORY), answer_to)


if __name__ == "__main__":
    main()
