"""Two hundred names in twelve scripts, on certificates as they are given out: signed."""

import asyncio
import unicodedata
from pathlib import Path

import page as checker
import pytest

from certificates.names import names
from certificates.test_drawing import facts, foreign_letters, told
from connect import pdf
from connect.certificates import drawing
from connect.certificates.authenticity import examine
from connect.signing import own_certificates, signing_key

SCRIPTS = 12
IN_EACH = [pytest.param(2, id="short"), pytest.param(17, id="long", marks=pytest.mark.long)]


@pytest.fixture(autouse=True)
async def processes():
    await pdf.warm()
    yield
    await pdf.close()


async def signed(name):
    """A certificate's file, as the worker makes it."""
    one = facts(name=name)
    html, images = drawing.page(one)
    attached = {"facts.json": drawing.canonical(one)}
    drawn = await pdf.render(
        html, images=images, stylesheet=drawing.stylesheet(), attached=attached, to_sign=True
    )
    return await pdf.sign(drawn, key=signing_key().pem)


def read_back(path):
    return unicodedata.normalize("NFKC", told("pdftotext", path, "-"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("in_each", IN_EACH)
async def test_every_name_on_a_signed_certificate_is_drawn_read_back_and_genuine(in_each, tmp_path):
    everybody = names(in_each)
    data = await asyncio.gather(*(signed(name) for name in everybody))
    paths = [tmp_path / f"{number}.pdf" for number in range(len(everybody))]
    for path, content in zip(paths, data, strict=True):
        path.write_bytes(content)

    unread = []
    for name, path in zip(everybody, paths, strict=True):
        text, wanted = read_back(path), unicodedata.normalize("NFKC", drawing.printed(name))
        alike = foreign_letters(text) == foreign_letters(wanted)
        if not alike or (drawing.direction(name) == "ltr" and wanted not in " ".join(text.split())):
            unread.append(name)
    assert unread == []

    genuine = [await asyncio.to_thread(examine, file, own_certificates()) for file in data]
    assert [found.facts["name"] for found in genuine] == [
        unicodedata.normalize("NFC", name) for name in everybody
    ]
    assert len(set(everybody)) == SCRIPTS * in_each


async def test_a_signed_certificate_in_each_script_is_pdf_ua_1(tmp_path: Path):
    faults = {}
    for name in names(1):
        path = tmp_path / "signed.pdf"
        path.write_bytes(await signed(name))
        found = checker.validate_pdf(str(path), profile="ua1")
        if not found.is_compliant:
            faults[name] = list(map(str, found.failures))

    assert faults == {}
