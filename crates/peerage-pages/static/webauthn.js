// Asks the browser for security keys and passkeys: to log in, to confirm, to add one. Everything else works without it.
"use strict";

const token = () => document.querySelector('input[name="csrfmiddlewaretoken"]')?.value ?? "";

// Sends to our own server; what it refuses is thrown in its own words.
async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (told.next && !answer.ok) location.assign(told.next);
  if (!answer.ok) throw new Error(Object.values(told).flat().find((text) => typeof text === "string" && text.includes(" ")) ?? "");
  return told;
}

const works = () => window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials;

async function show(kind, next, mediation, signal) {
  const begun = await ask("/security_keys/request_authentication", { kind });
  signal?.throwIfAborted();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.publicKey);
  const credential = await navigator.credentials.get({ publicKey, mediation, signal });
  const told = await ask("/security_keys/verify_authentication", {
    ceremony: begun.ceremony, credential: credential.toJSON(), next,
  });
  location.assign(told.next);
}

async function add(form) {
  const passkey = form.elements.passkey_login.checked;
  const name = form.elements.name.value;
  const { next } = form.dataset;
  const begun = await ask("/security_keys/request_registration", { passkey_login: passkey, next });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  const told = await ask("/security_keys/add", { ceremony: begun.ceremony, credential: credential.toJSON(), name, next });
  location.assign(told.next);
}

// The browser offers passkeys in the field for the user name, until a button asks for one.
let offering = null;
async function offer(place) {
  offering = new AbortController();
  const { signal } = offering;
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  await show("login", place.dataset.next, "conditional", signal);
}

function sets(place) {
  const button = place.querySelector("[data-key-do]");
  const error = place.querySelector("[data-key-error]");
  if (!works()) return;
  button.hidden = false;
  const tell = (fault) => {
    error.textContent = fault.name === "Error" && fault.message ? fault.message : place.dataset.failed;
    error.hidden = false;
  };
  const act = async () => {
    if (place.reportValidity && !place.reportValidity()) return;
    error.hidden = true;
    button.disabled = true;
    offering?.abort();
    try {
      if (place.dataset.keys === "add") await add(place);
      else await show(place.dataset.keys, place.dataset.next);
    } catch (fault) {
      tell(fault);
    }
    button.disabled = false;
  };
  button.addEventListener("click", act);
  if (place.dataset.keys === "add") place.addEventListener("submit", (event) => { event.preventDefault(); act(); });
  if (place.dataset.keys === "login") offer(place).catch(() => {});
}

document.querySelectorAll("[data-keys]").forEach(sets);
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
