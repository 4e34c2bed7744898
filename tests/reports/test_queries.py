"""Counts: parts make their total, repeats stand apart, nothing is guessed."""

import csv
import io
from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
from connect.csv_out import cell
from connect.policy import Role
from connect.reports.exports import counts_csv, rows_csv
from connect.reports.queries import USUAL, counts, training_rows
from connect.trainings.tables import Mode, SourceKind, Training

YEAR = date(2026, 1, 1), date(2026, 12, 31)


async def trained(day=date(2026, 3, 4), **facts):
    row = Training(
        **{
            "person": uuid4(),
            "day": day,
            "mode": Mode.ON_DEMAND,
            "minutes": 30,
            "course": "first-response",
            "course_title": "First response",
            "version": 1,
            "discipline": "law-enforcement",
            "state": "TX",
            "source_kind": SourceKind.ENROLLMENT,
            "source": uuid4(),
            **facts,
        }
    )
    await row.save()
    return row


async def test_counts_by_every_part(database):
    ada, ben = uuid4(), uuid4()
    await trained(person=ada)
    await trained(person=ada, course="taking-the-call", course_title="Taking the call")
    await trained(person=ben, day=date(2026, 12, 31), state=None, discipline="educator")
    await trained(day=date(2027, 1, 1))
    await trained(day=date(2025, 12, 31))

    found = await counts(*YEAR, USUAL)

    assert (found.total.instances, found.total.persons) == (3, 2)
    shown = {
        by: [(p.value, p.label, p.instances, p.persons) for p in parts]
        for by, parts in found.by.items()
    }
    assert shown == {
        "discipline": [
            ("educator", "Educator", 1, 1),
            ("law-enforcement", "Law Enforcement", 2, 1),
        ],
        "state": [("TX", "Texas", 2, 1), (None, "Not reported", 1, 1)],
        "course": [
            ("first-response", "First response", 2, 2),
            ("taking-the-call", "Taking the call", 1, 1),
        ],
        "month": [("2026-03", "March 2026", 2, 1), ("2026-12", "December 2026", 1, 1)],
    }


async def test_a_repetition_counts_once_in_its_period_and_is_told(database):
    ada = uuid4()
    for day in (date(2026, 2, 1), date(2026, 8, 1), date(2027, 2, 1)):
        await trained(person=ada, day=day)

    this_year = await counts(*YEAR, ["month"])
    second_half = await counts(date(2026, 7, 1), date(2026, 12, 31), ["month"])

    assert (this_year.total.instances, this_year.total.repeats_not_counted) == (1, 1)
    assert [part.value for part in this_year.by["month"]] == ["2026-02"]
    assert (second_half.total.instances, second_half.total.repeats_not_counted) == (1, 0)


async def test_nothing_at_all_is_zero(database):
    found = await counts(*YEAR, USUAL)

    assert (found.total.instances, found.total.persons) == (0, 0)
    assert found.by == {name: [] for name in USUAL}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 4),
        ({"state": "TX"}, 2),
        ({"state": ""}, 1),
        ({"state": "TX", "discipline": "educator"}, 1),
        ({"month": "2026-03"}, 3),
        ({"course": "nothing"}, 0),
    ],
)
async def test_the_rows_behind_a_number_are_as_many_as_it_says(database, filters, expected):
    await trained()
    await trained(discipline="educator")
    await trained(state=None)
    await trained(state="AK", day=date(2026, 5, 1))

    rows = await training_rows(*YEAR, filters=filters)

    assert len(rows) == expected


@pytest.mark.parametrize("many", [1, 3])
async def test_counting_costs_the_same_whatever_there_is(database, queries, many):
    for _ in range(many):
        await trained(course=str(uuid4()))
    queries.clear()

    await counts(*YEAR, USUAL)

    assert len(queries) == 6, queries  # the total, four parts, the courses' titles


