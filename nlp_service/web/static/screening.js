// After a decision, and at the key n, go on to the next proposal that nobody decided on.

/** Return the first undecided proposal behind a place, else the first one of the list. */
function nextUndecided(from) {
  const open = [...document.querySelectorAll("#cases [data-undecided]")];
  const behind = (one) => from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  return (from && open.find(behind)) ?? open[0];
}

/** Go on once no row is being shown anew: else a key would act on what is about to be replaced. */
function goOnFrom(id) {
  if (document.querySelector("#cases > .htmx-request")) {
    document.addEventListener("htmx:afterSettle", () => goOnFrom(id), { once: true });
  } else {
    goTo(nextUndecided(document.getElementById(id)) ?? document.getElementById(id));
  }
}

document.addEventListener("decided", ({ detail }) => goOnFrom(`case-${detail.key}`));

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-next]")) {
    goTo(nextUndecided(document.querySelector("#cases [data-item].current")));
  }
});
