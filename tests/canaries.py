"""A tenant whose every text is a canary: whoever else sees one has seen what is not theirs."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from piccolo.columns import Text, Varchar
from piccolo.table import Table

import make
from connect import clock
from connect.accounts.affiliations import affiliate
from connect.accounts.documents import keep_document
from connect.accounts.links import make_link
from connect.accounts.sign_in import make_token, open_session
from connect.accounts.tables import (
    Account,
    AccountStatus,
    Address,
    CaseRoute,
    CaseState,
    EligibilityCase,
    Factor,
    Invitation,
    LinkKind,
    ProfessionalId,
    RecoveryCode,
    RoleGrant,
)
from connect.agencies.tables import Agency, AgencyCode, AgencyDomain, AgencyProfile
from connect.assignments.tables import Assigned, Assignment, AssignmentReminder
from connect.catalog.path_check import PathContent, PathCourse
from connect.catalog.tables import Course
from connect.external.tables import ExternalCompletion
from connect.imports.tables import Import, RefusedRow
from connect.learning.actions import Event, enroll, note_event
from connect.learning.answers import Given
from connect.learning.attempts import save_answer, start_attempt
from connect.learning.evaluations import give_evaluation
from connect.learning.tables import (
    Accommodation,
    CarriedComponent,
    Completion,
    Enrollment,
    EnrollmentLanguage,
    Override,
)
from connect.mail.actions import write_mail
from connect.mail.tables import MailPreference
from connect.merges.tables import DuplicatePair, Merge, MergeStep
from connect.packages.tables import PackageCommit, PackageLaunch, PackageState
from connect.paths.actions import enroll as follow
from connect.paths.actions import publish_path
from connect.piccolo_app import APP_CONFIG
from connect.policy import Actor, Role
from connect.readiness import tables as readiness
from connect.records.tables import Erasure
from connect.rosters.tables import Reminder, RequiredCourse
from connect.security import seal
from connect.transcripts.tables import TranscriptShare

CANARY = "kanarienvogel"
ENOUGH = 40  # characters of a column that holds words and no code
LONGEST = 10_000  # of one without a limit
# Of the site and of nobody: what runs it, and the catalog that everybody reads.
OF_NOBODY = {
    *("audit_anchor", "audit_event", "audit_head", "course", "course_media", "course_version"),
    *("course_grant", "grant_award", "path", "path_version"),
    *("course_draft", "course_file", "package_file"),
    *("accreditation", "credit_offer"),
    *("idempotency_key", "job", "mail_burst", "number_series", "rate_limit"),
    *("certificate_batch", "revocation_proposal", "signing_certificate"),  # staff's
}
# Texts that are no words: read by the program, kept as hashes, or public by the rules.
KEPT = {
    "account": {"password_hash", "time_zone"},
    "agency": {"name", "county"},  # public columns
    "agency_code": {"code_hash"},
    "api_token": {"token_hash"},
    "answer": {"question"},
    "attempt": {"component"},
    "certificate": {"digest", "pdf"},
    "completion": {"zone"},
    "eligibility_case": {"document"},
    "enrollment": {"last_component"},
    "enrollment_language": {"language"},
    "external_completion": {"evidence"},
    "import_file": {"file"},
    "mail": {"kind", "once", "state"},
    "membership_step": {"agency_name", "agency_county"},  # public columns, as they stood
    "mail_preference": {"kind"},
    "factor": {"secret", "credential"},
    "recovery_code": {"code_hash"},
    "one_time_link": {"token_hash"},
    "professional_id": {"value"},
    "progress": {"component"},
    "package_launch": {"component", "package", "token_hash"},
    "package_state": {"component"},
    "carried_component": {"component"},
    "override": {"component"},
    "record_merge_step": {"table_name", "column_name", "row_key"},
    "session": {"id_hash"},
    "transcript_share": {"token_hash"},
}


async def plant() -> dict[str, UUID]:
    """Agency B with one person and a row of everything; table → the id of its row."""
    agency = await make.agency(name="Northgate Police Department")
    await AgencyDomain(agency=agency.id, domain="northgate.example").save()
    await AgencyCode(agency=agency.id, code_hash="b" * 64, max_uses=3, made_by=agency.id).save()
    await AgencyProfile(agency=agency.id, as_of=clock.now().date(), population=1).save()
    account = await make.account(status=AccountStatus.ACTIVE_VERIFIED, title="Chief")
    await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=agency.id).save()
    actor = make.actor_of(account)
    await affiliate(actor, account, agency, title="Chief", consent=True)
    document = await keep_document(actor, b"%PDF-1.7 " + CANARY.encode() + b" %%EOF")
    await EligibilityCase(
        account=account.id,
        agency=agency.id,
        route=CaseRoute.DOCUMENT,
        state=CaseState.OPEN,
        explanation="why",
        document=document.digest,
        document_kind=document.kind,
        document_size=document.size,
    ).save()
    await open_session(account, "192.0.2.44")
    await make_token(account, name="Reports", scopes=[], days=30)
    await make_link(LinkKind.RESET, account.id)
    await _learn(actor)
    imported = Import(kind="agencies", state="done", file_name="people.csv", made_by=account.id)
    await imported.save()
    await RefusedRow(
        import_file=imported.id,
        row=2,
        cells=f'{{"name": "{CANARY}"}}',
        faults=f'{{"name": "{CANARY}"}}',
    ).save()
    await _belongings(actor, account, agency)
    return await write_everywhere(_canary)


async def _belongings(actor: Actor, account: Account, agency: Agency) -> None:
    """What a person and an agency have besides."""
    await write_mail(
        "accounts/password_changed", to=account.email, account=account.id, name=account.legal_name
    )
    await MailPreference(account=account.id, kind="learning/completed", wanted=False).save()
    await Factor(account=account.id, kind="totp", name="Phone").save()
    await RecoveryCode(account=account.id, code_hash="c" * 64).save()
    await Address(account=account.id, email="second@northgate.example").save()
    await ProfessionalId(account=account.id, state="TX", kind="pid", value=seal("1")).save()
    await Invitation(email="new@northgate.example", agency=agency.id, invited_by=actor.id).save()
    course = await Course.objects().first()
    assert course
    first = PathCourse(str(course.slug))
    await RequiredCourse(agency=agency.id, course=course.id, made_by=actor.id).save()
    await publish_path(actor, PathContent("tour", "d" * 64, "Tour", "All.", "en", [first]))
    await follow(actor, "tour")
    today = clock.now().date()
    asked = Assignment(
        course=course.id, agency=agency.id, only_sharing=True, due_on=today, made_by=actor.id
    )
    await asked.save()
    one = Assigned(assignment=asked.id, person=account.id, due_on=today, assigned_on=today)
    await one.save()
    await AssignmentReminder(
        kind="due", person=account.id, about=one.id, due_on=today, days=0, decided_on=today
    ).save()
    await Reminder(agency=agency.id, person=account.id, day=today, made_by=actor.id).save()
    await ExternalCompletion(
        account=account.id,
        title="Elsewhere",
        provider="Others",
        day=today,
        minutes=60,
        made_by=account.id,
    ).save()
    await TranscriptShare(account=account.id, token_hash="d" * 64, expires_on=today).save()
    twin = await make.account()
    await DuplicatePair(one=account.id, other=twin.id, reasons="name_state").save()
    merge = Merge(kind="people", kept=account.id, gone=twin.id, made_by=actor.id)
    await merge.save()
    await MergeStep(merge=merge.id, place=0, table_name="account", before='""').save()
    await Erasure(account=twin.id, reason="asked").save()
    await _review(actor, agency, today)


async def _review(actor: Actor, agency: Agency, today: date) -> None:
    """A readiness review with everything that belongs to one."""
    me = actor.id
    await readiness.RosterLine(
        agency=agency.id, account=me, category="patrol", since=today, made_by=me
    ).save()
    review = readiness.Review(
        agency=agency.id, kind="new", requirements="law-enforcement/2026.1", opened_by=me
    )
    await review.save()
    its = review.id
    await readiness.ReviewAnswer(review=its, field="ori", value="x", saved_by=me).save()
    document = readiness.PolicyDocument(review=its, size=1, uploaded_by=me, sha256="d" * 64)
    await document.save()
    await readiness.Evidence(
        review=its, element="no-waiting", document=document.id, pointed_by=me
    ).save()
    await readiness.Finding(review=its, element="no-waiting", finding="met", found_by=me).save()
    await readiness.Affirmation(
        review=its, asked_by=me, token_hash="a" * 64, facts_hash="f" * 64
    ).save()
    await readiness.ReviewMessage(review=its, author=me).save()
    await readiness.Snapshot(review=its, hash="5" * 64, made_for="submission").save()
    term = readiness.Membership(
        review=its,
        agency=agency.id,
        starts_on=today,
        ends_on=clock.months_after(today, 60),
        decided_on=today,
        requirements="law-enforcement/2026.1",
    )
    await term.save()
    await readiness.MembershipStep(membership=term.id, state="active", day=today).save()
    await readiness.MembershipNotice(membership=term.id, days_before=365, due_on=today).save()
    await readiness.RecognitionTask(membership=term.id, task="plaque").save()


async def _learn(actor: Actor) -> None:
    """One course finished, with its certificate and training; one tried, one being read."""
    done = make.content(components=[make.acknowledgement("oath"), make.evaluation()])
    begun = make.content(components=[make.component_quiz("final")])
    read = make.content(components=[make.lesson("one", min_seconds=60)])
    for content in (done, begun, read):
        await make.course(content)
        enrollment, _ = await enroll(actor, content.slug)
        await EnrollmentLanguage(enrollment=enrollment.id, language="es").save()
        if content is done:
            await note_event(actor, enrollment.id, "oath", Event.ACKNOWLEDGE)
            await give_evaluation(actor, enrollment.id, {"clarity": 4, "missing": "Nothing"})
            await _by_hand(enrollment)
        elif content is read:
            await note_event(actor, enrollment.id, "one", Event.OPEN)
            await note_event(actor, enrollment.id, "one", Event.HEARTBEAT)
            await _run_package(enrollment)
        else:
            attempt, _ = await start_attempt(actor, enrollment.id, "final")
            await save_answer(actor, attempt.id, "q1", Given(choices=["a"]))
            await Accommodation(enrollment=enrollment.id, made_by=actor.id).save()


async def _run_package(enrollment: Enrollment) -> None:
    """What a package left behind."""
    of = {"enrollment": enrollment.id, "component": "one", "unit": 1}
    launch = PackageLaunch(**of, package="a" * 64, token_hash="c" * 64, expires_at=clock.now())
    await launch.save()
    await PackageState(**of).save()
    await PackageCommit(launch=launch.id, number=1, given="{}").save()


async def _by_hand(enrollment: Enrollment) -> None:
    """What staff and an earlier completion stand for."""
    completion = await Completion.objects().first()
    assert completion
    await Override(
        enrollment=enrollment.id, component="oath", made_by=enrollment.learner, reason="why"
    ).save()
    await CarriedComponent(
        enrollment=enrollment.id, component="oath", completion=completion.id
    ).save()


def tenant_tables() -> list[type[Table]]:
    """Tables whose rows belong to somebody."""
    return [t for t in APP_CONFIG.table_classes if t._meta.tablename not in OF_NOBODY]


def _canary(place: str, length: int) -> str:
    return f"{CANARY}@{place}"


async def write_everywhere(words: Callable[[str, int], str]) -> dict[str, UUID]:
    """Write into every text of every row there is; table → the id of a row.

    Args:
        words: what to write into the column ``table.column``, which holds so many characters.
    """
    ids = {}
    for table in tenant_tables():
        name = table._meta.tablename
        texts = {
            column: getattr(column, "length", None) or LONGEST
            for column in table._meta.columns
            if isinstance(column, Varchar | Text)
            and (getattr(column, "length", None) or ENOUGH) >= ENOUGH
            and column._meta.name not in KEPT.get(name, ())
            and not column._meta.primary_key
        }
        row = await table.objects().order_by(table._meta.primary_key).first()
        if row is None:
            continue
        key = table._meta.primary_key
        ids[name] = row.to_dict()[key._meta.name]
        for column, length in texts.items():
            text = words(f"{name}.{column._meta.name}", length)
            change = table.update({column: text}, force=True)
            await (change.where(key == ids[name]) if column._meta.unique else change)
    return ids
