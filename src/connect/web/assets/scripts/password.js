// A button that shows a password while one types it. It is made here, so that without script
// there is no dead button.

for (const input of document.querySelectorAll('input[type="password"]')) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "usa-button usa-button--unstyled show-password";
  button.textContent = "Show password";
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? "Show password" : "Hide password";
  });
  input.after(button);
  // A browser keeps what was typed in a text field among its suggestions, so it is hidden in time.
  input.form?.addEventListener("submit", () => {
    input.type = "password";
  });
}
