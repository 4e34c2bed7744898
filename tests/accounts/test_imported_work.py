"""What a row says of somebody's work: told twice it is told once, and it stays sound."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
from connect.accounts.actions import prove_address
from connect.accounts.affiliations import MOST
from connect.accounts.imported_work import is_current, judge
from connect.accounts.links import make_link
from connect.accounts.tables import Account, Affiliation, LinkKind
from connect.agencies.tables import AgencyDomain

TODAY = date(2026, 3, 2)
AGENCIES = [UUID(int=n) for n in range(1, 5)]
DAYS = st.none() | st.dates(date(2025, 1, 1), date(2026, 6, 1))
ROWS = st.fixed_dictionaries(
    {
        "account": st.just(UUID(int=9)),
        "agency": st.sampled_from(AGENCIES),
        "discipline": st.none(),
        "title": st.sampled_from(["", "Officer", "Chief"]),
        "category": st.sampled_from([None, "patrol"]),
        "is_supervisor": st.sampled_from([None, True, False]),
        "since": DAYS,
        "until": DAYS,
    }
).filter(lambda row: not (row["since"] and row["until"] and row["until"] < row["since"]))


def take(held, wanted):
    row, wrong = judge(held, wanted, TODAY)
    if row is not None:
        held[:] = [work for work in held if work["id"] != row["id"]] + [row]
    return row, wrong


@given(st.lists(ROWS, max_size=12))
def test_whatever_a_file_says_the_work_stays_sound(rows):
    held = []
    for wanted in rows:
        row, wrong = take(held, wanted)

        assert not (row and wrong)
        assert wrong or take(held, wanted) == (None, {})
        assert len([work for work in held if is_current(work, TODAY)]) <= MOST
    for work in held:
        assert work["until"] is None or work["until"] >= work["since"]
        others = [w for w in held if w is not work and w["agency"] == work["agency"]]
        end = work["until"] or date.max
        assert all(w["since"] > end or (w["until"] or date.max) < work["since"] for w in others)


@pytest.mark.parametrize(
    ("wanted", "result"),
    [
        ({}, "same"),
        ({"title": "Chief"}, "changed"),
        ({"is_supervisor": True}, "changed"),
        ({"since": date(2019, 1, 1)}, "changed"),
        ({"until": TODAY}, "changed"),
        ({"until": date(2019, 1, 1)}, "until"),
        ({"since": date(2019, 1, 1), "until": date(2019, 6, 1)}, "begun"),
        ({"since": TODAY + timedelta(days=1)}, "since"),
        ({"agency": AGENCIES[1]}, "begun"),
    ],
)
def test_what_a_row_does_to_work_that_stands(wanted, result):
    stands = {
        "id": UUID(int=7),
        "account": UUID(int=9),
        "agency": AGENCIES[0],
        "discipline": None,
        "title": "Officer",
        "category": "patrol",
        "is_supervisor": False,
        "is_primary": True,
        "since": date(2020, 1, 1),
        "until": None,
    }
    empty = {"title": "", "category": None, "is_supervisor": None, "since": None, "until": None}
    asked = {n: stands[n] for n in ("account", "agency", "discipline")} | empty | wanted

    row, wrong = judge([stands], asked, TODAY)

    if wrong:
        assert list(wrong) == [result]
    else:
        begun = row is not None and row["id"] != stands["id"]
        assert result == ("same" if row is None else "begun" if begun else "changed")


async def test_who_works_for_two_by_a_file_can_still_prove_the_address(database, clock):
    account = await make.account(email="ada@third.example", proved_at=None, status="pending_email")
    for _ in range(MOST):
        await Affiliation(
            account=account.id, agency=(await make.agency()).id, since=date(2020, 1, 1)
        ).save()
    await AgencyDomain(agency=(await make.agency()).id, domain="third.example").save()

    await prove_address(await make_link(LinkKind.PROVE, account.id))

    proved = await Account.objects().where(Account.id == account.id).first()
    assert (proved.status, proved.proved_at) == ("active_unverified", clock.now)
    assert await Affiliation.count() == MOST
