"""Accounts that were joined are one person's: exported, closed and erased together."""

import pytest

import make
from accounts.contents import text_of
from connect.accounts.queries import registered_on
from connect.accounts.tables import Account, AccountStatus
from connect.errors import StepUpNeeded
from connect.merges.actions import Gone, merge_people, undo_merge
from connect.merges.tables import MergeStep
from connect.policy import Actor, Permission, Role
from connect.records.actions import close_account, erase
from connect.records.queries import held_about

OLD, NEW = "old@school.example", "new@pd.example"


@pytest.fixture
async def joined(database, clock):
    """Who joined them, the merge, and the account that stands for both; three were one by one."""
    registrar = await make.staff(Role.REGISTRAR)
    oldest, old, new = [
        await make.account(email=email, legal_name=f"Wilhelmina {n}")
        for n, email in enumerate(("oldest@county.example", OLD, NEW))
    ]
    await merge_people(registrar, old.id, oldest.id)
    merge = (await merge_people(registrar, new.id, old.id)).merge
    return registrar, merge, new


async def test_an_export_holds_what_was_joined(joined):
    _, _, new = joined

    held = await held_about(new.id)

    assert [row["email"] for row in held["tables"]["account"]] == [NEW]
    (second,) = held["joined"]
    assert [row["email"] for row in second["tables"]["account"]] == [OLD]
    assert [len(third["joined"]) for third in second["joined"]] == [0]


async def test_an_erasure_empties_every_one_of_them_and_nothing_is_parted_again(joined):
    registrar, merge, new = joined
    admin = await make.staff(Role.ADMIN)

    await erase(admin, new.id, reason="Asked for by letter.")

    stored = await text_of("account", "mail", "record_merge_step", "address")
    assert [word for word in (OLD, NEW, "oldest@county", "Wilhelmina") if word in stored] == []
    erased = await Account.count().where(Account.status == AccountStatus.ERASED)
    assert erased == 3
    assert await MergeStep.count() == 0
    with pytest.raises(Gone):
        await undo_merge(registrar, merge.id)


async def test_closing_takes_the_addresses_of_all_and_keeps_the_names(joined):
    registrar, merge, new = joined

    await close_account(make.actor_of(new), make.PASSWORD)

    stored = await text_of("account", "mail", "address")
    assert [word for word in (OLD, NEW, "oldest@county") if word in stored] == []
    assert stored.count("Wilhelmina") == 3
    with pytest.raises(Gone):
        await undo_merge(registrar, merge.id)


async def test_who_is_joined_is_one_registered_user_and_two_again_after_an_undo(joined, clock):
    registrar, merge, _ = joined
    day = clock.now.date()
    before = await registered_on(day)

    await undo_merge(registrar, merge.id)

    assert await registered_on(day) == before + 1


@pytest.mark.parametrize("dry_run", [True, False])
async def test_joining_needs_a_fresh_proof_and_a_preview_does_not(database, dry_run):
    keep, gone = await make.account(), await make.account()
    registrar = await make.staff(Role.REGISTRAR)
    stale = Actor(account_id=registrar.id, roles=registrar.roles)
    assert stale.may(Permission.MERGE_PEOPLE)

    if dry_run:
        assert (await merge_people(stale, keep.id, gone.id, dry_run=True)).merge is None
    else:
        with pytest.raises(StepUpNeeded):
            await merge_people(stale, keep.id, gone.id)
    assert await Account.count().where(Account.status == AccountStatus.MERGED) == 0
