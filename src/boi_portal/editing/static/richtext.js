/* A row of buttons above each rich-text field: they put markup around what is selected, and show how it will look.
   Without this script the field is a plain text area that takes the same markup. */
"use strict";
(function () {
  var place = document.querySelector("[data-preview]");
  var fields = document.querySelectorAll("[data-richtext] textarea");
  if (!place || !fields.length) { return; }

  function wrap(area, before, after) {
    var start = area.selectionStart, end = area.selectionEnd, chosen = area.value.slice(start, end);
    area.focus();
    area.setRangeText(before + chosen + after, start, end, "end");
    if (!chosen) { area.setSelectionRange(start + before.length, start + before.length); }
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function list(area, name) {
    var start = area.selectionStart, end = area.selectionEnd;
    var lines = area.value.slice(start, end).split("\n").filter(function (line) { return line.trim(); });
    var items = (lines.length ? lines : [""]).map(function (line) { return "  <li>" + line.trim() + "</li>"; });
    area.focus();
    area.setRangeText("<" + name + ">\n" + items.join("\n") + "\n</" + name + ">", start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function link(area) {
    wrap(area, '<a href="https://">', "</a>");
  }

  var tools = [
    ["Akapit", function (area) { wrap(area, "<p>", "</p>"); }],
    ["Nagłówek", function (area) { wrap(area, "<h2>", "</h2>"); }],
    ["Mniejszy nagłówek", function (area) { wrap(area, "<h3>", "</h3>"); }],
    ["Ważne", function (area) { wrap(area, "<strong>", "</strong>"); }],
    ["Lista", function (area) { list(area, "ul"); }],
    ["Lista numerowana", function (area) { list(area, "ol"); }],
    ["Odnośnik", link]
  ];

  function button(title) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = title;
    return made;
  }

  function preview(area, toggle, view) {
    if (!view.hidden) {
      view.hidden = true;
      toggle.setAttribute("aria-pressed", "false");
      return;
    }
    var body = new URLSearchParams({ tekst: area.value });
    fetch(place.dataset.preview, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRF-Token": document.body.dataset.token || "" },
      body: body
    }).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (html) {
      view.innerHTML = html; // cleaned by the same allow-list as when it is kept
      view.hidden = false;
      toggle.setAttribute("aria-pressed", "true");
    }).catch(function () {
      view.textContent = "Nie udało się przygotować podglądu. Spróbuj ponownie.";
      view.hidden = false;
    });
  }

  fields.forEach(function (area) {
    var bar = document.createElement("div"), view = document.createElement("div"), toggle = button("Podgląd");
    var label = document.querySelector('label[for="' + area.id + '"]');
    bar.className = "text-tools";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Formatowanie: " + (label ? label.textContent.trim() : "tekst"));
    tools.forEach(function (tool) {
      var made = button(tool[0]);
      made.addEventListener("click", function () { tool[1](area); });
      bar.appendChild(made);
    });
    view.className = "text-preview prose";
    view.hidden = true;
    view.setAttribute("role", "status");
    toggle.setAttribute("aria-pressed", "false");
    toggle.addEventListener("click", function () { preview(area, toggle, view); });
    bar.appendChild(toggle);
    area.parentNode.insertBefore(bar, area);
    area.parentNode.appendChild(view);
  });
})();
