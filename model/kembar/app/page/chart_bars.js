// Horizontal bars: side by side, or stacked.

import { svg } from "./dom.js";
import { FAINT, GRID, INK, drawingOf, label, scale, ticks, digitsOf } from "./chart_frame.js";
import { number } from "./language.js";

const LETTER = 6.9; // [pixels] of an average letter
const LINE_HEIGHT = 13;
const MOST_LINES = 3;
const BAR = 15;
const GAP = 12;
const TOP = 8;
const FOOT = 26;

function leftOf(width, labels) {
  const longest = Math.max(...labels.map((words) => words.length));
  return Math.min(width * 0.42, 18 + longest * LETTER);
}

// The words in at most three lines.
function wrapped(x, y, words, room) {
  const letters = Math.max(6, Math.floor(room / LETTER));
  const lines = [""];
  for (const word of words.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (longer.length <= letters || !lines[lines.length - 1]) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length > MOST_LINES) lines.splice(MOST_LINES - 1, lines.length, `${lines[MOST_LINES - 1]}…`);
  const first = y + 4 - ((lines.length - 1) * LINE_HEIGHT) / 2;
  return lines.map((line, place) => label(x, first + place * LINE_HEIGHT, line, { "text-anchor": "end", "font-size": lines.length > 2 ? 11 : null }));
}

// `rows`: [{label, values: [number for each series]}], `series`: [{short, style}].
export function barChart({ rows, series, title, format = (value) => number(value, 1) }) {
  const most = Math.max(...rows.flatMap(({ values }) => values), 1e-9);
  return (width) => {
    const step = Math.max(2 * BAR, series.length * (BAR + 1)) + GAP;
    const height = TOP + rows.length * step + 4;
    const left = leftOf(width, rows.map((row) => row.label));
    const across = scale([0, most], [left, width - 74]);
    const drawing = drawingOf(width, height, title);
    rows.forEach((row, place) => {
      const y = TOP + place * step;
      const inset = (step - GAP - series.length * (BAR + 1)) / 2;
      drawing.append(...wrapped(left - 8, y + (step - GAP) / 2, row.label, left - 12));
      row.values.forEach((value, at) => {
        const barY = y + inset + at * (BAR + 1);
        const { style, short } = series[at];
        drawing.append(svg("rect", { x: left, y: barY, width: Math.max(0.5, across(value) - left), height: BAR, rx: 2, fill: style.colour }));
        drawing.append(label(across(value) + 6, barY + BAR - 3, `${format(value)} ${short}`, { "font-size": 11.5, fill: INK }));
      });
      drawing.append(svg("line", { x1: left, x2: left, y1: y - 2, y2: y + step - GAP + 2, stroke: GRID }));
    });
    return drawing;
  };
}

// `rows`: [{label, values: [part for each fill]}], `fills`: [{fill attributes}]; the total stands at the end.
export function stackedBars({ rows, fills, title, format }) {
  const most = Math.max(...rows.map(({ values }) => values.reduce((sum, value) => sum + value, 0)), 1e-9);
  return (width) => {
    const step = 34;
    const height = TOP + rows.length * step + FOOT;
    const left = leftOf(width, rows.map((row) => row.label));
    const across = scale([0, most], [left, width - 110]);
    const drawing = drawingOf(width, height, title);
    const marks = ticks(0, most, Math.max(2, Math.floor((width - left) / 110)));
    for (const tick of marks) {
      if (across(tick) > width - 20) continue;
      drawing.append(svg("line", { x1: across(tick), x2: across(tick), y1: TOP, y2: height - FOOT, stroke: GRID }));
      drawing.append(label(across(tick), height - 8, number(tick, digitsOf(marks)), { "text-anchor": "middle", fill: FAINT }));
    }
    rows.forEach((row, place) => {
      const y = TOP + place * step;
      drawing.append(...wrapped(left - 8, y + 11, row.label, left - 12));
      let sum = 0;
      row.values.forEach((value, at) => {
        drawing.append(svg("rect", { x: across(sum), y, width: Math.max(0, across(sum + value) - across(sum)), height: 22, stroke: "#fff", ...fills[at] }));
        sum += value;
      });
      drawing.append(label(across(sum) + 6, y + 15, format(sum), { "font-size": 11.5 }));
    });
    return drawing;
  };
}
