"""The process that draws PDFs: ``python -m connect.pdf_renderer``, started by ``connect.pdf``.

It reads orders from its input and writes answers to its output until the input ends. Either is
four bytes of length, big endian, then msgpack. An order is ``[html, images, stylesheet]``; an
answer is ``[pdf, fault]``, one of them empty. The first answer comes unasked when the process is
warm; both are empty then.

A document can have nothing but the images it came with: no file, no address, no stylesheet.
Nothing in the PDF depends on the day or on the process, so the same order gives the same bytes.
"""

import gc
import logging
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
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

MEMORY = 1_536_000_000  # bytes of address space; fonts for sixteen scripts bring it to 480 MB
PATIENCE = 30  # seconds after which a render ends even when nobody is left to kill it
SVG, PNG = "image/svg+xml", "image/png"
WARMTH = """<!doctype html><html lang="en"><title>Warm</title><body style="font-family: Noto Serif">
<h1>Warm</h1><p style="font-family: Noto Sans">up <b>well</b></p>"""

LENGTH = struct.Struct(">I")
ORDER = msgspec.msgpack.Decoder(tuple[str, dict[str, bytes], str])


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


class Complaints(logging.Handler):
    """What WeasyPrint logs as an error and goes on: an image it cannot draw, a text missing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


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

    def render(self, html: str, images: dict[str, bytes], stylesheet: str) -> tuple[bytes, str]:
        """The PDF/UA-1 of *html*, and the reason if there is none."""
        fetcher = OnlyGiven(images)
        self.complaints.texts.clear()
        pdf = b""
        try:
            pdf = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(
                stylesheets=[self.stylesheet(stylesheet)] if stylesheet else [],
                font_config=self.fonts,
                pdf_variant="pdf/ua-1",
                presentational_hints=False,
                cache={},
                finisher=give_every_glyph_a_text,
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


def write(pipe: IO[bytes], answer: tuple[bytes, str]) -> None:
    body = msgspec.msgpack.encode(answer)
    pipe.write(LENGTH.pack(len(body)) + body)
    pipe.flush()


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Answer orders until their pipe is closed."""
    press = Press()
    press.render(WARMTH, {}, "")
    gc.collect()
    gc.freeze()  # what is there by now stays for good and need not be looked through again
    os.nice(5)  # from here on the pages go first
    write(answers, (b"", ""))
    while head := orders.read(LENGTH.size):
        order = ORDER.decode(orders.read(*LENGTH.unpack(head)))
        signal.alarm(PATIENCE)
        answer = press.render(*order)
        signal.alarm(0)
        write(answers, answer)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the input ends us, nothing else
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
