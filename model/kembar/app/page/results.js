// The answer of What if: the sentence first, then the figures, each with its table.

import { barChart, stackedBars } from "./chart_bars.js";
import { STYLES, figure } from "./chart_frame.js";
import { intervalChart } from "./chart_intervals.js";
import { lineChart } from "./chart_lines.js";
import { button, element, replace } from "./dom.js";
import { decimalsOfInterval, dollars, number, ofUnit, percent, rupiah, text, unitName } from "./language.js";
import { state } from "./state.js";
import { isStatic } from "./source.js";
import { openTwins } from "./twins.js";
import { outcomeAbout, outcomeTitle } from "./words.js";

const MAIN_OUTCOMES = [
  "active_years_per_agreement", "active_share", "exchanges_per_active_agreement_year", "benefit_points", "public_benefit_share", "spent_kusd",
];
const LEAST_SHARE_OF_CAUSES = 0.02; // of all dormancies; rarer causes are summed up

export function resultPanel(world) {
  const sentence = element("div", { class: "sentence" });
  const progress = element("div", { class: "progress" });
  const drawn = element("p", { class: "note", "data-drawn": "", hidden: true }, text("app.drawn_note"));
  const figures = {
    active: figure("active", text("app.figure.active"), ""),
    effects: figure("effects", text("app.figure.effects"), text("app.figure.effects_note")),
    survival: figure("survival", text("app.figure.survival"), text("app.figure.survival_note")),
    causes: figure("causes", text("app.figure.causes"), text("app.figure.causes_note")),
    sectors: figure("sectors", text("app.figure.sectors"), text("app.figure.sectors_note")),
    money: figure("money", text("app.figure.money"), text("app.figure.money_note")),
  };
  const fates = element("section", { class: "card fates", "aria-label": text("app.fates") });
  const outcomes = element("section", { class: "card outcomes" });
  const node = element(
    "section",
    { class: "results", "aria-label": text("app.results") },
    element("div", { class: "headline card" }, sentence, drawn, progress),
    element("p", { class: "future caution" }, text("app.many_futures")),
    figures.active.node, figures.effects.node, figures.survival.node, figures.causes.node, figures.sectors.node, figures.money.node,
    fates, outcomes,
  );
  return {
    node,
    wait(words) {
      replace(progress, element("span", { class: "waiting" }, words));
    },
    fail(words) {
      replace(progress, element("p", { class: "error", role: "alert" }, words));
      node.classList.add("stale");
    },
    show(answer, asked) {
      node.classList.remove("stale");
      const sides = sidesOf(answer, asked);
      replace(sentence, sentences(world, answer, sides));
      drawn.hidden = answer.uncertainties !== "posterior";
      showProgress(progress, answer);
      showActive(figures.active, world, answer, sides);
      showEffects(figures.effects, answer, sides);
      showSurvival(figures.survival, sides);
      showCauses(figures.causes, sides);
      showSectors(figures.sectors, world, sides);
      showMoney(figures.money, world, sides);
      showFates(fates, world, answer, sides);
      showOutcomes(outcomes, world, sides);
    },
  };
}

function sidesOf(answer, asked) {
  const baseline = { letter: "", label: text("app.baseline"), short: text("app.baseline_short"), style: STYLES.baseline, found: answer.baseline };
  return [
    baseline,
    ...asked.map(({ letter, title, variant }, place) => ({ letter, label: `${letter}: ${title}`, short: letter, style: STYLES[letter], found: answer.variants[place], variant })),
  ];
}

