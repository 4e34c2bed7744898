"""Whose a text is that only mentions somebody: by an address or id that is a word of its own."""

import msgspec
import pytest

import make
from connect.db import fetch, uuid7
from connect.imports.tables import Import, RefusedRow
from connect.jobs import Job
from connect.policy import Role
from connect.records.actions import erase
from connect.records.whose import Person, mentions

ANN = "ann@pd.example"


async def is_found(text, *, address=ANN):
    await Job(kind="note", error=text).save()
    condition, values = mentions("facts", "error")(Person(uuid7(), [address]))
    return bool(await fetch(f"SELECT id FROM job WHERE {condition}", *values))  # noqa: S608


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "ANN@PD.example is on vacation",
        "Refused('550 5.1.1 <{}>: no such person')",
        "550 5.1.1 {}: Recipient address rejected",
        "550 5.1.1 {}... User unknown",
        "No mail to {}.",
        "ValueError('{} is no address')",
        "KeyError('{}')",
        '{"email": "{}"}',
        '{"email": "bob@pd.example;{},eve@pd.example"}',
        '{"text": "Dear\\n{}\\nwelcome"}',
        '{"inside": "{\\"email\\": \\"{}\\"}"}',
        "see mailto:{}?subject=x",
        "to={}",
        "Dear\n{}\nwelcome",
    ],
)
async def test_an_address_is_found_whatever_stands_beside_it(database, text):
    assert await is_found(text.replace("{}", ANN))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("joann@pd.example", ANN),
        ("jo.ann@pd.example", ANN),
        ("jo-ann@pd.example", ANN),
        ("jo+ann@pd.example", ANN),
        ("ann@pd.example.org", ANN),
        ("ann@pd.example-city.org", ANN),
        ("o'brien@pd.example", "brien@pd.example"),
        ("'o'brien@pd.example'", "brien@pd.example"),
        ("annxb@pd.example", "ann_b@pd.example"),
        ("ann%b@pd.example", "ann@pd.example"),
    ],
)
async def test_an_address_is_not_found_inside_of_another(database, text, address):
    assert not await is_found(msgspec.json.encode({"email": text}).decode(), address=address)


@pytest.mark.parametrize("address", ["o'brien@pd.example", "ann_b@pd.example", "50%!*?@pd.example"])
async def test_an_address_with_signs_is_found(database, address):
    assert await is_found(f"Refused('no {address} here')", address=address)


async def test_what_was_written_of_joann_stays_when_ann_is_erased(database, clock):
    admin, registrar = await make.staff(Role.ADMIN), await make.learner()
    ann, joann = [await make.account(email=email) for email in (ANN, f"jo{ANN}")]
    row = Import(kind="people", file="", made_by=registrar.id)
    await row.save()
    for person in (ann, joann):
        cells = msgspec.json.encode({"email": person.email}).decode()
        await RefusedRow(import_file=row.id, row=2, cells=cells, faults="{}").save()
        await Job(kind="note", facts=cells).save()
        await Job(kind="note", facts=f'{{"account_id":"{person.id}"}}').save()

    await erase(admin, ann.id, reason="Asked for by letter.")

    left = [row["cells"] for row in await RefusedRow.select()]
    left += [row["facts"] for row in await Job.select().where(Job.kind == "note")]
    assert len(left) == 3
    assert [text for text in left if joann.email in text or str(joann.id) in text] == left
