"""The register of what is held: nothing is missing in it, and it is what export and erasure do."""

import pytest

import make
from accounts.contents import contents
from connect import files
from connect.accounts.tables import Account
from connect.errors import NotFound
from connect.piccolo_app import APP_CONFIG
from connect.policy import Role
from connect.records.actions import erase, remove_files
from connect.records.holdings import HOLDINGS
from connect.records.queries import held_about
from connect.records.register import Tag
from records.everything import everything


def test_every_table_stands_in_the_register_once():
    assert sorted(holding.name for holding in HOLDINGS) == sorted(
        table._meta.tablename for table in APP_CONFIG.table_classes
    )


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.name)
def test_every_column_has_one_tag(holding):
    told = [column for tag in Tag for column in getattr(holding, tag).split()]
    columns = [column._meta.name for column in holding.table._meta.columns]
    named = {*holding.becomes, *holding.closes, *holding.shows, *holding.files, *holding.addresses}

    assert sorted(told) == sorted(columns)
    assert named <= {*columns}


async def test_d30_an_export_holds_every_personal_column(database):
    made = await everything(await make.account())
    await everything(await make.account())

    found = str(await held_about(made.account.id))

    assert len(made.canaries) > 20
    assert [place for place, canary in made.canaries.items() if canary not in found] == []
    assert found.count("canary") == found.count(f"canary {made.account.id.hex[-6:]}")


async def test_an_export_holds_no_secret(database, monkeypatch):
    made = await everything(await make.account())
    before = await contents()

    found = str(await held_about(made.account.id))

    assert made.account.password_hash not in found
    for holding in HOLDINGS:
        for column in holding.hidden.split():
            assert f"'{column}'" not in found
    assert await contents() == before


async def test_d30_after_an_erasure_nothing_personal_is_left(database, work):
    admin = await make.staff(Role.ADMIN)
    made = await everything(await make.account())
    other = await everything(await make.account())

    await erase(admin, made.account.id, reason="Asked for by mail.")
    await work()

    left = str(await contents())
    assert [place for place, canary in made.canaries.items() if canary in left] == []
    assert f"canary {made.account.id.hex[-6:]}" not in left
    unreadable = {("professional_id", "value"), ("job", "error")}  # sealed; the job was tried
    assert {place for place, canary in other.canaries.items() if canary not in left} == unreadable
    for digest in made.files.values():
        with pytest.raises(NotFound):
            await files.get(digest)
    for digest in other.files.values():
        assert await files.get(digest)
    row = await Account.objects().get(Account.id == made.account.id)
    assert (row.status, row.legal_name, row.email) == ("erased", "", str(row.id))
    assert row.erased_at == row.ended_at


async def test_a_file_that_somebody_else_needs_stays(database):
    made = await everything(await make.account())

    await remove_files(list(made.files.values()))

    for digest in made.files.values():
        assert await files.get(digest)
