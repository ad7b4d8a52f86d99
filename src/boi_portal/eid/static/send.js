// Sends the form that leads to an identity provider at once. Without scripts its button does the same.
(() => {
  const form = document.querySelector("form[data-send]");
  if (form) {
    form.requestSubmit();
  }
})();
