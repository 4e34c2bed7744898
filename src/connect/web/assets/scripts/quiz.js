// Turns the quiz page into one question a screen, and saves each answer when it is given. The
// form still carries every answer when it is submitted, so an answer that could not be saved on
// the way is not lost, and without this script the page is simply one long form.

const TYPING_MS = 1500; // of silence before what was typed is saved
const CHOOSING_MS = 400; // the keys go through a list one by one: what is passed is not chosen
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];

const SIGNED_OUT =
  "You are signed out. Sign in again in another tab, then come back: this answer is sent then.";

const form = document.querySelector("form[data-quiz]");
if (form) {
  form.querySelectorAll("[data-order]").forEach(order);
  start();
}

function start() {
  const part = (name) => document.querySelector(`[data-quiz-${name}]`);
  const questions = [...form.querySelectorAll("[data-question]")];
  const nav = part("nav");
  const end = part("end");
  let here = 0; // questions.length is the last screen, where one submits

  const answered = (question) => {
    const fields = [...question.querySelectorAll("input, select")];
    const chosen = fields.filter((field) => field.type === "radio" || field.type === "checkbox");
    return chosen.length ? chosen.some((field) => field.checked) : fields.every((field) => field.value.trim());
  };
  const open = () => questions.filter((question) => !answered(question));
  const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  function count() {
    const done = questions.length - open().length;
    part("answered").textContent = `${done} of ${questions.length} answered`;
    part("progress").querySelector("progress").value = done;
  }

  function summarize() {
    const left = open();
    part("summary").textContent = left.length
      ? `${plural(left.length, "question")} ${left.length === 1 ? "has no answer and counts" : "have no answer and count"} as wrong.`
      : "Every question has an answer.";
    const list = part("unanswered");
    list.replaceChildren(
      ...left.map((question) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "usa-button usa-button--unstyled";
        button.textContent = `Question ${questions.indexOf(question) + 1}`;
        button.addEventListener("click", () => go(questions.indexOf(question)));
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
    list.hidden = left.length === 0;
  }

  function go(index, { focus = true } = {}) {
    here = Math.max(0, Math.min(index, questions.length));
    const last = here === questions.length;
    questions.forEach((question, position) => {
      question.hidden = position !== here;
    });
    end.hidden = !last;
    nav.hidden = last;
    part("previous").disabled = here === 0;
    part("next").textContent = here === questions.length - 1 ? "Review and submit" : "Next";
    if (last) summarize();
    if (!focus) return;
    // Screen readers begin at the question, and the keyboard goes on from there to its answers.
    const heading = last ? end.querySelector("h2") : questions[here].querySelector("legend");
    heading.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
    if (form.getBoundingClientRect().top < 0) form.scrollIntoView();
  }

  const unsaved = new Map(); // question to why the server refused its answer, or "" while we try again
  const savers = questions.map((question) => saver(question, form, unsaved, warn));

  function warn() {
    part("unsaved").hidden = unsaved.size === 0;
    const [question, why] = [...unsaved].find(([, reason]) => reason) ?? [];
    part("unsaved-text").textContent = why
      ? `Question ${questions.indexOf(question) + 1}: ${why}`
      : `${plural(unsaved.size, "answer")} could not be saved. We keep trying; leave this page open. ` +
        "Submitting sends every answer once more.";
  }

  questions.forEach((question, index) => {
    question.addEventListener("change", (event) => {
      count();
      if (event.target.matches("select")) savers[index].soon(CHOOSING_MS);
      else savers[index].now();
    });
    question.addEventListener("input", (event) => {
      if (event.target.matches("input:not([type=radio], [type=checkbox])")) savers[index].soon(TYPING_MS);
    });
    question.addEventListener("focusout", savers[index].ifWaiting);
  });
  part("previous").addEventListener("click", () => go(here - 1));
  part("next").addEventListener("click", () => go(here + 1));
  part("back").addEventListener("click", () => go(questions.length - 1));
  part("back").hidden = false;
  part("progress").hidden = false;

  for (const link of document.querySelectorAll('.error-summary a[href^="#question-"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go(questions.findIndex((question) => `#${question.id}` === link.getAttribute("href")));
    });
  }

  let submitting = false;
  form.addEventListener("submit", (event) => {
    // Enter in a question leads on, it does not submit the quiz.
    if (here < questions.length) {
      event.preventDefault();
      go(here + 1);
      return;
    }
    if ([...unsaved.values()].includes(SIGNED_OUT)) {
      event.preventDefault(); // it would be refused as well
      part("unsaved").scrollIntoView({ block: "nearest" });
      return;
    }
    submitting = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved.size && !submitting) event.preventDefault();
  });

  count();
  const wrong = questions.findIndex((question) => question.querySelector("[aria-invalid]"));
  const first = wrong === -1 ? questions.findIndex((question) => !answered(question)) : wrong;
  go(first === -1 ? questions.length : first, { focus: false });
}

