"use strict";
// What every page shares: keys, what the service says, dialogs. Pages say in attributes what they
// want; nothing here knows a page.
//
//   data-key="c"        on a button, link or input: the key presses it (an input gets the focus)
//   data-says="确认"     what the key does, for the list of keys; without it the element's own words
//   data-list           holds items; j and k move through them
//   data-item           one of them; keys of elements within it count only while it is the current
//   data-open           within an item: the link that Enter follows
//   data-shows="id"     opens the dialog of that id

const at = (id) => document.getElementById(id);
const CURRENT = "current";

// --- keys ------------

const isTyping = (element) =>
  element.matches("input:not([type=checkbox], [type=radio], [type=range]), textarea, select") ||
  element.isContentEditable;

const items = () => [...document.querySelectorAll("[data-list] [data-item]")];
const currentItem = () => document.querySelector(`[data-item].${CURRENT}`);
// What lies in a closed <details> has boxes, too, in browsers that know checkVisibility.
const isSeen = (element) =>
  element.getClientRects().length > 0 && (element.checkVisibility?.() ?? true) && !element.disabled;

/** Make an item the current one: the keys are its own now, and a screen reader is there, too. */
function goTo(item) {
  if (!item) return;
  for (const other of document.querySelectorAll(`[data-item].${CURRENT}`)) other.classList.remove(CURRENT);
  item.classList.add(CURRENT);
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = items();
  if (!all.length) return;
  const place = all.indexOf(currentItem());
  goTo(all[Math.max(0, Math.min(all.length - 1, place < 0 ? 0 : place + step))]);
}

/** Find what a key presses: in the current item first, then on the page outside of items. */
function pressedBy(key) {
  const selector = `[data-key="${CSS.escape(key)}"]`;
  const dialog = document.querySelector("dialog[open]");
  const within = (place) => [...(place?.querySelectorAll(selector) ?? [])].filter(isSeen);
  if (dialog) return within(dialog)[0];
  return within(currentItem())[0] ?? within(document).find((one) => !one.closest("[data-item]"));
}

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
  if (isTyping(event.target)) return;
  const pressed = pressedBy(event.key);
  if (pressed) {
    event.preventDefault();
    press(pressed);
  } else if (document.querySelector("dialog[open]")) {
    return;
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "Enter" && event.target === currentItem()) {
    currentItem().querySelector("[data-open]")?.click();
  }
});

document.addEventListener("focusin", ({ target }) => {
  const item = target.closest?.("[data-list] [data-item]");
  if (item && !item.classList.contains(CURRENT)) {
    currentItem()?.classList.remove(CURRENT);
    item.classList.add(CURRENT);
  }
});

/** Write the keys of this page into their list: each once, in the order of the page. */
function listKeys() {
  const said = new Map();
  if (items().length) said.set("j / k", "下一件 / 上一件");
  if (document.querySelector("[data-item] [data-open]")) said.set("Enter", "打开");
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!said.has(element.dataset.key)) {
      said.set(element.dataset.key, element.dataset.says ?? element.textContent.trim());
    }
  }
  const rows = [...said].flatMap(([key, says]) => {
    const [term, meaning, kbd] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
    kbd.textContent = key;
    meaning.textContent = says;
    term.append(kbd);
    return [term, meaning];
  });
  at("keys").querySelector("dl").replaceChildren(...rows);
}

document.addEventListener("click", ({ target }) => {
  const opener = target.closest?.("[data-shows]");
  if (!opener) return;
  if (opener.dataset.shows === "keys") listKeys();
  at(opener.dataset.shows).showModal();
});

// --- what the service says ------------

const SHOWN_MS = 12000;

/** Say a sentence; with an address, offer to take back what was done (key u). */
function say(text, { undo = "", bad = false } = {}) {
  const line = document.createElement("p");
  line.className = bad ? "bad" : "";
  line.textContent = text;
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "撤销";
    button.dataset.key = "u";
    button.dataset.says = "撤销刚才的操作";
    button.addEventListener("click", () => {
      line.remove();
      htmx.ajax("POST", undo, { swap: "none" });
    });
    button.insertAdjacentText("beforeend", " ");
    button.append(Object.assign(document.createElement("kbd"), { textContent: "u" }));
    line.append(button);
  }
  at("says").replaceChildren(line);
  setTimeout(() => line.remove(), SHOWN_MS);
}

document.addEventListener("said", ({ detail }) => say(detail.text, { undo: detail.undo }));

document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  let told = null;
  try {
    told = JSON.parse(xhr.responseText);
  } catch { /* not a problem document */ }
  say(told?.detail ?? `服务答复 ${xhr.status}，没有完成。`, { bad: true });
});
document.addEventListener("htmx:sendError", () => {
  say("连不上服务。请确认服务仍在运行、本机与它的网络相通，然后再试。", { bad: true });
});

// What was swapped in place of the current item is the current item.
let lastItem = "";
document.addEventListener("htmx:beforeSwap", () => { lastItem = currentItem()?.id ?? ""; });
document.addEventListener("htmx:afterSettle", () => {
  if (lastItem && !currentItem()) goTo(at(lastItem));
});
