"""Looking at a page: what any page must keep to, and its picture for people to judge."""

import re
from typing import Any

from playwright.async_api import Page, ViewportSize

from connect.config import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
PICTURES = ROOT / "var" / "screenshots"
WIDE = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
NARROWEST = ViewportSize(width=320, height=800)

# In the order of the pictures. A page that is looked at stands here, once.
NAMES = (
    "setup",
    "admin-empty",
    "landing",
    "courses",
    "courses-found",
    "courses-nothing",
    "course-visitor",
    "register",
    "register-errors",
    "register-sent",
    "outbox",
    "verify-email",
    "login",
    "login-wrong",
    "home-new",
    "course",
    "lesson",
    "lesson-not-yet",
    "lesson-time-met",
    "recording",
    "download",
    "package-scorm-1.2",
    "package-scorm-2004",
    "package-log",
    "package-no-script",
    "lesson-picture",
    "lesson-print",
    "practice-start",
    "practice-question",
    "practice-result",
    "practice-no-script",
    "course-under-way",
    "home-under-way",
    "acknowledgement",
    "test-start",
    "test-question",
    "test-saved",
    "test-unsaved",
    "test-signed-out",
    "test-ended-elsewhere",
    "test-no-script",
    "test-number",
    "test-text",
    "test-order",
    "test-match",
    "test-gaps",
    "test-passed-every-kind",
    "test-every-kind-no-script",
    "test-every-kind-errors",
    "test-end",
    "test-failed",
    "test-passed",
    "certificate-drawing",
    "certificate",
    "certificate-print",
    "transcript",
    "transcript-empty",
    "transcript-elsewhere",
    "shares",
    "shares-errors",
    "shares-made",
    "shared",
    "elsewhere",
    "elsewhere-errors",
    "elsewhere-queue",
    "elsewhere-files",
    "course-completed",
    "home-completed",
    "account",
    "account-errors",
    "notices",
    "notices-empty",
    "mail-preferences",
    "mail-preferences-saved",
    "unsubscribe",
    "unsubscribe-done",
    "outbox-held",
    "held",
    "held-errors",
    "factors-none",
    "factor-app",
    "factor-passkey",
    "recovery-codes",
    "factors",
    "second-step",
    "second-step-passkey",
    "step-up",
    "step-up-passkey",
    "sessions",
    "person-factors",
    "addresses",
    "addresses-wrong",
    "confirm-address",
    "professional-ids",
    "professional-ids-wrong",
    "closure",
    "closure-wrong",
    "person",
    "person-suspended",
    "accommodations-errors",
    "accommodations",
    "test-start-eased",
    "erasure",
    "erasure-wrong",
    "erasure-held",
    "erased-person",
    "reset-request",
    "reset-sent",
    "reset",
    "check",
    "check-valid",
    "check-unknown",
    "check-erased",
    "admin",
    "reports",
    "rows",
    "agencies-nothing",
    "agency-new-errors",
    "agency-asked",
    "screenings",
    "screening",
    "screenings-answered",
    "agencies-found",
    "agency-run",
    "verification",
    "verification-refused",
    "verification-attached",
    "verification-done",
    "verifications",
    "verification-declined",
    "people-of-the-site",
    "person-granted",
    "imports",
    "publishing-empty",
    "publishing-refused",
    "publishing-faults",
    "publishing-look",
    "publishing",
    "draft-new",
    "draft-words",
    "draft-file-faults",
    "draft-faults",
    "draft",
    "draft-preview",
    "draft-moved-on",
    "draft-no-script",
    "lesson-in-spanish",
    "test-in-spanish",
    "audit",
    "people",
    "people-reminded",
    "people-errors",
    "people-no-script",
    "readiness-start",
    "readiness-roster",
    "readiness-line-errors",
    "readiness-training",
    "members",
    "members-nothing",
    "member-terms",
    "membership",
    "membership-errors",
    "reviews",
    "reviews-empty",
    "review-submitted",
    "element",
    "element-errors",
    "element-again",
    "review-returned",
    "changes",
    "review-refused",
    "review-recommended",
    "review-decided",
    "kept",
    "messages",
    "messages-errors",
    "messages-agency",
    "home-coordinator",
    "application-draft",
    "application-facts",
    "application-facts-errors",
    "application-policy-errors",
    "application-policy",
    "application-element-errors",
    "application-asked",
    "affirm",
    "affirm-errors",
    "affirmed",
    "application-complete",
    "application-submitted",
    "grants-empty",
    "grants-errors",
    "grants",
    "grants-change",
    "grants-no-script",
    "credits-empty",
    "credits-errors",
    "credits",
    "accreditations",
    "menu",
    "api-docs",
    "refused-sign-in",
    "refused-not-open",
    "refused-second-factor",
    "refused-not-found",
    "refused-not-found-visitor",
    "refused-input",
    "refused-locked",
    "refused-passed-already",
    "refused-link",
    "refused-sign-in-again",
    "refused-send-again",
    "home-long",
    "courses-long",
    "course-long",
    "lesson-long",
    "test-long",
    "test-passed-long",
    "certificate-long",
    "transcript-long",
    "check-long",
    "rows-long",
    "duplicates",
    "duplicates-none",
    "merge",
    "merge-search",
    "merge-done",
    "merge-agencies",
    "person-joined",
    "enrollments",
    "enrollment-failed",
    "person-courses",
    "enrollment-by-hand",
    "course-what-is-left",
    "enrollment-take-back",
    "enrollment-taken-back",
    "course-again",
    "course-changed",
    "course-newer",
    "lesson-carried-over",
    "course-carried-over",
    "invitations-empty",
    "invitations-errors",
    "invitations",
    "invitations-site",
    "invitations-renewed",
    "invited",
    "invited-register",
    "invited-join",
    "invited-another",
    "imports-people",
    "imports-roster",
    "evaluation",
    "evaluation-errors",
    "evaluation-spanish",
    "evaluation-no-script",
    "evaluations-empty",
    "evaluations",
    "paths",
    "paths-empty",
    "path-visitor",
    "path-begun",
    "path-completed",
    "transcript-path",
    "assignments-empty",
    "assignment-new",
    "assignment-errors",
    "assignment-preview",
    "assignment-made",
    "assignments",
    "home-assigned",
    "reminders",
    "reminders-none",
    "assignment-no-script",
)
RUN_AXE = """async () => {
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  const { violations } = await axe.run(document, options);
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id} ${n.target}: ${n.failureSummary}`));
}"""
FACTS = """async () => {
  const pictures = [...document.images];
  for (const picture of pictures) picture.loading = "eager";  // those that wait to be in view, too
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
  return {
    title: document.title.trim().replace(/\\s+/g, " "),
    headings: [...document.querySelectorAll("h1")].map((h) => h.innerText),
    broken: pictures.filter((i) => !i.naturalWidth).map((i) => i.src),
  };
}"""
FITS = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = (element) => element.getBoundingClientRect().right > width;
  return [...document.querySelectorAll("body *")].filter(wide).map((e) => e.outerHTML.slice(0, 99));
}"""


class Album:
    """Pages that were looked at."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}  # of a page → the first word of its name here
        PICTURES.mkdir(parents=True, exist_ok=True)
        for path in PICTURES.glob("*.png"):
            if path.stem.removesuffix("-phone") not in map(_numbered, NAMES):
                path.unlink()  # of a page that has another number or name now

    async def look(self, page: Page, name: str) -> None:
        """Hold a page against the rules of every page, wide, on a phone and on the narrowest."""
        facts: dict[str, Any] = await page.evaluate(FACTS)
        kind = name.partition("-")[0]
        assert self._titles.setdefault(facts["title"], kind) == kind, (name, facts)
        assert len(facts["headings"]) == 1, (name, facts)
        assert facts["broken"] == [], name
        await page.evaluate(AXE)
        for size, ending in ((WIDE, ""), (PHONE, "-phone")):
            await page.set_viewport_size(size)
            assert await page.evaluate(RUN_AXE) == [], f"{name}{ending}"
            await self.keep(page, name + ending)
        await page.set_viewport_size(NARROWEST)
        wide = await page.evaluate(FITS)
        assert wide == [], (name, wide)
        await page.set_viewport_size(WIDE)

    async def look_without_script(self, page: Page, name: str) -> None:
        """The same for a page whose browser runs no script, so that axe cannot run in it either."""
        browser = page.context.browser
        assert browser
        html = re.sub(r"<script\b.*?</script>", "", await page.content(), flags=re.DOTALL)
        copy = await browser.new_page(viewport=WIDE)
        await copy.route(page.url, lambda r: r.fulfill(body=html, content_type="text/html"))
        await copy.goto(page.url)
        await self.look(copy, name)
        await copy.close()

    async def keep(self, page: Page, name: str) -> None:
        """A picture of the whole page."""
        bare = name.removesuffix("-phone")
        path = PICTURES / f"{_numbered(bare)}{name.removeprefix(bare)}.png"
        await page.screenshot(path=path, full_page=True)


def _numbered(name: str) -> str:
    return f"{NAMES.index(name) + 1:02}-{name}"
