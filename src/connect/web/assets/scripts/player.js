// Tells the server every half minute that a step is open, and when its time is met. Without this
// script the server takes the span from opening to Next, and refuses Next in words when it is
// too early; the same refusal meets a press that this script lets through.

const HEARTBEAT_MS = 30_000;

const player = document.querySelector("[data-player]");
const form = document.querySelector("form[data-next]");
if (player && form) watch();

function watch() {
  const url = player.dataset.heartbeatUrl;
  const needed = form.querySelector("[data-time]");
  const status = form.querySelector("[data-time-status]");
  const button = form.querySelector("button");
  let seconds = Number(player.dataset.seconds);
  let minSeconds = Number(player.dataset.minSeconds);
  let done = player.dataset.state === "done" || seconds >= minSeconds;
  let timer;
  let since = performance.now(); // when `seconds` was last known

  const remaining = () => {
    const shown = document.hidden ? 0 : (performance.now() - since) / 1000;
    return Math.max(0, Math.ceil(minSeconds - seconds - shown));
  };

  const inWords = (left) => {
    if (left > 90) return `About ${Math.round(left / 60)} minutes are left before Next.`;
    if (left > 45) return "About a minute is left before Next.";
    return "Less than a minute is left before Next.";
  };

  function show() {
    // Not `disabled`: a button that stays in reach can say why it waits.
    if (done) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
    needed.hidden = done;
    if (!done) needed.textContent = `${inWords(remaining())} Your time counts while this page is open.`;
  }

  function plan() {
    clearTimeout(timer);
    if (document.hidden) return; // time behind another tab is not learning time
    const left = remaining() * 1000;
    // One beat more when the time is about to be met, so that Next opens when it should.
    timer = setTimeout(beat, !done && left > 0 ? Math.min(HEARTBEAT_MS, left + 1000) : HEARTBEAT_MS);
  }

  async function beat() {
    clearTimeout(timer);
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, event: "heartbeat" });
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) throw answer;
      const told = await answer.json();
      seconds = told.seconds;
      minSeconds = told.min_seconds;
      since = performance.now();
      const met = told.state === "done" || seconds >= minSeconds;
      status.textContent = met && !done ? "The time for this step is met. You can continue." : "";
      done ||= met;
    } catch (failure) {
      // A 4xx will not change by asking again; the words say what will help.
      status.textContent =
        failure instanceof Response && failure.status < 500 && failure.status !== 429
          ? "Your time is not being counted: you may be signed out. Open this page again."
          : "Your time is not being counted right now: no connection. We keep trying.";
    }
    show();
    plan();
  }

  form.addEventListener("submit", (event) => {
    if (done) return;
    event.preventDefault();
    status.textContent = `Not yet. ${inWords(remaining())}`;
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : beat()));
  window.addEventListener("online", beat);

  show();
  // At once: a step that was reached by a link is opened by this, not by the form that led here.
  beat();
}
