"use strict";
// Runs before the page is drawn, so that nobody who works in the dark is dazzled first.
{
  const KEPT = "nlp-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    root.dataset.theme = localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");
  };
  show();
  system.addEventListener("change", show);
  document.addEventListener("click", ({ target }) => {
    if (!target.closest?.("[data-theme-switch]")) return;
    localStorage.setItem(KEPT, root.dataset.theme === "dark" ? "light" : "dark");
    show();
    dispatchEvent(new CustomEvent("theme"));
  });
}
