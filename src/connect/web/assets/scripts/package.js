// Runs a package in a frame apart from the site and hands on what it says. Every message is looked
// at before it counts: who sent it, from where, and whether it is one of those that are known. What
// a package hands in is sent in order, one at a time, and again until the server has it.

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const PATIENCE_MS = 3000; // for a part to leave
const MOST = 2000; // values in a message

const SIGNED_OUT =
  "You are signed out. Sign in again in another tab, then come back: what is not saved is sent then.";

const stage = document.querySelector("[data-package]");
const form = document.querySelector("form[data-next]");
if (stage && form) start();

function start() {
  const status = stage.querySelector("[data-package-status]");
  const place = stage.querySelector("[data-package-frame]");
  const queue = []; // commits that the server has not answered
  let launch = null;
  let frame = null;
  let number = 0;
  let busy = false;
  let failures = 0;
  let timer;
  let finished = stage.dataset.told === "finished";
  let signedOut = false;
  let leaving = false;
  const waiting = []; // for the queue to be empty
  let left = () => {};

  function say(text, state) {
    status.textContent = text;
    status.dataset.state = state;
  }

  stage.querySelector("[data-package-no-script]").hidden = true;

  async function post(url, fields) {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, ...fields });
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw answer;
    return answer.json();
  }

  async function open(unit) {
    say("Opening …", "");
    try {
      launch = await post(stage.dataset.launchUrl, unit ? { unit } : {});
    } catch (failure) {
      return say(await why(failure, "The part could not be opened. Check your connection, then open this page again."), "waiting");
    }
    number = 0;
    frame = document.createElement("iframe");
    frame.className = "package__frame";
    frame.title = launch.title;
    frame.setAttribute("sandbox", launch.sandbox);
    frame.referrerPolicy = "no-referrer";
    frame.src = launch.url;
    place.replaceChildren(frame);
    say("", "");
    for (const button of stage.querySelectorAll("[data-unit]")) {
      const current = Number(button.dataset.unit) === launch.unit;
      button.setAttribute("aria-current", String(current));
    }
  }

  async function why(failure, otherwise) {
    if (!(failure instanceof Response)) return otherwise;
    if ([401, 403].includes(failure.status)) return "You are signed out, or this part was open too long. Open this page again.";
    const problem = await failure.json().catch(() => ({}));
    return problem.detail || otherwise;
  }

  function known(data) {
    if (typeof data !== "object" || data === null) return false;
    if (!["started", "commit", "left", "changed"].includes(data.connect)) return false;
    if (Object.keys(data).some((key) => !["connect", "values", "ends"].includes(key))) return false;
    const entries = Object.entries(data.values ?? {});
    return entries.length <= MOST && entries.every(([, value]) => typeof value === "string") && typeof data.ends === "boolean";
  }

  window.addEventListener("message", ({ data, source, origin }) => {
    if (!frame || source !== frame.contentWindow || origin !== launch.origin || !known(data)) return;
    if (data.connect === "left") left();
    if (data.connect !== "commit" || (!data.ends && Object.keys(data.values).length === 0)) return;
    number += 1;
    const sent = { token: launch.token, number, values: data.values, ends: data.ends };
    queue.push(JSON.stringify(sent));
    flush();
  });

  async function flush() {
    if (busy || signedOut || !queue.length) return;
    busy = true;
    clearTimeout(timer);
    say("Saving …", "");
    try {
      const told = await post(stage.dataset.commitUrl, { commit: queue[0] });
      failures = 0;
      queue.shift();
      saved(told);
    } catch (failure) {
      const problem = failure instanceof Response ? await failure.clone().json().catch(() => ({})) : {};
      if ([401, 403].includes(failure.status) && problem.code !== "wrong_launch") {
        signedOut = true;
        say(SIGNED_OUT, "waiting");
        busy = false;
        return;
      }
      if (failure instanceof Response && failure.status < 500 && failure.status !== 429) {
        say(`Not saved. ${await why(failure, "Open this page again.")}`, "waiting");
        queue.length = 0;
      } else {
        say("Not saved yet: trying again. Leave this page open.", "waiting");
        timer = setTimeout(flush, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        failures += 1;
        busy = false;
        return;
      }
    }
    busy = false;
    if (queue.length) flush();
    else waiting.splice(0).forEach((go) => go());
  }

  function saved(told) {
    if (!told.recorded) return say("You finished this course before. Nothing is recorded any more.", "saved");
    const isNews = told.told === "finished" && !finished;
    finished ||= isNews;
    const news = isNews ? ` This step reports that it is finished. You can go on with ${form.querySelector("button").textContent.trim()}.` : "";
    say(`Saved ${told.saved_at}.${news}`, "saved");
  }

  /** Give the form the token of the session that there is now, after somebody signed in again. */
  async function renew() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("form[data-next] [name=csrf]");
    if (token) form.elements.csrf.value = token.value;
  }

  /** Let the part say that it ends, and wait until everything it said is saved. */
  async function leave() {
    if (frame) {
      const gone = new Promise((resolve) => {
        left = resolve;
        setTimeout(resolve, PATIENCE_MS);
      });
      frame.contentWindow.postMessage({ connect: "leave" }, launch.origin === "null" ? "*" : launch.origin);
      await gone;
    }
    while (queue.length) await new Promise((resolve) => waiting.push(resolve));
    frame?.remove();
    frame = null;
  }

  // Whatever leads away waits until all is saved; pressed again, it does not wait.
  document.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || !frame || leaving) return;
    event.preventDefault();
    leaving = true;
    await leave();
    event.target.requestSubmit(event.submitter);
  });
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href]");
    const isOther = !link || link.target || link.origin !== location.origin || link.pathname === location.pathname;
    if (isOther || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || !frame || leaving) return;
    event.preventDefault();
    leaving = true;
    await leave();
    location.href = link.href;
  });
  for (const button of stage.querySelectorAll("[data-unit]")) {
    button.addEventListener("click", async () => {
      await leave();
      open(button.dataset.unit);
    });
  }
  window.addEventListener("online", flush);
  window.addEventListener("focus", async () => {
    if (!signedOut) return;
    await renew().catch(() => {});
    signedOut = false;
    flush();
  });
  window.addEventListener("beforeunload", (event) => queue.length && event.preventDefault());
  open();
}
