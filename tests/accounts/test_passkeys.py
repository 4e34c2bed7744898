"""Passkeys: only this site's, only the owner's, each answer once."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest

import make
from accounts.environment import environment
from accounts.people import V1, alive, elsewhere, form_in
from accounts.second import Device, code, codes_of, half_open
from accounts.test_factors import confirmed, program_of
from connect.accounts import passkeys
from connect.accounts.tables import Factor

LATE = timedelta(minutes=10, seconds=1)


async def kept(program, device, **changes):
    """Set a passkey up; the answer to the confirmation."""
    made = (await program.post(f"{V1}/me/factors", json={"kind": "passkey"})).json()
    answer = device.create(made["options"]) | changes
    address = f"{V1}/me/factors/{made['id']}/confirmation"
    return await program.post(address, json={"credential": answer})


async def owner_of(app, device):
    """Somebody who has *device*, and a program that carries the token of the confirmation."""
    account = await make.account()
    answer = await kept(await program_of(app, account), device)
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    return account, elsewhere(app, headers={"Authorization": f"Bearer {token}"})


def options_in(page):
    """What the page's script hands to the browser, and the hidden fields of its form."""
    options = re.search(r'data-options="([^"]+)"', page.text)
    assert options
    return json.loads(unescape(options[1])), form_in(page.text)


async def test_a_passkey_is_set_up_and_passes_the_second_step(app, database, clock):
    device = Device()
    account, _ = await owner_of(app, device)
    browser = await half_open(app, account)
    options, form = options_in(await browser.get("/second-factor"))

    asked = form | {"credential": json.dumps(device.get(options))}
    answer = await browser.post("/second-factor", data=asked)

    factor = await Factor.objects().first()
    assert answer.status_code == 303
    assert await alive(browser)
    assert (factor.sign_count, factor.used_at) == (1, clock.now)
    assert options["rpId"] == "127.0.0.1"


async def test_a_passkey_is_a_fresh_proof(app, database, clock):
    device = Device()
    _, program = await owner_of(app, device)
    clock.move(LATE)

    before = await program.post(f"{V1}/me/recovery-codes")
    ways = (await program.get(f"{V1}/step-ups")).json()
    proved = await program.post(f"{V1}/step-ups", json={"credential": device.get(ways["options"])})
    after = await program.post(f"{V1}/me/recovery-codes")

    assert (before.status_code, proved.status_code, after.status_code) == (403, 201, 201)
    assert ways["kinds"] == ["passkey", "recovery_code"]


@pytest.mark.parametrize("counts", [True, False])
async def test_an_answer_is_good_once(app, database, clock, counts):
    device = Device(counts=counts)
    _, program = await owner_of(app, device)
    clock.move(LATE)
    ways = (await program.get(f"{V1}/step-ups")).json()
    answer = {"credential": device.get(ways["options"])}

    statuses = [(await program.post(f"{V1}/step-ups", json=answer)).status_code for _ in range(2)]

    assert statuses == [201, 422]


async def test_an_answer_is_good_for_some_minutes(app, database, clock):
    device = Device()
    _, program = await owner_of(app, device)
    ways = (await program.get(f"{V1}/step-ups")).json()
    clock.move(LATE)

    answer = {"credential": device.get(ways["options"])}

    assert (await program.post(f"{V1}/step-ups", json=answer)).status_code == 422


async def test_an_answer_is_good_in_the_session_that_asked(app, database, clock):
    device = Device()
    account, _ = await owner_of(app, device)
    here, there = await half_open(app, account), await half_open(app, account)
    options, _ = options_in(await here.get("/second-factor"))
    _, form = options_in(await there.get("/second-factor"))

    asked = form | {"credential": json.dumps(device.get(options))}
    answer = await there.post("/second-factor", data=asked)

    assert answer.status_code == 422
    assert not await alive(there)


async def refused(app, change):
    """The status of an answer that *change* made out of a good one."""
    device = Device()
    account, _ = await owner_of(app, device)
    browser = await half_open(app, account)
    options, form = options_in(await browser.get("/second-factor"))
    answer = change(device, options)
    asked = form | {"credential": answer if isinstance(answer, str) else json.dumps(answer)}
    status = (await browser.post("/second-factor", data=asked)).status_code
    assert not await alive(browser)
    return status


