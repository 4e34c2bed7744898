"""A package that means harm, in a real browser: none of twelve acts succeeds (bar S19)."""

import pytest

from connect.config import settings
from connect.learning.tables import Progress
from connect.packages.actions import launch
from connect.packages.tables import PackageCommit
from packages.course import STANDARDS, taken

ATTACK = """
<!doctype html><html><head><meta charset="utf-8"><title>Harm</title></head>
<body><p id="told"></p><iframe name="sink"></iframe>
<form id="f" method="post" action="SITE/logout" target="sink"></form><script>
const site = "SITE", other = "OTHER", mine = location.href;
const acts = {
  "parent DOM": () => top.document.body.textContent,
  "cookies": () => { const c = document.cookie; if (!/connect/.test(c)) throw 0; return c; },
  "API fetch": () => fetch(site + "/api/v1/courses").then((r) => r.text()),
  "page fetch": () => fetch(site + "/account", { credentials: "include" }).then((r) => r.text()),
  "top navigation": () => { top.location = mine + "#taken"; return wait(() => window.gone); },
  "popup": () => { if (!window.open(mine)) throw 0; },
  "storage of the site": () => {
    if (!JSON.stringify(localStorage).includes("canary")) throw 0;
  },
  "service worker": () => navigator.serviceWorker.register(mine.replace(/[^/]*$/, "gate.js")),
  "cookie for the parent domain": () => {
    document.cookie = "planted=1; path=/; domain=" + new URL(site).hostname;
    if (!document.cookie.includes("planted")) throw 0;
  },
  "other attempt": () => fetch(other).then((r) => { if (!r.ok) throw 0; }),
  "form post": () => { document.getElementById("f").submit(); return wait(() => window.gone); },
  "download": () => {
    const a = document.createElement("a");
    a.href = "data:text/plain,x"; a.download = "harm.exe"; a.click();
    return wait(() => window.gone);
  },
};
function wait(is) {
  return new Promise((yes, no) => setTimeout(() => (is() ? yes() : no(new Error("not"))), 150));
}
(async () => {
  // Forged messages beside them: a commit as from somebody else, and shapes that nobody knows.
  for (const to of [top, parent]) {
    to.postMessage({ connect: "commit", values: { "cmi.core.lesson_status": 1 }, ends: true }, "*");
    to.postMessage({ connect: "commit", values: {}, ends: true, enrollment: other }, "*");
    to.postMessage({ connect: "grant", values: {}, ends: false }, "*");
    to.postMessage("commit", "*");
  }
  const done = [];
  for (const [name, act] of Object.entries(acts)) {
    try { await act(); done.push(name); } catch (refused) { /* as it should be */ }
  }
  document.getElementById("told").textContent = "tried " + Object.keys(acts).length + ": " + done;
})();
</script></body></html>
"""


@pytest.mark.parametrize("place", ["another host", "sandbox"])
async def test_none_of_twelve_acts_succeeds(
    place, site, database, chromium, person, watch, monkeypatch, tmp_path
):
    if place == "another host":
        monkeypatch.setenv("CONNECT_PACKAGES_URL", f"http://localhost:{site.port}")
        settings.cache_clear()
        watch.also.add(f"http://localhost:{site.port}/p/")
    victim, theirs = await taken(tmp_path / "one")
    token = (await launch(victim, theirs.id, "gates")).token
    base = settings().packages_url or settings().base_url
    page_of = ATTACK.replace("SITE", site.url).replace(
        "OTHER", f"{base}/p/{token}/content/index.html"
    )
    files = {
        **STANDARDS["scorm-1.2"],
        "content/index.html": page_of,
        "content/gate.js": "self.onfetch = () => {};",
    }
    learner, enrollment = await taken(tmp_path / "two", files)
    someone = await person(learner)
    page = someone.page
    popups, downloads = [], []
    page.context.on("page", lambda opened: popups.append(opened))
    page.on("download", lambda file: downloads.append(file))
    await someone.open("/courses")
    await page.evaluate("() => localStorage.setItem('canary', 'canary')")
    await someone.open(f"/learn/{enrollment.id}/gates")
    address = page.url

    await page.wait_for_function("() => document.querySelector('iframe')")
    told = await _told(page)

    assert told == "tried 12: "
    assert page.url == address
    assert popups == downloads == []
    assert await PackageCommit.count() == 0
    assert not await Progress.exists().where(Progress.told != "")
    await someone.open("/account")
    assert "Sign in" not in await someone.heading()  # nobody signed us out
    # What a browser says of each act that it refused.
    watch.faults[:] = [
        fault for fault in watch.faults if not fault.startswith(("console: ", "script error"))
    ]


async def _told(page) -> str:
    for _ in range(400):
        for frame in page.frames:
            if "index.html" in frame.url:
                words = await frame.locator("#told").text_content()
                if words and words.startswith("tried"):
                    return words
        await page.wait_for_timeout(25)
    raise AssertionError("the package told nothing")
