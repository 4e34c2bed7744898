"""XML from strangers as a small tree: no declarations, no entities, nothing that is fetched."""

from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

import msgspec

from connect.catalog.faults import FileFaults

MOST_BYTES = 1_000_000
MOST_DEEP = 60  # elements inside one another


class Node(msgspec.Struct):
    """One element. Names carry neither prefix nor namespace; those of attributes are in small
    letters, since real manifests write them in both ways."""

    name: str
    attributes: dict[str, str]
    line: int
    namespace: str = ""
    children: list["Node"] = []
    text: str = ""

    def all(self, name: str) -> Iterator["Node"]:
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> "Node | None":
        return next(self.all(name), None)

    def below(self) -> Iterator["Node"]:
        """Every element inside this one, whole branches first."""
        for child in self.children:
            yield child
            yield from child.below()

    def says(self, name: str) -> str:
        """The text of the first child of this name, on one line; empty when there is none."""
        child = self.first(name)
        return plain(child.text) if child else ""


def plain(text: str) -> str:
    """*text* on one line, without characters that are not printed or that turn a line around."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class _Refused(Exception):
    """Ends the parsing, whose declarations could fill the memory."""


def read_xml(data: bytes, faults: FileFaults) -> Node | None:
    """The first element of *data*, or ``None`` after a fault."""
    if len(data) > MOST_BYTES:
        faults.refuse(1, f"the file is over the limit of {MOST_BYTES // 1_000_000} MB")
        return None
    parser = expat.ParserCreate(namespace_separator="\n")
    top: list[Node] = []
    open_now: list[Node] = []

    def stop(message: str) -> NoReturn:
        faults.refuse(parser.CurrentLineNumber, message)
        raise _Refused

    def element(name: str, attributes: dict[str, str]) -> None:
        if len(open_now) >= MOST_DEEP:
            stop(f"elements lie over {MOST_DEEP} deep in one another")
        namespace, _, local = name.rpartition("\n")
        found = {key.rpartition("\n")[2].lower(): value for key, value in attributes.items()}
        node = Node(local, found, parser.CurrentLineNumber, namespace)
        (open_now[-1].children if open_now else top).append(node)
        open_now.append(node)

    def characters(text: str) -> None:
        open_now[-1].text += text

    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = lambda *_: stop("it may not declare a DOCTYPE or entities")
    parser.StartElementHandler = element
    parser.EndElementHandler = lambda _: open_now.pop()
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(data, True)
    except _Refused:
        return None
    except (expat.ExpatError, LookupError, ValueError) as error:
        line = getattr(error, "lineno", parser.CurrentLineNumber)
        code = getattr(error, "code", None)
        faults.refuse(line, f"not well-formed XML: {expat.ErrorString(code) if code else error}")
        return None
    return top[0]
