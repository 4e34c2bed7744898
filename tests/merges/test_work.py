"""Where somebody works after two accounts were joined, and with whom the training is shared."""

from datetime import date

import pytest

import make
from connect.accounts.tables import Affiliation
from connect.merges.actions import merge_people, undo_merge
from connect.policy import Role
from merges import made

REGISTRAR = Role.REGISTRAR


async def test_affiliations_keep_to_two_at_a_time_and_one_for_an_agency(database, clock):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    a, b, c, d = [await make.agency() for _ in range(4)]
    await made.works(keep, a)
    await made.works(gone, a, is_primary=True)
    await made.works(gone, b, is_primary=False)
    await made.works(gone, c, is_primary=False)
    await made.works(gone, d, until=date(2026, 2, 1))

    await merge_people(registrar, keep.id, gone.id)

    rows = await Affiliation.objects().where(Affiliation.account == keep.id)
    assert len(rows) == 5
    current = [(r.agency, r.is_primary) for r in rows if r.until is None]
    assert sorted(current) == sorted([(a.id, True), (b.id, False)])
    assert {r.until for r in rows if r.until} == {date(2026, 3, 1), date(2026, 2, 1)}


@pytest.mark.parametrize("kept_shares", [False, True])
async def test_what_the_kept_account_shares_with_an_agency_is_what_the_other_one_does(
    database, clock, kept_shares
):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    here, elsewhere = await make.agency(), await make.agency()
    shared = {"consented_at": clock.now}
    await made.works(keep, here, **(shared if kept_shares else {}))
    await made.works(gone, here, until=date(2025, 2, 1), since=date(2025, 1, 1), **shared)
    await made.works(gone, here, **shared)
    await made.works(gone, elsewhere, is_primary=False, **shared)
    before = await made.dump()

    merge = (await merge_people(registrar, keep.id, gone.id)).merge
    rows = await Affiliation.objects().where(Affiliation.account == keep.id)
    await undo_merge(registrar, merge.id)

    assert len(rows) == 4
    consents = {(row.agency, row.consented_at is not None) for row in rows}
    assert consents == {(here.id, kept_shares), (elsewhere.id, True)}
    assert await made.dump() == before
