"use strict";

const MAX_CHARACTERS = 20000;
const TIMEOUT_MS = 30000;
const WAITING = "填好正文，按“分拣”，结果显示在这里。";
const SIGNED_OUT = 401;
const AWAY = "连不上服务。请确认服务仍在运行、本机与它的网络相通，然后再按一次“分拣”。";
const VERDICTS = { yes: "是", no: "否", doubtful: "存疑" };
const QUOTES_AT_ONCE = 4;
const at = (id) => document.getElementById(id);

// What is on show: an assessment, the words that may be pointed at, and of these the ones that
// were clicked and the ones under pointer or focus.
let assessment = null;
let places = [];
let pinned = null;
let pointed = null;

/** Make an element; text and attributes come from data, so nothing is ever parsed as HTML. */
function make(name, { text = "", ...attributes } = {}, children = []) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// --- asking ------------

/** Ask the service; a failure is an Error whose message is for the reader. */
async function ask(path, submission, method = submission ? "POST" : "GET") {
  const options = { method, headers: {}, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (method !== "GET") options.headers["X-CSRF-Token"] = document.body.dataset.csrf;
  if (submission) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(submission);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error(AWAY);
  }
  if (response.status === SIGNED_OUT) location.assign("/login");
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw Object.assign(new Error(answer?.detail ?? `服务答复 ${response.status}，内容无法读取。`), {
    places: answer?.errors?.length > 1 ? answer.errors : [],
    instance: answer?.instance,
  });
}

async function assess(event) {
  event.preventDefault();
  if (at("send").disabled) return;
  at("send").disabled = true;
  at("error").hidden = true;
  const [title, body, kind] = ["title", "body", "kind"].map((id) => at(id).value);
  try {
    show(await ask("/v1/assessments?store=false", { title, body, kind }));
  } catch (error) {
    showError(error);
  } finally {
    at("send").disabled = false;
  }
}

function showError(error) {
  const children = [make("p", { text: error.message })];
  const places = (error.places ?? []).map((place) =>
    make("li", { text: `${place.where}：${place.message}` }));
  if (places.length) children.push(make("ul", {}, places));
  if (error.instance) children.push(make("p", { class: "soft", text: `编号 ${error.instance}` }));
  at("error").replaceChildren(...children);
  at("error").hidden = false;
  at("result").hidden = true;
  at("status").textContent = WAITING;
}

// --- showing ------------

function show(answer) {
  assessment = answer;
  places = [];
  pinned = pointed = null;
  showReview();
  at("restricted").hidden = !answer.restricted;
  at("quality").replaceChildren(...qualityElements());
  at("groups").replaceChildren(...groups().flatMap(groupElements));
  showText();
  showVersions(answer.versions);
  at("result").hidden = false;
  const verdict = answer.needs_review ? "，待人工" : "";
  const { band, score } = answer.quality ?? {};
  const rated = band ? `，得分 ${score.toFixed(1)}（${band}）` : "";
  at("status").textContent = `${answer.notice}。主议题：${answer.topic.name}${verdict}${rated}。`;
  const heading = at("result-heading");
  if (heading.getBoundingClientRect().top > innerHeight / 2) heading.scrollIntoView();
}

function showReview() {
  const { needs_review: needed, reasons } = assessment;
  const words = needed ? "待人工：请先看以下各点" : "未见须先由人查看的理由";
  at("review").className = `note ${needed ? "review" : "clear"}`;
  at("review").replaceChildren(
    make("strong", { text: words }),
    ...(needed ? [make("ul", {}, reasons.map(({ message }) => make("li", { text: message })))] : []),
  );
}

