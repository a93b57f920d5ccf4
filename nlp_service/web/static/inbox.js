// The inbox: what is picked, moving on behind a confirmed item, closing what was opened.

const at = (id) => document.getElementById(id);
const picked = () => [...document.querySelectorAll('[data-item] input[name="key"]:checked')];

// --- picking ------------

let lastTicked = null;

function showPicked() {
  const form = at("picked");
  if (!form) return;
  const count = picked().length;
  at("picked-count").textContent = count;
  form.hidden = count === 0;
}

/** With Shift, pick or leave all between the last one and this one. */
function tickBetween(box) {
  const boxes = [...document.querySelectorAll('[data-item] input[name="key"]')];
  const [from, to] = [boxes.indexOf(lastTicked), boxes.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.matches('[data-item] input[name="key"]')) {
    if (shiftKey) tickBetween(target);
    lastTicked = target;
    showPicked();
  } else if (target.closest("#pick-all, #pick-none")) {
    const all = target.closest("#pick-all") !== null;
    for (const box of document.querySelectorAll('[data-item] input[name="key"]')) box.checked = all;
    showPicked();
  } else if (target.closest("[data-closes]")) {
    const item = target.closest("[data-item]");
    target.closest(".options").replaceChildren();
    item.focus({ preventScroll: true });
  } else {
    const item = target.closest("[data-item]");
    if (item && !target.closest("a, button, input, select, label, form")) goTo(item);
  }
});
document.addEventListener("htmx:afterSettle", showPicked);

// --- filtering ------------

let byPointer = false, searched = false;
document.addEventListener("pointerdown", () => { byPointer = true; });
document.addEventListener("keydown", () => { byPointer = false; });
document.addEventListener("submit", ({ target }) => { searched = target.id === "filters"; });

// Listened to from outside, since the choices are put in place anew with their counts.
document.addEventListener("change", ({ target }) => {
  if (target.matches("#filters select, #filters [type=date]")) htmx.trigger("#filters", "chosen");
});

/** Give the keys back to the list: behind a search, and behind a choice by the mouse. */
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.id !== "inbox") return;
  if (searched) goTo(document.querySelector("[data-item]"));
  else if (byPointer && document.activeElement.matches("#filters select")) document.activeElement.blur();
  searched = false;
});

// --- acting ------------

/** Behind a confirmed item comes the next; behind several that were picked the list stays. */
document.addEventListener("confirmed", ({ detail }) => {
  showPicked();
  if (detail.keys.length === 1) goTo(at(`s-${detail.keys[0]}`)?.nextElementSibling?.closest("[data-item]"));
});

document.addEventListener("undone", ({ detail }) => {
  const here = detail.keys.filter((key) => at(`s-${key}`));
  const query = here.map((key) => `key=${key}`).join("&");
  const shown = htmx.ajax("GET", `/inbox/rows?${query}`, { swap: "none" }); // the counts in any case
  if (here.length) shown.then(() => goTo(at(`s-${here[0]}`)));
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-sends]") && target.value) target.form.requestSubmit();
});

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (!elt.matches(".acts > button")) return;
  for (const other of document.querySelectorAll(".options")) other.replaceChildren();
});

// --- coming back ------------

document.addEventListener("click", ({ target }) => {
  const item = target.closest("[data-open]")?.closest("[data-item]");
  if (item) history.replaceState(history.state, "", `#${item.id}`);
}, true);
if (location.hash.startsWith("#s-")) goTo(at(location.hash.slice(1)));

// What was deleted is said once, not again when the page is loaded anew.
if (at("deleted")) history.replaceState(history.state, "", location.pathname);

// --- an inbox that is still empty ------------

// A first start brings the samples within seconds; so look a few times, not all night, since asking
// keeps a session alive.
const LOOKS = 20;
const LOOKS_EVERY_MS = 3000;

function lookAgain(left) {
  if (!left || !document.querySelector("[data-looks-again]")) return;
  setTimeout(async () => {
    await htmx.ajax("GET", location.pathname + location.search, { target: "#inbox" });
    lookAgain(left - 1);
  }, LOOKS_EVERY_MS);
}
lookAgain(LOOKS);
