/* Small helps; every page works without them. No inline script is allowed, so data comes from attributes of the page. */
"use strict";

// A refused form: the summary of errors gets the focus, so that it is read first. Most browsers have done so by `autofocus`.
const summary = document.querySelector("[data-error-summary]");
if (summary) window.addEventListener("load", () => document.activeElement === document.body && summary.focus());

// A link of the summary puts the focus into the field itself, and shows its label.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-error-summary] a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  const shown = field.closest(".field, .field-set, .row-item") || field;
  shown.scrollIntoView({ block: "start" });
  field.focus({ preventScroll: true });
});

// A form is sent once, however often its button is pressed. Coming back by history makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 8000) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = String(Date.now());
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A table that is wider than the page scrolls in its place; the keyboard gets there, too.
const widths = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const table of document.querySelectorAll(".prose table")) if (!table.closest("[contenteditable]")) widths.observe(table);

// Passwords can be shown.
for (const place of document.querySelectorAll("[data-password]")) {
  const input = place.querySelector("input");
  const label = document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
  const name = label ? label.firstChild.textContent.trim().toLowerCase() : "hasło";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-secondary";
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Ukryj" : "Pokaż";
    button.setAttribute("aria-label", `${shown ? "Ukryj" : "Pokaż"}: ${name}`);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  if (input.form) input.form.addEventListener("submit", () => show(false));
  show(false);
  place.append(button);
}

// A session that is about to end says so, in time to keep it.
(function watchSession() {
  const bar = document.querySelector("[data-session-bar]");
  const page = document.body.dataset;
  if (!bar || !page.expiresIn) return;
  const WARN = 120; // seconds before the end
  const left = bar.querySelector("[data-session-left]");
  const button = bar.querySelector("[data-session-extend]");
  let end = Date.now() + Number(page.expiresIn) * 1000;
  let told = "";

  const words = (seconds) => {
    if (seconds > 75) return "2 minuty";
    if (seconds > 30) return "minutę";
    return "kilkanaście sekund";
  };
  const look = () => {
    const seconds = Math.round((end - Date.now()) / 1000);
    if (seconds <= 0) {
      // What was typed stays on the page: it can be sent after signing in again in another tab.
      for (const part of [bar.querySelector("[data-session-warning]"), button]) part.hidden = true;
      bar.querySelector("[data-session-over]").hidden = false;
      bar.hidden = false;
      clearInterval(watch);
      return;
    }
    bar.hidden = seconds > WARN;
    if (!bar.hidden && told !== words(seconds)) left.textContent = told = words(seconds);
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const answer = await fetch(page.session, { method: "POST", headers: { "X-CSRF-Token": page.token } });
      if (!answer.ok) throw new Error(String(answer.status));
      end = Date.now() + (await answer.json()).expires_in * 1000;
    } catch {
      left.textContent = told = "chwilę (sesji nie udało się przedłużyć)";
    } finally {
      button.disabled = false;
    }
    look();
  });
  const watch = setInterval(look, 5000);
})();
