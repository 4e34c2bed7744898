"""What may be a policy, and the text of its pages; where words stand in it."""

import pytest

from connect.readiness import policy_pages, policy_text
from connect.readiness.documents import file_name
from connect.readiness.passages import page_with, passage_fault
from connect.readiness.policy_pages import NotTaken
from connect.readiness.policy_text import PolicyKind, kind_of, pages_of
from readiness import policies


async def read(data):
    return await pages_of(kind_of(data), data)


@pytest.mark.parametrize("made", [policies.pdf, policies.docx])
async def test_the_text_of_each_page_is_read(made):
    pages = await read(made())

    assert len(pages) == 3
    assert "No waiting period is observed" in " ".join(pages[0].split())
    assert page_with(pages, policies.WITHIN) == 3
    assert [page_with(pages, page[0]) for page in policies.PAGES] == [1, 2, 3]


async def test_tables_of_a_docx_are_read_and_a_doc_is_not():
    assert "Approved by the chief" in (await read(policies.docx()))[-1]
    assert kind_of(policies.DOC) is PolicyKind.DOC
    assert await read(policies.DOC) == []


PDF = policies.pdf()
DOCX = policies.docx()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", policy_text.EMPTY),
        (PDF + b"%" * 6_000_000, policy_text.LARGE),
        (policies.EXE, policy_pages.NONE),
        (b"{\\rtf1 policy}", policy_pages.NONE),
        (PDF[:-200], policy_text.CUT_OFF),
        (policies.encrypted_pdf(), policy_pages.LOCKED),
        (b"%PDF-1.7\nnothing\n%%EOF", policy_pages.BROKEN),
        (policies.ole("EncryptedPackage", "EncryptionInfo"), policy_pages.LOCKED),
        (policies.ole("Workbook"), policy_pages.NONE),
        (policies.ole("WordDocument", "_VBA_PROJECT"), policy_pages.MACROS),
        (policies.with_part(DOCX, "word/vbaProject.bin"), policy_pages.MACROS),
        (policies.without_part(DOCX, "word/document.xml"), policy_pages.NONE),
        (policies.without_part(DOCX, "[Content_Types].xml"), policy_pages.BROKEN),
        (DOCX[:-300], policy_pages.BROKEN),
        (policies.with_part(DOCX, "a", b"\0" * 101_000_000)[:5_000_000], policy_pages.BROKEN),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
async def test_what_is_no_policy_is_refused_in_words(data, words):
    with pytest.raises(NotTaken) as refusal:
        await read(data)

    assert str(refusal.value) == words


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("policy.exe", "policy.pdf"),
        ("C:\\Orders\\GO 41 (final).PDF", "GO 41 (final).pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("Ordnung\u202efdp.exe", "Ordnungfdp.pdf"),
        ('a"b<c>.pdf', "abc.pdf"),
        ("", "policy.pdf"),
        ("x" * 400, "x" * 195 + ".pdf"),
    ],
)
def test_a_file_is_named_by_its_content(given, kept):
    assert file_name(given, PolicyKind.PDF) == kept


TEXTS = ["The report is en-\ntered in  NCIC within", "two hours \u201cat most\u201d.", ""]


@pytest.mark.parametrize(
    ("passage", "page"),
    [
        ("report is entered in NCIC", 1),
        ("WITHIN TWO HOURS", 1),
        ('hours "at most"', 2),
        ("four hours", None),
        ("  ", None),
    ],
)
def test_a_passage_is_found_whatever_its_line_breaks_case_and_quotes(passage, page):
    assert page_with(TEXTS, passage) == page


@pytest.mark.parametrize(
    ("pages", "passage", "page", "fault"),
    [
        (TEXTS, "entered in NCIC", 1, ""),
        (TEXTS, "entered in NCIC", None, ""),
        (TEXTS, "", 3, ""),
        (TEXTS, "entered in NCIC", 2, "do not stand on page 2. They stand on page 1."),
        (TEXTS, "four hours at most", None, "do not stand in this document. Copy them from it."),
        (TEXTS, "entered in NCIC", 3, "Page 3 is a picture without text."),
        (TEXTS, "two", 2, "Copy a few words more"),
        (TEXTS, "", 4, "Write a page from 1 to 3."),
        ([], "anything at all", 7, ""),
    ],
)
def test_a_place_that_is_not_there_is_told_in_words(pages, passage, page, fault):
    told = " ".join(passage_fault(pages, passage, page).values())

    assert fault in told
    assert bool(fault) == bool(told)
