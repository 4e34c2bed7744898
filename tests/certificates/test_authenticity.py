"""Offline: what we issued is found genuine, and any changed byte is found."""

import random

import pytest
from click.testing import CliRunner

import make
from certificates.earned import earned, read
from connect import files, pdf
from connect.certificates.actions import draw
from connect.certificates.authenticity import NotGenuine, examine
from connect.cli import commands
from connect.signing import new_pem, own_certificates, read_key, rotate


@pytest.fixture(scope="module", autouse=True)
async def processes():
    yield
    await pdf.close()


@pytest.fixture
async def certificate(sqlite_database):
    row = await earned(await make.learner(certificate_name="Ada Officer"))
    await draw(row.id)
    return await read(id=row.id)


async def test_a_certificate_of_ours_is_genuine_and_tells_its_facts(certificate):
    data = await files.get(certificate.pdf)

    found = _examine(data)

    assert (found.facts["name"], found.facts["number"]) == ("Ada Officer", certificate.number)
    assert found.signed_at is not None
    assert found.timestamp_at is None


def _examine(data, known=None):
    """Outside of the event loop, as the command does."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(examine, data, known or own_certificates()).result()


async def test_s17_every_byte_that_is_flipped_is_found(certificate):
    data = await files.get(certificate.pdf)
    room = data.index(b"/Contents <")
    chosen = random.Random(7)  # the signature itself closely, the rest by chance
    places = [*range(room, room + 6000, 53), *(chosen.randrange(len(data)) for _ in range(40))]

    def unseen(place):
        changed = bytearray(data)
        changed[place] ^= 1 << chosen.randrange(8)
        try:
            examine(bytes(changed), own_certificates())
        except NotGenuine:
            return False
        return True

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert [p for p, bad in zip(places, pool.map(unseen, places), strict=True) if bad] == []


async def test_what_is_added_at_the_end_is_found(certificate):
    data = await files.get(certificate.pdf)

    for addition in (b"\n", b"%%EOF\n", data[-400:]):
        with pytest.raises(NotGenuine):
            _examine(data + addition)


async def test_another_key_an_unsigned_file_and_rubbish_are_not_ours(certificate, tmp_path):
    data = await files.get(certificate.pdf)
    other = read_key(new_pem()).certificate
    unsigned = await pdf.render(
        '<!doctype html><html lang="en"><title>T</title>', images={}, stylesheet=""
    )

    with pytest.raises(NotGenuine, match="not by a key of ours"):
        _examine(data, [other])
    for rubbish in (b"", b"%PDF-1.7", unsigned, b"GIF89a" * 99):
        with pytest.raises(NotGenuine):
            _examine(rubbish)


async def test_after_a_rotation_earlier_ones_stay_genuine(certificate):
    rotate()

    assert _examine(await files.get(certificate.pdf)).facts["number"] == certificate.number


def _verify(*arguments):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(CliRunner().invoke, commands, ["verify", *map(str, arguments)]).result()


async def test_the_command_says_genuine_or_not_by_its_exit_code(certificate, tmp_path):
    good, bad, key = tmp_path / "good.pdf", tmp_path / "bad.pdf", tmp_path / "key.pem"
    data = await files.get(certificate.pdf)
    good.write_bytes(data)
    bad.write_bytes(data.replace(b"Ada", b"Eve", 1) + b" ")
    key.write_text("".join(own_certificates()))

    fine, with_key, changed = _verify(good), _verify(good, "--key", key), _verify(bad)

    assert [r.exit_code for r in (fine, with_key, changed)] == [0, 0, 1]
    assert "Ada Officer" in fine.output
    assert certificate.number in with_key.output
    assert "NOT GENUINE" in changed.output
