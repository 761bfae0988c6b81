// What happened: the events of a team's city in words, its numbers, its partners, and what came of proposals.

import { STYLES, figure } from "./chart_frame.js";
import { lineChart } from "./chart_lines.js";
import { element, replace } from "./dom.js";
import { dollars, number, percent, quarter, text, unitName } from "./language.js";
import { causeText, countryName, shortName } from "./words.js";

const LARGEST = 2; // causes told of a decline

export function eventText(event) {
  const values = {
    date: quarter(event.date),
    partner: event.partner ? shortName(event.partner) : "",
    city: event.city ? shortName(event.city) : "",
    country: event.country ? countryName(event.country) : "",
    other: event.other_country ? countryName(event.other_country) : "",
  };
  const words = text(`class.event.${event.event}`, values);
  const causes = Object.entries(event.shares ?? {}).slice(0, LARGEST).map(([part, share]) =>
    `${causeText(part, ...sides(event))} ${percent(share)}`);
  return causes.length ? `${words} ${text("class.because", { causes: causes.join(", ") })}` : words;
}

// The names of side a and side b of the event's agreement.
function sides({ agreement }) {
  const [one, other] = (agreement ?? " - ").replace(/ #\d+$/, "").split(" - ");
  return [one, other];
}

export function newsOf(state) {
  const last = state.results.events.filter(({ round }) => round === state.played);
  const talks = state.results.talks.filter(({ round }) => round === state.played || round === state.round);
  return [
    state.results.new_head ? element("p", { class: "notice", role: "status" }, text("class.new_head")) : null,
    last.length || talks.length ? null : element("p", {}, text(state.played ? "class.quiet_year" : "class.before_start")),
    element("ul", { class: "news" },
      talks.map(({ partner, answer }) => element("li", {}, text(`class.talk.${answer}`, { partner: shortName(partner) }))),
      last.map((event) => element("li", { "data-event": event.event }, eventText(event)))),
  ];
}

export function shocksOf(state) {
  return state.shocks.map((shock) => element("li", {}, text("class.shock", {
    kind: text(`app.event_kind.${shock.kind}`),
    where: shock.where.map((place) => (place === "all" ? text("app.everyone") : countryName(place))).join(" – "),
    from: String(shock.from_year), until: String(shock.until_year), severity: percent(shock.severity),
  })));
}

// Three small figures of the team's own years.
export function ownFigures() {
  const shown = {
    active: figure("active", text("class.figure.active")),
    points: figure("points", text("class.figure.points")),
    money: figure("money", text("class.figure.money"), text("class.figure.money_note")),
  };
  return {
    node: element("div", { class: "figures" }, Object.values(shown).map(({ node }) => node)),
    show({ years, series, left_kusd: left }) {
      for (const { node } of Object.values(shown)) node.hidden = years.length === 0;
      if (!years.length) return;
      const points = years.map((_, place) => series.tangible_points[place] + series.intangible_points[place]);
      draw(shown.active, years, [[text("class.own_city"), "A", series.active]], text("app.agreements"));
      draw(shown.points, years, [[text("class.points_all"), "A", points], [text("class.points_public"), "B", series.public_points]], unitName("points/year"));
      draw(shown.money, years, [[text("class.granted"), "A", series.executable_kusd], [text("class.spent"), "B", series.spent_kusd], [text("class.left"), "C", left]], unitName("kusd/year"));
    },
  };
}

function draw(shown, years, lines, unit) {
  const x = years.length > 1 ? years : [years[0], years[0] + 1];
  const series = lines.map(([label, letter, values]) => ({
    label, short: lines.length > 1 ? letter : "", style: STYLES[letter], values: x.map((_, place) => values[place] ?? null),
  }));
  const heads = lines.map(([label, letter]) => (lines.length > 1 ? `${letter}: ${label}` : label));
  shown.show(lineChart({ x, series, unit, title: heads.join(", "), height: 200 }),
    { head: [text("app.year"), ...heads], rows: years.map((year, place) => [String(year), ...lines.map(([, , values]) => values[place])]) },
    series.map(({ style }, place) => ({ label: heads[place], style })));
}

export function cityFacts({ city }) {
  if (!city) return [];
  const facts = [
    ["commitment", percent(city.commitment)],
    ["head_since", number(Math.floor(city.head_since), 0).replace(/\D/g, "")],
    ["next_election", city.next_election === null ? text("class.by_calendar") : String(Math.floor(city.next_election))],
    ["staff", number(city.staff_fte, 1)],
    ["experience", percent(city.experience)],
    ["institutions", percent(city.institutionalisation)],
    ["support", percent(city.support)],
  ];
  return [element("dl", { class: "facts" }, facts.map(([name, value]) => element("div", {},
    element("dt", {}, text(`class.fact.${name}`)), element("dd", { "data-fact": name }, value))))];
}

export function partnerTable({ partners }) {
  if (!partners.length) return element("p", {}, text("class.no_partners"));
  const columns = ["partner", "stage", "last_exchange", "trust", "money", "points"];
  const head = element("tr", {}, columns.map((name) => element("th", { scope: "col" }, text(`class.column.${name}`))));
  const rows = partners.map((partner) => element("tr", { "data-stage": partner.stage },
    element("th", { scope: "row" }, shortName(partner.partner)),
    element("td", {}, text(`terms.stage.${partner.stage}`), partner.frozen ? ` (${text("class.frozen")})` : ""),
    element("td", {}, partner.last_exchange === null ? text("app.none") : String(Math.floor(partner.last_exchange))),
    element("td", {}, percent(partner.trust)),
    element("td", {}, dollars(partner.money_kusd)),
    element("td", {}, number(partner.points, 1))));
  const node = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("class.partners") });
  replace(node, element("table", {}, element("thead", {}, head), element("tbody", {}, rows)));
  return node;
}
