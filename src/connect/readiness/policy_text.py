"""What a policy is by its content; its text is read in a process of its own.

A DOC is kept as evidence; its text is not read (R18).
"""

from enum import StrEnum

import msgspec

from connect.apart import Died, Refused, read_apart
from connect.readiness.policy_pages import BROKEN, LOCKED, MACROS, NONE, NotTaken
from connect.uploads import MOST_BYTES, NEAR_THE_END

READER = "connect.readiness.policy_pages"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
EMPTY = "This file is empty. Choose another."
LARGE = "This file is larger than 5 MB. Save it with smaller pictures, or send it in parts."
CUT_OFF = "This file is cut off: its end is missing. Save it again, then send it."


class PolicyKind(StrEnum):
    PDF = "pdf"
    DOC = "doc"
    DOCX = "docx"


TYPES = {
    PolicyKind.PDF: "application/pdf",
    PolicyKind.DOC: "application/msword",
    PolicyKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def kind_of(data: bytes) -> PolicyKind:
    """What a file is by its bytes; its name and the type that its sender states count for nothing.

    Raises:
        NotTaken: it is empty, too large, or something else.
    """
    if not data:
        raise NotTaken(EMPTY)
    if len(data) > MOST_BYTES:
        raise NotTaken(LARGE)
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-NEAR_THE_END:]:
            raise NotTaken(CUT_OFF)
        return PolicyKind.PDF
    if data.startswith(ZIP):
        return PolicyKind.DOCX
    if data.startswith(OLE):
        return _of_ole(data)
    raise NotTaken(NONE)


def _of_ole(data: bytes) -> PolicyKind:
    """A DOC, by the names in its directory; an encrypted DOCX comes in the same wrapping."""
    if _named(data, "EncryptedPackage"):
        raise NotTaken(LOCKED)
    if not _named(data, "WordDocument"):
        raise NotTaken(NONE)
    if _named(data, "_VBA_PROJECT"):
        raise NotTaken(MACROS)
    return PolicyKind.DOC


def _named(data: bytes, name: str) -> bool:
    return name.encode("utf-16-le") in data


async def pages_of(kind: PolicyKind, data: bytes) -> list[str]:
    """The text of each page; no pages for a DOC.

    Raises:
        NotTaken: it is encrypted or broken, has macros, or is too long.
    """
    if kind is PolicyKind.DOC:
        return []
    try:
        return msgspec.json.decode(await read_apart(READER, data), type=list[str])
    except Refused as refusal:
        raise NotTaken(str(refusal)) from None
    except Died:
        raise NotTaken(BROKEN) from None
