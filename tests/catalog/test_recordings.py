"""Videos, audio and downloads: what their files have to be, and what stands for them."""

import pytest

from catalog.course_folder import CAPTIONS, RECORDED, faults_of, write_course
from connect.catalog.captions import check_captions
from connect.catalog.check import check_course
from connect.catalog.content import ComponentKind
from connect.catalog.faults import FileFaults


def test_a_recording_and_a_download_are_taken_with_all_that_belongs_to_them(tmp_path):
    content, faults = check_course(write_course(tmp_path, **RECORDED))

    assert [str(fault) for fault in faults if not fault.warning] == []
    assert content is not None
    talk, card = content.components[1:3]
    assert (talk.kind, talk.recording.file) == (ComponentKind.AUDIO, "media/talk.wav")
    assert talk.recording.captions == {"en": "media/talk.en.vtt"}
    assert "By the gate." in talk.recording.transcript_html
    assert card.download == "media/card.pdf"
    assert {path: m.content_type for path, m in content.media.items()} == {
        "media/card.pdf": "application/pdf",
        "media/clock.svg": "image/svg+xml",
        "media/talk.en.vtt": "text/vtt",
        "media/talk.wav": "audio/wav",
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"media/talk.wav": b"MZ\x90"},
            "media/talk.wav:1: the content is not audio/wav, as its name says",
        ),
        (
            {"media/card.pdf": b"MZ\x90"},
            "media/card.pdf:1: the content is not application/pdf, as its name says",
        ),
        (
            {"media/talk.en.vtt": "hello"},
            'media/talk.en.vtt:1: captions begin with a line "WEBVTT"',
        ),
        (
            {"media/talk.md": "# One\n\n# Two\n"},
            "media/talk.md:3: a second heading with one #; a lesson has one",
        ),
    ],
)
def test_a_file_that_is_something_else_is_a_fault_with_its_line(tmp_path, changes, fault):
    found = faults_of(write_course(tmp_path, **(RECORDED | changes)))

    assert any(one.startswith(fault) for one in found), found


def captions_faults(source: str) -> list[str]:
    found = []
    check_captions(source, FileFaults("a.vtt", found))
    return [f"{fault.line}: {fault.message}" for fault in found]


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        (CAPTIONS, []),
        ("WEBVTT English\n\n01:00:00.000 --> 01:00:01.000\nHello", []),
        ("", ['1: captions begin with a line "WEBVTT"']),
        ("WEBVTTX\n", ['1: captions begin with a line "WEBVTT"']),
        ("WEBVTT\n\nNOTE nothing\n", ["1: there is no caption in the file"]),
        (
            "WEBVTT\n\n00:01 --> 00:02\nHello",
            [
                "1: there is no caption in the file",
                "3: expected times such as 00:01.000 --> 00:04.000",
            ],
        ),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nHello", ["3: the caption ends before it begins"]),
        (
            "WEBVTT\n\n00:02.000 --> 00:03.000\nA\n\n00:01.000 --> 00:03.000\nB",
            ["6: the caption begins before the one above it"],
        ),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n", ["3: the caption has no words"]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>", ["3: the caption has no words"]),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\n<script>x</script>",
            ['4: captions may not hold "<script>"', '4: captions may not hold "</script>"'],
        ),
        (
            "WEBVTT\n\nSTYLE\n::cue { background: url(x) }\n\n00:01.000 --> 00:02.000\nHi",
            ["3: captions hold no STYLE here"],
        ),
    ],
)
def test_captions_are_what_a_browser_shows(source, faults):
    assert sorted(captions_faults(source)) == sorted(faults)
