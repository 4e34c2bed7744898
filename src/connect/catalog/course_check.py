"""Checking ``course.toml``: everything in it but the components."""

from datetime import date

from connect.catalog.content import Audience, Change, CourseContent, Credit, OpenTo
from connect.catalog.faults import quoted
from connect.catalog.prose import warn_about_sentences
from connect.catalog.toml_table import LANGUAGE, SLUG, SLUG_RULE, TITLE, Table
from connect.lists import AGENCY_KINDS, DISCIPLINES, STATES

_STALE_YEARS = 2


def check_course_table(table: Table, slug: str, today: date) -> CourseContent:
    """Check the root table of ``course.toml``, of which the components are read elsewhere.

    Returns:
        The content without components, media and hash. After a fault it is not fit for use.
    """
    completion = table.table("completion")
    content = CourseContent(
        slug,
        hash="",
        title=table.text("title", required=True, most=TITLE),
        summary=table.text("summary", required=True),
        language=table.text(
            "language", required=True, pattern=LANGUAGE, rule="use a code such as en, es or pt-BR"
        ),
        contact_minutes=table.whole("contact_minutes", 0, least=1, required=True),
        disciplines=table.codes("disciplines", DISCIPLINES, required=True),
        components=[],
        code=table.text("code", most=60) or None,
        topics=_topics(table),
        access=_access(table),
        counts=table.flag("counts", True),
        objectives=table.texts("objectives"),
        content_notes=table.texts("content_notes"),
        reviewed_on=_reviewed_on(table, today),
        change=table.pick("change", Change, Change.MINOR),
        sequence=completion.flag("sequence", True),
        pass_percent=completion.whole("pass_percent", 80, least=1, most=100),
        valid_months=completion.whole("valid_months", None, least=1, most=1200),
        evaluation=_evaluation(completion),
        credits=[_credit(one) for one in table.tables("credits")],
    )
    completion.close()
    warn_about_sentences(table.line("summary"), content.summary, table.faults)
    for key in ("objectives", "content_notes"):
        for place, text in enumerate(table.texts(key)):
            warn_about_sentences(table.line(key, place), text, table.faults)
    return content


def _topics(table: Table) -> list[str]:
    topics = table.texts("topics")
    for place, topic in enumerate(topics):
        slug = "-".join(topic.split())
        if not SLUG.fullmatch(slug):
            table.refuse(f'"topics": {quoted(topic)} is no slug: {SLUG_RULE}', "topics", place)
        elif slug != topic:
            table.faults.warn(table.line("topics", place), f'"topics": write {quoted(slug)}')
    return ["-".join(topic.split()) for topic in topics]


def _access(table: Table) -> OpenTo | Audience:
    value = table.get("access")
    if value is not None and not isinstance(value, (dict, str)):
        table.expected('"public", "verified" or a table', value, "access")
        return OpenTo.PUBLIC
    if not isinstance(value, dict):
        return table.pick("access", OpenTo, OpenTo.PUBLIC)
    rule = table.table("access")
    audience = Audience(
        rule.codes("disciplines", DISCIPLINES),
        rule.codes("agency_kinds", AGENCY_KINDS),
        rule.texts("titles"),
    )
    rule.close()
    if audience == Audience():
        table.refuse('"access" names nobody', "access")
    return audience


def _reviewed_on(table: Table, today: date) -> date | None:
    day = table.day("reviewed_on")
    if day is None:
        return None
    line = table.line("reviewed_on")
    if day > today:
        table.faults.warn(line, f'"reviewed_on" is after today, {today}')
    # Compared as text, since 29 February has no anniversary.
    if day.isoformat() < f"{today.year - _STALE_YEARS:04}{today.isoformat()[4:]}":
        table.faults.warn(line, f"the last review is over {_STALE_YEARS} years ago")
    return day


def _credit(table: Table) -> Credit:
    state = table.text("state", required=True)
    if state and state not in STATES:
        table.unknown(state, list(STATES), "state")
    credit = Credit(
        state,
        table.text("board", required=True, most=TITLE),
        table.whole("minutes", 0, least=1, required=True),
        table.text("course_number", most=TITLE),
        table.day("valid_from"),
    )
    table.close()
    return credit


def _evaluation(completion: Table) -> str | None:
    value = completion.get("evaluation")
    if isinstance(value, str):
        return completion.text("evaluation", pattern=SLUG, rule=SLUG_RULE) or None
    if value not in (None, False):
        completion.expected("false or the name of an evaluation", value, "evaluation")
    return None
