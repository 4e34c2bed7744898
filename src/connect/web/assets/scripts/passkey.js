// Asks the browser for a passkey, and sends its answer with the form that holds the button. The
// form is shown only here: without script, or in a browser without passkeys, a code is the way.

const form = document.querySelector("form[data-passkey]");
if (form && window.PublicKeyCredential) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask().then(send, tell);
  });
}

function ask() {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const known of list ?? []) known.id = bytes(known.id);
  }
  if (form.dataset.passkey === "get") return navigator.credentials.get({ publicKey: options });
  options.user.id = bytes(options.user.id);
  return navigator.credentials.create({ publicKey: options });
}

function send(credential) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"];
  const response = {};
  for (const name of parts) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const { id, type } = credential;
  const answer = { id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} };
  form.elements.namedItem("credential").value = JSON.stringify(answer);
  form.submit();
}

function tell(error) {
  const place = form.querySelector("[data-passkey-trouble]");
  place.textContent =
    error.name === "InvalidStateError"
      ? "This device holds a passkey for your account already."
      : "No passkey was used. Try again, or use a code.";
  place.hidden = false;
}

/** base64url as bytes. */
function bytes(words) {
  const plain = atob(words.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

/** Bytes as base64url. */
function text(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
