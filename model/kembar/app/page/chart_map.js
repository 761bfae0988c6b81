// A world map of agreements as great circles, and the same agreements as a network.

import { svg } from "./dom.js";
import { INK, STAGE_STYLES, drawingOf, label, pathOf, strokeOf } from "./chart_frame.js";

const RADIANS = Math.PI / 180;
const POINTS = 32; // of a great circle
const SEAMS = Array.from({ length: 36 }, (_, place) => -180 + 10 * place);
const SOUTH = -58;
const NORTH = 80;
const LAND = "#e6e2d8";
const SEA = "#f4f7f8";
const SHOWN_NAMES = 14; // of the best connected cities
const ROUNDS = 260; // of the network's springs

function arcOf([, , , lonA, latA], [, , , lonB, latB]) {
  const vector = (lon, lat) => [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
  const one = vector(lonA * RADIANS, latA * RADIANS);
  const other = vector(lonB * RADIANS, latB * RADIANS);
  const angle = Math.max(1e-9, Math.acos(Math.min(1, Math.max(-1, one[0] * other[0] + one[1] * other[1] + one[2] * other[2]))));
  return Array.from({ length: POINTS }, (_, place) => {
    const along = place / (POINTS - 1);
    const [first, second] = [Math.sin((1 - along) * angle) / Math.sin(angle), Math.sin(along * angle) / Math.sin(angle)];
    const [x, y, z] = [0, 1, 2].map((axis) => first * one[axis] + second * other[axis]);
    return [Math.atan2(y, x) / RADIANS, Math.asin(Math.min(1, Math.max(-1, z / Math.hypot(x, y, z)))) / RADIANS];
  });
}

function around(longitude, centre) {
  return ((((longitude - centre + 180) % 360) + 360) % 360) - 180 + centre;
}

// The middle of the map whose edges cut the fewest agreements.
function middleOf(arcs) {
  const cuts = (seam) => arcs.filter((arc) => {
    const shown = arc.map(([longitude]) => around(longitude, seam + 180));
    return shown.some((longitude, place) => place && Math.abs(longitude - shown[place - 1]) > 180);
  }).length;
  return SEAMS.map((seam) => [cuts(seam), Math.abs(seam + 180), seam]).sort((one, other) => one[0] - other[0] || one[1] - other[1])[0][2] + 180;
}

function pieces(arc, centre) {
  const shown = arc.map(([longitude, latitude]) => [around(longitude, centre), latitude]);
  const found = [[]];
  shown.forEach((point, place) => {
    if (place && Math.abs(point[0] - shown[place - 1][0]) > 180) found.push([]);
    found[found.length - 1].push(point);
  });
  return found.filter((piece) => piece.length > 1);
}

// A map that is laid out once; `draw` gives the SVG for stages at an instant.
export function worldMap(world, land, ties) {
  const arcs = ties.map(({ a, b }) => arcOf(world.cities[a], world.cities[b]));
  const centre = middleOf(arcs);
  return {
    draw({ width, title, stageOf, chosen, zoom, onCity, onTie }) {
      const height = (width * (NORTH - SOUTH)) / 360;
      const drawing = drawingOf(width, height, title);
      const x = (longitude) => ((longitude - centre + 180) / 360) * width;
      const y = (latitude) => ((NORTH - latitude) / (NORTH - SOUTH)) * height;
      const view = viewOf(zoom, width, height, x, y, centre);
      drawing.setAttribute("viewBox", view.map((part) => part.toFixed(2)).join(" "));
      const thin = view[2] / width;
      drawing.append(svg("rect", { width, height, fill: SEA }));
      const outline = [-360, 0, 360].flatMap((turn) => land.rings.map((ring) => ring.map(([longitude, latitude]) => [x(longitude + turn), y(latitude)])))
        .filter((ring) => ring.some(([at]) => at >= 0) && ring.some(([at]) => at <= width));
      drawing.append(svg("path", { d: outline.map((ring) => `${pathOf(ring)}Z`).join(""), fill: LAND, stroke: "#d5d0c3", "stroke-width": 0.5 * thin }));
      const order = ["ended", "stalled", "exploring", "letter_of_intent", "dormant", "active"];
      const drawn = ties.map((tie, place) => ({ tie, place, stage: stageOf(tie) })).filter(({ stage }) => stage !== null)
        .sort((one, other) => order.indexOf(one.stage) - order.indexOf(other.stage));
      for (const { tie, place, stage } of drawn) {
        const style = STAGE_STYLES[stage];
        const d = pieces(arcs[place], centre).map((piece) => pathOf(piece.map(([longitude, latitude]) => [x(longitude), y(latitude)]))).join("");
        const isChosen = chosen.tie === tie.name || (chosen.city !== null && (tie.a === chosen.city || tie.b === chosen.city));
        drawing.append(tieOf(d, style, isChosen, chosen, thin, tie, onTie));
      }
      drawing.append(...cityDots({ world, ties: drawn, at: (city) => [x(around(city[3], centre)), y(city[4])], chosen, thin, onCity }));
      return drawing;
    },
  };
}

function viewOf(zoom, width, height, x, y, centre) {
  const [wide, high] = [width / zoom.factor, height / zoom.factor];
  const left = Math.min(width - wide, Math.max(0, x(around(zoom.at[0], centre)) - wide / 2));
  const top = Math.min(height - high, Math.max(0, y(zoom.at[1]) - high / 2));
  return [left, top, wide, high];
}

function tieOf(d, style, isChosen, chosen, thin, tie, onTie) {
  const isFaint = !isChosen && (chosen.tie !== null || chosen.city !== null);
  const width = (isChosen ? style.width + 1.4 : style.width) * thin;
  const dash = style.dash.split(" ").filter(Boolean).map((part) => part * thin).join(" ");
  const group = svg("g", { opacity: isFaint ? 0.18 : 0.85, fill: "none", "data-tie": tie.name });
  group.append(svg("path", { d, ...strokeOf({ ...style, width, dash }) }));
  group.append(svg("path", { d, stroke: "transparent", "stroke-width": 9 * thin, class: "reach", onclick: () => onTie(tie.name) }, svg("title", {}, tie.name)));
  return group;
}

function cityDots({ world, ties, at, chosen, thin, onCity }) {
  const degree = new Map();
  for (const { tie } of ties) for (const city of [tie.a, tie.b]) degree.set(city, (degree.get(city) ?? 0) + 1);
  const named = new Set([...degree.entries()].sort((one, other) => other[1] - one[1]).slice(0, SHOWN_NAMES).map(([city]) => city));
  if (chosen.city !== null) named.add(chosen.city);
  const taken = [];
  const dots = [];
  const words = [];
  const rank = ([city, count]) => (city === chosen.city ? Infinity : count); // the chosen city's name comes first
  const order = [...degree.entries()].sort((one, other) => rank(other) - rank(one));
  for (const [city, count] of order) {
    const [cx, cy] = at(world.cities[city]);
    const isChosen = city === chosen.city;
    dots.push(svg("circle", {
      cx, cy, r: (2 + Math.sqrt(count) * 0.9 + (isChosen ? 2.5 : 0)) * thin, fill: isChosen ? "#b84a00" : INK, stroke: "#fff", "stroke-width": 0.8 * thin,
      class: "reach", "data-city": world.cities[city][0], onclick: () => onCity(city),
    }, svg("title", {}, world.cities[city][0])));
    if (!named.has(city)) continue;
    const box = [cx, cy, world.cities[city][1].length * 6.5 * thin, 14 * thin];
    if (!isChosen && taken.some((other) => Math.abs(other[1] - box[1]) < 13 * thin && box[0] < other[0] + other[2] && other[0] < box[0] + box[2])) continue;
    taken.push(box);
    words.push(label(cx + 6 * thin, cy + 4 * thin, world.cities[city][1], {
      "font-size": 11.5 * thin, "font-weight": isChosen ? 700 : 500, stroke: "#fff", "stroke-width": 3 * thin, "paint-order": "stroke", "pointer-events": "none",
    }));
  }
  return [...dots, ...words];
}

// Springs between partners, the same picture every time.
function networkLayout(count, ties) {
  const linked = [...new Set(ties.flatMap(({ a, b }) => [a, b]))].sort((one, other) => one - other);
  const place = new Map(linked.map((city, at) => [city, at]));
  const points = linked.map((_, at) => {
    const turn = at * 2.399963; // the golden angle spreads them evenly
    const reach = Math.sqrt((at + 0.5) / linked.length);
    return [reach * Math.cos(turn), reach * Math.sin(turn)];
  });
  const edges = ties.map(({ a, b }) => [place.get(a), place.get(b)]);
  const wanted = 1.1 / Math.sqrt(linked.length || 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const push = points.map(([x, y]) => [-x * 0.9 * wanted, -y * 0.9 * wanted]);
    for (let one = 0; one < points.length; one += 1) {
      for (let other = one + 1; other < points.length; other += 1) {
        const [dx, dy] = [points[one][0] - points[other][0], points[one][1] - points[other][1]];
        const square = dx * dx + dy * dy + 1e-6;
        const force = (wanted * wanted) / square;
        push[one][0] += dx * force;
        push[one][1] += dy * force;
        push[other][0] -= dx * force;
        push[other][1] -= dy * force;
      }
    }
    for (const [one, other] of edges) {
      const [dx, dy] = [points[other][0] - points[one][0], points[other][1] - points[one][1]];
      const force = Math.hypot(dx, dy) / wanted;
      for (const [at, sign] of [[one, 1], [other, -1]]) {
        push[at][0] += sign * dx * force * 0.25;
        push[at][1] += sign * dy * force * 0.25;
      }
    }
    const most = 0.12 * (1 - round / ROUNDS) + 0.002;
    points.forEach((point, at) => {
      const length = Math.hypot(...push[at]) || 1;
      const step = Math.min(most, length) / length;
      point[0] += push[at][0] * step;
      point[1] += push[at][1] * step;
    });
  }
  const reach = [0, 1].map((axis) => [Math.min(...points.map((point) => point[axis])), Math.max(...points.map((point) => point[axis]))]);
  const found = new Map();
  linked.forEach((city, at) => found.set(city, points[at].map((value, axis) => (value - reach[axis][0]) / (reach[axis][1] - reach[axis][0] || 1))));
  return found;
}

export function network(world, ties) {
  const layout = networkLayout(world.cities.length, ties);
  return {
    draw({ width, title, stageOf, chosen, onCity, onTie }) {
      const height = Math.max(340, width * 0.62);
      const drawing = drawingOf(width, height, title);
      drawing.append(svg("rect", { width, height, fill: SEA }));
      const at = (city) => {
        const [x, y] = layout.get(city);
        return [30 + x * (width - 110), 24 + y * (height - 48)];
      };
      const drawn = ties.map((tie) => ({ tie, stage: stageOf(tie) })).filter(({ stage }) => stage !== null);
      for (const { tie, stage } of drawn) {
        const isChosen = chosen.tie === tie.name || (chosen.city !== null && (tie.a === chosen.city || tie.b === chosen.city));
        drawing.append(tieOf(pathOf([at(tie.a), at(tie.b)]), STAGE_STYLES[stage], isChosen, chosen, 1, tie, onTie));
      }
      const rows = new Map(world.cities.map((city, row) => [city, row]));
      drawing.append(...cityDots({ world, ties: drawn, at: (city) => at(rows.get(city)), chosen, thin: 1, onCity }));
      return drawing;
    },
  };
}
