// Runs a package in a frame apart from the site and hands on what it says. Every message is looked
// at before it counts: who sent it, from where, and whether it is one of those that are known. What
// a package hands in is sent in order, one at a time, and again until the server has it.

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const PATIENCE_MS = 3000; // for a part to leave
const MOST = 2000; // values in a message

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
  let waiting = []; // for the queue to be empty
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
    if (busy || !queue.length) return;
    busy = true;
    clearTimeout(timer);
    say("Saving …", "");
    try {
      const told = await post(stage.dataset.commitUrl, { commit: queue[0] });
      failures = 0;
      queue.shift();
      saved(told);
    } catch (failure) {
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

  /** Let the part say that it ends, and wait until everything it said is saved. */
  async function leave() {
    if (frame) {
      const gone = new Promise((resolve) => {
        left = resolve;
        setTimeout(resolve, PATIENCE_MS);
      });
      frame.contentWindow.postMessage({ connect: "leave" }, launch.origin === "null" ? "*" : launch.origin);
      if (stage.dataset.answers === "yes") await gone;
    }
    while (queue.length) await new Promise((resolve) => waiting.push(resolve));
    frame?.remove();
    frame = null;
  }

  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || !frame) return;
    event.preventDefault();
    await leave();
    form.submit();
  });
  for (const button of stage.querySelectorAll("[data-unit]")) {
    button.addEventListener("click", async () => {
      await leave();
      open(button.dataset.unit);
    });
  }
  window.addEventListener("online", flush);
  window.addEventListener("beforeunload", (event) => queue.length && event.preventDefault());
  open();
}
