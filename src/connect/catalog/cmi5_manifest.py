"""Reading ``cmi5.xml``, the course structure of cmi5 (Quartz, section 13)."""

from connect.catalog.faults import FileFaults, quoted
from connect.catalog.package_content import MoveOn, Package, Standard, Unit
from connect.catalog.package_numbers import number_of
from connect.catalog.package_paths import launch_of
from connect.catalog.xml_tree import Node, plain

MANIFEST = "cmi5.xml"
MOST_UNITS = 100
_TITLE = 200  # characters
_DATA = 4096  # characters of launch parameters


def read_cmi5(top: Node, files: frozenset[str], faults: FileFaults) -> Package | None:
    """What the course structure *top* says, or ``None`` after a fault.

    Args:
        files: every path in the package.
    """
    course = top.first("course")
    if top.name != "courseStructure" or course is None:
        faults.refuse(top.line, "the manifest is no courseStructure with a course")
        return None
    found = [node for node in top.below() if node.name == "au"]
    units = [_unit(node, files, faults) for node in found]
    ids = [node.attributes.get("id", "") for node in found]
    refused = None in units
    for node, name in zip(found, ids, strict=True):
        if not name or ids.count(name) > 1:
            faults.refuse(node.line, f"the id {quoted(name)} is no name of one unit alone")
            refused = True
    if not 0 < len(units) <= MOST_UNITS:
        many = f"{len(units)} units, over the limit of {MOST_UNITS}" if units else "no unit"
        faults.refuse(top.line, f"the course structure has {many}")
        refused = True
    if refused:
        return None
    return Package(Standard.CMI5, _words(course), [unit for unit in units if unit])


def _unit(node: Node, files: frozenset[str], faults: FileFaults) -> Unit | None:
    launch = launch_of(node.says("url"), "", files, faults, node.line)
    said = node.attributes.get("moveon", MoveOn.NOT_APPLICABLE)
    if said not in list(MoveOn):
        faults.refuse(node.line, f"moveOn: {quoted(said)} is none of {', '.join(MoveOn)}")
        return None
    written = node.attributes.get("masteryscore", "")
    score = Node("", {}, node.line, text=written)
    fits, passes = number_of(score, "masteryScore", 0, 1, faults)
    if launch is None or not fits:
        return None
    parameters = node.first("launchParameters")
    entitlement = node.first("entitlementKey")
    return Unit(
        id=node.attributes.get("id", "")[:2000],
        title=_words(node) or plain(node.attributes.get("id", ""))[:_TITLE],
        launch=launch[0],
        query=launch[1],
        launch_data=parameters.text.strip()[:_DATA] if parameters else "",
        pass_score=passes,
        move_on=MoveOn(said),
        entitlement_key=entitlement.text.strip()[:_DATA] if entitlement else "",
    )


def _words(node: Node) -> str:
    """The title in the first language that it is given in."""
    title = node.first("title")
    return title.says("langstring")[:_TITLE] if title else ""
