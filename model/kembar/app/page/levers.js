// The panel of levers: for whom, from when, and how far; one variant at a time.

import { button, choice, element, newId, replace } from "./dom.js";
import { finePercent, number, text } from "./language.js";
import { LETTERS, changed, commit, emptyVariant, state } from "./state.js";
import {
  eventText, leverAbout, leverTitle, leverValue, policyAbout, policyTitle, settingText, targetName, variantLabel,
} from "./words.js";

const STEPS = 100; // of a slider, rounded to a number that people would choose
const SEVERITY = 0.5; // of a new event, until it is moved

function niceStep([low, high]) {
  const wanted = (high - low) / STEPS;
  const power = 10 ** Math.floor(Math.log10(wanted) + 1e-9);
  return [5, 2, 1].map((factor) => factor * power).find((step) => step <= wanted * (1 + 1e-9)) ?? power;
}

function rounded(value, lever) {
  if (lever.scale === "integer") return Math.round(value);
  const step = niceStep(lever.range);
  const near = Number((Math.round(value / step) * step).toPrecision(6));
  return Math.min(lever.range[1], Math.max(lever.range[0], near));
}

function current() {
  return state.variants[state.active];
}

function inScope(change, key) {
  const { target, from, until } = state.scope;
  return change.parameter === key && change.target === target && change.from === from && (change.until ?? "") === until;
}

function valueOf(lever) {
  return current().change.find((change) => inScope(change, lever.key))?.value ?? lever.value;
}

function setValue(lever, value) {
  const variant = current();
  const others = variant.change.filter((change) => !inScope(change, lever.key));
  variant.policy = null;
  if (value !== lever.value) {
    const { target, from, until } = state.scope;
    others.push({ parameter: lever.key, target, from, ...(until ? { until } : {}), value, because: text("app.because") });
  }
  variant.change = others;
  changed("question");
}

export function leverPanel(world) {
  const levers = Object.fromEntries(Object.values(world.groups).flat().map((lever) => [lever.key, lever]));
  if (!state.scope.from) state.scope.from = `${world.start_year + 1}Q1`;
  const rows = [];
  const tabs = element("div", { class: "variants", role: "group", "aria-label": text("app.variants") });
  const about = element("p", { class: "note" });
  const settings = element("ul", { class: "settings" });
  const policyChoice = element("div");
  const scope = element("div", { class: "scope" });
  const groups = Object.entries(world.groups).map(([group, members], place) => {
    const body = members.map((lever) => leverRow(lever, rows));
    return groupOf(group, body, place === 0);
  });
  groups.push(groupOf("events", [eventForm(world)], false));
  const node = element(
    "section",
    { class: "panel", "aria-label": text("app.levers") },
    tabs, policyChoice, about, scope, groups,
    element("h2", {}, text("app.settings")), settings,
  );

  // What a moved lever changes; the fields around it stay, and with them the focus.
  function refreshSettings() {
    const { policy } = current();
    policyChoice.querySelector("select").value = policy ?? "";
    about.textContent = policy ? policyAbout(policy) : "";
    replace(settings, settingItems(levers));
    rows.forEach((row) => row.refresh());
    replace(tabs, tabButtons());
  }

  function refresh() {
    replace(policyChoice, policySelect(world));
    replace(scope, scopeFields(world));
    refreshSettings();
  }

  refresh();
  return { node, refresh, refreshSettings };
}

function groupOf(group, body, isOpen) {
  return element("details", { class: "group", open: isOpen, "data-group": group },
    element("summary", {}, element("span", {}, text(`app.group.${group}`))), body);
}

function tabButtons() {
  const tabs = state.variants.map((variant, place) =>
    button(variantLabel(place, variant), () => {
      state.active = place;
      commit();
      changed("panel");
    }, { class: `tab style-${LETTERS[place]}`, "aria-pressed": place === state.active ? "true" : "false" }),
  );
  const add = state.variants.length < LETTERS.length && button(text("app.add_variant"), () => {
    state.variants.push(emptyVariant());
    state.active = state.variants.length - 1;
    commit();
    changed("question");
  }, { class: "tab add" });
  const remove = state.variants.length > 1 && button(text("app.remove_variant", { letter: LETTERS[state.active] }), () => {
    state.variants.splice(state.active, 1);
    state.active = Math.max(0, state.active - 1);
    commit();
    changed("question");
  }, { class: "tab add" });
  return [...tabs, add || null, remove || null];
}

