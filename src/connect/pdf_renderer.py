"""The process that draws PDFs: ``python -m connect.pdf_renderer``, started by ``connect.pdf``.

It reads orders from its input and writes answers to its output until the input ends (see
``connect.pdf_pipe``). An order is an ``Order``; an answer is ``[pdf, fault]``, one of them empty.

A document can have nothing but the images it came with: no file, no address, no stylesheet.
Nothing in the PDF depends on the day or on the process, so the same order gives the same bytes.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from unicodedata import bidirectional, category

import msgspec
import pydyf  # type: ignore[import-untyped]
import weasyprint.pdf  # type: ignore[import-untyped]
from weasyprint.pdf.stream import Stream  # type: ignore[import-untyped]
from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-untyped]
from weasyprint.urls import (  # type: ignore[import-untyped]
    FatalURLFetchingError,
    URLFetcher,
    URLFetcherResponse,
)

from connect.pdf_pipe import pipes, serve

MEMORY = 1_536_000_000  # bytes of address space; fonts for sixteen scripts bring it to 480 MB
SVG, PNG = "image/svg+xml", "image/png"
WARMTH = """<!doctype html><html lang="en"><title>Warm</title><body style="font-family: Noto Serif">
<h1>Warm</h1><p style="font-family: Noto Sans">up <b>well</b></p>"""

SIGNATURE = "Signature"  # name of the field

# The dates of an attachment, which would else be those of the drawing.
ITS_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Order(msgspec.Struct, array_like=True):
    """One document. *attached* are files inside it, by name; *to_sign*: it gets a field."""

    html: str
    images: dict[str, bytes] = {}
    stylesheet: str = ""
    attached: dict[str, bytes] = {}
    to_sign: bool = False


ORDER = msgspec.msgpack.Decoder(Order)


class OnlyGiven(URLFetcher):  # type: ignore[misc]
    """Serves ``connect:NAME`` from *images* and refuses everything else.

    A refusal ends the render. WeasyPrint swallows it inside an SVG, so it is kept as well.
    """

    def __init__(self, images: dict[str, bytes]) -> None:
        super().__init__(allowed_protocols=["connect"], allow_redirects=False)
        self.images = images
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        scheme, _, name = url.partition(":")
        if scheme != "connect" or name not in self.images:
            self.refused.append(url[:80])
            raise FatalURLFetchingError("refused")
        body = self.images[name]
        kind = SVG if body.lstrip()[:1] == b"<" else PNG
        return URLFetcherResponse(url, body, {"Content-Type": kind})


class Telling(Stream):  # type: ignore[misc]
    """The marks on a page, with the text and the language that they stand for.

    Where a letter carries marks or changes its form, glyphs and characters do not pair up, and
    what WeasyPrint notes of them is wrong (its issue 2841). Text from right to left goes without:
    what readers are told of it they turn round once more.
    """

    @contextmanager
    def marked(self, box: Any, tag: str) -> Iterator[None]:
        with super().marked(box, tag):
            if text := getattr(box, "text", ""):
                properties = self.stream[-2]  # between the tag and its operator
                is_spaced = box.style["letter_spacing"] not in {0, "normal"}
                has_marks = any(category(char)[0] == "M" for char in text)
                is_rtl = any(bidirectional(char) in {"R", "AL"} for char in text)
                if (is_spaced or has_marks) and not is_rtl:
                    properties["ActualText"] = pydyf.String(text)
                if box.style["lang"]:
                    properties["Lang"] = pydyf.String(box.style["lang"])
            yield


def give_every_glyph_a_text(_: Any, pdf: pydyf.PDF) -> None:
    """Map the glyphs that WeasyPrint leaves without a text, which PDF/UA wants, to no width."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and b"begincmap" in item.stream:
            item.stream = [line.replace(b" <>", b" <200b>") for line in item.stream]


