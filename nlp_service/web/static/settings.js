// 设置: what is to be copied is selected as soon as one goes into it; the section is in sight.

document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.("[data-select]")) target.select();
});
