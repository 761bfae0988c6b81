// Effects as dots with their intervals, beside a line at zero.

import { svg } from "./dom.js";
import { FAINT, GRID, INK, drawingOf, label, scale, strokeOf, ticks } from "./chart_frame.js";

const ROW = 26;
const TALL_ROW = 42; // with the numbers above the dot, where there is no room beside it
const HEADER = 22;
const DOTS_FOOT = 26;
const WIDE = 640; // from here on names stand beside the dots and not above them
const NAMES = 285;

// `groups`: [{label, dots: [{short, style, value, low, high, words}]}] on one scale.
export function intervalChart({ groups, title, format }) {
  const known = groups.flatMap(({ dots }) => dots.flatMap(({ value, low, high }) => [value, low, high])).filter((value) => value !== null);
  const reach = Math.max(...known.map(Math.abs), 1e-9) * 1.08;
  const least = Math.min(0, ...known) < 0 ? -reach : -0.06 * reach;
  const most = Math.max(0, ...known) > 0 ? reach : 0.06 * reach;
  return (width) => {
    const isWide = width >= WIDE;
    const [header, row] = isWide ? [0, ROW] : [HEADER, TALL_ROW];
    const height = groups.reduce((sum, { dots }) => sum + header + dots.length * row, 0) + DOTS_FOOT;
    const drawing = drawingOf(width, height, title);
    const across = scale([least, most], [isWide ? NAMES + 30 : 12, width - (isWide ? 165 : 24)]);
    const zero = across(0);
    for (const tick of ticks(least, most, Math.max(2, Math.floor(width / 150)))) {
      drawing.append(svg("line", { x1: across(tick), x2: across(tick), y1: 4, y2: height - DOTS_FOOT, stroke: GRID }));
      drawing.append(label(across(tick), height - 8, format(tick), { "text-anchor": "middle", fill: FAINT }));
    }
    drawing.append(svg("line", { x1: zero, x2: zero, y1: 4, y2: height - DOTS_FOOT, stroke: INK, "stroke-width": 1.4 }));
    const halo = { stroke: "#fff", "stroke-width": 4, "paint-order": "stroke" };
    let y = 0;
    for (const { label: words, dots } of groups) {
      drawing.append(label(0, y + (isWide ? row / 2 + 4 : 15), words, { "font-weight": 600, ...halo }));
      y += header;
      for (const { short, style, value, low, high, words: told } of dots) {
        const middle = isWide ? y + row / 2 : y + 26;
        const line = isWide ? middle + 4 : y + 12;
        drawing.append(label(isWide ? NAMES : 0, line, short, { fill: style.colour, ...halo, "font-weight": 700 }));
        if (value !== null) {
          if (low !== null) drawing.append(svg("line", { x1: across(low), x2: across(high), y1: middle, y2: middle, ...strokeOf({ ...style, dash: "", width: 3 }), "stroke-linecap": "round" }));
          drawing.append(svg("circle", { cx: across(value), cy: middle, r: 5.5, fill: "#fff", stroke: style.colour, "stroke-width": 3 }));
        }
        drawing.append(label(isWide ? width : 20, line, told, { "text-anchor": isWide ? "end" : "start", "font-size": 12, ...halo }));
        y += row;
      }
    }
    return drawing;
  };
}
