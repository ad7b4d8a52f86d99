// Turns the text area of a rich text into an editor. The text area stays what is sent: it is written to only after a change, so
// opening a page alters nothing, and without this script it is filled in by hand. The server cleans whatever comes.
import Squire from "./vendor/squire.js";

const TAGS = new Set(
  "A ABBR BLOCKQUOTE BR CAPTION DD DL DT EM H2 H3 H4 LI OL P SECTION STRONG TABLE TBODY TD TH THEAD TIME TR UL".split(" "),
);
const RENAMED = { B: "STRONG", I: "EM", DIV: "P", H1: "H2", H5: "H4", H6: "H4" };
const GONE = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "TITLE", "HEAD"]);
const ATTRIBUTES = new Set(["id", "lang", "href", "title", "start", "colspan", "rowspan", "scope", "datetime"]);
const LINE_ENDS = /(<\/(p|h2|h3|h4|li|ul|ol|dt|dd|dl|tr|caption|thead|tbody|table|blockquote|section)>|<(ul|ol|dl|table|tbody|blockquote|section)( [^>]*)?>)(?=<)/g;
const BLOCKS = "p, h2, h3, h4, div";
const ADDRESS = /^(https:\/\/|mailto:|tel:|\/(?!\/)|#)\S+$/;

// The security policy refuses inline styles and handlers anyway; taken out beforehand, a paste does not fill the console with
// refusals. It is no protection and need not be complete.
const INLINE = /\s(style|on[a-z]+)\s*=\s*("[^"]*"|'[^']*')/gi;
const quiet = (html) => html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(INLINE, ""));

/** What the portal keeps of a piece of HTML, as nodes of this document. */
function kept(html) {
  const fragment = document.createDocumentFragment();
  copyInto(fragment, new DOMParser().parseFromString(quiet(html), "text/html").body);
  return fragment;
}

function copyInto(target, source) {
  for (const node of source.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) target.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || GONE.has(node.nodeName)) continue;
    const name = RENAMED[node.nodeName] || node.nodeName;
    if (!TAGS.has(name) || (name === "P" && node.querySelector("p, h1, h2, h3, h4, ul, ol, table, div"))) {
      copyInto(target, node);
      continue;
    }
    const copy = document.createElement(name);
    for (const { name: attribute, value } of node.attributes) {
      if (attribute === "href" ? ADDRESS.test(value) || /^http:\/\//.test(value) : ATTRIBUTES.has(attribute)) {
        copy.setAttribute(attribute, value);
      }
    }
    copyInto(copy, node);
    target.append(copy);
  }
}

