"""What certificates of each kind and language say, and an organization's own look."""

import os
from datetime import date

import pytest

import make
from certificates.earned import earned, read
from connect import config, pdf
from connect.certificates import drawing, style
from connect.certificates.actions import draw
from connect.certificates.drawing import CertificateFacts, page
from connect.certificates.tables import CertificateKind
from connect.jobs import Retry

FACTS = CertificateFacts(
    number="C-2026-000001",
    code="0" * 26,
    name="Ada Officer",
    title="First response",
    minutes=90,
    issued_on=date(2026, 3, 2),
    organization="Connect",
    base_url="https://connect.example",
    course_version=1,
)


def facts(**changes):
    import msgspec

    return msgspec.structs.replace(FACTS, **changes)


@pytest.fixture(scope="module", autouse=True)
async def processes():
    yield
    await pdf.close()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """An organization's own folder, in use."""
    monkeypatch.setitem(os.environ, "CONNECT_CERTIFICATE_TEMPLATES", str(tmp_path))
    config.settings.cache_clear()
    style._style.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    config.settings.cache_clear()
    style._style.cache_clear()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", CertificateKind)
def test_every_kind_has_words_of_its_own_in_both_languages(kind, language):
    html, _ = page(facts(kind=kind, language=language))

    words = style.style().words[language][kind]
    assert words["heading"] in html
    assert words["has"] in html
    assert f'<html lang="{language}">' in html


def test_spanish_is_spanish_to_the_date_and_the_hours():
    html, _ = page(facts(language="es", expires_on=date(2027, 3, 2)))

    assert "1.5 horas de contacto (90 minutos)" in html
    assert "2 de marzo de 2026" in html
    assert "Válido hasta el 1 de marzo de 2027" in html
    assert "Certificate" not in html


def test_place_instructors_term_and_the_number_before_are_printed():
    html, _ = page(
        facts(
            kind="event",
            place="Alexandria, Virginia",
            instructors=["Ann Lee", "Bo Diaz"],
            expires_on=date(2027, 3, 2),
            supersedes="C-2026-000000",
        )
    )

    for words in (
        "Alexandria, Virginia",
        "Instructors: Ann Lee, Bo Diaz",
        "Valid through March 1, 2027",
        "Replaces C-2026-000000",
    ):
        assert words in html


@pytest.mark.parametrize("kind", CertificateKind)
async def test_each_kind_is_drawn_as_pdf_ua(kind, tmp_path):
    import page as checker

    html, images = page(facts(kind=kind, language="es", place="San Juan", instructors=["Ann Lee"]))

    path = tmp_path / "c.pdf"
    path.write_bytes(
        await pdf.render(html, images=images, stylesheet=drawing.stylesheet(), to_sign=True)
    )

    found = checker.validate_pdf(str(path), profile="ua1")
    assert found.is_compliant, found.failures


def test_an_organizations_files_stand_in_for_ours_by_name(own):
    (own / "words.toml").write_text('[en.course]\nheading = "Proof of training"\n')
    (own / "certificate.css").write_text("body { color: #000 }")
    (own / "mark.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')

    html, images = page(FACTS)

    assert "Proof of training" in html
    assert "has completed" in html
    assert drawing.stylesheet() == str(own / "certificate.css")
    assert b"0 0 9 9" in images["mark"]
    assert set(images) == {"mark", "seal", "qr"}


async def test_a_template_that_fails_names_its_place_and_leaves_the_row_to_be_drawn(database, own):
    certificate = await earned(await make.learner())
    (own / "certificate.html").write_text("<p>\n{{ nothing.at.all }}\n</p>")

    with pytest.raises(Retry, match=r"certificate.html line 2: UndefinedError"):
        await draw(certificate.id)
    (own / "certificate.html").write_text("<p>\n{% if %}\n</p>")
    style._style.cache_clear()
    with pytest.raises(Retry, match=r"certificate.html line 2: TemplateSyntaxError"):
        await draw(certificate.id)
    assert (await read(id=certificate.id)).pdf is None
    (own / "certificate.html").unlink()
    style._style.cache_clear()

    await draw(certificate.id)

    assert (await read(id=certificate.id)).pdf is not None


async def test_the_web_page_says_the_same_and_needs_nothing_else(api, browser):
    ada = await make.learner(certificate_name="Ada Officer")
    certificate = await earned(ada)
    program, person = await api(ada), await browser(ada)

    answer = await program.get(f"/certificates/{certificate.number}/html")
    shown = await person.get(f"/certificates/{certificate.number}/html")
    stranger = await (await api(await make.learner())).get(
        f"/certificates/{certificate.number}/html"
    )

    assert answer.headers["content-type"].startswith("text/html")
    for words in ("Ada Officer", certificate.title, certificate.number, certificate.code):
        assert words in answer.text
    assert answer.text == shown.text
    assert "connect:" not in answer.text
    assert 'src="/' not in answer.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert stranger.status_code == 404
