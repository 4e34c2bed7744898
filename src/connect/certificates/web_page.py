"""A certificate as one HTML file: for those whom a PDF does not serve."""

import hashlib
from base64 import b64encode

import msgspec
from litestar import MediaType, Response

from connect.certificates.drawing import CertificateFacts, content, qr_code
from connect.certificates.style import style
from connect.certificates.tables import Certificate


def web_page(row: Certificate) -> str:
    """The HTML of a certificate's facts; it needs no other file, and prints on one sheet."""
    facts = msgspec.json.decode(row.facts, type=CertificateFacts)
    pictures = style().pictures()
    mark = _address(facts.mark.encode() or pictures["mark"])
    return (
        style()
        .templates.get_template("certificate_web.html")
        .render(
            **content(facts),
            css=_css(),
            mark=mark,
            seal=_address(pictures["seal"].replace(b"connect:mark", mark.encode())),
            qr=_address(qr_code(facts.address)),
        )
    )


def web_answer(row: Certificate) -> Response[str]:
    """The page under rules of its own: its style and its pictures stand inside of it."""
    css = b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{css}'; frame-ancestors 'none'"
    return Response(
        web_page(row),
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": policy,
            "Content-Disposition": f'inline; filename="{row.number}.html"',
        },
    )


def _css() -> str:
    return style().path("certificate_web.css").read_text()


def _address(picture: bytes) -> str:
    kind = "svg+xml" if picture.lstrip()[:1] == b"<" else "png"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"
