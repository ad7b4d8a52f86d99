// Sends the form that leads back to the service. Without script its button does the same.
document.querySelector("form[data-way-back]").submit();