function policySelect(world) {
  const options = [["", text("app.policy_none")], ...world.policies.map(({ name }) => [name, policyTitle(name)])];
  return choice(text("app.policy"), options, current().policy ?? "", (name) => {
    const found = world.policies.find((policy) => policy.name === name);
    state.variants[state.active] = found
      ? { policy: name, change: structuredClone(found.change), event: structuredClone(found.event) }
      : emptyVariant();
    const first = found?.change[0];
    if (first && found.change.every((change) => change.target === first.target && change.from === first.from && change.until === first.until)) {
      state.scope = { target: first.target, from: first.from, until: first.until ?? "" };
    }
    commit();
    changed("question");
    changed("panel");
  }, { id: "policy" });
}

function targetOptions(world) {
  return [
    ["all", text("app.everyone")],
    { group: text("app.countries"), options: Object.keys(world.countries).map((code) => [code, targetName(code)]).sort((one, other) => one[1].localeCompare(other[1])) },
    { group: text("app.cities"), options: world.cities.map((key) => [key, key]) },
  ];
}

function yearOptions(world, first) {
  return Array.from({ length: world.start_year + world.years - first }, (_, place) => [`${first + place}Q1`, String(first + place)]);
}

function scopeFields(world) {
  const { scope } = state;
  const firstEnd = Number(scope.from.slice(0, 4)) + 1;
  const set = (name) => (value) => {
    scope[name] = value;
    if (scope.until && scope.until <= scope.from) scope.until = "";
    changed("panel");
  };
  return [
    choice(text("app.for_whom"), targetOptions(world), scope.target, set("target")),
    choice(text("app.from"), yearOptions(world, world.start_year), scope.from, set("from")),
    choice(text("app.until"), [["", text("app.to_the_end")], ...yearOptions(world, firstEnd)], scope.until, set("until")),
  ];
}

function leverRow(lever, rows) {
  const id = newId("lever");
  const aboutId = `${id}-about`;
  const isSwitch = lever.scale === "integer" && lever.range[0] === 0 && lever.range[1] === 1;
  const output = element("output", { for: id });
  const properties = { id, "data-lever": lever.key, "aria-describedby": aboutId };
  const input = isSwitch
    ? element("input", { type: "checkbox", ...properties, onchange: () => { setValue(lever, input.checked ? 1 : 0); commit(); } })
    : element("input", {
      type: "range", min: lever.range[0], max: lever.range[1], step: lever.scale === "integer" ? 1 : "any", ...properties,
      oninput: () => setValue(lever, rounded(Number(input.value), lever)),
      onchange: () => commit(),
      onkeydown: (event) => stepByKey(event, lever, input),
    });
  const reset = button("↺", () => { setValue(lever, lever.value); commit(); }, {
    class: "quiet reset", "aria-label": text("app.reset_lever", { lever: leverTitle(lever.key) }), title: text("app.reset_lever", { lever: leverTitle(lever.key) }),
  });
  const explanation = element("p", { class: "explanation", id: aboutId, hidden: true }, leverAbout(lever.key), " ",
    text("app.range", { low: leverValue(lever, lever.range[0]), high: leverValue(lever, lever.range[1]), value: leverValue(lever, lever.value) }), " ",
    text(`app.basis_about.${lever.basis}`), lever.source.includes("assumption") ? "" : ` (${lever.source.join(", ")})`);
  const more = button("?", () => {
    explanation.hidden = !explanation.hidden;
    more.setAttribute("aria-expanded", String(!explanation.hidden));
  }, { class: "quiet more", "aria-expanded": "false", "aria-controls": aboutId, "aria-label": text("app.explain", { lever: leverTitle(lever.key) }) });
  const node = element(
    "div",
    { class: "lever" },
    element("div", { class: "lever-head" }, element("label", { for: id }, leverTitle(lever.key)), output),
    element("div", { class: "lever-body" }, input, element("span", { class: `basis basis-${lever.basis}` }, text(`app.basis.${lever.basis}`)), more, reset),
    explanation,
  );
  rows.push({
    refresh() {
      const value = valueOf(lever);
      if (isSwitch) input.checked = value === 1;
      else if (Number(input.value) !== value) input.value = value;
      const words = leverValue(lever, value);
      if (!isSwitch) input.setAttribute("aria-valuetext", words);
      output.textContent = words;
      reset.style.visibility = value === lever.value ? "hidden" : "visible";
      node.classList.toggle("moved", value !== lever.value);
    },
  });
  return node;
}