function sentences(world, answer, [baseline, ...variants]) {
  const last = String(world.start_year + world.years - 1);
  const { of_hundred: hundred } = baseline.found;
  const isRegister = hundred.mean !== null;
  const of = (side) => (isRegister ? side.found.of_hundred.mean : side.found.outcomes.active_share.mean === null ? null : 100 * side.found.outcomes.active_share.mean);
  if (of(baseline) === null) return [element("p", {}, text("app.sentence.nothing"))];
  const key = isRegister ? "register" : "new";
  const found = [element("p", { class: "main", "data-sentence": "baseline" }, text(`app.sentence.${key}`, { year: String(world.start_year), last, count: number(of(baseline), 1) }))];
  for (const side of variants) {
    const effect = isRegister ? side.found.effect_of_hundred : scaledBy(side.found.effects.active_share, 100);
    const values = { letter: side.label, count: number(of(side), 1), effect: number(effect.effect, 1, true), low: number(effect.low, 1, true), high: number(effect.high, 1, true) };
    const words = effect.low === null ? text("app.sentence.first", values) : text("app.sentence.variant", values);
    const verdict = effect.low === null ? "" : effect.low > 0 ? text("app.sentence.more") : effect.high < 0 ? text("app.sentence.fewer") : text("app.sentence.unclear");
    found.push(element("p", { class: `main style-${side.letter}`, "data-sentence": side.letter }, element("strong", {}, words), " ", element("span", { class: "direction" }, verdict)));
  }
  if (!variants.length) found.push(element("p", { class: "invite" }, isStatic ? text("app.sentence.choose") : text("app.sentence.move")));
  return found;
}

function scaledBy(effect, factor) {
  const times = (value) => (value === null ? null : value * factor);
  return { ...effect, effect: times(effect.effect), low: times(effect.low), high: times(effect.high) };
}

function showProgress(node, answer) {
  const wanted = answer.wanted ?? answer.pairs;
  const words = text(answer.pairs === wanted ? "app.pairs_done" : "app.pairs_of", { pairs: number(answer.pairs), wanted: number(wanted) });
  const meter = element("progress", { max: wanted, "aria-label": text("app.progress") });
  meter.value = answer.pairs;
  replace(node, meter, element("span", { "data-pairs": answer.pairs }, words));
}

function yearsOf(world) {
  return Array.from({ length: world.years }, (_, place) => world.start_year + place);
}

function showActive(shown, world, answer, sides) {
  const isSpread = state.band === "spread";
  const years = yearsOf(world);
  const of = (side, name) => side.found.stages.active[name];
  const series = sides.map((side) => ({
    ...side, values: of(side, "mean"), low: of(side, isSpread ? "spread_low" : "low"), high: of(side, isSpread ? "spread_high" : "high"),
  }));
  const note = answer.pairs < 2 ? "app.band.none" : isSpread ? "app.band.spread" : "app.band.mean";
  const whom = sides[0].found.of_hundred.mean === null ? "" : `${text("app.figure.active_note")} `;
  shown.retitle(text("app.figure.active"), whom + text(note, { pairs: number(answer.pairs) }));
  const head = [text("app.year"), ...sides.flatMap((side) => [side.label, `${side.label}, ${text("app.low")}`, `${side.label}, ${text("app.high")}`])];
  const rows = years.map((year, place) => [String(year), ...series.flatMap(({ values, low, high }) => [values[place], low?.[place] ?? null, high?.[place] ?? null])]);
  shown.show(lineChart({ x: years, series, unit: text("app.agreements"), title: text("app.figure.active") }), { head, rows }, legendOf(sides));
}

function legendOf(sides) {
  return sides.map(({ label, style }) => ({ label, style }));
}

function effectWords({ effect, low, high }, unit) {
  if (effect === null || low === null) return ofUnit(effect, unit, true);
  const scale = unit === "1" ? 100 : 1;
  const digits = decimalsOfInterval(scale * effect, scale * low, scale * high);
  const [middle, lowest, highest] = [effect, low, high].map((value) => number(scale * value, digits, true));
  const name = unit === "1" ? "%" : unit === "count" ? "" : ` ${unitName(unit)}`;
  return text("app.effect_interval", { effect: `${middle}${name}`, low: lowest, high: highest });
}

