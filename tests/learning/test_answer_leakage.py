"""Bar S16: before a test is submitted, nothing that a learner can ask for holds a key."""

import re

from msgspec.structs import replace
from structlog.testing import capture_logs

import make
from connect.catalog.content import (
    Choice,
    ChoiceWords,
    FeedbackPolicy,
    Item,
    Number,
    Purpose,
    QuestionWords,
    Translation,
)
from connect.learning.actions import enroll
from connect.learning.answers import Given
from connect.learning.attempts import save_answer, start_attempt, submit_attempt
from connect.learning.languages import choose_language
from test_canary_tenants import addresses
from test_policy import Visit, signed_in

CANARY = "goldammer"
FIGURE = 917_253  # the canary of a question whose answer is a number
QUIZZES = {"pre": Purpose.PRE, "practice": Purpose.PRACTICE, "final": Purpose.FINAL}
TELLING = re.compile(rf'{CANARY}|{FIGURE}|"right": ?(true|false)|right_answer|"accept"')
DOCUMENTS = ("/api/v1", "/api/v1/openapi.json")  # they name the fields of a result
TOLD = {"feedback": CANARY, "feedback_html": CANARY}


def secret_questions():
    """One of each kind, with a canary wherever it tells what is right."""
    choices = [Choice(c, c, c, right=c == "b", **TOLD) for c in ("a", "b", "c")]
    secrets = {
        "numeric": {"number": Number(FIGURE, 1)},
        "short": {"accept": [CANARY]},
        "order": {"items": [Item(f"{CANARY}-{n}", f"Step {n}") for n in range(4)]},
        "cloze": {"text": "A {gap}.", "html": "A {gap}.", "gaps": {"gap": [CANARY]}},
        "choice": {"choices": choices},
        "choices": {"choices": choices},
    }
    return [replace(q, **TOLD, **secrets.get(q.kind, {})) for q in make.every_kind()]


def in_spanish(quiz):
    words = {
        q.id: QuestionWords(
            html=q.html,
            text=q.text,
            choices={c.id: ChoiceWords(c.html, c.text, **TOLD) for c in q.choices},
            pairs=q.pairs,
            **TOLD,
        )
        for q in quiz.questions
    }
    return {"es": Translation(title="Examen", questions=words)}


async def course_of_secrets(feedback):
    """A course of three tests that hold a canary in every key and feedback, in two languages."""
    quizzes = [
        make.component_quiz(
            name, purpose=purpose, questions=secret_questions(), feedback=feedback, max_attempts=2
        )
        for name, purpose in QUIZZES.items()
    ]
    quizzes = [replace(c, translations=in_spanish(c.quiz)) for c in quizzes]
    content = make.content(components=quizzes, sequence=False)
    await make.course(content)
    return content


async def tellers(visit, paths):
    """Addresses whose answer tells something of a key."""
    found = {}
    for path in paths:
        with capture_logs():
            answer = await visit.ask("GET", path)
        if told := TELLING.search(answer.text + str(answer.headers)):
            found[path] = told[0]
    return found


def doors(app, account, enrollment, attempt, content, component):
    """Every GET of the application, with what is the learner's put in."""
    ids = {"enrollment": enrollment.id, "attempt": attempt.id}
    ids |= {"account": account.id, "agency": account.id}
    found = addresses(app, ids, {"slug": content.slug, "component": component})
    return [path for path in found if "?" not in path and path not in DOCUMENTS]


async def test_s16_no_answer_of_any_door_holds_a_key_before_submission(database, app):
    content = await course_of_secrets(FeedbackPolicy.AFTER_SUBMISSION)
    account = await make.account()
    actor = make.actor_of(account)
    enrollment, _ = await enroll(actor, content.slug)
    attempts = {name: (await start_attempt(actor, enrollment.id, name))[0] for name in QUIZZES}
    for attempt in attempts.values():
        await save_answer(actor, attempt.id, "choice", Given(choices=["a"]))
    learner, nobody = await signed_in(app, account), Visit(app)

    leaks = {}
    everything = set(doors(app, account, enrollment, attempts["final"], content, "final"))
    leaks |= await tellers(learner, everything)
    for language in ("es", "en"):
        await choose_language(actor, enrollment.id, language)
        for name, attempt in attempts.items():
            paths = doors(app, account, enrollment, attempt, content, name)
            its = [p for p in paths if str(enrollment.id) in p or str(attempt.id) in p]
            leaks |= await tellers(learner, [*its, f"/courses/{content.slug}"])
    leaks |= await tellers(nobody, [f"/courses/{content.slug}", "/courses"])

    assert leaks == {}
    assert len(everything) > 100
    # What is saved is answered, never whether it is right.
    final = attempts["final"].id
    for given in ({"choices": ["a"]}, {"choices": ["b"]}):
        saved = await learner.client.put(
            f"/api/v1/attempts/{final}/answers/choice", json=given, headers=learner.bearer
        )
        assert saved.status_code == 200
        assert saved.json().keys() == {"question", "saved_at"}

    # Submitted, the feedback is told: the canaries sing, and the test can fail.
    await submit_attempt(actor, final)
    assert await tellers(learner, [f"/attempts/{final}/result"]) != {}


async def test_s16_an_export_of_oneself_tells_no_item_from_its_right_place(database, app):
    content = await course_of_secrets(FeedbackPolicy.AFTER_PASS)
    account = await make.account()
    actor = make.actor_of(account)
    enrollment, _ = await enroll(actor, content.slug)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    learner = await signed_in(app, account)
    here = f"/api/v1/attempts/{attempt.id}"
    shown = {q["id"]: q for q in (await learner.ask("GET", here)).json()["questions"]}
    pairs = zip(shown["match"]["left"], shown["match"]["right"], strict=True)
    for question, given in (
        ("match", {"pairs": {left["id"]: right["id"] for left, right in pairs}}),
        ("short", {"text": "My own words"}),
    ):
        await learner.client.put(f"{here}/answers/{question}", json=given, headers=learner.bearer)

    export = (await learner.ask("GET", "/api/v1/me/export")).json()

    (row,) = export["tables"]["attempt"]
    assert row["seed"] is None
    assert set(row["questions"]) == shown.keys()
    answers = {a["question"]: a["given"] for a in export["tables"]["answer"]}
    assert answers["short"] == {"text": "My own words"}
    told = [*answers["match"]["pairs"].keys(), *answers["match"]["pairs"].values()]
    assert len(set(told)) == 6
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in told)
