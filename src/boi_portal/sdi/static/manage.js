/* Names for controls that the grid and select2 draw without any. They are drawn again and again, so what is added is watched. */
(function () {
  "use strict";

  function nameRow(box) {
    var row = box.closest(".slick-row");
    if (!row) {
      box.setAttribute("aria-label", "Zaznacz wszystkie");
      return;
    }
    var link = row.querySelector("a");
    box.setAttribute("aria-label", "Zaznacz: " + (link ? link.textContent : row.textContent).trim());
  }

  function nameSearch(field) {
    var container = field.closest(".select2-container");
    var select = container && container.previousElementSibling;
    var label = select && select.labels && select.labels[0];
    field.setAttribute("aria-label", label ? label.textContent.trim() : "Szukaj na liście");
  }

  function nameAll() {
    document.querySelectorAll(".slickgrid-wrapper input[type=checkbox]:not([aria-label])").forEach(nameRow);
    document.querySelectorAll(".slick-header-column[title='Select/Deselect All']").forEach(function (head) {
      head.title = "Zaznacz wszystkie";
    });
    document.querySelectorAll(".select2-search__field:not([aria-label])").forEach(nameSearch);
  }

  nameAll();
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
})();