/** The rows of the result: name, tags, words for none, and the heads a review reason may name. */
function groups() {
  const a = assessment;
  const units = (role) => a.units.filter((unit) => unit.role === role);
  const kind = {
    name: at("kind").querySelector(`option[value="${a.kind}"]`).textContent,
    code: a.kind_source === "stated" ? "来件写明" : "模型建议",
    probability: a.kind_probability,
    spans: [],
  };
  return [
    ["来件类型", [kind], "", "kind"],
    ["议题", [a.topic], "", "topic"],
    ["其他议题", a.other_topics, "无"],
    ["子议题", [a.subtopic], "", "subtopic"],
    ["界别", a.sectors, "无"],
    ["主办单位", units("lead"), "", "lead_unit"],
    ["会办单位", units("assist"), "无"],
    ["诉求", [a.request], "", "request"],
    ["紧急程度", [{ ...a.urgency, code: `${a.urgency.level} 级` }], "", "urgency"],
  ];
}

function groupElements([name, tags, none, head]) {
  const unsure = assessment.reasons.some(({ code }) => code === `uncertain_${head}`);
  const term = make("dt", { text: name }, unsure ? [make("small", { text: "待人工" })] : []);
  const rows = tags.length ? tags.map(tagElement) : [make("div", { class: "none", text: none })];
  return [term, make("dd", {}, rows)];
}

/** One tag; with words to show it is a button, so that keyboard and tap reach it too. */
function tagElement(tag) {
  const share = tag.probability < 1 ? Math.min(tag.probability, 0.99) : 1;
  const fill = make("i");
  fill.style.width = `${tag.probability * 100}%`;
  const parts = [
    make("span", { text: `${tag.name} ` }, [make("small", { text: tag.code })]),
    make("span", { class: "bar", "aria-hidden": "true" }, [fill]),
    make("span", { class: "number", text: share.toFixed(2) }),
  ];
  if (!tag.spans.length) return make("div", { class: "tag" }, parts);
  const button = make("button", { class: "tag", type: "button" }, parts);
  return pointTo(tag.spans, button);
}

/** Let a button show its words in the text: for a moment, or until it is pressed again. */
function pointTo(spans, button, mark = "seen") {
  const place = { spans, mark };
  const point = (to) => () => { pointed = to; showText(); };
  places.push(place);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("mouseenter", point(place));
  button.addEventListener("focus", point(place));
  button.addEventListener("mouseleave", point(null));
  button.addEventListener("blur", point(null));
  button.addEventListener("click", () => pin(place, button));
  return button;
}

function pin(place, button) {
  pointed = pinned = pinned === place ? null : place;
  for (const other of at("result").querySelectorAll("button[aria-pressed]")) {
    other.setAttribute("aria-pressed", String(other === button && pinned === place));
  }
  showText();
}

/** Write the text with its marks. Spans count code points, so an emoji is one character here. */
function showText() {
  const characters = Array.from(assessment.text);
  const marks = characters.map(() => "");
  const paint = (spans, mark) => spans.forEach(({ start, end }) => marks.fill(mark, start, end));
  for (const { spans, mark } of places) paint(spans, mark);
  const current = pointed ?? pinned;
  if (current) paint(current.spans, "now");
  at("text").replaceChildren(...runs(characters, marks));
  const first = at("text").querySelector(".now");
  if (first) at("text").scrollTop = first.offsetTop - at("text").offsetTop - 40;
}

/** Join neighbours of the same mark: plain text, or a mark element. */
function runs(characters, marks) {
  const nodes = [];
  for (let start = 0, end; start < characters.length; start = end) {
    for (end = start + 1; end < characters.length && marks[end] === marks[start];) end += 1;
    const text = characters.slice(start, end).join("");
    nodes.push(marks[start] ? make("mark", { class: marks[start], text }) : text);
  }
  return nodes;
}

// --- quality ------------

/** Headings and their content, in the order in which a reviewer reads. */
function qualityElements() {
  const { quality, gates, disposition } = assessment;
  const { answers = [], levels = [], marks = [], items = [], note = "" } = quality ?? {};
  const sections = [
    ["三问", answers.map(answerElement)],
    ["得分和六个方面", levels.length ? [...scoreElements(quality), levelTable(levels)] : []],
    ["五项得分", marks.length ? [...scoreElements(quality), markTable(marks)] : []],
    ["来信要素", items.length ? [itemList(items)] : []],
    ["审查提示", gateElements(gates)],
    ["处理建议", disposition ? dispositionElements(disposition) : []],
    ["退回完善建议", note ? [draftElement(note)] : []],
  ];
  return sections.flatMap(([name, elements]) =>
    elements.length ? [make("h3", { text: name }), ...elements] : []);
}

