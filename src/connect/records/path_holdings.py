"""The register's part on paths: what somebody followed and completed stays under the ids.

Children stand before their parents, as in ``holdings``.
"""

from connect.paths import tables as paths
from connect.records.register import Holding
from connect.records.whose import by, nobody

PATHS = [
    Holding(
        table=paths.PathCompletion,
        whose=by("learner"),
        none="day expires_on minutes completed_at",
        pseudonym="id enrollment path learner certificate",
    ),
    Holding(
        table=paths.PathEnrollment,
        whose=by("learner"),
        none="enrolled_at completed_at",
        pseudonym="id path version learner",
    ),
    Holding(
        table=paths.PathVersion,
        whose=nobody,
        none="path number hash is_current title content published_at",
    ),
    Holding(table=paths.Path, whose=nobody, none="slug"),
]
