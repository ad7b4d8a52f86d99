// Passkeys: asks the browser for one and sends its answer with the page's own form. Without this script the forms stay hidden and other
// ways remain.
"use strict";

const NOT_USED = "Nie użyto klucza. Spróbuj jeszcze raz albo wybierz inny sposób.";
const KNOWN = "Ten klucz jest już dodany do Twojego konta.";
const NO_QUESTION = "Nie udało się połączyć z portalem. Odśwież stronę i spróbuj jeszcze raz.";

function bytesOf(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
}

function textOf(buffer) {
  const signs = Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join("");
  return btoa(signs).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The question as the browser wants it: what came as base64url is bytes.
function questionOf(options) {
  const listed = (list) => (list || []).map((one) => ({ ...one, id: bytesOf(one.id) }));
  const question = { ...options, challenge: bytesOf(options.challenge) };
  if (options.user) question.user = { ...options.user, id: bytesOf(options.user.id) };
  if (options.excludeCredentials) question.excludeCredentials = listed(options.excludeCredentials);
  if (options.allowCredentials) question.allowCredentials = listed(options.allowCredentials);
  return question;
}

// The answer as the portal reads it.
function answerOf(credential) {
  const { response } = credential;
  const fields = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = fields.filter((name) => response[name]).map((name) => [name, textOf(response[name])]);
  return JSON.stringify({
    id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response: Object.fromEntries(given),
  });
}

async function ask(form) {
  const answer = await fetch(form.dataset.passkeyQuestion, {
    method: "POST", headers: { "X-CSRF-Token": form.elements.csrf_token.value }, credentials: "same-origin", redirect: "error",
  });
  if (!answer.ok) throw new TypeError(`status ${answer.status}`);
  return answer.json();
}

function problemOf(error) {
  if (error.name === "InvalidStateError") return KNOWN;
  return error instanceof TypeError ? NO_QUESTION : NOT_USED;
}

function tell(form, text) {
  const place = form.querySelector("[data-passkey-problem]");
  place.textContent = text;
  place.hidden = !text;
}

async function use(form) {
  tell(form, "");
  try {
    const { publicKey, csrf_token } = await ask(form);
    // the question may have begun the visitor's session; every form of the page needs its token from now on
    for (const field of document.querySelectorAll("input[name='csrf_token']")) field.value = csrf_token;
    const method = form.dataset.passkey === "create" ? "create" : "get";
    const credential = await navigator.credentials[method]({ publicKey: questionOf(publicKey) });
    form.elements.klucz.value = answerOf(credential);
    form.submit();
  } catch (error) {
    tell(form, problemOf(error));
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.reportValidity()) use(form);
    });
  }
  for (const note of document.querySelectorAll("[data-passkey-needs]")) note.hidden = true;
}
