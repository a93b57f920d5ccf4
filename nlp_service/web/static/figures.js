// Draws each figure of the page from the table that stands beside it, in the colours of the design.
// The table says all that the drawing says; so nothing here is needed to read the page.

const ROW_HEIGHT = 28;
const MOST_BARS = 15;
const MOST_WRITTEN_COLUMNS = 13;
const CALM_BELOW = 0.1;
const LOOK_FROM = 0.25;
const PAPER_WIDTH = 660;

// --- reading ------------

/** The table of a figure: names of its columns, and rows of {name, words, values}. */
function read(figure) {
  const cells = (row) => [...row.cells];
  const heads = cells(figure.querySelector("thead tr")).map((cell) => cell.textContent);
  const rows = [...figure.querySelectorAll("tbody tr")].map((row) => ({
    name: [...row.querySelectorAll("th")].map((cell) => cell.textContent.trim()).join("，"),
    words: cells(row).map((cell) => cell.textContent.trim()),
    values: cells(row).map((cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value))),
  }));
  return { heads, rows };
}

function tokens() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "soft", "line", "sheet", "bar", "track", "accent", "on-accent", "second", "warn-line", "bad-line"];
  return Object.fromEntries(names.map((name) => [name, token(name)]));
}

// --- drawing ------------

const inFont = () => ({ fontFamily: getComputedStyle(document.body).fontFamily });

function frame(colours, names, value = {}) {
  return {
    animation: false,
    textStyle: { ...inFont(), color: colours.ink },
    grid: { left: 4, right: 48, top: 8, bottom: 4, containLabel: true },
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: colours.sheet,
      borderColor: colours.line, textStyle: { ...inFont(), color: colours.ink },
    },
    xAxis: {
      type: "value", axisLabel: { color: colours.soft, hideOverlap: true }, minInterval: 1,
      splitLine: { lineStyle: { color: colours.line } }, ...value,
    },
    yAxis: {
      type: "category", inverse: true, data: names, axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.ink, width: 150, overflow: "truncate", interval: 0 },
    },
  };
}

const written = (colours) => ({ show: true, position: "right", color: colours.ink, distance: 4 });

function bars({ rows }, colours) {
  const shown = rows.slice(0, MOST_BARS);
  const data = shown.map(({ values }) => values.find((value) => value !== null));
  return {
    rows: shown.length,
    option: {
      ...frame(colours, shown.map(({ name }) => name)),
      series: [{ type: "bar", data, itemStyle: { color: colours.bar }, barMaxWidth: 18, label: written(colours) }],
    },
  };
}

/** Now and before: told apart by colour, by pattern, and by the words of the legend. */
function pairs({ heads, rows }, colours) {
  const shown = rows.slice(0, MOST_BARS);
  const series = [1, 2].map((place) => ({
    type: "bar", name: heads[place], data: shown.map(({ values }) => values[place]), barMaxWidth: 12,
    label: written(colours),
    itemStyle: place === 1
      ? { color: colours.bar }
      : { color: colours.second, decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -0.8, color: colours.sheet } },
  }));
  const option = { ...frame(colours, shown.map(({ name }) => name)), series };
  option.legend = { top: 0, left: 0, textStyle: { color: colours.ink } };
  option.grid.top = 32;
  return { rows: shown.length * 1.5 + 1, option };
}

function grid({ heads, rows }, colours) {
  const columns = heads.slice(1, -1);
  const most = Math.max(1, ...rows.flatMap(({ values }) => values.slice(1, -1)));
  const few = columns.length <= MOST_WRITTEN_COLUMNS;
  const data = rows.flatMap(({ values }, row) => columns.map((_, column) => [column, row, values[column + 1]]));
  // A heat map of the library's own is spread over several canvases, of which paper shows one.
  const renderItem = ({ dataIndex }, api) => {
    const [column, row, count] = data[dataIndex];
    const [[x, y], [width, height]] = [api.coord([column, row]), api.size([1, 1])];
    const style = { text: String(count), fill: colours.ink, stroke: colours.sheet, lineWidth: 3, fontWeight: 600 };
    return {
      type: "rect",
      shape: { x: x - width / 2 + 1, y: y - height / 2 + 1, width: width - 2, height: height - 2 },
      style: { fill: api.visual("color") },
      ...(few && count > 0 ? { textContent: { style }, textConfig: { position: "inside" } } : {}),
    };
  };
  const option = frame(colours, rows.map(({ name }) => name));
  option.xAxis = {
    type: "category", data: columns, position: "top", axisTick: { show: false },
    axisLine: { show: false }, axisLabel: { color: colours.soft, hideOverlap: true },
  };
  option.grid.right = 8;
  option.tooltip.formatter = ({ value: [column, row, count] }) => `${rows[row].name} ${columns[column]}：${count} 件`;
  option.visualMap = { show: false, dimension: 2, min: 0, max: most, inRange: { color: [colours.track, colours.accent] } };
  option.series = [{ type: "custom", renderItem, data, encode: { x: 0, y: 1, tooltip: 2 } }];
  return { rows: rows.length + 1, option };
}

