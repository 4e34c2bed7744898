"""Signed PDFs: what readers and checkers say of them, and of a changed byte."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import page
import pypdf
import pytest

import make
from certificates.earned import earned, read
from connect import files, pdf
from connect.certificates.actions import draw
from connect.certificates.tables import SigningCertificate
from connect.config import settings
from connect.signing import rotate, signing_key


@pytest.fixture(scope="module", autouse=True)
async def processes():
    yield
    await pdf.close()


@pytest.fixture
async def signed(database, tmp_path):
    """A signed certificate: its row and its file."""
    certificate = await earned(await make.learner(certificate_name="Ada Officer"))
    await draw(certificate.id)
    row = await read(id=certificate.id)
    path = tmp_path / "signed.pdf"
    path.write_bytes(await files.get(row.pdf))
    return row, path


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_pdfsig_finds_it_valid_and_all_of_it_signed(signed):
    _, path = signed

    said = run("pdfsig", str(path)).stdout

    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


async def test_it_is_still_pdf_ua_1_and_sound(signed):
    _, path = signed

    found = page.validate_pdf(str(path), profile="ua1")

    assert found.is_compliant, found.failures
    assert run("qpdf", "--check", str(path)).returncode == 0


async def test_the_facts_are_inside_as_they_were_fixed(signed):
    row, path = signed

    attached = pypdf.PdfReader(path).attachments

    assert attached["facts.json"] == [row.facts.encode()]
    catalog = pypdf.PdfReader(path).trailer["/Root"]
    assert catalog["/AF"][0].get_object()["/AFRelationship"] == "/Data"


async def test_pyhanko_finds_it_intact_and_trusts_our_certificate(signed):
    from pyhanko.keys import load_certs_from_pemder_data
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    _, path = signed
    pem = (await SigningCertificate.objects().first()).pem
    context = ValidationContext(trust_roots=list(load_certs_from_pemder_data(pem.encode())))

    with path.open("rb") as file:
        signature = PdfFileReader(file).embedded_signatures[0]
        status = await async_validate_pdf_signature(signature, context)

    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"


def _stored():
    """The names of all files that are stored."""
    folder = Path(settings().files_url.removeprefix("file://"))
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def test_of_two_that_draw_at_once_one_file_stays(database):
    certificate = await earned(await make.learner())
    before = _stored()

    await asyncio.gather(*(draw(certificate.id) for _ in range(3)))

    row = await read(id=certificate.id)
    assert _stored() - before == {row.pdf}


async def test_a_rotation_signs_with_another_key_and_keeps_the_old_certificate(database):
    first = signing_key()

    second = rotate()

    certificate = await earned(await make.learner())
    await draw(certificate.id)
    known = {row["fingerprint"] for row in await SigningCertificate.select()}
    assert known == {second.fingerprint}
    assert second.fingerprint != first.fingerprint
    folder = Path(settings().data_dir) / "signing"
    kept = {path.read_text() for path in folder.glob("*.crt")}
    assert {first.certificate, second.certificate} <= kept
    assert "PRIVATE" not in "".join(kept)


def test_several_processes_at_first_run_make_one_key_that_only_we_can_read(tmp_path):
    code = "from connect.signing import signing_key; print(signing_key().fingerprint)"
    env = os.environ | {"CONNECT_DATA_DIR": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    said = {process.communicate(timeout=60)[0].strip() for process in started}

    assert len(said) == 1
    assert len(said.pop()) == 64
    key = tmp_path / "signing" / "key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "signing").iterdir())) == 2


async def test_the_public_certificates_are_served(client):
    empty = await client.get("/.well-known/connect-signing.pem")
    certificate = await earned(await make.learner())
    await draw(certificate.id)

    answer = await client.get("/.well-known/connect-signing.pem")

    assert answer.text == empty.text == (await SigningCertificate.objects().first()).pem
    assert answer.headers["content-type"].startswith("application/x-pem-file")
    assert "PRIVATE" not in answer.text
