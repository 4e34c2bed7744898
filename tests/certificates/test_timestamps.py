"""Signatures with the word of a timestamp server, and without when it gives none."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from asn1crypto import keys, tsp, x509
from cryptography import x509 as making
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from structlog.testing import capture_logs

import make
from certificates.earned import earned, read
from connect import config, files, pdf
from connect.certificates.actions import draw
from connect.certificates.authenticity import examine
from connect.certificates.signatures import PATIENCE
from connect.jobs import Retry
from connect.signing import own_certificates


def _stamper():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = making.Name([making.NameAttribute(NameOID.COMMON_NAME, "Timestamps")])
    now = datetime.now(UTC)
    uses = making.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = (
        making.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(uses, critical=True)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    private = key.private_bytes(
        der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return DummyTimeStamper(
        x509.Certificate.load(certificate.public_bytes(der)), keys.PrivateKeyInfo.load(private)
    )


@pytest.fixture
async def server(monkeypatch):
    """A timestamp server on the loopback that Connect is told to ask; ``works`` switches it."""
    stamper, state = _stamper(), {"works": True}

    async def answer(request):
        if not state["works"]:
            raise web.HTTPServiceUnavailable
        asked = tsp.TimeStampReq.load(await request.read())
        response = stamper.request_tsa_response(asked)
        return web.Response(body=response.dump(), content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    monkeypatch.setitem(os.environ, "CONNECT_TIMESTAMP_URL", f"http://127.0.0.1:{port}/")
    config.settings.cache_clear()
    yield state
    monkeypatch.undo()
    config.settings.cache_clear()
    await runner.cleanup()
    await pdf.close()


async def _examined(row):
    data = await files.get(row.pdf)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(examine, data, own_certificates()).result()


async def test_a_signature_carries_the_servers_word_on_the_time(sqlite_database, server, tmp_path):
    certificate = await earned(await make.learner())

    await draw(certificate.id)

    row = await read(id=certificate.id)
    assert (await _examined(row)).timestamp_at is not None
    import page

    path = tmp_path / "c.pdf"
    path.write_bytes(await files.get(row.pdf))
    assert page.validate_pdf(str(path), profile="ua1").is_compliant


async def test_a_server_that_fails_delays_and_then_goes_without(sqlite_database, server, clock):
    server["works"] = False
    certificate = await earned(await make.learner())

    with pytest.raises(Retry, match="no timestamp"):
        await draw(certificate.id)
    assert (await read(id=certificate.id)).pdf is None
    clock.move(PATIENCE)
    with capture_logs() as logs:
        await draw(certificate.id)

    row = await read(id=certificate.id)
    assert (await _examined(row)).timestamp_at is None
    assert [line["event"] for line in logs] == ["signed without timestamp"]
