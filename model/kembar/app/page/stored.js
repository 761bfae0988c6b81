// The levers of a static page: only the settings that were computed before.

import { element, newId, replace } from "./dom.js";
import { number, text } from "./language.js";
import { LETTERS, state } from "./state.js";
import { storedPoints } from "./source.js";
import { storedTitle } from "./variants.js";
import { leverAbout, leverTitle, leverValue } from "./words.js";

// A stored side in the form in which the server tells it.
function unpacked(side) {
  const named = (found, value) => Object.fromEntries(Object.entries(found).map(([name, [first, low, high]]) => [name, { [value]: first, low, high }]));
  return { ...side, outcomes: named(side.outcomes, "mean"), ...(side.effects ? { effects: named(side.effects, "effect") } : {}) };
}

export function storedPanel(world, show) {
  const { grid, points, baseline, pairs, seed, uncertainties } = storedPoints();
  const levers = Object.fromEntries(Object.values(world.groups).flat().map((lever) => [lever.key, lever]));
  const chosen = grid ? grid.levers.map(({ start }) => start) : null;
  const body = element("div");
  const node = element("section", { class: "panel", "aria-label": text("app.levers") }, element("h2", {}, text("app.stored")),
    element("p", { class: "note" }, text("app.stored_note", { pairs: number(pairs), seed: String(seed) })), body);

  function refresh() {
    const places = grid ? [grid.levers.reduce((place, { values }, at) => place * values.length + chosen[at], 0)] : points.map((_, place) => place);
    const asked = places
      .filter((place) => points[place].variant.change.length || points[place].variant.event.length)
      .map((place, at) => ({ letter: LETTERS[at], variant: points[place].variant, title: grid ? text("app.chosen") : storedTitle(world, points[place].variant), answer: points[place].answer }));
    state.variants = asked.map(({ variant }) => variant);
    show({ pairs, uncertainties, baseline: unpacked(baseline), variants: asked.map(({ answer }) => unpacked(answer)) }, asked);
  }

  if (grid) {
    replace(body, grid.levers.map(({ key, values }, at) => {
      const id = newId("grid");
      const output = element("output", { for: id }, leverValue(levers[key], values[chosen[at]]));
      const input = element("input", { id, type: "range", min: 0, max: values.length - 1, step: 1, value: chosen[at], "data-lever": key,
        "aria-valuetext": leverValue(levers[key], values[chosen[at]]), oninput: () => {
          chosen[at] = Number(input.value);
          output.textContent = leverValue(levers[key], values[chosen[at]]);
          input.setAttribute("aria-valuetext", output.textContent);
          refresh();
        } });
      return element("div", { class: "lever" }, element("div", { class: "lever-head" }, element("label", { for: id }, leverTitle(key)), output), input,
        element("p", { class: "explanation" }, leverAbout(key)));
    }));
  } else {
    replace(body, element("ul", { class: "settings" }, points.map(({ variant }, at) => element("li", {}, `${LETTERS[at]}: ${storedTitle(world, variant)}`))));
  }
  return { node, refresh };
}
