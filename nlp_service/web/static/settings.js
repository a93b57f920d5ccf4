// 设置: what is to be copied is selected as soon as one goes into it; the section is in sight; a page
// that says why something was refused is shown.

document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.("[data-select]")) target.select();
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const page = detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/html");
  if (detail.xhr.status === 422 && page) [detail.shouldSwap, detail.isError] = [true, false];
});