/**
 * Let the items of a list be moved by buttons, in place of the number that one chooses without this
 * script. Untouched it is no answer. The focus stays on the button, and a live region tells where
 * the item went.
 */
function order(list) {
  const items = () => [...list.querySelectorAll("[data-item]")];
  const select = (item) => item.querySelector("select");
  const status = list.parentElement.querySelector("[data-order-status]");
  const place = (item) => Number(select(item).value) || items().length;

  function mark() {
    const all = items();
    for (const button of list.querySelectorAll("[data-move]")) {
      const end = button.dataset.move === "-1" ? all[0] : all.at(-1);
      button.setAttribute("aria-disabled", String(end.contains(button)));
    }
  }

  list.append(...items().sort((one, other) => place(one) - place(other)));
  list.parentElement.querySelector("[data-order-hint]").hidden = false;
  list.dataset.order = "moves";
  for (const item of items()) {
    select(item).hidden = true;
    item.querySelector("[data-moves]").hidden = false;
  }
  mark();
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const item = button.closest("[data-item]");
    if (button.dataset.move === "-1") item.previousElementSibling.before(item);
    else item.nextElementSibling.after(item);
    items().forEach((one, index) => {
      select(one).value = String(index + 1);
    });
    mark();
    button.focus();
    status.textContent = `${item.querySelector("label").textContent}: place ${select(item).value} of ${items().length}`;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/**
 * Saves what a question holds: now, or soon, when the typing pauses. One request a question is under way at a time;
 * what changes meanwhile is sent after it, so the last answer is the one that stays.
 */
function saver(question, form, unsaved, warn) {
  const receipt = question.querySelector("[data-receipt]");
  let busy = false;
  let again = false;
  let failures = 0;
  let waiting = false; // something was entered that no request carries yet
  let timer;

  function say(text, state) {
    receipt.textContent = text;
    receipt.dataset.state = state;
  }

  async function save() {
    clearTimeout(timer);
    waiting = false;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    if (unsaved.get(question) === SIGNED_OUT) await renew(form).catch(() => {});
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    for (const field of question.querySelectorAll("input, select")) {
      if (field.checked || !["radio", "checkbox"].includes(field.type)) body.append(field.name, field.value);
    }
    try {
      // keepalive: an answer given just before leaving still arrives.
      const options = { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } };
      const answer = await fetch(question.dataset.saveUrl, options);
      if (!answer.ok) throw answer;
      const told = await answer.json();
      failures = 0;
      unsaved.delete(question);
      if (!waiting) say(`Saved ${told.saved_at}`, "saved");
    } catch (failure) {
      if (failure instanceof Response && failure.status < 500 && failure.status !== 429) await refused(failure);
      else retry();
    }
    busy = false;
    warn();
    if (again) save();
  }

  function retry() {
    unsaved.set(question, "");
    say("Not saved yet: trying again", "waiting");
    timer = setTimeout(save, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  }

  // The server understood and said no, as after the end of an attempt: asking again changes nothing.
  async function refused(answer) {
    const problem = await answer.json().catch(() => ({}));
    const told = problem.errors?.[0]?.message || problem.detail || "Please answer it again.";
    const why = [401, 403].includes(answer.status) ? SIGNED_OUT : told;
    unsaved.set(question, why);
    say(`Not saved. ${why}`, "waiting");
  }

  window.addEventListener("online", () => unsaved.get(question) === "" && save());
  window.addEventListener("focus", () => unsaved.get(question) === SIGNED_OUT && save());
  document.addEventListener("visibilitychange", () => document.hidden && ifWaiting());

  function ifWaiting() {
    if (waiting) save();
  }

  function soon(ms) {
    waiting = true;
    say("Saving …", "");
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  }

  return { now: save, soon, ifWaiting };
}

/** Give the form the token of the session that there is now, after somebody signed in again. */
async function renew(form) {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("form[data-quiz] [name=csrf]");
  if (token) form.elements.csrf.value = token.value;
}
