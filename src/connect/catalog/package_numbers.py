"""Numbers that a manifest gives, within their range."""

from decimal import Decimal, InvalidOperation

from connect.catalog.content import is_plain
from connect.catalog.faults import FileFaults, quoted
from connect.catalog.xml_tree import Node


def number_of(
    node: Node | None,
    name: str,
    least: int,
    most: int,
    faults: FileFaults,
    *,
    missing: Decimal | None = None,
) -> tuple[bool, Decimal | None]:
    """Whether the text of *node* can be read, and the number; *missing* when it is not there."""
    text = node.text.strip() if node else ""
    if node is None or not text:
        return True, missing
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if is_plain(number) and least <= number <= most:
        return True, number
    faults.refuse(node.line, f"{name}: {quoted(text)} is no number from {least} to {most}")
    return False, None