function showEffects(shown, answer, [baseline, ...variants]) {
  shown.node.hidden = variants.length === 0;
  if (!variants.length) return;
  const groups = MAIN_OUTCOMES.map((name) => {
    const before = baseline.found.outcomes[name].mean;
    const share = (value) => (value === null || !before ? null : value / before);
    return {
      label: outcomeTitle(name),
      dots: variants.map(({ short, style, found }) => {
        const { effect, low, high } = found.effects[name];
        const words = share(effect) === null ? text("app.none")
          : low === null ? percent(share(effect), 1, true)
            : text("app.effect_interval", { effect: percent(share(effect), 1, true), low: number(100 * share(low), 1, true), high: number(100 * share(high), 1, true) });
        return { short, style, value: share(effect), low: share(low), high: share(high), words };
      }),
    };
  });
  const head = [text("app.outcome"), text("app.variant"), text("app.effect_percent"), text("app.low"), text("app.high")];
  const rows = groups.flatMap(({ label, dots }) => dots.map(({ short, value, low, high }) => [label, short, ...[value, low, high].map((part) => (part === null ? null : 100 * part))]));
  shown.show(intervalChart({ groups, title: text("app.figure.effects"), format: (value) => percent(value, Math.abs(value) < 0.05 && value !== 0 ? 1 : 0, true) }), { head, rows });
}

function showSurvival(shown, sides) {
  const x = sides[0].found.survival.map((_, place) => place / 4);
  const series = sides.map((side) => ({ ...side, values: side.found.survival }));
  const head = [text("app.years_since"), ...sides.map(({ label }) => label)];
  const rows = x.map((years, place) => [years, ...series.map(({ values }) => 100 * values[place])]);
  shown.show(lineChart({ x, series, unit: text("app.share_not_yet"), title: text("app.figure.survival"), top: 1, steps: true, format: (value) => percent(value) }), { head, rows }, legendOf(sides));
}

function showCauses(shown, sides) {
  const total = Math.max(...sides.map(({ found }) => Object.values(found.causes).reduce((sum, value) => sum + value, 0)));
  const names = Object.keys(sides[0].found.causes);
  const most = (name) => Math.max(...sides.map(({ found }) => found.causes[name]));
  const shownNames = names.filter((name) => most(name) > LEAST_SHARE_OF_CAUSES * total).sort((one, other) => most(other) - most(one));
  const rest = names.filter((name) => !shownNames.includes(name));
  const rows = shownNames.map((name) => ({ label: text(`terms.cause.${name}`), values: sides.map(({ found }) => found.causes[name]) }));
  if (rest.length) rows.push({ label: text("app.other_causes"), values: sides.map(({ found }) => rest.reduce((sum, name) => sum + found.causes[name], 0)) });
  const endings = Object.keys(sides[0].found.endings).map((name) => ({ label: `${text("app.ended_by")} ${text(`terms.ending.${name}`)}`, values: sides.map(({ found }) => found.endings[name]) }));
  const head = [text("app.cause"), ...sides.map(({ label }) => label)];
  const table = [...names.map((name) => [text(`terms.cause.${name}`), ...sides.map(({ found }) => found.causes[name])]), ...endings.map(({ label, values }) => [label, ...values])];
  shown.show(barChart({ rows, series: sides, title: text("app.figure.causes") }), { head, rows: table }, legendOf(sides));
}

function showSectors(shown, world, sides) {
  const rows = world.sectors.map((sector) => ({ label: text(`terms.sector.${sector}`), values: sides.map(({ found }) => found.sectors[sector]) }));
  const head = [text("app.sector"), ...sides.map(({ label }) => label)];
  shown.show(barChart({ rows, series: sides, title: text("app.figure.sectors") }), { head, rows: rows.map(({ label, values }) => [label, ...values]) }, legendOf(sides));
}

