// After a decision, and at the key n, go on to the next proposal that nobody decided on.

/** Return the first undecided proposal behind a place, else the first one of the list. */
function nextUndecided(from) {
  const open = [...document.querySelectorAll("#cases [data-undecided]")];
  const behind = (one) => from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  return (from && open.find(behind)) ?? open[0];
}

document.addEventListener("decided", ({ detail }) => {
  const decided = document.getElementById(`case-${detail.key}`);
  goTo(nextUndecided(decided) ?? decided);
});

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-next]")) goTo(nextUndecided(document.querySelector("#cases [data-item].current")));
});
