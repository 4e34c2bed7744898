"""Certificates a second by warm processes, unsigned and signed: ``python bench/certificates.py``.

Without a database, a worker or other load. Prints one line of JSON.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date

MANY = 120
TURNS = 2  # of each, one after the other; the better counts, since the machine may be shared
AT_ONCE = 4


async def rate(draw: Callable[[int], Awaitable[bytes]]) -> float:
    """How many of ``MANY`` certificates were made in a second."""
    waiting = iter(range(MANY))

    async def work() -> None:
        for number in waiting:
            await draw(number)

    start = time.monotonic()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return MANY / (time.monotonic() - start)


async def measure() -> dict[str, float]:
    from connect import pdf
    from connect.certificates import drawing
    from connect.signing import signing_key

    key = signing_key().pem

    async def unsigned(number: int) -> bytes:
        facts = drawing.CertificateFacts(
            number=f"C-2026-{number:06}",
            code=f"{number:026}",
            name=f"Person Number {number}",
            title="First response to a missing child",
            minutes=45,
            issued_on=date(2026, 3, 4),
            organization="Connect",
            base_url="https://connect.example.org",
            course_version=1,
        )
        html, images = drawing.page(facts)
        attached = {"facts.json": drawing.canonical(facts)}
        return await pdf.render(
            html, images=images, stylesheet=drawing.stylesheet(), attached=attached, to_sign=True
        )

    async def signed(number: int) -> bytes:
        return await pdf.sign(await unsigned(number), key=key)

    await pdf.warm()
    await signed(0)
    found = [(await rate(unsigned), await rate(signed)) for _ in range(TURNS)]
    await pdf.close()
    bare, whole = (max(rates) for rates in zip(*found, strict=True))
    return {"unsigned_per_second": round(bare, 1), "signed_per_second": round(whole, 1)}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        os.environ |= {
            "CONNECT_DATA_DIR": folder,
            "CONNECT_SECRET_KEY": "Zm9yIHRoZSBiZW5jaG1hcmtzIG9ubHks",
        }
        print(json.dumps(asyncio.run(measure())))


if __name__ == "__main__":
    main()
