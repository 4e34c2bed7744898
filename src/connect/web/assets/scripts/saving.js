// Saves a form field by field while one fills it in, and says when. What does not fit is told at the
// field and stays there; the form still carries everything when it is sent without this script.

const form = document.querySelector("form[data-saving]");
if (form) {
  const status = form.querySelector("[data-saved]");
  form.addEventListener("change", (event) => save(event.target));

  async function save(field) {
    if (!field.name) return;
    const body = new FormData();
    body.set("csrf", form.elements.csrf.value);
    body.set(field.name, field.value);
    try {
      const headers = { accept: "application/json" };
      const answer = await fetch(form.action, { method: "POST", body, headers, keepalive: true }); // also when one leaves
      const told = await answer.json();
      if (!answer.ok) return say(`Not saved. ${told.detail ?? "Open the page again."}`);
      const fault = told.faults[field.name];
      tell(field, fault);
      note(field, fault ? "" : `Saved ${told.saved_at}`);
      say(fault ? `Not saved: ${fault}` : `Saved ${told.saved_at}`);
    } catch {
      say("Not saved: there is no connection. Your words stay here; save them by the button.");
    }
  }

  // At the field, for the eye; the line at the end of the form tells it to screen readers.
  function note(field, words) {
    const group = field.closest(".usa-form-group");
    group.querySelector("[data-note]")?.remove();
    if (!words) return;
    const line = document.createElement("span");
    line.dataset.note = "";
    line.className = "muted small";
    line.ariaHidden = "true";
    line.textContent = words;
    field.after(line);
  }

  function say(words) {
    status.textContent = words;
  }

  function tell(field, fault) {
    const id = `${field.id}-error`;
    document.getElementById(id)?.remove();
    const hint = document.getElementById(`${field.id}-hint`) ? `${field.id}-hint` : "";
    const group = field.closest(".usa-form-group");
    group.classList.toggle("usa-form-group--error", Boolean(fault));
    field.classList.toggle("usa-input--error", Boolean(fault));
    if (fault) {
      const message = document.createElement("span");
      message.className = "usa-error-message";
      message.id = id;
      message.textContent = fault;
      field.before(message);
      field.setAttribute("aria-invalid", "true");
    } else {
      field.removeAttribute("aria-invalid");
    }
    const described = [hint, fault ? id : ""].filter(Boolean).join(" ");
    if (described) field.setAttribute("aria-describedby", described);
    else field.removeAttribute("aria-describedby");
  }
}
