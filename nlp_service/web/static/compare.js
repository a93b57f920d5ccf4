"use strict";
// Shared passages of two texts: pressing one shows its counterpart on the other side.

const sides = Object.fromEntries(
  [...document.querySelectorAll("[data-side]")].map((side) => [side.dataset.side, side]));

/** Mark a passage on both sides; the other side scrolls to it and, from a number, gets the focus. */
function show(passage, from, byNumber) {
  for (const run of document.querySelectorAll(".run")) {
    run.classList.toggle("now", run.dataset.passage === passage);
  }
  const other = sides[from === "left" ? "right" : "left"];
  const place = other.querySelector(`[data-passage="${passage}"]`);
  if (!place) return;
  other.scrollTop = place.offsetTop - other.clientHeight / 3;
  if (byNumber) place.focus({ preventScroll: true });
  other.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", ({ target }) => {
  const run = target.closest?.("[data-passage]");
  if (run && String(getSelection()) === "") {
    show(run.dataset.passage, run.closest("[data-side]").dataset.side, run.matches("button"));
  }
});
