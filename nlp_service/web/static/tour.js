// The tour of four steps: opened by itself at a user's first sight of the inbox in a browser, and from
// the menu at any time.

const tour = document.getElementById("tour");
const steps = [...tour.querySelectorAll("[data-step]")];
const [back, next, skip] = ["back", "next", "skip"].map((name) => tour.querySelector(`[data-${name}]`));
const seen = `nlp-tour-seen-${tour.dataset.user}`;
let place = 0;

function goTo(step) {
  place = Math.max(0, Math.min(steps.length - 1, step));
  steps.forEach((one, number) => { one.hidden = number !== place; });
  tour.querySelector("[data-place]").textContent = place + 1;
  back.disabled = place === 0;
  next.textContent = place === steps.length - 1 ? "开始使用" : "下一步";
  skip.hidden = place === steps.length - 1;
  steps[place].querySelector("h3").focus();
}

function open() {
  tour.showModal();
  goTo(0);
}

/** Note at once that the tour was seen: the event of closing comes later, perhaps behind the next page. */
function remember() {
  localStorage.setItem(seen, "1");
}

function leave() {
  remember();
  tour.close();
}

back.addEventListener("click", () => goTo(place - 1));
next.addEventListener("click", () => (place === steps.length - 1 ? leave() : goTo(place + 1)));
skip.addEventListener("click", leave);
tour.addEventListener("keydown", ({ key }) => {
  if (key === "ArrowRight") goTo(place + 1);
  if (key === "ArrowLeft") goTo(place - 1);
});
tour.addEventListener("cancel", remember); // Escape
document.querySelector("[data-tour]")?.addEventListener("click", open);

if (location.pathname === "/inbox" && !localStorage.getItem(seen)) open();
