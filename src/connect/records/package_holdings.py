"""The register's part on packages: what their code, in a learner's browser, handed in.

Children stand before their parents, as in ``holdings``.
"""

from connect.packages import tables as packages
from connect.records.register import Holding, its_id
from connect.records.whose import by, via

_OF_LEARNER = via("enrollment", "enrollment", by("learner"))

PACKAGES = [
    Holding(
        table=packages.PackageCommit,
        whose=via("launch", "package_launch", _OF_LEARNER),
        none="number at",
        pseudonym="id launch",
        personal="given refused",  # answers may be in one's own words
        becomes={"given": "{}"},
        closes={"given": "{}", "refused": ""},  # somebody may have written how to be reached
    ),
    Holding(
        table=packages.PackageLaunch,
        whose=_OF_LEARNER,
        none="component unit package made_at expires_at ended_at said_seconds",
        pseudonym="id enrollment",
        hidden="token_hash",
        becomes={"token_hash": its_id},
    ),
    Holding(
        table=packages.PackageState,
        whose=_OF_LEARNER,
        none="component unit told score changed_at",
        pseudonym="id enrollment",
        personal="kept",
        becomes={"kept": "{}"},
        closes={"kept": "{}"},  # likewise
    ),
]
