"""Reading ``imsmanifest.xml``: SCORM 1.2 and SCORM 2004, as far as launching and grading need it.

Namespaces are not looked at, but for telling the version: tools write them in many ways. Of
sequencing only the score that passes is read (SCORM 2004 CAM, 5.1).
"""

from collections.abc import Iterator
from decimal import Decimal

from connect.catalog.faults import FileFaults, quoted
from connect.catalog.package_content import Package, Standard, Unit
from connect.catalog.package_numbers import number_of
from connect.catalog.package_paths import launch_of
from connect.catalog.xml_tree import Node, plain

MANIFEST = "imsmanifest.xml"
MOST_UNITS = 100
_TITLE = 200  # characters
_DATA = 4096  # characters of launch data


def read_scorm(top: Node, files: frozenset[str], faults: FileFaults) -> Package | None:
    """What the manifest *top* says, or ``None`` after a fault.

    Args:
        files: every path in the package.
    """
    if top.name != "manifest":
        faults.refuse(top.line, f"the first element is {quoted(top.name)}, not manifest")
        return None
    standard = _standard(top)
    organization = _organization(top)
    resources = top.first("resources")
    if organization is None or resources is None:
        faults.refuse(top.line, "the manifest has no organization with its resources")
        return None
    base = top.attributes.get("base", "") + resources.attributes.get("base", "")
    by_id = {r.attributes.get("identifier", ""): r for r in resources.all("resource")}
    units: list[Unit] = []
    refused = False
    for item in _items(organization):
        reference = item.attributes["identifierref"]
        resource = by_id.get(reference)
        if resource is None:
            faults.refuse(item.line, f"there is no resource {quoted(reference)}")
            refused = True
            continue
        unit = _unit(standard, item, resource, base, files, faults)
        refused = refused or unit is None
        units += [unit] if unit else []
    if not refused and not 0 < len(units) <= MOST_UNITS:
        many = f"{len(units)} parts, over the limit of {MOST_UNITS}" if units else "no part"
        faults.refuse(organization.line, f"the manifest has {many} that can be launched")
        refused = True
    if any(node.name == "sequencingRules" for node in organization.below()):
        faults.warn(
            organization.line,
            "the package asks for sequencing rules, which are not followed: its parts are a list",
        )
    title = organization.says("title")[:_TITLE]
    return None if refused else Package(standard, title, units)


def _standard(top: Node) -> Standard:
    metadata = top.first("metadata")
    version = metadata.says("schemaversion") if metadata else ""
    if version:
        return Standard.SCORM_12 if version == "1.2" else Standard.SCORM_2004
    spaces = {node.namespace for node in [top, *top.below()]}
    newer = any("imscp_v1p1" in space or "adlcp_v1p3" in space for space in spaces)
    return Standard.SCORM_2004 if newer else Standard.SCORM_12


def _organization(top: Node) -> Node | None:
    """The organization that is the default, else the first one."""
    organizations = top.first("organizations")
    if organizations is None:
        return None
    wanted = organizations.attributes.get("default")
    found = list(organizations.all("organization"))
    named = (o for o in found if o.attributes.get("identifier") == wanted)
    return next(named, found[0] if found else None)


def _items(organization: Node) -> Iterator[Node]:
    """What is launched, in the order in which it is listed; hidden items with the others."""
    return (
        node
        for node in organization.below()
        if node.name == "item" and node.attributes.get("identifierref")
    )


def _unit(
    standard: Standard,
    item: Node,
    resource: Node,
    base: str,
    files: frozenset[str],
    faults: FileFaults,
) -> Unit | None:
    href = resource.attributes.get("href", "")
    if not href:
        faults.refuse(resource.line, "a resource that is to be launched has no href")
        return None
    parameters = item.attributes.get("parameters", "")
    whole = base + resource.attributes.get("base", "") + href
    launch = launch_of(whole, parameters, files, faults, resource.line)
    if launch is None:
        return None
    data = item.first("datafromlms") or item.first("dataFromLMS")
    scored, passes = _pass_score(standard, item, faults)
    if not scored:
        return None
    threshold, fits = _threshold(item, faults)
    if not fits:
        return None
    return Unit(
        id=item.attributes.get("identifier", "")[:200],
        title=(item.says("title") or plain(item.attributes.get("identifier", "")))[:_TITLE],
        launch=launch[0],
        query=launch[1],
        tracked=resource.attributes.get("scormtype", "sco").lower() != "asset",
        launch_data=data.text.strip()[:_DATA] if data else "",
        pass_score=passes,
        completion_threshold=threshold,
    )


def _pass_score(standard: Standard, item: Node, faults: FileFaults) -> tuple[bool, Decimal | None]:
    """Whether it can be read, and the score that passes."""
    if standard is Standard.SCORM_12:
        node = item.first("masteryscore")
        return number_of(node, "masteryscore", 0, 100, faults)
    for objective in (n for n in item.below() if n.name == "primaryObjective"):
        if objective.attributes.get("satisfiedbymeasure", "").lower() == "true":
            node = objective.first("minNormalizedMeasure")
            return number_of(node, "minNormalizedMeasure", -1, 1, faults, missing=Decimal(1))
    return True, None


def _threshold(item: Node, faults: FileFaults) -> tuple[Decimal | None, bool]:
    """The share of progress that completes, and whether it can be read.

    The third edition writes it as text, the fourth as an attribute that counts only with
    ``completedByMeasure``.
    """
    node = item.first("completionThreshold")
    if node is None:
        return None, True
    if node.text.strip():
        fits, value = number_of(node, "completionThreshold", 0, 1, faults)
        return value, fits
    if node.attributes.get("completedbymeasure", "").lower() != "true":
        return None, True
    text = node.attributes.get("minprogressmeasure", "1.0")
    fits, value = number_of(Node("", {}, node.line, text=text), "minProgressMeasure", 0, 1, faults)
    return value, fits