function answerElement(answer) {
  return make("div", { class: "answer" }, [
    make("p", { class: "asked" }, [
      make("span", { class: `verdict ${answer.verdict}`, text: VERDICTS[answer.verdict] }),
      make("span", { text: answer.question }),
      make("span", { class: "soft", text: `评阅者答“是”的概率 ${answer.probability.toFixed(2)}` }),
    ]),
    findings(answer),
  ]);
}

/** What was seen, what speaks against, what was looked for in vain; never whether it is true. */
function findings({ seen, against = [], missing = [] }) {
  const rows = [];
  if (seen.length) rows.push(["已见", quoteElements(seen)]);
  if (against.length) rows.push(["不利", quoteElements(against, "against")]);
  if (missing.length) {
    const items = missing.map((text) => make("li", { text }));
    rows.push(["未见", [make("ul", { class: "plain" }, items)]]);
  }
  return make("dl", { class: "findings" }, rows.flatMap(findingRow));
}

function findingRow([name, elements]) {
  return [make("dt", { text: name }), make("dd", {}, elements)];
}

/** The first few quotes, and the others behind a word. */
function quoteElements(quotes, mark = "seen") {
  const items = quotes.map((quote) => make("li", {}, [quoteElement(quote, mark)]));
  const list = (some) => make("ul", { class: "quotes" }, some);
  if (items.length <= QUOTES_AT_ONCE) return [list(items)];
  const others = items.splice(QUOTES_AT_ONCE);
  const summary = make("summary", { text: `其余 ${others.length} 处` });
  return [list(items), make("details", {}, [summary, list(others)])];
}

function quoteElement(quote, mark) {
  const button = make("button", { class: "quote", type: "button", text: `“${quote.quote}”` }, [
    make("small", { text: quote.name }),
  ]);
  return pointTo([quote], button, mark);
}

function scoreElements({ score, band, low, notes }) {
  const parts = [make("strong", { text: score.toFixed(1) }), make("span", { text: "分" })];
  if (band) {
    parts.push(make("span", { text: band }));
    parts.push(make("span", { class: "soft", text: `评阅者给最低档的概率 ${low.toFixed(2)}` }));
  }
  const items = notes.map((text) => make("li", { text }));
  const line = make("p", { class: "score" }, parts);
  return items.length ? [line, make("ul", { class: "list" }, items)] : [line];
}

function levelTable(levels) {
  return measureTable("等级 0 至 4，取评阅者平均会给的等级。", "等级", levels.map((level) => ({
    name: level.name,
    weight: `权重 ${level.weight}`,
    share: level.level / 4,
    value: level.level.toFixed(1),
    words: `${level.meaning}（把握 ${level.probability.toFixed(2)}）`,
    found: level,
  })));
}

function markTable(marks) {
  return measureTable("用于排序，不作取舍。", "得分", marks.map((mark) => ({
    name: mark.name,
    weight: `满分 ${mark.weight}`,
    share: mark.points / mark.weight,
    value: mark.points.toFixed(1),
    words: mark.seen.length ? `已见 ${mark.seen.length} 处` : "未见",
    found: mark,
  })));
}

function measureTable(caption, unit, rows) {
  const head = (text, attributes = {}) => make("th", { text, scope: "col", ...attributes });
  return make("table", { class: "measures" }, [
    make("caption", { text: caption }),
    make("thead", {}, [
      make("tr", {}, [head("方面"), head(unit, { colspan: "2" })]),
    ]),
    ...rows.map(measureElement),
  ]);
}

