"""S5: a file is what its bytes say, is kept sealed, and runs nowhere."""

import pytest

import make
from accounts.papers import HTML, JPEG, PDF, PNG, SVG
from connect import files, uploads
from connect.errors import Invalid, TooMany
from connect.jobs import Job


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (PDF + b"\r\n" * 100, "pdf"),
        (PNG, "png"),
        (JPEG, "jpeg"),
        (JPEG + b"\0" * 7, "jpeg"),
    ],
)
def test_s5_a_file_is_what_its_bytes_say(data, kind):
    assert uploads.sniff(data) == (kind, "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (HTML, "not a PDF, PNG or JPEG"),
        (SVG, "not a PDF, PNG or JPEG"),
        (b"MZ" + PDF, "not a PDF, PNG or JPEG"),
        (b"\n" + PDF, "not a PDF, PNG or JPEG"),
        (b"GIF89a" + PNG, "not a PDF, PNG or JPEG"),
        (PDF[:30], "cut off"),
        (PDF.replace(b"%%EOF", b""), "cut off"),
        (PDF + b" " * 2000, "cut off"),
        (PNG[:-1], "cut off"),
        (PNG + HTML, "cut off"),
        (JPEG[:-2], "cut off"),
        (JPEG + HTML, "cut off"),
        (PDF[:9] + b" " * uploads.MOST_BYTES + PDF, "larger than 5 MB"),
    ],
)
def test_s5_what_is_no_whole_document_is_refused_by_its_content(data, words):
    kind, fault = uploads.sniff(data)

    assert kind == ""
    assert words in fault


def test_s5_a_file_may_have_5_mb_and_not_a_byte_more():
    full = PDF[:9] + b" " * (uploads.MOST_BYTES - len(PDF)) + PDF[9:]

    assert len(full) == uploads.MOST_BYTES
    assert uploads.sniff(full) == ("pdf", "")
    assert "larger than 5 MB" in uploads.sniff(full[:9] + b" " + full[9:])[1]


async def test_s5_a_kept_file_is_sealed_and_comes_back_as_it_was(database):
    actor = await make.learner()

    one = await uploads.keep(actor, PDF)
    other = await uploads.keep(actor, PDF)

    assert one.digest != other.digest
    assert PDF not in await files.get(one.digest)
    assert await uploads.opened(one.digest) == PDF
    assert (one.kind, one.size) == ("pdf", len(PDF))


async def test_s5_a_refused_file_leaves_nothing_and_many_are_too_many(database):
    actor = await make.learner()

    with pytest.raises(Invalid):
        await uploads.keep(actor, HTML)
    assert await Job.count() == 0
    for _ in range(20):
        await uploads.keep(actor, PDF)
    with pytest.raises(TooMany):
        await uploads.keep(actor, PDF)


async def test_s5_a_file_that_no_row_names_is_removed(database, clock, work):
    kept = await uploads.keep(await make.learner(), PDF)

    clock.move(uploads.UNCLAIMED)
    await work()

    with pytest.raises(Exception, match="nothing here"):
        await uploads.opened(kept.digest)
