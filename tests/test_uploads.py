"""S5: a file is what its bytes say, is kept sealed, and runs nowhere."""

import pytest

import make
from connect import files, uploads
from connect.errors import Invalid, TooMany
from connect.jobs import Job
from external.papers import HTML, JPEG, PDF, PNG, SVG


@pytest.mark.parametrize(("data", "kind"), [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg")])
def test_s5_a_file_is_what_its_bytes_say(data, kind):
    assert uploads.sniff(data) == (kind, "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (HTML, "not a PDF, PNG or JPEG"),
        (SVG, "not a PDF, PNG or JPEG"),
        (b"MZ\x90\x00", "not a PDF, PNG or JPEG"),
        (b"\n" + PDF, "not a PDF, PNG or JPEG"),
        (PDF[:30], "cut off"),
        (PNG[:-4], "cut off"),
        (JPEG[:-2], "cut off"),
        (PNG + HTML, "cut off"),
        (PDF + b"\n" * uploads.MOST_BYTES, "larger than 5 MB"),
    ],
    ids=["empty", "html", "svg", "exe", "late", "pdf", "png", "jpeg", "png with html", "large"],
)
def test_s5_what_is_no_document_is_refused_in_words(data, words):
    kind, fault = uploads.sniff(data)

    assert kind == ""
    assert words in fault


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
