"""The register's part on assignments: what was asked of whom stays under the ids.

Children stand before their parents, as in ``holdings``.
"""

from connect.assignments import tables as assignments
from connect.records.register import Holding
from connect.records.whose import by

ASSIGNMENTS = [
    Holding(
        table=assignments.Assigned,
        whose=by("person"),
        none="due_on assigned_on ended_at",
        pseudonym="id assignment person",
    ),
    Holding(
        table=assignments.AssignmentReminder,
        whose=by("person"),
        none="kind due_on days state reason decided_on decided_at",
        pseudonym="id person about",
    ),
    Holding(
        table=assignments.Assignment,
        whose=by("made_by", "ended_by"),
        none="discipline title role category only_sharing due_on due_days made_at ended_at",
        pseudonym="id course path agency made_by ended_by",
    ),
]
