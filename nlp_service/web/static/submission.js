"use strict";
// The page of one submission: layers of marks, words that are pointed at, the radar, small comforts.
// Everything is delegated, since parts are put in place anew.

const document_ = document.getElementById("text");
let pinned = null;

// --- words that are pointed at ------------

/** The stretches that an element points to: "12-20 33-40". */
const stretches = (element) =>
  element.dataset.points.split(" ").map((one) => one.split("-").map(Number));

/** Mark only the words of an element; without one, the layer's marks come back. */
function point(element) {
  document_.classList.toggle("pointing", Boolean(element));
  const wanted = element ? stretches(element) : [];
  let first = null;
  for (const run of document_.querySelectorAll("[data-start]")) {
    const [start, end] = [Number(run.dataset.start), Number(run.dataset.end)];
    const now = wanted.some(([from, to]) => from <= start && end <= to);
    run.classList.toggle("now", now);
    if (now) first ??= run;
  }
  if (first) {
    const place = first.offsetTop - document_.offsetTop;
    document_.scrollTop = Math.max(0, place - document_.clientHeight / 3);
  }
}

const pointing = (target) => target.closest?.("[data-points]");

function pin(element) {
  pinned = pinned === element ? null : element;
  for (const other of document.querySelectorAll("[data-points]")) {
    other.setAttribute("aria-pressed", String(other === pinned));
  }
  point(pinned);
}

if (document_) {
  for (const [come, go] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(come, ({ target }) => pointing(target) && point(pointing(target)));
    document.addEventListener(go, ({ target }) => pointing(target) && point(pinned));
  }
  document.addEventListener("click", ({ target }) => pointing(target) && pin(pointing(target)));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && pinned && pin(pinned));
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "layer") return;
    document_.dataset.layer = target.value;
    if (pinned) pin(pinned);
  });
}

// --- correcting in place ------------

const SEARCHED_FROM = 12;
const CHOICES = "li, option";

/** Let many choices be searched. */
function prepareSearch(root) {
  for (const field of root.querySelectorAll("[data-filters]")) {
    field.hidden = field.parentElement.querySelectorAll(CHOICES).length < SEARCHED_FROM;
  }
}

/** Show the choices that bear the words; in a select the first of them is chosen at once. */
function search(field) {
  const words = field.value.trim();
  const choices = [...field.parentElement.querySelectorAll(CHOICES)];
  for (const choice of choices) choice.hidden = !choice.textContent.includes(words);
  for (const group of field.parentElement.querySelectorAll("optgroup")) {
    group.hidden = !group.querySelector("option:not([hidden])");
  }
  const found = choices.find((choice) => !choice.hidden);
  field.setCustomValidity(found ? "" : "没有含这些字的选项，请换一个词。");
  if (found?.matches("option") && found.parentElement.closest("select").selectedOptions[0].hidden) {
    found.selected = true;
  }
}
document.addEventListener("input", ({ target }) => target.matches("[data-filters]") && search(target));
document.addEventListener("keydown", (event) => {
  const ticked = event.target.closest?.(".checklist"); // there Enter has nothing to choose
  if (event.key === "Enter" && ticked && event.target.matches("[data-filters]")) event.preventDefault();
});

/** Opening a form leads into it, and closes the others. */
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.(".correct") || !target.open) return;
  for (const other of document.querySelectorAll(".correct[open]")) {
    if (other !== target) other.open = false;
  }
  if (matchMedia("(pointer: coarse)").matches) return; // a keyboard would cover the choices
  target.querySelector("input:not([type=hidden], [hidden]), select")?.focus();
}, true);

// Who has saved by keyboard goes on where they were.
let left = "";
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  left = target.closest?.(".correct")?.id ?? "";
});
document.addEventListener("htmx:afterSettle", () => {
  if (left && document.activeElement === document.body) {
    document.getElementById(left)?.querySelector("summary")?.focus({ preventScroll: true });
  }
});
prepareSearch(document);

// --- the draft ------------

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  let copied = true;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch { // no clipboard on plain http: copy what is selected
    field.select();
    copied = document.execCommand("copy");
  }
  document.getElementById("copied").textContent =
    copied ? "已复制" : "未能复制，草稿已选中，请按 Ctrl + C";
});

// --- the radar ------------

let chart = null;

/** Draw the radar from its table, in the colours of the theme. */
function drawRadar() {
  const place = document.getElementById("radar");
  const rows = [...document.querySelectorAll("#rubric [data-level]")];
  chart?.dispose();
  chart = null;
  if (!place || !window.echarts || !rows.length) return;
  place.hidden = false;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const series = (name, values, colour, type) => ({
    name, value: values, symbolSize: 5,
    lineStyle: { color: colour, type }, itemStyle: { color: colour },
    areaStyle: type === "solid" ? { color: colour, opacity: .18 } : undefined,
  });
  const data = [series("机器", rows.map((row) => Number(row.dataset.level)), token("--bar"), "solid")];
  if (rows.some((row) => row.dataset.person)) {
    data.push(series("人工", rows.map((row) => Number(row.dataset.person)), token("--warn-line"), "dashed"));
  }
  const text = { color: token("--ink"), fontFamily: getComputedStyle(document.body).fontFamily };
  // In an element without an id: of those with one htmx takes over attributes, also style, which
  // the policy does not allow.
  const canvas = document.createElement("div");
  place.replaceChildren(canvas);
  chart = window.echarts.init(canvas, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    textStyle: text,
    tooltip: { renderMode: "richText" },
    legend: data.length > 1 ? { bottom: 0, textStyle: text } : undefined,
    radar: {
      indicator: rows.map((row) => ({ name: row.dataset.name, max: 4 })),
      radius: "66%", splitNumber: 4, axisName: text,
      splitArea: { show: false },
      splitLine: { lineStyle: { color: token("--line") } },
      axisLine: { lineStyle: { color: token("--line") } },
    },
    series: [{ type: "radar", data }],
  });
}

addEventListener("theme", drawRadar);
addEventListener("resize", () => chart?.resize());

// --- parts that were put in place anew ------------

let due = false;
document.addEventListener("htmx:oobAfterSwap", () => {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    pinned = null;
    if (document_) point(null);
    prepareSearch(document);
    drawRadar();
  });
});
drawRadar();