function showMoney(shown, world, sides) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const rows = sides.map(({ label, found }) => ({ label, values: [sum(found.money.own), sum(found.money.external)] }));
  const fills = [{ fill: "#4b5563" }, { fill: "#c9b458" }];
  const head = [text("app.variant"), text("app.own_money"), text("app.external_money"), text("app.spent_usd"), text("app.spent_idr")];
  const table = rows.map(({ label, values }) => [label, values[0], values[1], dollars(sum(values)), rupiah(sum(values), world.idr_per_usd)]);
  const extra = rows.map(({ label, values }) => `${label}: ${dollars(sum(values))} (${rupiah(sum(values), world.idr_per_usd)})`);
  shown.retitle(text("app.figure.money"), `${text("app.figure.money_note")} ${extra.join("; ")}.`);
  shown.show(stackedBars({ rows, fills, title: text("app.figure.money"), format: (value) => dollars(value) }), { head, rows: table },
    [{ label: text("app.own_money"), fill: fills[0] }, { label: text("app.external_money"), fill: fills[1] }]);
}

function showFates(node, world, answer, [, ...variants]) {
  node.hidden = variants.length === 0 || variants.every(({ found }) => found.fates === null) && answer.pairs === (answer.wanted ?? answer.pairs);
  const parts = variants.map((side) => {
    const { fates } = side.found;
    if (!fates) return element("p", { class: "note" }, `${side.label}: ${text("app.fates_later", { pairs: number(100) })}`);
    const list = (fate) => element("div", {},
      element("h3", {}, text(`app.most_${fate}`)),
      fates[fate].length ? element("ol", {}, fates[fate].map((entry) => fateItem(world, entry, fate, side))) : element("p", { class: "note" }, text("app.none_of_them")));
    return element("div", { class: "fate" },
      element("p", {}, element("strong", {}, side.label), " ", text("app.fates_of_hundred", { saved: number(fates.saved_of_hundred, 1), lost: number(fates.lost_of_hundred, 1) })),
      element("div", { class: "columns" }, list("saved"), list("lost")));
  });
  replace(node, element("h2", {}, text("app.fates")), element("p", { class: "note" }, text("app.fates_note")), parts);
}

function fateItem(world, { agreement, saved, lost }, fate, side) {
  const share = percent(fate === "saved" ? saved : lost);
  const words = text(`app.in_share_${fate}`, { share });
  if (isStatic) return element("li", {}, agreement, " ", element("span", { class: "note" }, words));
  return element("li", {}, button(agreement, () => openTwins(world, agreement, fate, side), { class: "link" }), " ", element("span", { class: "note" }, words));
}

function showOutcomes(node, world, [baseline, ...variants]) {
  const head = element("tr", {}, element("th", { scope: "col" }, text("app.outcome")), element("th", { scope: "col" }, baseline.label),
    variants.flatMap(({ letter }) => [element("th", { scope: "col" }, letter), element("th", { scope: "col" }, text("app.effect_of", { letter }))]));
  const rows = Object.entries(world.outcomes).map(([name, unit]) => element("tr", { "data-outcome": name },
    element("th", { scope: "row", title: outcomeAbout(name) }, outcomeTitle(name)),
    element("td", { "data-side": "baseline" }, ofUnit(baseline.found.outcomes[name].mean, unit)),
    variants.flatMap(({ letter, found }) => [
      element("td", { "data-side": letter }, ofUnit(found.outcomes[name].mean, unit)),
      element("td", { "data-effect": letter }, effectWords(found.effects[name], unit)),
    ])));
  const isOpen = node.querySelector("details")?.open ?? false;
  replace(node, element("details", { open: isOpen }, element("summary", {}, element("h2", {}, text("app.all_outcomes"))),
    element("p", { class: "note" }, text("app.all_outcomes_note")),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("app.all_outcomes") }, element("table", {}, element("thead", {}, head), element("tbody", {}, rows)))));
}

