"""The example that ``courses/README.md`` gives to authors is a course without a fault."""

import re
from pathlib import Path

from catalog.course_folder import TODAY
from connect.catalog.check import check_course

GUIDE = Path(__file__).parents[2] / "courses" / "README.md"
EXAMPLE = re.compile(r"^`([a-z/0-9.-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_of_the_guide_has_neither_fault_nor_warning(tmp_path):
    examples = EXAMPLE.findall(GUIDE.read_text())
    for path, text in examples:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    content, faults = check_course(tmp_path / "lost-at-the-fair", today=TODAY)

    assert len(examples) == 4
    assert faults == []
    assert content is not None
    assert [component.id for component in content.components] == ["search", "promise", "final"]