// Arrow keys go from one nice number to the next.
function stepByKey(event, lever, input) {
  const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
  if (!direction || lever.scale === "integer") return;
  event.preventDefault();
  const value = rounded(valueOf(lever) + direction * niceStep(lever.range), lever);
  input.value = value;
  setValue(lever, value);
  commit();
}

function settingItems(levers) {
  const variant = current();
  const item = (words, remove) => element("li", {}, element("span", {}, words), button("×", remove, { class: "quiet", "aria-label": text("app.remove", { setting: words }) }));
  const without = (list, entry) => () => {
    variant[list] = variant[list].filter((other) => other !== entry);
    variant.policy = null;
    commit();
    changed("question");
  };
  const items = [
    ...variant.change.map((change) => item(settingText(levers, change), without("change", change))),
    ...variant.event.map((event) => item(eventText(event), without("event", event))),
  ];
  return items.length ? items : [element("li", { class: "none" }, text("app.no_settings"))];
}

function eventForm(world) {
  const chosen = { kind: world.event_kinds[0], where: "all", other: "", from: `${world.start_year + 4}Q1`, until: `${world.start_year + 6}Q1`, severity: SEVERITY };
  const node = element("div", { class: "event-form" });
  const codes = Object.keys(world.countries);
  chosen.other = codes[1] ?? codes[0];
  function draw() {
    const countries = codes.map((code) => [code, targetName(code)]);
    const isFreeze = chosen.kind === "freeze";
    if (isFreeze && !codes.includes(chosen.where)) [chosen.where] = codes;
    const set = (name, again = false) => (value) => {
      chosen[name] = value;
      if (again) draw();
    };
    const output = element("output", {}, finePercent(chosen.severity));
    const id = newId("severity");
    replace(
      node,
      choice(text("app.event"), world.event_kinds.map((kind) => [kind, text(`app.event_kind.${kind}`)]), chosen.kind, set("kind", true)),
      choice(text("app.where"), isFreeze ? countries : targetOptions(world), chosen.where, set("where")),
      isFreeze ? choice(text("app.and"), countries, chosen.other, set("other")) : null,
      choice(text("app.from"), yearOptions(world, world.start_year), chosen.from, set("from")),
      choice(text("app.until"), yearOptions(world, world.start_year + 1), chosen.until, set("until")),
      element("div", { class: "field" }, element("label", { for: id }, text("app.severity"), " ", output),
        element("input", { id, type: "range", min: 0, max: 1, step: 0.05, value: chosen.severity, oninput: ({ target }) => {
          chosen.severity = Number(target.value);
          output.textContent = finePercent(chosen.severity);
        } })),
      button(text("app.add_event"), () => {
        const variant = current();
        const { kind, from, until, severity } = chosen;
        const where = isFreeze ? [chosen.where, chosen.other] : [chosen.where];
        variant.event.push({ kind, from, until, severity, where, because: text("app.because") });
        variant.policy = null;
        commit();
        changed("question");
      }, { class: "primary" }),
    );
  }
  draw();
  return node;
}

export function seedField() {
  const id = newId("seed");
  return element("div", { class: "field" }, element("label", { for: id }, text("app.seed")),
    element("input", { id, name: "seed", type: "number", min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, value: state.seed, onchange: ({ target }) => {
      const value = Math.trunc(Number(target.value));
      if (Number.isSafeInteger(value) && value >= 0) state.seed = value;
      target.value = state.seed;
      commit();
      changed("question");
    } }));
}

export function pairsField(world) {
  const counts = [20, 50, 100, 200, 400].filter((count) => count <= world.most_pairs);
  if (!counts.includes(state.pairs)) counts.push(state.pairs);
  return choice(text("app.pairs_wanted"), counts.map((count) => [String(count), number(count)]), String(state.pairs), (value) => {
    state.pairs = Number(value);
    changed("question");
  }, { name: "pairs" });
}
