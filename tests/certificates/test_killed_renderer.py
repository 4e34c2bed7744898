"""Bar D25: whatever is killed while a certificate is drawn and signed, its row stays whole."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

import make
from certificates.earned import earned, read
from connect import files, pdf
from connect.certificates import drawing
from connect.certificates.actions import draw
from connect.certificates.authenticity import examine
from connect.certificates.tables import Certificate
from connect.signing import own_certificates

KILLS = [pytest.param(4, id="short"), pytest.param(100, id="long", marks=pytest.mark.long)]


@pytest.fixture(scope="module", autouse=True)
async def processes():
    yield
    await pdf.close()


def kill_what_draws_and_signs():
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_text()
        except OSError:  # it ended meanwhile
            continue
        if parent == os.getpid() and "connect.pdf_" in command:
            os.kill(int(entry.name), signal.SIGKILL)


async def unsigned(row):
    """The PDF before its signature, which holds the time and so is never the same."""
    html, images = drawing.page(msgspec.json.decode(row.facts, type=drawing.CertificateFacts))
    return await pdf.render(html, images=images, stylesheet=drawing.stylesheet())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", KILLS)
async def test_d25_a_certificate_outlives_the_death_of_all_that_draws_it(database, kills):
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    certificate = await earned(await make.learner(certificate_name="Ada Officer"))
    whole = certificate.facts, certificate.digest, certificate.number, certificate.status
    expected, drawn = await unsigned(certificate), 0

    for _ in range(kills):
        drawing_it = asyncio.create_task(draw(certificate.id))
        await asyncio.sleep(chance.uniform(0, 0.06))
        kill_what_draws_and_signs()
        with suppress(pdf.RenderFailed, pdf.SigningFailed):
            await drawing_it

        row = await read(id=certificate.id)
        assert (row.facts, row.digest, row.number, row.status) == whole
        if row.pdf:  # it was quicker than the kill: once more
            drawn += 1
            await Certificate.update({Certificate.pdf: None}).where(Certificate.id == row.id)
    await draw(certificate.id)

    row = await read(id=certificate.id)
    data = await files.get(row.pdf)
    found = await asyncio.to_thread(examine, data, own_certificates())
    print(f"{kills} kills, {drawn} of them too late")
    assert (found.facts["name"], found.facts["number"]) == ("Ada Officer", row.number)
    assert await unsigned(row) == expected