/** A row with its bar; below it the meaning, which opens to the words behind it. */
function measureElement({ name, weight, share, value, words, found }) {
  const fill = make("i");
  fill.style.width = `${share * 100}%`;
  const content = findings(found);
  const more = content.children.length
    ? make("details", {}, [make("summary", { text: words }), content])
    : make("span", { class: "soft", text: words });
  return make("tbody", {}, [
    make("tr", {}, [
      make("th", { scope: "row", text: `${name} ` }, [make("small", { text: weight })]),
      make("td", {}, [make("div", { class: "bar", "aria-hidden": "true" }, [fill])]),
      make("td", { class: "number", text: value }),
    ]),
    make("tr", {}, [make("td", { class: "more", colspan: "3" }, [more])]),
  ]);
}

function itemList(items) {
  const rows = items.map(({ name, seen }) =>
    [name, seen.length ? quoteElements(seen) : [make("div", { class: "plain", text: "未见" })]]);
  return make("dl", { class: "findings named" }, rows.flatMap(findingRow));
}

/** Each ground as a tag, with the rule's wording and who found it. */
function gateElements(gates) {
  if (!gates.length) return [make("div", { class: "none", text: "未见" })];
  return gates.flatMap((gate) => {
    const by = gate.found_by.map((name) => (name === "rule" ? "成文规则" : "模型")).join("、");
    const words = `${gate.rule}（${by}提示）`;
    return [tagElement(gate), make("p", { class: "soft rule", text: words })];
  });
}

function dispositionElements({ name, reasons }) {
  const items = reasons.map((text) => make("li", { text }));
  return [
    make("p", {}, [make("strong", { text: name }), make("span", { class: "soft", text: "　由人决定" })]),
    make("ul", { class: "list" }, items),
  ];
}

function draftElement(note) {
  const area = make("textarea", { id: "draft", text: note, spellcheck: "false" });
  const said = make("span", { class: "soft", role: "status" });
  const button = make("button", { type: "button", text: "复制" });
  button.addEventListener("click", () => copy(area, said));
  return make("div", { class: "draft" }, [
    make("label", { for: "draft", text: "给提交者的话（草稿，可改）" }),
    area,
    make("div", { class: "send" }, [button, said]),
  ]);
}

/** Copy the draft; on plain http, where there is no clipboard to ask, copy what is selected. */
async function copy(area, said) {
  said.textContent = "";
  let copied = true;
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    area.select();
    copied = document.execCommand("copy");
  }
  said.textContent = copied ? "已复制" : "未能复制，草稿已选中，请按 Ctrl + C";
}

function showVersions({ service, bundle, taxonomy, segmenter }) {
  at("versions").textContent =
    `版本：服务 ${service}，模型包 ${bundle}，分类体系 ${taxonomy}，分词 ${segmenter}`;
}

// --- filling in ------------

function showCount() {
  const count = Array.from(at("title").value + at("body").value).length;
  at("count").textContent = `${count} / ${MAX_CHARACTERS} 字`;
  at("count").classList.toggle("over", count > MAX_CHARACTERS);
}

function fillIn({ title = "", body, kind = "unknown" }) {
  at("title").value = title;
  at("body").value = body;
  at("kind").value = kind;
  showCount();
  at("form").requestSubmit();
}

/** The examples are those of the OpenAPI document: written once, tested there. */
async function offerExamples() {
  const { paths } = await ask("/openapi.json");
  const { examples } = paths["/v1/assessments"].post.requestBody.content["application/json"];
  for (const [name, { value }] of Object.entries(examples)) {
    const button = make("button", { type: "button", text: name });
    button.addEventListener("click", () => fillIn(value));
    at("examples").append(button);
  }
  at("examples").hidden = false;
}

at("form").addEventListener("submit", assess);
at("form").addEventListener("input", showCount);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("form").requestSubmit();
});
at("status").textContent = WAITING;
showCount();
offerExamples().catch(() => {});
ask("/readyz").then(
  ({ versions }) => showVersions(versions),
  (error) => { at("versions").textContent = error.message; },
);