LEDGER = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 500),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["TX", "AK", None]),
        st.sampled_from(["educator", "medical", None]),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LEDGER)
async def test_counts_equal_a_count_by_hand(database, ledger):
    await Training.delete(force=True)
    people = [uuid4() for _ in range(5)]
    kept = {}
    for person, offset, course, state, discipline in ledger:
        day = date(2025, 10, 1) + timedelta(days=offset)
        row = await trained(
            person=people[person], day=day, course=course, state=state, discipline=discipline
        )
        if YEAR[0] <= day <= YEAR[1]:
            key = people[person], course
            if key not in kept or (day, row.id) < (kept[key].day, kept[key].id):
                kept[key] = row

    found = await counts(*YEAR, USUAL)

    rows = kept.values()
    assert found.total.instances == len(kept)
    assert found.total.persons == len({row.person for row in rows})
    for by, value_of in {
        "state": lambda row: row.state,
        "discipline": lambda row: row.discipline,
        "course": lambda row: row.course,
        "month": lambda row: f"{row.day:%Y-%m}",
    }.items():
        assert {p.value: p.instances for p in found.by[by]} == Counter(map(value_of, rows))


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        (" =1", "' =1"),
        ('"=1', "'\"=1"),
        ("\uff1d1", "'\uff1d1"),
        ("plain", "plain"),
        ("a=b", "a=b"),
        (-1, -1),
        (None, ""),
        (0, 0),
    ],
)
def test_no_cell_is_a_formula(given_, shown):
    assert cell(given_) == shown


async def test_csv_comes_back_as_it_went_in(database):
    row = await trained(agency_name='Cedar "Falls", PD\nWest')
    await trained(agency_name="=HYPERLINK()")

    lines = list(csv.DictReader(io.StringIO(rows_csv(await training_rows(*YEAR, filters={})))))
    numbers = list(csv.DictReader(io.StringIO(counts_csv(await counts(*YEAR, ["state"])))))

    assert {line["agency"] for line in lines} == {'Cedar "Falls", PD\nWest', "'=HYPERLINK()"}
    assert lines[0]["day"] == "2026-03-04"
    assert str(row.id) in {line["id"] for line in lines}
    assert numbers == [
        {"by": "total", "value": "", "label": "Total", "instances": "2", "persons": "2"},
        {
            "by": "repeats_not_counted",
            "value": "",
            "label": "Repeats not counted",
            "instances": "0",
            "persons": "",
        },
        {"by": "state", "value": "TX", "label": "Texas", "instances": "2", "persons": "2"},
    ]


async def test_rows_page_through_all_without_gaps(database, api):
    ids = sorted([(await trained(day=date(2026, 3, 1 + n % 3))).id for n in range(7)], key=str)
    admin = await api(await make.staff(Role.ANALYST))

    seen, after = [], ""
    while True:
        answer = (await admin.get("/trainings", params={"limit": 3, "after": after})).json()
        seen += [row["id"] for row in answer["items"]]
        if not (after := answer["next"]):
            break

    assert sorted(seen) == [str(i) for i in ids]


async def test_a_learner_may_not_read_the_counts(database, api, browser):
    actor = await make.learner()
    program, person = await api(actor), await browser(actor)

    answers = [
        await program.get("/reports/counts", params={"from": "2026-01-01", "to": "2026-12-31"}),
        await person.get("/admin/reports"),
        await person.get("/admin/reports/rows.csv"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-01-01"}, "to"),
        ({"from": "2026-02-30", "to": "2026-12-31"}, "from"),
        ({"from": "2026-12-31", "to": "2026-01-01"}, "to"),
        ({"from": "2026-01-01", "to": "2026-12-31", "by": "person"}, "by"),
    ],
)
async def test_a_wrong_period_is_told(database, api, asked, field):
    admin = await api(await make.staff(Role.ADMIN))

    answer = await admin.get("/reports/counts", params=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
