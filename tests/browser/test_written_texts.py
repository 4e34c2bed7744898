"""Bars S7 and S8: whatever people write, pages show it as text and tables hold it as text."""

import csv
import io
import itertools
import zipfile
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

import make
from canaries import ENOUGH, plant, write_everywhere
from connect.accounts.tables import Account, RoleGrant
from connect.catalog.tables import CourseVersion
from connect.csv_out import FORMULA
from connect.learning.actions import enroll
from connect.learning.attempts import start_attempt, submit_attempt
from connect.limits import RateLimit
from connect.policy import Role
from hostile_texts import FORMULAS, XSS
from test_canary_tenants import addresses
from test_policy import signed_in

NUMBERS = {"number": "C-2026-000001", "component": "one", "slug": "course-1"}
ROLES = [Role.ADMIN, Role.REGISTRAR, Role.AUTHOR, Role.ANALYST, Role.AUDITOR]
GROWS = ("/admin/audit",)  # by a line for what is looked at, until it has a next page
NEXT_PAGE = {("nav", "aria-label", "class"), ("a", "class", "href", "rel")}
ROUNDS = [pytest.param(4, id="short"), pytest.param(100, id="long", marks=pytest.mark.long)]


def one_after_another(texts, start):
    """What to write into each column: the next of *texts* that it can hold."""
    places = itertools.count(start)

    def words(place, length):
        at = next(places)
        fitting = (texts[(at + n) % len(texts)] for n in range(len(texts)))
        return next(text for text in fitting if len(text) <= length)

    return words


@pytest.fixture
async def planted(database):
    """The person whose rows they are, somebody with every role of the site; ids of the rows."""
    ids = await plant()
    owner = await Account.objects().where(Account.id == ids["account"]).first()
    staff = await make.account()
    for role in ROLES:
        await RoleGrant(account=staff.id, role=role).save()
    return [owner, staff], ids


@pytest.fixture
async def visits(app, planted):
    return [await signed_in(app, account) for account in planted[0]], planted[1]


def wanted(app, ids):
    return [path for path in addresses(app, ids, NUMBERS) if "?" not in path]


class Skeleton(HTMLParser):
    """The elements of a page in their order, each with the names of its attributes."""

    def __init__(self, html):
        super().__init__()
        self.bones = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        addresses = [v or "" for n, v in attrs if n in ("href", "src", "action", "formaction")]
        running = [a for a in addresses if a.lower().lstrip().startswith(("javascript:", "data:"))]
        self.bones.append((tag, *sorted(name for name, _ in attrs), *running))


async def skeletons(visits, paths):
    found = {}
    for number, visit in enumerate(visits):
        for path in paths:
            with capture_logs():
                answer = await visit.client.get(path, headers={"Accept": "text/html"})
            if answer.headers.get("content-type", "").startswith("text/html"):
                found[number, path] = answer.status_code, Skeleton(answer.text).bones
    return found


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rounds", ROUNDS)
async def test_s7_no_text_becomes_an_element_of_any_page(app, visits, rounds):
    people, ids = visits
    pages = [path for path in wanted(app, ids) if not path.startswith("/api/")]
    await write_everywhere(lambda place, length: "harmless")
    plain = await skeletons(people, pages)

    changed = {}
    for start in range(rounds):
        await RateLimit.delete(force=True)  # a hundred rounds are more than anybody may ask
        await write_everywhere(one_after_another(XSS, start * 7))
        for place, (status, bones) in (await skeletons(people, pages)).items():
            was, before = plain[place]
            grown = place[1] in GROWS and set(bones) - NEXT_PAGE == set(before) - NEXT_PAGE
            alike = bones == before or grown
            if status != was or not alike:
                changed[place] = [bone for bone in bones if bone not in before]

    assert len(XSS) >= 100
    assert max(map(len, XSS[:9])) < ENOUGH
    assert changed == {}
    assert sum(status == 200 for status, _ in plain.values()) >= 60