@pytest.mark.parametrize(
    "change",
    [
        lambda device, options: device.get(options, origin="https://evil.example"),
        lambda device, options: device.get(options | {"rpId": "evil.example"}),
        lambda device, options: device.get(options | {"challenge": "AAAA"}),
        lambda device, options: device.get(options) | {"id": "other"},
        lambda device, options: device.get(options) | {"rawId": "other"},
        lambda device, options: device.get(options) | {"response": {}},
        lambda device, options: device.get(options) | {"id": None},
        lambda device, options: {"id": "a\x00b"},
        lambda device, options: Device().get(options),
        lambda device, options: (
            Device().get(options)
            | {"id": device.get(options)["id"], "rawId": device.get(options)["id"]}
        ),
        lambda device, options: {},
        lambda device, options: [],
        lambda device, options: "no JSON",
    ],
)
async def test_no_other_answer_passes(app, database, clock, change):
    assert await refused(app, change) == 422


async def test_a_passkey_that_counts_backwards_is_a_copy(app, database, clock):
    device = Device()
    _, program = await owner_of(app, device)
    await Factor.update({Factor.sign_count: 5}).where(Factor.account.is_not_null())
    clock.move(LATE)
    ways = (await program.get(f"{V1}/step-ups")).json()

    answer = {"credential": device.get(ways["options"])}

    assert (await program.post(f"{V1}/step-ups", json=answer)).status_code == 422


async def test_a_passkey_of_somebody_else_does_not_pass(app, database, clock):
    mine, theirs = Device(), Device()
    account, _ = await owner_of(app, mine)
    await owner_of(app, theirs)
    browser = await half_open(app, account)
    options, form = options_in(await browser.get("/second-factor"))

    asked = form | {"credential": json.dumps(theirs.get(options))}

    assert (await browser.post("/second-factor", data=asked)).status_code == 422


async def test_a_passkey_is_kept_once(app, database, clock):
    device = Device()
    await owner_of(app, device)

    answer = await kept(await program_of(app, await make.account()), device)

    assert answer.status_code == 422
    assert await Factor.count().where(Factor.confirmed_at.is_not_null()) == 1


@pytest.mark.parametrize(
    "changes", [{"response": {}}, {"rawId": "x"}, {"type": "x"}, {"id": "x"}, {"response": None}]
)
async def test_what_is_no_passkey_is_not_kept(app, database, clock, changes):
    answer = await kept(await program_of(app, await make.account()), Device(), **changes)

    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["credential"]


async def test_a_passkey_made_elsewhere_is_not_kept(app, database, clock):
    program = await program_of(app, await make.account())
    made = (await program.post(f"{V1}/me/factors", json={"kind": "passkey"})).json()
    away = Device().create(made["options"], origin="https://evil.example")

    answer = await program.post(
        f"{V1}/me/factors/{made['id']}/confirmation", json={"credential": away}
    )

    assert answer.status_code == 422


async def test_a_second_factor_beside_the_first_leaves_its_codes(app, database, clock):
    account = await make.account()
    first, secret = await confirmed(await program_of(app, account))
    program = elsewhere(app, headers={"Authorization": f"Bearer {first['token']}"})

    second = await kept(program, Device())
    clock.move(timedelta(seconds=30))

    assert second.json()["recovery_codes"] == []
    assert await program_of(app, account, otp=first["recovery_codes"][0])
    assert await program_of(app, account, otp=code(secret))


async def test_a_token_for_somebody_with_a_passkey_alone_takes_a_recovery_code(
    app, database, clock
):
    account, _ = await owner_of(app, Device())
    codes = await codes_of(account)

    assert await program_of(app, account, otp=codes[3])


@pytest.mark.parametrize(
    ("base", "expected", "named"),
    [
        ("https://connect.example", ("connect.example", "https://connect.example"), True),
        ("https://connect.example:443", ("connect.example", "https://connect.example"), True),
        ("https://Connect.example:8443", ("connect.example", "https://connect.example:8443"), True),
        ("http://localhost:8000", ("localhost", "http://localhost:8000"), True),
        ("http://127.0.0.1:8000", ("127.0.0.1", "http://127.0.0.1:8000"), False),
        ("http://[::1]:8000", ("::1", "http://[::1]:8000"), False),
    ],
)
def test_the_site_is_what_the_settings_say(base, expected, named):
    with environment(base_url=base):
        assert passkeys.site() == expected
        assert passkeys.has_name() is named
