// Shows and hides questions as answers change. Without this script every question is visible, with words that say when to
// fill it in; the server decides by itself what counts.
(() => {
  "use strict";

  const controlsOf = (block) =>
    [...block.querySelectorAll("input, select, textarea")].filter((control) => control.type !== "hidden" && control.type !== "file");

  // The block of the question with this id: in the same row first, then anywhere on the page outside of rows.
  const blockOf = (id, from) => {
    const row = from.closest(".row-item");
    const selector = `[data-field="${CSS.escape(id)}"]`;
    const inRow = row && row.querySelector(selector);
    return inRow || [...document.querySelectorAll(selector)].find((block) => !block.closest(".row-item")) || null;
  };

  const isHidden = (block) => block.closest("[data-condition][hidden]") !== null;

  const answersOf = (id, from) => {
    const block = blockOf(id, from);
    if (!block || isHidden(block)) return [];
    return controlsOf(block)
      .filter((control) => (control.type === "radio" || control.type === "checkbox" ? control.checked : true))
      .map((control) => control.value.trim())
      .filter((value) => value !== "");
  };

  const isFilled = (id, from) => {
    const block = blockOf(id, from);
    if (!block || isHidden(block)) return false;
    return answersOf(id, from).length > 0 || block.querySelector(".file-kept, .row-item") !== null;
  };

  const asNumber = (text) => {
    const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(/zł$/i, "").replace(",", ".");
    return /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
  };

  const isSame = (answer, value) => {
    if (typeof value === "boolean") return answer === String(value);
    const left = asNumber(answer);
    const right = asNumber(String(value));
    return left !== null && right !== null ? left === right : answer === String(value);
  };

  const compare = (answers, holds) => answers.length > 0 && asNumber(answers[0]) !== null && holds(asNumber(answers[0]));

  const holds = (condition, from) => {
    if (condition.all) return condition.all.every((part) => holds(part, from));
    if (condition.any) return condition.any.some((part) => holds(part, from));
    const answers = answersOf(condition.field, from);
    if ("is" in condition) return answers.some((answer) => isSame(answer, condition.is));
    if ("not" in condition) return !answers.some((answer) => isSame(answer, condition.not));
    if ("in" in condition) return condition.in.some((value) => answers.some((answer) => isSame(answer, value)));
    if ("contains" in condition) return answers.includes(condition.contains);
    if ("filled" in condition) return isFilled(condition.field, from) === condition.filled;
    if ("gt" in condition) return compare(answers, (number) => number > condition.gt);
    if ("lt" in condition) return compare(answers, (number) => number < condition.lt);
    if ("ge" in condition) return compare(answers, (number) => number >= condition.ge);
    if ("le" in condition) return compare(answers, (number) => number <= condition.le);
    return true;
  };

  const blocks = [...document.querySelectorAll("[data-condition]")];
  if (blocks.length === 0) return;
  const conditions = new Map(blocks.map((block) => [block, JSON.parse(block.dataset.condition)]));

  // Conditions only look back, so one pass in reading order settles chains of them.
  const update = () => {
    for (const [block, condition] of conditions) block.hidden = !holds(condition, block.parentElement);
  };

  for (const note of document.querySelectorAll("[data-condition-note]")) note.hidden = true;
  document.addEventListener("input", update);
  document.addEventListener("change", update);
  update();
})();
