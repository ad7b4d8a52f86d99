// Shows only the part of a form that the chosen answer asks for. Without this script every part is there and says when to fill it in.
"use strict";

// the name of the choice, the answer, what it asks for
const PARTS = [
  ["pole-person-identity", "pesel", "pole-person-pesel-pole"],
  ["pole-person-identity", "document", "pole-person-document"],
  ["pole-letters-where", "other", "pole-letters-address"],
];

function update() {
  for (const [name, answer, id] of PARTS) {
    const part = document.getElementById(id);
    const chosen = document.querySelector(`input[name="${name}"]:checked`);
    if (part) part.hidden = chosen !== null && chosen.value !== answer;
  }
}

document.addEventListener("change", update);
update();
