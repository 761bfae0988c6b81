// An agreement's life as a list of dated events, in the reader's language.

import { element } from "./dom.js";
import { dollars, has, number, percent, quarter, text } from "./language.js";
import { causeText, countryName, shortName } from "./words.js";

const DECLINES = ["went_dormant", "ended", "revived"];

export function lifeOf(life) {
  const [a, b] = life.agreement.replace(/ #\d+$/, "").split(" - ");
  const items = life.events.map((event) => element("li", { class: `event event-${event.event}` },
    element("span", { class: "when" }, quarter(event.date)), " ",
    element("span", {}, eventWords(event, a, b))));
  const years = Object.entries(life.exchanges);
  const total = (kind) => years.reduce((sum, [, counts]) => sum + counts[kind], 0);
  return [
    element("p", {}, text(life.register_year ? "app.life.signed" : life.register_status === "new" ? "app.life.new" : "app.life.unknown_year", {
      year: String(life.register_year ?? ""), status: has(`app.status.${life.register_status}`) ? text(`app.status.${life.register_status}`) : life.register_status,
    }), " ", life.stage_start === "not_begun" ? "" : text("app.life.at_start", { stage: text(`terms.stage.${life.stage_start}`) })),
    items.length ? element("ol", { class: "timeline" }, items) : element("p", { class: "note" }, text("app.life.no_event")),
    element("p", {}, text("app.life.end", {
      stage: life.stage_end === "not_begun" ? text("app.life.not_begun") : text(`terms.stage.${life.stage_end}`),
      years: number(life.active_years, 1), cities: number(total("cities")), citizens: number(total("citizens")),
      money: dollars(life.spent_kusd_a + life.spent_kusd_b), points: number(life.points_a + life.points_b, 1),
    })),
    element("p", { class: "future" }, text("app.one_future")),
  ];
}

function eventWords(event, a, b) {
  const place = event.city ? shortName(event.city) : [event.country, event.other_country].filter(Boolean).map(countryName).join(" – ");
  const detail = event.event === "ended" ? text(`terms.ending.${event.detail}`) : event.event === "relations_changed" ? text(`app.relation.${event.detail}`) : "";
  const words = text(`app.life_event.${event.event}`, { place, detail });
  const shares = Object.entries(event.shares);
  if (!DECLINES.includes(event.event) || !shares.length) return words;
  const causes = shares.map(([part, share]) => `${causeText(part, a, b)} ${percent(share)}`).join(", ");
  return `${words} ${text("app.life.because", { causes })}`;
}
