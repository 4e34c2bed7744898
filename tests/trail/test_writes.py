"""Bar S26: every write leaves a row in the trail, in its own transaction."""

import re

from connect import db
from connect.audit import AuditEvent
from journeys import test_course_to_certificate as journey

QUIET = (
    "PUT /attempts/{}/answers/",  # the row of the submission holds all answers
    "POST /verifications",  # changes nothing
)


async def test_s26_every_write_of_a_journey_leaves_a_row_in_its_own_transaction(
    client, mailbox, work, clock, api, monkeypatch
):
    left, alone = {}, []  # rows by the first request of its kind; acts outside of a transaction
    insert = AuditEvent.insert

    def noting(*rows):
        alone.extend(row.act for row in rows if not db.in_transaction())
        return insert(*rows)

    async def before(request):
        request.extensions["rows"] = await AuditEvent.count()

    async def after(response):
        asked = response.request
        if asked.method != "GET" and response.status_code < 400:
            rows = await AuditEvent.count() - asked.extensions["rows"]
            path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{}", asked.url.path)
            left.setdefault(f"{asked.method} {path.removeprefix('/api/v1')}", rows)

    monkeypatch.setattr(AuditEvent, "insert", noting)
    client.event_hooks = {"request": [before], "response": [after]}
    await journey.test_a_stranger_becomes_a_certified_and_counted_learner(
        client, mailbox, work, clock, api
    )

    assert alone == []
    assert [r for r, rows in left.items() if rows == 0 and not r.startswith(QUIET)] == []
    assert left["POST /attempts/{}/submission"] == 4  # submitted, completed, certified, counted
    assert len(left) > 20