function intervals({ rows }, colours) {
  const asPercent = (value) => Math.round(value * 1000) / 10;
  const data = rows.map(({ values }, row) => [...values.slice(-3).map(asPercent), row]);
  const ends = ([, low, high, row], api) => [api.coord([low, row]), api.coord([high, row])];
  const renderItem = ({ dataIndex }, api) => {
    const [[left, y], [right]] = ends(data[dataIndex], api);
    const line = (x1, y1, x2, y2) => ({
      type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: colours.soft, lineWidth: 2 },
    });
    return { type: "group", children: [line(left, y, right, y), line(left, y - 5, left, y + 5), line(right, y - 5, right, y + 5)] };
  };
  const option = frame(colours, rows.map(({ name }) => name), { min: 0, max: 100, minInterval: 10 });
  option.xAxis.axisLabel.formatter = "{value} %";
  option.tooltip.formatter = ({ dataIndex }) => {
    const [share, low, high] = data[dataIndex];
    return `${rows[dataIndex].name}：一致 ${share} %（${low} – ${high} %）`;
  };
  option.series = [
    { type: "custom", renderItem, data: data.map(([, low, high, row]) => [low, high, row]), encode: { x: [0, 1], y: 2 } },
    { type: "scatter", data: data.map(([share, , , row]) => [share, row]), symbolSize: 11, itemStyle: { color: colours.accent } },
  ];
  return { rows: rows.length + 1, option };
}

function index({ rows }, colours) {
  const told = rows.filter(({ values }) => values.at(-2) !== null);
  if (!told.length) return null;
  const line = (x, name, color, align) => ({
    xAxis: x, lineStyle: { color, type: "dashed" }, label: { formatter: name, color, align, position: "start" },
  });
  const option = frame(colours, told.map(({ name }) => name), { minInterval: 0, max: ({ max }) => Math.max(0.4, Math.ceil(max * 10) / 10) });
  option.grid.top = 24;
  option.series = [{
    type: "bar", data: told.map(({ values }) => values.at(-2)), barMaxWidth: 16,
    itemStyle: { color: colours.bar }, label: written(colours),
    markLine: {
      symbol: "none", silent: true,
      data: [
        line(CALM_BELOW, "平稳线", colours.soft, "right"),
        line(LOOK_FROM, "查看线", colours["bad-line"], "left"),
      ],
    },
  }];
  return { rows: told.length + 2, option };
}

let onPaper = false;
const DRAWINGS = { bars, pairs, grid, intervals, index };

function draw(figure) {
  const plot = figure.querySelector(".plot");
  if (!plot) return;
  const drawn = DRAWINGS[figure.dataset.drawing](read(figure), tokens());
  plot.hidden = !drawn;
  if (!drawn) return;
  plot.style.height = `${Math.max(2, drawn.rows) * ROW_HEIGHT + 40}px`;
  const chart = echarts.getInstanceByDom(plot) ?? echarts.init(plot, null, { renderer: "canvas" });
  chart.resize({ width: onPaper ? PAPER_WIDTH : "auto" });
  chart.setOption(drawn.option, true);
}

const figures = [...document.querySelectorAll(".figure[data-drawing]")];
const drawAll = () => figures.forEach(draw);

/** Paper is white and narrow, whatever the screen is. */
function layOut(theme, paper) {
  document.documentElement.dataset.theme = theme;
  onPaper = paper;
  drawAll();
}

drawAll();
addEventListener("theme", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(drawAll));
let themeBefore = "light";
addEventListener("beforeprint", () => {
  themeBefore = document.documentElement.dataset.theme;
  document.querySelectorAll(".figure details").forEach((details) => { details.open = true; });
  layOut("light", true);
});
addEventListener("afterprint", () => layOut(themeBefore, false));
let waiting = 0;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(drawAll, 120);
});
