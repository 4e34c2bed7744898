"""What a row of a file says about somebody's work, held against what stands. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from connect.accounts.affiliations import MOST
from connect.db import uuid7

Work = dict[str, Any]  # the columns of an affiliation
GIVEN = ("title", "category", "is_supervisor", "since", "until")


def is_current(work: Work, today: date) -> bool:
    """Whether it has begun and not ended."""
    return work["since"] <= today and (work["until"] is None or work["until"] >= today)


def judge(held: Sequence[Work], wanted: Work, today: date) -> tuple[Work | None, dict[str, str]]:
    """The affiliation to write, new or changed, and what is wrong: field → sentence.

    Neither, when it stands so already. What the file leaves empty stays as it is.

    Args:
        held: everything that is known of the person's work.
        wanted: ``account``, ``agency``, ``discipline`` and the row's ``GIVEN``.
    """
    since, until = wanted["since"], wanted["until"]
    if since and since > today:
        return None, {"since": "Choose a day that is not in the future."}
    here = [work for work in held if work["agency"] == wanted["agency"]]
    now = next((work for work in here if is_current(work, today)), None)
    if now and until and until < now["since"]:
        now = None  # about an earlier time
    if now:
        changed = now | {n: wanted[n] for n in GIVEN if wanted[n] not in (None, "")}
        if changed["until"] and changed["until"] < changed["since"]:
            return None, {"until": f"This work began on {changed['since']} only."}
        if any(work is not now and _overlap(work, changed) for work in here):
            return None, {"since": "This person's earlier work there lasted longer than that."}
        return (None if changed == now else changed), {}
    return _begin(held, here, wanted, today)


def _begin(
    held: Sequence[Work], here: Sequence[Work], wanted: Work, today: date
) -> tuple[Work | None, dict[str, str]]:
    since, until = wanted["since"], wanted["until"]
    if until and any(w["until"] == until and since in (None, w["since"]) for w in here):
        return None, {}  # ended so before
    if until and since is None:
        return None, {"until": "This person does not work there. Say since when, or leave it out."}
    new = wanted | {
        "id": uuid7(),
        "is_supervisor": bool(wanted["is_supervisor"]),
        "since": since or today,
    }
    if any(_overlap(work, new) for work in here):
        return None, {"since": "This person's earlier work there lasted longer than that."}
    present = [work for work in held if is_current(work, today)]
    if is_current(new, today) and len(present) >= MOST:
        return None, {"agency": "This person works for two agencies already. End one first."}
    return new | {"is_primary": not present}, {}


def _overlap(one: Work, other: Work) -> bool:
    return bool(
        (one["until"] is None or other["since"] <= one["until"])
        and (other["until"] is None or one["since"] <= other["until"])
    )
