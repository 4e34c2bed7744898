"""Erasing people: counts stay as they were, and an older backup does not bring anybody back."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import make
from accounts.contents import contents
from accounts.test_verification import with_domain
from connect import audit_chain, files
from connect.accounts.queries import registered_on
from connect.accounts.tables import Account, AccountStatus
from connect.accounts.verification import request_by_sponsor
from connect.audit_verify import verify
from connect.certificates.tables import Certificate
from connect.cli import commands
from connect.errors import Forbidden, Invalid, NotFound
from connect.learning.actions import Event, enroll, note_event
from connect.mail.tables import Mail
from connect.policy import Role
from connect.records import actions
from connect.records.actions import ErasedAlready, NotOneself, erase, replay
from connect.records.tables import Erasure
from connect.reports.queries import PARTS, counts, training_rows
from connect.security import unseal
from databases import in_use
from records.copies import copy_of
from records.everything import everything

REASON = "Asked for by letter of March 1."
YEAR = date(2026, 1, 1), date(2026, 12, 31)


async def certified(actor):
    content = make.content(components=[make.acknowledgement("promise")])
    await make.course(content)
    enrollment, _ = await enroll(actor, content.slug)
    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
    return await Certificate.objects().get(Certificate.holder == actor.id)


async def all_counts():
    days = [date(2026, 3, day) for day in range(1, 5)]
    by_day = [await counts(day, day, list(PARTS)) for day in days]
    rows = await training_rows(*YEAR, filters={})
    return await counts(*YEAR, list(PARTS)), by_day, rows


async def test_every_count_is_what_it_was(database, clock, work):
    admin, people = await make.staff(Role.ADMIN), [await make.learner() for _ in range(3)]
    for person in people:
        await certified(person)
    before = await all_counts()

    for person in people[:2]:
        await erase(admin, person.id, reason=REASON)

    assert before[0].total.instances == 3
    assert await all_counts() == before


async def test_the_trail_still_verifies_and_tells_of_it(database, clock):
    admin, person = await make.staff(Role.ADMIN), await make.learner()
    await certified(person)
    await audit_chain.seal()

    await erase(admin, person.id, reason=REASON)
    await audit_chain.seal()

    verdict = await verify()
    assert verdict.faults == []
    assert "account.erased" in str((await contents())["audit_event"])


async def test_who_was_registered_on_an_earlier_day_stays_so(database, clock):
    admin, person = await make.staff(Role.ADMIN), await make.account()
    before = await registered_on(date(2026, 3, 2))
    clock.set(clock.now.replace(month=5))

    await erase(admin, person.id, reason=REASON)

    assert await registered_on(date(2026, 3, 1)) == 0
    assert await registered_on(date(2026, 3, 2)) == before == 2
    assert await registered_on(date(2026, 5, 1)) == 2
    assert await registered_on(date(2026, 5, 2)) == 1


async def test_a_certificate_of_an_erased_person_was_issued_and_has_no_name(
    client, database, work, clock, mailbox
):
    admin, person = await make.staff(Role.ADMIN), await make.learner(legal_name="Ada Officer")
    certificate = await certified(person)
    await work()
    drawn = await Certificate.objects().get(Certificate.id == certificate.id)
    data = await files.get(drawn.pdf)

    await erase(admin, person.id, reason=REASON)
    await work()

    answer = (await client.get(f"/api/v1/verifications/{certificate.code}")).json()
    by_file = await client.post("/api/v1/verifications", files={"file": ("c.pdf", data)})
    by_hand = await client.post(
        "/api/v1/verifications", json={"number": certificate.number, "last_name": "Officer"}
    )
    page = await client.get(f"/verify/{certificate.code}")
    assert (answer["status"], answer["holder_erased"]) == ("valid", True)
    assert "name" not in answer
    assert answer["number"] == certificate.number
    assert by_file.json() == answer
    assert by_hand.json() == {"status": "unknown"}
    assert "Issued, holder erased" in page.text
    assert "Officer" not in page.text + str(await contents())
    with pytest.raises(NotFound):
        await files.get(drawn.pdf)


async def test_what_a_sponsor_was_mailed_is_emptied_and_other_mails_to_them_are_not(
    database, clock
):
    await with_domain()
    admin, people = await make.staff(Role.ADMIN), [await make.learner() for _ in range(2)]
    for person in people:
        await request_by_sponsor(
            person, sponsor_email="chief@cedarfallspd.example", explanation="A volunteer."
        )

    await erase(admin, people[0].id, reason=REASON)

    mails = await Mail.objects().order_by(Mail.id)
    assert [(mail.to, mail.state) for mail in mails] == [
        ("", "failed"),
        ("chief@cedarfallspd.example", "waiting"),
    ]
    assert people[1].name in unseal(mails[1].body)


async def test_a_profile_that_was_emptied_stays_empty(database, api):
    admin, person = await make.staff(Role.ADMIN), await make.account()
    await erase(admin, person.id, reason=REASON)

    answer = await (await api(admin)).patch(f"/accounts/{person.id}", json={"legal_name": "Ada"})

    assert (answer.status_code, answer.json()["code"]) == (409, "ended")


async def test_a_certificate_that_was_not_drawn_yet_is_not_drawn_any_more(database, clock, work):
    admin, person = await make.staff(Role.ADMIN), await make.learner()
    await certified(person)

    await erase(admin, person.id, reason=REASON)
    await work()

    row = await Certificate.objects().get(Certificate.holder == person.id)
    assert (row.name, row.pdf) == ("", None)
    assert msgspec.json.decode(row.facts)["number"] == row.number


async def test_an_erased_address_may_register_anew(client, database, work, clock):
    admin, person = await make.staff(Role.ADMIN), await make.account(email="ada@agency.example")
    await erase(admin, person.id, reason=REASON)

    answer = await client.post(
        "/api/v1/accounts",
        json={
            "email": "ada@agency.example",
            "password": make.PASSWORD,
            "legal_name": "Ada Officer",
            "discipline": "educator",
            "state": "TX",
        },
    )

    assert answer.status_code == 202
    assert await Account.count().where(Account.email == "ada@agency.example") == 1


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.AUDITOR, Role.ANALYST])
async def test_only_an_administrator_erases_and_exports(database, api, role):
    program, person = await api(await make.staff(role)), await make.account()

    refused = [
        await program.post(f"/accounts/{person.id}/erasure", json={"reason": REASON}),
        await program.get(f"/accounts/{person.id}/export"),
    ]

    assert [answer.status_code for answer in refused] == [403, 403]


async def test_what_is_refused(database):
    admin, person = await make.staff(Role.ADMIN), await make.account()

    with pytest.raises(NotOneself):
        await erase(admin, admin.id, reason=REASON)
    with pytest.raises(Invalid):
        await erase(admin, person.id, reason="  ")
    with pytest.raises(Forbidden):
        await erase(make.actor_of(person), admin.id, reason=REASON)
    await erase(admin, person.id, reason=REASON)
    with pytest.raises(ErasedAlready):
        await erase(admin, person.id, reason=REASON)

    assert await Erasure.count() == 1


async def test_erasing_and_exporting_by_the_api(database, api, clock):
    admin, person = await api(await make.staff(Role.ADMIN)), await make.account()

    found = await admin.get(f"/accounts/{person.id}/export")
    done = await admin.post(f"/accounts/{person.id}/erasure", json={"reason": REASON})
    shown = await admin.get(f"/accounts/{person.id}")

    assert found.json()["tables"]["account"][0]["email"] == person.email
    assert done.status_code == 204
    assert (shown.json()["status"], shown.json()["legal_name"]) == ("erased", "")
    assert "account.exported" in str((await contents())["audit_event"])


async def test_d18_an_older_backup_brings_nobody_back(database, request, tmp_path, monkeypatch):
    monkeypatch.setattr(actions, "erasure_file", lambda: tmp_path / "erasures.jsonl")
    admin = await make.staff(Role.ADMIN)
    made = [await everything(await make.account()) for _ in range(50)]
    before = await all_counts()
    registered = await registered_on(date(2030, 1, 1))
    older = await copy_of(database, request, tmp_path)
    for one in made:
        await erase(admin, one.account.id, reason=REASON)
    assert await registered_on(date(2030, 1, 1)) == registered - 50

    async with in_use(older):
        assert str(await contents()).count("canary") > 1000
        again = await replay(tmp_path / "erasures.jsonl")
        twice = await replay(tmp_path / "erasures.jsonl")
        left = str(await contents())
        after = await all_counts()
        now_registered = await registered_on(date(2030, 1, 1))

    assert (len(again), twice) == (50, [])
    assert [email for one in made if (email := one.account.email) in left] == []
    assert "canary" not in left
    assert before == after
    assert now_registered == registered - 50


async def test_a_torn_line_of_the_file_is_passed_over(database, tmp_path):
    kept = tmp_path / "erasures.jsonl"
    person = await make.account()
    files.append_line(kept, b'{"account":"01')
    erased = actions.Erased(person.id, person.made_at, person.made_at)
    files.append_line(kept, msgspec.json.encode(erased))

    assert await replay(kept) == [person.id]
    row = await Account.objects().get(Account.id == person.id)
    assert (row.status, row.erased_at) == (AccountStatus.ERASED, person.made_at)


def test_the_command_says_how_many(tmp_path: Path, empty_of_people):
    kept = tmp_path / "erasures.jsonl"
    kept.write_bytes(b"")

    done = CliRunner().invoke(commands, ["erasures", "replay", "--file", str(kept)])

    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 people were erased again." in done.stderr


@pytest.fixture
def empty_of_people(sqlite_template, monkeypatch):
    from connect import piccolo_conf
    from connect.db import make_engine

    monkeypatch.setattr(piccolo_conf, "DB", make_engine(f"sqlite:///{sqlite_template}"))
