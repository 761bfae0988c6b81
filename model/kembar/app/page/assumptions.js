// Assumptions: the evidence ledger, and whether a conclusion stands when one of them is moved.

import { STYLES, figure } from "./chart_frame.js";
import { intervalChart } from "./chart_intervals.js";
import { announce, button, choice, element, newId, replace } from "./dom.js";
import { has, number, significant, text, unitName } from "./language.js";
import { ask, describeAssumptions, isStatic } from "./source.js";
import { askedVariants, state } from "./state.js";
import { fileOf } from "./variants.js";
import { outcomeTitle, variantTitle } from "./words.js";

const PAIRS = 50; // for each value that is tried
const SCALED = [0.5, 2]; // ends of the range of a parameter with eight values, as multiples

export function assumptions(world) {
  const test = element("section", { class: "card test", "aria-label": text("app.test"), hidden: true });
  const table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("app.ledger") });
  const filters = { words: "", basis: "" };
  let ledger = null;
  const searchId = newId("search");
  const node = element("div", { class: "assumptions" },
    element("div", { class: "card" },
      element("h2", {}, text("app.ledger")),
      element("p", {}, text("app.ledger_about")),
      element("div", { class: "bar" },
        element("div", { class: "field" }, element("label", { for: searchId }, text("app.search")), element("input", { id: searchId, type: "search", oninput: ({ target }) => { filters.words = target.value.toLowerCase(); draw(); } })),
        choice(text("app.basis_filter"), [["", text("app.all_bases")], ...["measured", "calibrated", "transferred", "assumption"].map((basis) => [basis, text(`app.basis.${basis}`)])], "", (basis) => { filters.basis = basis; draw(); }))),
    test,
    element("div", { class: "card" }, table));

  function shownTitle({ key, title }) {
    return has(`terms.uncertainty.${key}`) ? element("span", {}, text(`terms.uncertainty.${key}`)) : element("span", { lang: "en" }, title);
  }

  function draw() {
    if (!ledger) return;
    const rows = ledger.parameters.filter((item) => (!filters.basis || item.basis === filters.basis) && `${item.key} ${item.title} ${item.about}`.toLowerCase().includes(filters.words));
    const head = ["parameter", "value", "range", "unit", "basis_name", "source", "move"].map((name) => element("th", { scope: "col" }, text(`app.column.${name}`)));
    replace(table, element("p", { class: "note" }, text("app.shown", { count: number(rows.length), total: number(ledger.parameters.length) })),
      element("table", {}, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows.map(rowOf))));
  }

  function rowOf(item) {
    const cell = (column, ...content) => element("td", { "data-label": text(`app.column.${column}`) }, ...content);
    return element("tr", { "data-parameter": item.key },
      element("th", { scope: "row" }, shownTitle(item), element("span", { class: "note about", lang: "en" }, item.about)),
      cell("value", valueWords(item.value)),
      cell("range", `${significant(item.range[0])} – ${significant(item.range[1])}`),
      cell("unit", item.unit === "1" ? "–" : unitName(item.unit)),
      cell("basis_name", element("span", { class: `basis basis-${item.basis}` }, text(`app.basis.${item.basis}`))),
      cell("source", item.source.map((key) => sourceOf(key))),
      element("td", {}, isStatic ? "" : button(text("app.move"), () => open(item), { "aria-label": text("app.move_parameter", { parameter: item.title }) })));
  }

  function valueWords(value) {
    return Array.isArray(value) ? value.map((part) => significant(part, 2)).join("; ") : significant(value);
  }

  function sourceOf(key) {
    const reference = ledger.references[key];
    if (!reference) return element("span", { class: "source" }, text("app.basis.assumption"));
    const words = [reference.authors, reference.year].filter(Boolean).join(", ");
    const name = words || reference.title;
    return /^https?:/.test(reference.url)
      ? element("a", { class: "source", href: reference.url, rel: "noreferrer noopener", target: "_blank", title: reference.title }, name)
      : element("span", { class: "source", title: reference.title }, name);
  }

  function open(item) {
    test.hidden = false;
    const asked = askedVariants();
    const close = button(text("app.close"), () => { test.hidden = true; });
    if (!asked.length) {
      replace(test, element("h2", {}, shownTitle(item)), element("p", {}, text("app.test_needs_variant")), close);
      test.scrollIntoView({ block: "nearest" });
      return;
    }
    const isList = Array.isArray(item.value);
    const [low, high] = isList ? SCALED : item.range;
    const outcome = { name: "active_years_per_agreement" };
    const results = [];
    const shown = figure("assumption", text("app.test_figure"), text("app.test_note", { pairs: number(PAIRS) }));
    const verdict = element("p", { class: "verdict", role: "status" });
    const id = newId("assumption");
    const output = element("output", { for: id });
    const slider = element("input", { id, type: "range", min: low, max: high, step: item.scale === "integer" ? 1 : "any", value: isList ? 1 : item.value, oninput: tell, onchange: () => run(valueAt(Number(slider.value))) });

    function valueAt(place) {
      if (!isList) return Number(place.toPrecision(4));
      return item.value.map((part) => Math.min(item.range[1], Math.max(item.range[0], part * place)));
    }

    function tell() {
      output.textContent = isList ? `${number(Number(slider.value), 2)} ×` : significant(valueAt(Number(slider.value)));
    }

    async function run(value) {
      verdict.textContent = text("app.loading");
      const entry = { value, words: value === null ? text("app.as_assumed") : isList ? `${number(Number(slider.value), 2)} ×` : significant(value), answer: null };
      const control = new AbortController();
      try {
        await ask({ seed: state.seed, pairs: PAIRS, variants: asked.map(({ variant }) => fileOf(variant)), parameters: value === null ? {} : { [item.key]: value } }, (answer) => {
          if (answer.pairs === PAIRS) entry.answer = answer;
        }, control.signal);
      } catch (error) {
        verdict.textContent = error.message;
        return;
      }
      if (!entry.answer) return;
      results.push(entry);
      drawTest();
    }

    function drawTest() {
      const name = outcome.name;
      const unit = world.outcomes[name];
      const format = (value) => (unit === "1" ? `${number(100 * value, 1, true)}%` : significant(value, 2, true));
      const groups = results.map(({ words, answer }) => ({
        label: words,
        dots: asked.map(({ letter }, place) => {
          const { effect, low: least, high: most } = answer.variants[place].effects[name];
          return { short: letter, style: STYLES[letter], value: effect, low: least, high: most, words: effect === null ? text("app.none") : `${format(effect)} [${format(least)}; ${format(most)}]` };
        }),
      }));
      const rows = groups.flatMap(({ label, dots }) => dots.map((dot) => [label, dot.short, dot.value, dot.low, dot.high]));
      shown.show(intervalChart({ groups, title: text("app.test_figure"), format }), { head: [text("app.column.value"), text("app.variant"), text("app.effect"), text("app.low"), text("app.high")], rows });
      replace(verdict, asked.map(({ letter, variant }, place) => element("span", { class: `style-${letter}`, "data-verdict": letter }, `${letter} (${variantTitle(variant)}): ${judged(results.map(({ answer }) => answer.variants[place].effects[name]))} `)));
      announce(verdict.textContent);
    }

    replace(test,
      element("h2", {}, shownTitle(item)), element("p", { lang: "en" }, item.about),
      element("p", {}, text("app.test_about", { value: valueWords(item.value), low: significant(item.range[0]), high: significant(item.range[1]) })),
      element("div", { class: "bar" },
        element("div", { class: "field wide" }, element("label", { for: id }, text("app.move_to"), " ", output), slider),
        button(text("app.low_end"), () => { slider.value = low; tell(); run(valueAt(low)); }),
        button(text("app.high_end"), () => { slider.value = high; tell(); run(valueAt(high)); }),
        choice(text("app.outcome"), Object.keys(world.outcomes).map((name) => [name, outcomeTitle(name)]), outcome.name, (name) => { outcome.name = name; drawTest(); }),
        close),
      verdict, shown.node);
    tell();
    test.scrollIntoView({ block: "nearest" });
    run(null);
  }

  function judged(effects) {
    const [first, ...others] = effects.map(({ low, high }) => (low === null ? 0 : low > 0 ? 1 : high < 0 ? -1 : 0));
    if (!others.length) return text(first === 0 ? "app.verdict.unclear_first" : "app.verdict.first");
    if (first === 0) return text("app.verdict.unclear_first");
    if (others.some((sign) => sign === -first)) return text("app.verdict.turns");
    return text(others.every((sign) => sign === first) ? "app.verdict.stands" : "app.verdict.fades");
  }

  describeAssumptions().then((found) => {
    ledger = found;
    draw();
  }, (error) => replace(table, element("p", { class: "error", role: "alert" }, error.message)));
  return { node };
}