def worded(say):
    """A course each of whose texts *say* gives; what is HTML was sanitized before it is stored."""
    asked = [replace(q, text=say(), feedback=say(), alt=say()) for q in make.every_kind()]
    for place, question in enumerate(asked):
        if question.choices:
            choices = [replace(c, text=say(), feedback=say()) for c in question.choices]
            asked[place] = replace(question, choices=choices)
    return make.content(
        slug="worded",
        title=say(),
        summary=say(),
        objectives=[say(), say()],
        content_notes=[say()],
        topics=["missing-children"],
        components=[
            make.lesson("one", title=say()),
            replace(make.acknowledgement("oath"), title=say(), text=say()),
            make.component_quiz("final", title=say(), questions=asked, shuffle=False),
        ],
        sequence=False,
    )


async def course_pages(app, say):
    """The skeletons of what a learner sees of such a course, from the catalog to the result."""
    await make.course(worded(say), number=1 + await CourseVersion.count())
    account = await make.account()
    actor = make.actor_of(account)
    enrollment, _ = await enroll(actor, "worded")
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    here, learn = [await signed_in(app, account)], f"/learn/{enrollment.id}"
    steps = [f"{learn}/{c}" for c in ("one", "oath", "final")]
    paths = ["/courses", "/courses/worded", *steps, f"/attempts/{attempt.id}"]
    before = await skeletons(here, paths)
    await submit_attempt(actor, attempt.id)
    after = await skeletons(here, [f"/attempts/{attempt.id}/result"])
    return [*before.values(), *after.values()]


async def test_s7_no_text_of_a_course_becomes_an_element(app, database):
    plain = await course_pages(app, lambda: "harmless")

    for start in range(0, len(XSS), 25):
        hostile = itertools.cycle(XSS[start:] + XSS[:start])
        assert await course_pages(app, lambda hostile=hostile: next(hostile)) == plain

    assert [status for status, _ in plain] == [200] * 7


async def test_s7_no_text_runs_in_a_browser(app, visits, planted, person, site, watch):
    visitors, ids = visits
    await write_everywhere(one_after_another(XSS, 0))
    pages = [path for path in wanted(app, ids) if not path.startswith("/api/")]
    shown = await skeletons(visitors, pages)
    dialogs = []

    seen = 0
    for number, account in enumerate(planted[0]):
        someone = await person(make.actor_of(account))
        someone.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for (whose, path), (status, _) in shown.items():
            if whose == number and status == 200:
                await someone.page.goto(f"{site.url}{path}")
                seen += 1

    assert dialogs == []
    assert seen >= 60  # and none broke the rules for its scripts, which ``watch`` holds


def tables_in(answer):
    """The rows of a CSV, or of each CSV in a ZIP."""
    kind = answer.headers.get("content-type", "")
    if answer.status_code != 200:
        return
    if kind.startswith("text/csv"):
        yield list(csv.reader(io.StringIO(answer.text, newline="")))
    elif kind.startswith("application/zip"):
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        for name in archive.namelist():
            if name.endswith(".csv"):
                text = archive.read(name).decode()
                yield list(csv.reader(io.StringIO(text, newline="")))


async def test_s8_no_text_becomes_a_formula_of_any_table(app, visits):
    people, ids = visits
    formulas, tables, guarded = [], set(), set()

    for start in range(len(FORMULAS)):
        await write_everywhere(one_after_another(FORMULAS, start))
        for visit, path in itertools.product(people, wanted(app, ids)):
            if not path.endswith((".csv", ".zip")) and "certificate-batches" not in path:
                continue
            with capture_logs():
                answer = await visit.ask("GET", path)
            for table in tables_in(answer):
                tables.add(path)
                cells = list(itertools.chain(*table))
                formulas += [(path, c) for c in cells if c.lstrip(' "').startswith(FORMULA)]
                guarded |= {c[1:] for c in cells if c.startswith("'")}

    assert len(FORMULAS) == 20
    assert formulas == []
    assert guarded == set(FORMULAS)  # each came back as it was written
    assert len(tables) >= 12