/** The editor's HTML as it is sent: our own elements, no empty paragraphs, a block a line. */
function written(html) {
  const fragment = kept(html.replaceAll("\u200b", ""));
  for (const block of fragment.querySelectorAll(BLOCKS)) {
    if (block.lastChild && block.lastChild.nodeName === "BR") block.lastChild.remove();
    if (!block.textContent.trim() && !block.querySelector("br")) block.remove();
  }
  for (const item of fragment.querySelectorAll("li, dd, dt, td, th")) {
    if (item.children.length === 1 && item.firstElementChild.nodeName === "P" && item.childNodes.length === 1) {
      item.firstElementChild.replaceWith(...item.firstElementChild.childNodes);
    }
  }
  return element("div", {}, fragment).innerHTML.replace(LINE_ENDS, "$&\n").trim();
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The editor in place of one text area. */
class Editor {
  constructor(place) {
    this.place = place;
    this.textarea = place.querySelector("textarea");
    this.id = this.textarea.id;
    this.label = document.querySelector(`label[for="${CSS.escape(this.id)}"]`);
    this.name = this.label ? this.label.firstChild.textContent.trim() : "Tekst";
    this.area = element("div", { className: "input richtext-area prose", id: `${this.id}-edytor`, spellcheck: true });
    this.squire = new Squire(this.area, { blockTag: "P", addLinks: false, sanitizeToDOMFragment: kept });
    this.squire.addEventListener("input", () => this.write());
    this.squire.addEventListener("pathChange", () => this.show());
    this.squire.addEventListener("undoStateChange", (event) => this.showUndo(event.detail));
    this.describe();
    this.makeBar();
    this.makeLinkBox();
    this.toggle = element("button", { type: "button", className: "btn btn-quiet btn-small richtext-toggle" });
    this.toggle.addEventListener("click", () => this.switchTo(!this.rich).focus());
    this.source = element("div", {}); // what belongs to the text area goes with it
    this.textarea.replaceWith(this.source);
    this.source.append(this.textarea);
    this.source.before(this.bar, this.linkBox, this.area);
    this.place.append(this.toggle);
    // links of the error summary and the label lead to the text area; while it is hidden, its place is taken
    this.textarea.focus = (options) => (this.rich ? this.area.focus(options) : HTMLElement.prototype.focus.call(this.textarea, options));
    if (this.label) this.label.addEventListener("click", () => this.rich && this.squire.focus());
    this.showUndo({ canUndo: false, canRedo: false });
    this.switchTo(true);
  }

  /** What assistive technology is told of the editor is what it was told of the text area. */
  describe() {
    this.area.setAttribute("role", "textbox");
    this.area.setAttribute("aria-multiline", "true");
    if (this.label) {
      this.label.id = `${this.id}-etykieta`;
      this.area.setAttribute("aria-labelledby", this.label.id);
    } else {
      this.area.setAttribute("aria-label", this.name);
    }
    const about = (this.textarea.getAttribute("aria-describedby") || "").split(" ");
    const ids = about.filter((id) => id && id !== `${this.id}-zapis`).join(" ");
    if (ids) this.area.setAttribute("aria-describedby", ids);
    if (this.textarea.getAttribute("aria-invalid")) this.area.setAttribute("aria-invalid", "true");
  }

  makeBar() {
    const squire = this.squire;
    const inline = (tag, add, remove) => () => (squire.hasFormat(tag) ? squire[remove]() : squire[add]());
    const list = (tag, make) => () => (squire.hasFormat(tag) ? squire.removeList() : squire[make]());
    this.buttons = [
      ["Akapit", () => this.makeBlocks("P"), "P"],
      ["Nagłówek 2", () => this.makeBlocks("H2"), "H2"],
      ["Nagłówek 3", () => this.makeBlocks("H3"), "H3"],
      ["Nagłówek 4", () => this.makeBlocks("H4"), "H4"],
      ["Pogrubienie", inline("B", "bold", "removeBold"), "B"],
      ["Kursywa", inline("I", "italic", "removeItalic"), "I"],
      ["Lista", list("UL", "makeUnorderedList"), "UL"],
      ["Lista numerowana", list("OL", "makeOrderedList"), "OL"],
      ["Odnośnik", () => this.askLink(), "A"],
      ["Usuń odnośnik", () => squire.removeLink(), ""],
      ["Cofnij", () => squire.undo(), ""],
      ["Ponów", () => squire.redo(), ""],
    ].map(([words, action, tag], place) => {
      const button = element("button", { type: "button", className: "btn btn-small", textContent: words, tabIndex: place ? -1 : 0 });
      if (tag) button.dataset.tag = tag;
      button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && action());
      return button;
    });
    this.bar = element("div", { className: "richtext-bar" }, ...this.buttons);
    this.bar.setAttribute("role", "toolbar");
    this.bar.setAttribute("aria-label", `Formatowanie: ${this.name}`);
    this.bar.setAttribute("aria-controls", this.area.id);
    this.bar.addEventListener("keydown", (event) => this.walk(event));
  }

  /** One stop of Tab for the whole bar; arrows move inside it. */
  walk(event) {
    const here = this.buttons.indexOf(document.activeElement);
    const last = this.buttons.length - 1;
    const steps = { ArrowRight: here === last ? 0 : here + 1, ArrowLeft: here ? here - 1 : last, Home: 0, End: last };
    if (!(event.key in steps)) return;
    event.preventDefault();
    for (const button of this.buttons) button.tabIndex = -1;
    const next = this.buttons[steps[event.key]];
    next.tabIndex = 0;
    next.focus();
  }

  makeBlocks(tag) {
    this.squire.modifyBlocks((fragment) => {
      for (const block of fragment.querySelectorAll(BLOCKS)) {
        if (block.nodeName !== tag && !block.closest("li, td, th")) block.replaceWith(element(tag, {}, ...block.childNodes));
      }
      return fragment;
    });
    this.squire.focus();
  }

  makeLinkBox() {
    const id = `${this.id}-adres`;
    this.address = element("input", { type: "text", id, className: "input", autocomplete: "off" });
    this.address.setAttribute("inputmode", "url");
    this.address.setAttribute("aria-describedby", `${id}-jak`);
    this.advice = element("p", { className: "hint", id: `${id}-jak` });
    const insert = element("button", { type: "button", className: "btn btn-primary btn-small", textContent: "Wstaw odnośnik" });
    const cancel = element("button", { type: "button", className: "btn btn-quiet btn-small", textContent: "Anuluj" });
    this.linkBox = element(
      "div",
      { className: "richtext-link panel panel-tint", hidden: true },
      element("label", { className: "label", htmlFor: id, textContent: "Adres odnośnika" }),
      this.advice,
      this.address,
      element("p", { className: "buttons" }, insert, cancel),
    );
    insert.addEventListener("click", () => this.insertLink());
    cancel.addEventListener("click", () => this.closeLink());
    this.linkBox.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeLink();
      if (event.key !== "Enter" || event.target !== this.address) return;
      event.preventDefault(); // or the page's form would be sent
      this.insertLink();
    });
  }

  askLink() {
    this.range = this.squire.getSelection();
    const link = this.range.commonAncestorContainer.parentElement?.closest("a");
    this.address.value = link && this.area.contains(link) ? link.getAttribute("href") : "";
    this.advise(false);
    this.linkBox.hidden = false;
    this.address.focus();
  }

  advise(wrong) {
    this.advice.textContent = `${wrong ? "Popraw adres. " : ""}Na przykład /katalog, https://www.gov.pl albo mailto:urzad@zdroje.example`;
    this.address.setAttribute("aria-invalid", String(wrong));
  }

  insertLink() {
    const address = this.address.value.trim();
    if (!ADDRESS.test(address)) {
      this.advise(true);
      this.address.focus();
      return;
    }
    this.squire.setSelection(this.range);
    this.squire.makeLink(address);
    this.closeLink();
  }

  closeLink() {
    this.linkBox.hidden = true;
    this.squire.focus();
  }

  show() {
    for (const button of this.buttons) {
      const tag = button.dataset.tag;
      if (tag) button.setAttribute("aria-pressed", String(this.squire.hasFormat(tag)));
    }
  }

  showUndo({ canUndo, canRedo }) {
    const [undo, redo] = this.buttons.slice(-2);
    undo.setAttribute("aria-disabled", String(!canUndo));
    redo.setAttribute("aria-disabled", String(!canRedo));
  }

  /** Carry a change over to the text area; what loading itself altered is none. */
  write() {
    const html = this.squire.getHTML();
    if (html !== this.loaded) {
      this.loaded = null;
      this.textarea.value = written(html);
    }
    this.show();
  }

  /** Show the editor (`rich`) or the text area. */
  switchTo(rich) {
    this.rich = rich;
    if (rich) {
      this.squire.setHTML(this.textarea.value);
      this.loaded = this.squire.getHTML();
    }
    for (const part of [this.area, this.bar]) part.hidden = !rich;
    this.linkBox.hidden = true;
    this.source.hidden = rich;
    const hint = document.getElementById(`${this.id}-zapis`);
    if (hint) hint.hidden = rich;
    this.toggle.replaceChildren(rich ? "Pokaż HTML" : "Wróć do edytora", element("span", { className: "visually-hidden", textContent: `: ${this.name}` }));
    this.show();
    return rich ? this.squire : this.textarea;
  }
}

for (const place of document.querySelectorAll("[data-richtext]")) new Editor(place);
