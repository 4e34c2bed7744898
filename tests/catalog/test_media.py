"""Images: what they may hold, and whether they are what their name says."""

import pytest

from catalog.course_folder import PNG, SVG
from connect.catalog.faults import FileFaults
from connect.catalog.media import check_media, check_svg, type_of


def faults_of(path, content: bytes, folder) -> list[str]:
    found = []
    file = folder / path
    file.write_bytes(content)
    check_media(path, file, FileFaults(path, found))
    return [str(fault) for fault in found]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.png", PNG),
        ("a.PNG", PNG),
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(20)),
        ("a.jpeg", b"\xff\xd8\xff\xe1" + bytes(20)),
        ("a.gif", b"GIF89a" + bytes(20)),
        ("a.webp", b"RIFF\n\n\n\nWEBP" + bytes(20)),
        ("a.svg", SVG.encode()),
        ("a.svg", b"\xef\xbb\xbf" + SVG.encode()),
        ("a.vtt", b"WEBVTT"),
    ],
)
def test_a_file_is_what_its_name_says(tmp_path, path, content):
    assert faults_of(path, content, tmp_path) == []


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("a.png", b"\xff\xd8\xff\xe0", "image/png"),
        ("a.jpg", PNG, "image/jpeg"),
        ("a.gif", b"", "image/gif"),
        ("a.webp", b"RIFF\n\n\n\nWAVE", "image/webp"),
        ("a.jpeg", b"<html>", "image/jpeg"),
    ],
)
def test_a_file_that_is_something_else_is_refused(tmp_path, path, content, kind):
    assert faults_of(path, content, tmp_path) == [
        f"{path}:1: the content is not {kind}, as its name says"
    ]


def test_a_file_that_is_gone_is_named(tmp_path):
    found = []
    check_media("a.png", tmp_path / "a.png", FileFaults("a.png", found))

    assert [fault.message for fault in found] == [
        "the file cannot be read (No such file or directory)"
    ]


def test_a_file_of_no_known_kind_is_a_stream_of_bytes():
    assert type_of("a.exe") == type_of("a") == "application/octet-stream"


def svg_faults(inside: str, root: str = "") -> list[tuple[int, str]]:
    found = []
    source = f'<svg xmlns="http://www.w3.org/2000/svg"{root}>\n{inside}\n</svg>'
    check_svg(source.encode(), FileFaults("a.svg", found))
    return [(fault.line, fault.message) for fault in found]


OUTSIDE = "an SVG may not load anything from outside"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<script>alert(1)</script>", "an SVG may not hold <script>"),
        ("<SCRIPT/>", "an SVG may not hold <SCRIPT>"),
        ("<x:script xmlns:x='http://www.w3.org/2000/svg'/>", "an SVG may not hold <script>"),
        ("<foreignObject/>", "an SVG may not hold <foreignObject>"),
        ("<h:p xmlns:h='http://www.w3.org/1999/xhtml'/>", "an SVG may not hold <p>"),
        ("<iframe/>", "an SVG may not hold <iframe>"),
        ("<g onclick='x'/>", 'an SVG may not hold the event attribute "onclick"'),
        ("<g ONLOAD='x'/>", 'an SVG may not hold the event attribute "onload"'),
        ("<image href='https://x/y.png'/>", 'an SVG may not refer to "https://x/y.png"'),
        ("<image href='y.png'/>", 'an SVG may not refer to "y.png"'),
        (
            "<use x:href='//x/y#z' xmlns:x='http://www.w3.org/1999/xlink'/>",
            'an SVG may not refer to "//x/y#z"',
        ),
        ("<a href=' javascript:x'/>", 'an SVG may not refer to "javascript:x"'),
        ("<image href='data:image/svg+xml;base64,AA'/>", 'an SVG may not refer to "data:image'),
        ("<g style='fill: url(https://x/y)'/>", OUTSIDE),
        ("<g fill='url( \"//x/y\" )'/>", OUTSIDE),
        ("<g fill='u\\72l(//x)'/>", OUTSIDE),
        ("<g xml:base='https://x/'/>", OUTSIDE),
        ("<style>@import 'x.css';</style>", OUTSIDE),
        ("<style>@im<!-- -->port 'x.css';</style>", OUTSIDE),
        ("<style><![CDATA[a{b:url(x)}]]></style>", OUTSIDE),
        ("<style>a{b:image-set('x' 1x)}</style>", OUTSIDE),
        ("<?xml-stylesheet href='x.css'?>", "an SVG may not name a stylesheet"),
        ("<set attributeName='href' to='javascript:x'/>", "an SVG may not animate"),
        ("<animate attributeName='xlink:href'/>", "an SVG may not animate a reference"),
        ("<g>", "not well-formed XML: mismatched tag"),
        ("&nbsp;", "not well-formed XML: undefined entity"),
    ],
)
def test_an_svg_that_could_act_is_refused(inside, expected):
    found = svg_faults(inside)

    assert len(found) >= 1
    assert found[0][0] in {2, 3}
    assert found[0][1].startswith(expected)


@pytest.mark.parametrize(
    "inside",
    [
        "<defs><g id='a'/></defs><use href='#a'/>",
        "<g fill='url(#a)' style='stroke: url(\"#b\")'/>",
        "<style>text { font: 9px sans-serif }</style>",
        "<image href='data:image/png;base64,AA'/>",
        "<metadata><x:d xmlns:x='urn:x' x:file='C:\\a'/></metadata>",
        "<text>onclick= javascript: url(x)</text>",
        "<!-- <script> -->",
    ],
)
def test_an_svg_that_only_draws_is_accepted(inside):
    assert svg_faults(inside) == []


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("<html/>", 1, 'the first element is not <svg xmlns="http://www.w3.org/2000/svg">'),
        ("<svg/>", 1, 'the first element is not <svg xmlns="http://www.w3.org/2000/svg">'),
        (
            '<?xml version="1.0"?>\n<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>\n<svg/>',
            2,
            "an SVG may not declare a DOCTYPE or entities",
        ),
        ("", 1, "not well-formed XML: no element found"),
    ],
)
def test_a_file_that_is_no_plain_svg_is_refused(source, line, message):
    found = []
    check_svg(source.encode(), FileFaults("a.svg", found))

    assert [(fault.line, fault.message) for fault in found] == [(line, message)]


def test_another_encoding_does_not_hide_a_script():
    for encoding in ("utf-16", "utf-7", "cp037"):
        found = []
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        body = '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
        check_svg((head + body).encode(encoding), FileFaults("a.svg", found))
        assert found, encoding