def add_signature_field(_: Any, pdf: pydyf.PDF) -> None:
    """An empty signature field: hidden, named for those who cannot see, in the order of tags.

    The field that a signing tool adds by itself breaks PDF/UA-1, since nothing tags it.
    """
    pages = (o for o in pdf.objects if isinstance(o, pydyf.Dictionary))
    page = next(o for o in pages if o.get("Type") == "/Page")
    field = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(SIGNATURE),
            "TU": pydyf.String("Digital signature"),
            "F": 130,  # hidden and locked
            "Rect": pydyf.Array([0, 0, 0, 0]),
            "P": page.reference,
        }
    )
    pdf.add_object(field)
    page["Annots"] = pydyf.Array([*page.get("Annots", []), field.reference])
    page["Tabs"] = "/S"
    pdf.catalog["AcroForm"] = pydyf.Dictionary(
        {"Fields": pydyf.Array([field.reference]), "SigFlags": 3}
    )


class Complaints(logging.Handler):
    """What WeasyPrint logs as an error and goes on: an image it cannot draw, a text missing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def finish_to_sign(document: Any, pdf: pydyf.PDF) -> None:
    give_every_glyph_a_text(document, pdf)
    add_signature_field(document, pdf)
    files = [o for o in pdf.objects if isinstance(o, pydyf.Dictionary) if "EF" in o]
    for file in files:
        file["AFRelationship"] = "/Data"  # WeasyPrint writes it for PDF/A alone
    if files:
        pdf.catalog["AF"] = pydyf.Array([file.reference for file in files])


def attachment(name: str, content: bytes) -> weasyprint.Attachment:
    """A file inside the document, as its data."""
    return weasyprint.Attachment(
        file_obj=BytesIO(content),
        name=name,
        description=name,
        created=ITS_DAY,
        modified=ITS_DAY,
    )


class Press:
    """What renders share: the fonts and the parsed stylesheets, but no image."""

    def __init__(self) -> None:
        self.fonts = FontConfiguration()
        self.stylesheets: dict[str, weasyprint.CSS] = {}
        self.complaints = Complaints()
        weasyprint.LOGGER.handlers = [self.complaints]
        weasyprint.LOGGER.propagate = False
        weasyprint.pdf.Stream = Telling

    def stylesheet(self, path: str) -> weasyprint.CSS:
        if path not in self.stylesheets:
            self.stylesheets[path] = weasyprint.CSS(
                filename=path, url_fetcher=OnlyGiven({}), font_config=self.fonts
            )
        return self.stylesheets[path]

    def render(self, order: Order) -> tuple[bytes, str]:
        """The PDF/UA-1 of *order*, and the reason if there is none."""
        fetcher = OnlyGiven(order.images)
        self.complaints.texts.clear()
        pdf = b""
        try:
            pdf = weasyprint.HTML(string=order.html, url_fetcher=fetcher).write_pdf(
                stylesheets=[self.stylesheet(order.stylesheet)] if order.stylesheet else [],
                font_config=self.fonts,
                pdf_variant="pdf/ua-1",
                presentational_hints=False,
                cache={},
                finisher=finish_to_sign if order.to_sign else give_every_glyph_a_text,
                attachments=[attachment(*file) for file in order.attached.items()] or None,
            )
        except FatalURLFetchingError:
            fetcher.refused.append("something")  # last: the stylesheet has a fetcher of its own
        except Exception as error:
            return b"", f"{type(error).__name__}: {error}"[:500]
        if fetcher.refused:
            return b"", f"The document asked for {fetcher.refused[0]}, which it may not have."
        if self.complaints.texts:
            return b"", self.complaints.texts[0][:500]
        return pdf, ""


def main() -> None:
    orders, answers = pipes(MEMORY)
    press = Press()
    press.render(Order(WARMTH))
    gc.collect()
    gc.freeze()  # what is there by now stays for good and need not be looked through again
    serve(orders, answers, lambda order: press.render(ORDER.decode(order)))


if __name__ == "__main__":
    main()
