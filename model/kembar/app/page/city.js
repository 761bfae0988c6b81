// A city's years: money asked, granted and spent; staff; its head; its sectors; its agreements.

import { barChart } from "./chart_bars.js";
import { STYLES, figure } from "./chart_frame.js";
import { lineChart } from "./chart_lines.js";
import { button, element, replace } from "./dom.js";
import { number, percent, significant, text } from "./language.js";

const CITY_HEIGHT = 190;

export function cityPanel(run, life, ties, stageOf, when, chooseTie) {
  const years = Array.from({ length: run.years }, (_, place) => run.start_year + place);
  const time = element("h3", { "data-fact": "time" });
  const counts = element("dl", { class: "facts" });
  const yearEnd = element("h3", { "data-fact": "year" });
  const head = element("dl", { class: "facts" });
  const partners = element("ul", { class: "partners" });
  const money = figure("city-money", text("app.city.money"), text("app.city.money_note"));
  const staff = figure("city-staff", text("app.city.staff"), text("app.city.staff_note"));
  const sectors = figure("city-sectors", text("app.city.sectors"), text("app.city.sectors_note"));
  const node = element("div", {}, element("h2", {}, life.city), time, counts, partners, yearEnd, head);
  const lines = (names) => names.map(([name, style, short]) => ({ label: text(`app.city.${name}`), short, style, values: life[name] }));
  const table = (series) => ({ head: [text("app.year"), ...series.map(({ label }) => label)], rows: years.map((year, place) => [String(year), ...series.map(({ values }) => values[place])]) });
  const drawLines = (shown, series, unit, title, mark, top = null) =>
    shown.show(lineChart({ x: years, series, unit, title, mark, top, height: CITY_HEIGHT }), table(series), series.map(({ label, style }) => ({ label, style })));
  return {
    node,
    figures: [money.node, staff.node, sectors.node],
    showYear(place) {
      const election = life.next_election[place];
      const stages = ties.map(stageOf);
      const count = (wanted) => number(stages.filter((stage) => stage === wanted).length);
      time.textContent = text("app.city.agreements", { when: when() });
      replace(counts, factsOf([["active_count", count("active")], ["dormant_count", count("dormant")]]));
      yearEnd.textContent = text("app.city.year_end", { year: String(years[place]) });
      replace(head, factsOf([
        ["head_since", life.caretaker[place] ? text("app.city.caretaker") : number(life.head_since[place], 0).replace(/[.,]/g, "")],
        ["terms", number(life.terms_served[place])],
        ["commitment", percent(life.commitment[place])],
        ["next_election", election === null ? text("app.city.no_election") : String(Math.floor(election))],
        ["staff", significant(life.staff[place])],
        ["experience", percent(life.experience[place])],
        ["support", percent(life.support[place])],
      ]));
      drawLines(money, lines([["asked_kusd", STYLES.baseline, "1"], ["appropriated_kusd", STYLES.A, "2"], ["spent_kusd", STYLES.B, "3"]]), text("app.unit.kusd_year"), text("app.city.money"), years[place]);
      drawLines(staff, lines([["staff", STYLES.A, ""]]), text("app.unit.fte"), text("app.city.staff"), years[place]);
      const rows = Object.entries(life.sectors).map(([sector, values]) => ({ label: text(`terms.sector.${sector}`), values: [values[place]] }));
      sectors.show(barChart({ rows, series: [{ short: "", style: STYLES.A }], title: text("app.city.sectors"), format: (value) => significant(value, 2) }),
        { head: [text("app.sector"), text("app.unit.points_year")], rows: rows.map(({ label, values }) => [label, values[0]]) });
      replace(partners, ties.map((tie, row) => {
        const stage = stages[row];
        return element("li", {}, button(tie.name, () => chooseTie(tie.name), { class: "link" }), " ", element("span", { class: "note" }, stage ? text(`app.stage.${stage}`) : text("app.life.not_begun")));
      }));
    },
  };
}

function factsOf(facts) {
  return facts.flatMap(([name, value]) => [element("dt", {}, text(`app.city.${name}`)), element("dd", { "data-fact": name }, value)]);
}
