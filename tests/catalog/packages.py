"""Small packages of the three standards, and the course that holds one."""

from catalog.course_folder import COURSE, PROMISE
from catalog.hostile_zips import zipped

PAGE = "<!doctype html><html><head><title>Part</title></head><body><p>Part</p></body></html>"

SCORM_12 = """\
<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="gates" version="1.0"
    xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="all">
    <organization identifier="all">
      <title>Gates</title>
      <item identifier="one" identifierref="r1" parameters="?from=here">
        <title>Watch the gates</title>
        <adlcp:masteryscore>80</adlcp:masteryscore>
        <adlcp:datafromlms>level=2</adlcp:datafromlms>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="r1" type="webcontent" adlcp:scormtype="sco" href="content/index.html">
      <file href="content/index.html"/>
    </resource>
  </resources>
</manifest>
"""
SCORM_2004 = """\
<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="gates" version="1.0"
    xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"
    xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 3rd Edition</schemaversion></metadata>
  <organizations default="all">
    <organization identifier="all">
      <title>Gates</title>
      <item identifier="folder"><title>Folder</title>
        <item identifier="one" identifierref="r1"><title>Watch the gates</title>
          <adlcp:completionThreshold>0.75</adlcp:completionThreshold>
          <imsss:sequencing><imsss:objectives>
            <imsss:primaryObjective satisfiedByMeasure="true">
              <imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure>
            </imsss:primaryObjective>
          </imsss:objectives></imsss:sequencing>
        </item>
        <item identifier="two" identifierref="r2"><title>The map</title></item>
      </item>
    </organization>
  </organizations>
  <resources xml:base="content/">
    <resource identifier="r1" type="webcontent" adlcp:scormType="sco" href="index.html"/>
    <resource identifier="r2" type="webcontent" adlcp:scormType="asset" href="the%20map.html#a"/>
  </resources>
</manifest>
"""
CMI5 = """\
<?xml version="1.0" encoding="utf-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id="https://example.org/gates">
    <title><langstring lang="en-US">Gates</langstring></title>
    <description><langstring lang="en-US">Gates</langstring></description>
  </course>
  <au id="https://example.org/gates/one" moveOn="CompletedAndPassed" masteryScore="0.8">
    <title><langstring lang="en-US">Watch the gates</langstring></title>
    <description><langstring lang="en-US">Watch</langstring></description>
    <url>content/index.html?level=2</url>
    <launchParameters>quick</launchParameters>
  </au>
  <block id="https://example.org/gates/block">
    <title><langstring lang="en-US">Block</langstring></title>
    <au id="https://example.org/gates/two" moveOn="Completed">
      <title><langstring lang="en-US">The map</langstring></title>
      <url>content/the%20map.html</url>
    </au>
  </block>
</courseStructure>
"""
FILES = {"content/index.html": PAGE, "content/the map.html": PAGE, "content/gate.css": "p {}"}
SCORM_12_FILES = {"imsmanifest.xml": SCORM_12, **FILES}
SCORM_2004_FILES = {"imsmanifest.xml": SCORM_2004, **FILES}
CMI5_FILES = {"cmi5.xml": CMI5, **FILES}

COMPONENT = """\
[[components]]
id = "gates"
kind = "package"
title = "Watch the gates"
file = "media/gates.zip"
minutes = 2

"""


def with_package(files: dict[str, str] = SCORM_12_FILES, **also: str) -> dict[str, str | bytes]:
    """Files over the small course's: a package in place of the promise.

    Args:
        also: what else the course's ``[[components]]`` table of it says, as TOML.
    """
    more = "".join(f"{key} = {value}\n" for key, value in also.items())
    source = COURSE.replace(PROMISE, COMPONENT.rstrip("\n") + "\n" + more + "\n")
    return {
        "course.toml": source.replace("contact_minutes = 10", "contact_minutes = 12"),
        "media/gates.zip": zipped(files),
    }
