"""What an agency changed since its application was returned; in a renewal, since the approval."""

import asyncio
from datetime import datetime
from typing import Any

from connect.policy import Actor
from connect.readiness import snapshots
from connect.readiness.carried import approved_before
from connect.readiness.checklist import Material, material_of, pages_of
from connect.readiness.comparison import Kind, compare
from connect.readiness.differences import answers
from connect.readiness.review_queries import changes_since
from connect.readiness.tables import Review, ReviewKind
from connect.web.templating import moment

MOST = 200  # passages on one page


async def changes(actor: Actor, review: Review) -> dict[str, Any]:
    """Answers and passages that changed; of a document against the version that was looked at."""
    its = await material_of(review)
    state = await snapshots.state_of(review, its)
    since, said, of_renewal = review.returned_at, list[str](), False
    if since is not None:
        said = await changes_since(review, review.returned_hash, state, findings=False)
    elif review.kind == ReviewKind.RENEWAL:
        former = await approved_before(its.agency.id)
        if former is not None and former.id != review.id:
            of_renewal, since = True, former.decided_at
            approved = snapshots.decoded(await snapshots.kept(former, former.decided_hash))
            said = answers(approved, state, its.asked)
    pairs = [] if since is None else _pairs(its, None if of_renewal else since)
    documents = await asyncio.to_thread(lambda: [_compared(*pair) for pair in pairs])
    changed = any(one["changed"] or not one["has_text"] for one in documents)
    return {
        "agency": {"id": its.agency.id, "name": its.agency.name},
        "review": review,
        "since": moment(since, actor.time_zone) if since else "",
        "of_renewal": of_renewal,
        "changed": said,
        "is_same": not said and not changed,
        "documents": documents,
    }


def _pairs(its: Material, since: datetime | None) -> list[tuple[Any, Any]]:
    """Each document that is new since then, with the version that was looked at before it.

    Args:
        since: of the return; None: the first version of this application is what was approved.
    """
    found = []
    for new in its.current:
        old = its.document(new.replaces)
        if old is None or (since is not None and new.uploaded_at <= since):
            continue
        while since is None or old.uploaded_at > since:
            before = its.document(old.replaces)  # the one in between was never looked at
            if before is None:
                break
            old = before
        found.append((old, new))
    return found


def _compared(old: Any, new: Any) -> dict[str, Any]:
    before, after = pages_of(old), pages_of(new)
    compared = compare(before, after) if before and after else []
    changed = [one for one in compared if one.kind is not Kind.SAME]
    return {
        "title": new.title,
        "old": old.file_name,
        "new": new.file_name,
        "has_text": bool(before and after),
        "same": sum(one.kind is Kind.SAME for one in compared),
        "changed": changed[:MOST],
        "more": max(0, len(changed) - MOST),
    }
