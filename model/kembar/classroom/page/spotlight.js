// What the teacher shows to everybody: a chart of all teams, the class's choices, or one team's events.

import { figure } from "./chart_frame.js";
import { lineChart } from "./chart_lines.js";
import { element, replace } from "./dom.js";
import { number, ofUnit, text } from "./language.js";
import { eventText } from "./news.js";
import { leverTitle, leverValue, shortName } from "./words.js";

// Styles of up to twenty teams: colour and dashes differ, so that no line is told by its colour alone.
const COLOURS = ["#0067a3", "#b84a00", "#00735a", "#9a4d76", "#4b5563"];
const DASHES = ["", "9 4", "2.5 4", "12 3 2 3"];

export function styleOf(place) {
  return { colour: COLOURS[place % COLOURS.length], dash: DASHES[Math.floor(place / COLOURS.length) % DASHES.length], width: 2.5 };
}

export function teamName({ team, city }) {
  return text("class.team_of", { team: number(team), city: shortName(city) });
}

// A figure of one number of all teams over the years.
export function teamsFigure(name) {
  const shown = figure(`teams-${name}`, text(`class.chart.${name}`));
  return {
    node: shown.node,
    show(teams, startYear, own = null) {
      const count = Math.max(0, ...teams.map(({ values }) => values.length));
      shown.node.hidden = count === 0;
      if (!count) return;
      const years = Array.from({ length: Math.max(2, count) }, (_, place) => startYear + place);
      const series = teams.map(({ team, values }, place) => ({
        label: String(team), short: String(team), values: years.map((_, year) => values[year] ?? null),
        style: { ...styleOf(place), width: team === own ? 4.5 : 2.5 },
      }));
      const heads = teams.map(teamName);
      shown.show(lineChart({ x: years, series, unit: text(`class.unit.${name}`), title: text(`class.chart.${name}`), height: 240 }),
        { head: [text("app.year"), ...heads], rows: years.slice(0, count).map((year, place) => [String(year), ...teams.map(({ values }) => values[place] ?? null)]) },
        teams.map((team, place) => ({ label: teamName(team), style: styleOf(place) })));
    },
  };
}

// The class's choices: least, middle and largest, and who touched what.
export function choicesTable(rows, levers, teams, name = text("class.choices")) {
  const moved = rows.filter(({ touched }) => touched.length);
  if (!moved.length) return element("p", {}, text("class.no_choices"));
  const known = Object.fromEntries(levers.map((lever) => [lever.key, lever]));
  const shown = (row, value) => {
    if (value === null) return text("app.none");
    return known[row.field] ? leverValue(known[row.field], value) : ofUnit(value, "count");
  };
  const title = (row) => (known[row.field] ? leverTitle(row.field) : text(`class.field.${row.field}`));
  const columns = ["choice", "least", "middle", "most", "touched"];
  const head = element("tr", {}, columns.map((column) => element("th", { scope: "col" }, text(`class.column.${column}`))));
  const body = moved.map((row) => element("tr", { "data-field": row.field },
    element("th", { scope: "row" }, title(row)),
    ["min", "median", "max"].map((part) => element("td", { "data-part": part }, shown(row, row[part]))),
    element("td", {}, row.touched.length === teams ? text("class.everybody") : row.touched.map((team) => number(team)).join(", ") || text("app.none"))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    element("table", {}, element("thead", {}, head), element("tbody", {}, body)));
}

export function spotlightPanel(world) {
  const heading = element("h2", {}, text("class.spotlight"));
  const body = element("div");
  const node = element("section", { class: "card spotlight", hidden: true, "aria-label": text("class.spotlight") }, heading, body);
  let made = { chart: null, figure: null };
  return {
    node,
    show(state, own = null) {
      node.hidden = !state.shown;
      if (!state.shown) return;
      const { chart, teams, rows, events } = state.shown;
      if (chart === "choices") replace(body, choicesTable(rows, world.levers, state.teams.length));
      else if (chart === "events") replace(body, element("ul", { class: "news" }, events.map((event) => element("li", {}, eventText(event)))));
      else {
        if (made.chart !== chart) made = { chart, figure: teamsFigure(chart) };
        replace(body, made.figure.node);
        made.figure.show(teams, world.start_year, own);
      }
    },
  };
}
