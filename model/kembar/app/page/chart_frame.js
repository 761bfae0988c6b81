// What all charts share: a figure with heading, drawing, legend, table and downloads; scales, ticks and axes.

import { button, element, newId, replace, svg } from "./dom.js";
import { language, number, text } from "./language.js";
import { saveCsv, savePng } from "./download.js";

// Okabe and Ito's colours, darkened until they stand out on white; every style differs in more than its colour.
export const STYLES = {
  baseline: { colour: "#4b5563", dash: "", width: 2.5 },
  A: { colour: "#0067a3", dash: "", width: 3 },
  B: { colour: "#b84a00", dash: "9 4", width: 3 },
  C: { colour: "#00735a", dash: "2.5 4", width: 3 },
};
export const STAGE_STYLES = {
  active: { colour: "#00735a", dash: "", width: 1.8 },
  dormant: { colour: "#c26a00", dash: "6 4", width: 1.5 },
  ended: { colour: "#7a7f87", dash: "1.5 3.5", width: 1.2 },
  exploring: { colour: "#0067a3", dash: "3 3", width: 1.4 },
  letter_of_intent: { colour: "#0067a3", dash: "8 3", width: 1.4 },
  stalled: { colour: "#9a4d76", dash: "1 5", width: 1.2 },
};
export const INK = "#2a3140";
export const FAINT = "#5c6470";
export const GRID = "#e3e1da";
const FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const drawings = new WeakMap();
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const drawing = drawings.get(target);
    if (drawing && target.clientWidth > 0 && drawing.width !== target.clientWidth) redraw(target, drawing);
  }
});

function redraw(place, drawing) {
  drawing.width = place.clientWidth;
  replace(place, drawing.draw(place.clientWidth));
}

// A figure that is drawn anew with each call of its `show(draw, table)`; `draw(width)` returns an SVG element and
// `table` is {head: [...], rows: [[...]]} with the same numbers.
export function figure(name, heading, note = "") {
  const place = element("div", { class: "drawing" });
  const headingId = newId("figure");
  const title = element("h2", { id: headingId }, heading);
  const caption = element("p", { class: "note" }, note);
  const legend = element("ul", { class: "legend" });
  const tablePlace = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": headingId });
  let shown = { head: [], rows: [] };
  const foot = element(
    "div",
    { class: "figure-foot" },
    element("details", {}, element("summary", {}, text("app.table")), tablePlace),
    button(text("app.csv"), () => saveCsv(name, shown), { class: "quiet", "aria-label": text("app.csv_of", { figure: heading }) }),
    button(text("app.png"), () => savePng(name, title.textContent, place.querySelector("svg"), legend), {
      class: "quiet",
      "aria-label": text("app.png_of", { figure: heading }),
    }),
  );
  const node = element("figure", { class: "card", "data-figure": name, "aria-labelledby": headingId }, title, caption, place, legend, foot);
  watcher.observe(place);
  return {
    node,
    retitle(heading, note) {
      title.textContent = heading;
      caption.textContent = note;
    },
    show(draw, table, entries = []) {
      const drawing = { draw, width: 0 };
      drawings.set(place, drawing);
      if (place.clientWidth > 0) redraw(place, drawing);
      shown = table;
      replace(tablePlace, tableOf(table));
      replace(legend, entries.map(legendEntry));
    },
  };
}

function legendEntry({ label, style, fill }) {
  const sample = svg("svg", { width: 34, height: 12, "aria-hidden": "true" });
  if (fill) sample.append(svg("rect", { x: 1, y: 1, width: 32, height: 10, ...fill }));
  else sample.append(svg("line", { x1: 1, x2: 33, y1: 6, y2: 6, ...strokeOf(style) }));
  return element("li", {}, sample, element("span", {}, label));
}

export function strokeOf(style) {
  return { stroke: style.colour, "stroke-width": style.width, "stroke-dasharray": style.dash || null };
}

function tableOf({ head, rows }) {
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, head.map((cell) => element("th", { scope: "col" }, cell)))),
    element(
      "tbody",
      {},
      rows.map(([first, ...rest]) =>
        element("tr", {}, element("th", { scope: "row" }, cellText(first)), rest.map((cell) => element("td", {}, cellText(cell)))),
      ),
    ),
  );
}

function cellText(cell) {
  if (cell === null || cell === undefined) return text("app.none");
  return typeof cell === "number" ? number(cell, Number.isInteger(cell) ? 0 : 2) : cell;
}

export function drawingOf(width, height, label) {
  return svg("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": label,
    "font-family": FONT,
    "font-size": 12.5,
    fill: INK,
    lang: language(),
  });
}

export function scale(domain, range) {
  const factor = (range[1] - range[0]) / (domain[1] - domain[0] || 1);
  return (value) => range[0] + (value - domain[0]) * factor;
}

// Round numbers from about `low` to `high`.
export function ticks(low, high, count = 5) {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= count) ?? power * 10;
  const found = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high + step * 1e-9; place += 1) found.push(place * step);
  return found;
}

export function digitsOf(values) {
  const step = values.length > 1 ? Math.abs(values[1] - values[0]) : Math.abs(values[0] || 1);
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

export function label(x, y, words, properties = {}) {
  return svg("text", { x, y, ...properties }, words);
}

export function pathOf(points) {
  return points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}
