// 设置: what is to be copied is selected as soon as one goes into it.

document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.("[data-select]")) target.select();
});
