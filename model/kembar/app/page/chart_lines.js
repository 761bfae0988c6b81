// Lines with a band over the years, and steps of survival.

import { svg } from "./dom.js";
import { number } from "./language.js";
import { FAINT, GRID, digitsOf, drawingOf, label, pathOf, scale, strokeOf, ticks } from "./chart_frame.js";

const MARGIN = { top: 14, right: 40, bottom: 30, left: 46 };
const HEIGHT = 270;
const LEAST_GAP = 15; // between labels at the ends of lines

// `series`: [{label, short, style, values, low, high}] over `x`; `steps` draws a value until the next one.
export function lineChart({ x, series, unit, title, top = null, bottom = 0, steps = false, format = null, mark = null, height = HEIGHT }) {
  const known = series.flatMap(({ values, low, high }) => [...values, ...(low ?? []), ...(high ?? [])]).filter((value) => value !== null);
  const least = Math.min(bottom, ...known);
  const most = top ?? (Math.max(bottom, ...known) * 1.06 || 1);
  return (width) => {
    const across = scale([x[0], x[x.length - 1]], [MARGIN.left, width - MARGIN.right]);
    const up = scale([least, most], [height - MARGIN.bottom, MARGIN.top]);
    const drawing = drawingOf(width, height, title);
    const marks = ticks(least, most, 5);
    const digits = digitsOf(marks);
    for (const tick of marks) {
      drawing.append(svg("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: up(tick), y2: up(tick), stroke: GRID }));
      drawing.append(label(MARGIN.left - 7, up(tick) + 4, format ? format(tick) : number(tick, digits), { "text-anchor": "end", fill: FAINT }));
    }
    for (const tick of ticks(x[0], x[x.length - 1], Math.max(3, Math.floor(width / 80)))) {
      if (tick % 1) continue;
      drawing.append(label(across(tick), height - 10, String(tick), { "text-anchor": "middle", fill: FAINT }));
    }
    drawing.append(label(MARGIN.left, 10, unit, { fill: FAINT, "text-anchor": "start", "font-size": 11.5 }));
    if (mark !== null) {
      drawing.append(svg("line", { x1: across(mark), x2: across(mark), y1: MARGIN.top, y2: height - MARGIN.bottom, stroke: FAINT, "stroke-dasharray": "2 3" }));
    }
    for (const { style, low, high } of series) {
      if (!low) continue;
      const edge = [...x.map((year, place) => [across(year), up(high[place])]), ...x.map((year, place) => [across(year), up(low[place])]).reverse()];
      drawing.append(svg("path", { d: `${pathOf(edge)}Z`, fill: style.colour, "fill-opacity": 0.16 }));
    }
    const ends = [];
    for (const { style, values, short } of series) {
      const points = [];
      values.forEach((value, place) => {
        if (value === null) return;
        if (steps && points.length) points.push([across(x[place]), points[points.length - 1][1]]);
        points.push([across(x[place]), up(value)]);
      });
      if (!points.length) continue;
      drawing.append(svg("path", { d: pathOf(points), fill: "none", "stroke-linejoin": "round", ...strokeOf(style) }));
      ends.push({ x: points[points.length - 1][0], y: points[points.length - 1][1], short, style });
    }
    for (const { x: end, y, short, style } of spaced(ends)) {
      drawing.append(label(end + 6, y + 4, short, { fill: style.colour, "font-weight": 700 }));
    }
    return drawing;
  };
}

// Labels pushed apart until they do not lie on one another.
function spaced(ends) {
  const sorted = [...ends].sort((one, other) => one.y - other.y);
  for (let place = 1; place < sorted.length; place += 1) {
    sorted[place] = { ...sorted[place], y: Math.max(sorted[place].y, sorted[place - 1].y + LEAST_GAP) };
  }
  return sorted;
}
