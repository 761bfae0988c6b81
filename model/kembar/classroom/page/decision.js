// A team's decision for a year: levers, priorities among partners, proposals, and answers to others.

import { button, choice, element, newId, replace } from "./dom.js";
import { number, text } from "./language.js";
import { leverAbout, leverTitle, leverValue, shortName } from "./words.js";

const STEPS = 100; // of a slider
const DIGITS = 3; // significant, of a chosen value
const LOW_PART = 0.1; // a lever whose usual value lies in this part of its range moves finely there

// A slider's place, 0 to STEPS, and the value that it stands for.
function isFine(lever) {
  return lever.range[0] === 0 && lever.value < LOW_PART * lever.range[1];
}

export function valueAt(lever, place) {
  const [low, high] = lever.range;
  const share = place / STEPS;
  if (lever.scale === "integer") return Math.round(low + share * (high - low));
  if (place === 0 || place === STEPS) return place ? high : low;
  const value = lever.scale === "log" ? low * (high / low) ** share : low + (isFine(lever) ? share ** 2 : share) * (high - low);
  return Number(value.toPrecision(DIGITS));
}

export function placeOf(lever, value) {
  const [low, high] = lever.range;
  const linear = (value - low) / (high - low);
  const share = lever.scale === "log" ? Math.log(value / low) / Math.log(high / low) : isFine(lever) ? Math.sqrt(linear) : linear;
  return Math.round(STEPS * Math.min(1, Math.max(0, share)));
}

function isSwitch(lever) {
  return lever.scale === "integer" && lever.range[0] === 0 && lever.range[1] === 1;
}

// `draft` is {levers, priorities, proposals, answers}; `moved()` hears of every change of it.
export function decisionForm(world, draft, moved) {
  const rows = [];
  const priorities = element("div", { class: "choices" });
  const proposals = element("div");
  const answers = element("div");
  const node = element("div", { class: "decision" },
    world.groups.map((group, place) => element("details", { class: "group", open: place === 0, "data-group": group },
      element("summary", {}, text(`class.group.${group}`)),
      world.levers.filter((lever) => lever.group === group).map((lever) => {
        const row = leverRow(lever, draft, moved);
        rows.push(row);
        return row.node;
      }))),
    element("details", { class: "group", open: true, "data-group": "answers" }, element("summary", {}, text("class.asked")), answers),
    element("details", { class: "group", "data-group": "priorities" }, element("summary", {}, text("class.priorities")),
      element("p", { class: "note" }, text("class.priorities_note")), priorities),
    element("details", { class: "group", "data-group": "proposals" }, element("summary", {}, text("class.proposals")),
      element("p", { class: "note" }, text("class.proposals_note", { most: number(world.most_proposals) })), proposals));
  const answersGroup = answers.parentElement;
  return {
    node,
    refresh(state) {
      rows.forEach((row) => row.refresh(state));
      answersGroup.hidden = state.asked.length === 0;
      replace(answers, state.asked.map((ask) => answerRow(ask, draft, moved)));
      const partners = state.results.partners.filter(({ stage }) => stage === "active" || stage === "dormant");
      replace(priorities, partners.length ? partners.map((partner) => priorityRow(world, partner.partner, draft, moved)) : text("class.no_partners"));
      replace(proposals, proposalFields(world, state, draft, moved));
    },
  };
}

function leverRow(lever, draft, moved) {
  const id = newId("lever");
  const output = element("output", { for: id });
  const own = button(text("class.follow"), () => {
    delete draft.levers[lever.key];
    draw();
    moved();
  }, { class: "quiet reset", "aria-label": text("class.follow_of", { lever: leverTitle(lever.key) }) });
  let inForce = lever.value;
  const control = isSwitch(lever)
    ? element("input", { id, type: "checkbox", name: lever.key, onchange: () => set(control.checked ? 1 : 0) })
    : element("input", { id, type: "range", name: lever.key, min: 0, max: STEPS, step: 1, oninput: () => set(valueAt(lever, Number(control.value))) });
  const node = element("div", { class: "lever", "data-lever": lever.key },
    element("div", { class: "lever-head" }, element("label", { for: id }, leverTitle(lever.key)), output),
    element("div", { class: "lever-body" }, control, own),
    element("p", { class: "explanation" }, leverAbout(lever.key)));

  function set(value) {
    draft.levers[lever.key] = value;
    draw();
    moved();
  }

  function draw() {
    const isOwn = lever.key in draft.levers;
    const value = isOwn ? draft.levers[lever.key] : inForce;
    if (isSwitch(lever)) control.checked = value >= 0.5;
    else if (document.activeElement !== control || !isOwn) control.value = String(placeOf(lever, value));
    output.textContent = leverValue(lever, value);
    control.setAttribute("aria-valuetext", output.textContent);
    node.classList.toggle("moved", isOwn);
    own.hidden = !isOwn;
  }

  return {
    node,
    refresh(state) {
      inForce = state.in_force[lever.key] ?? lever.value;
      draw();
    },
  };
}

function priorityRow(world, partner, draft, moved) {
  const options = world.priorities.map((name) => [name, text(`class.priority.${name}`)]);
  return choice(shortName(partner), options, draft.priorities[partner] ?? "normal", (chosen) => {
    if (chosen === "normal") delete draft.priorities[partner];
    else draft.priorities[partner] = chosen;
    moved();
  }, { "data-partner": partner });
}

function answerRow({ team, city, round }, draft, moved) {
  const options = [["", text("class.answer.none")], ["yes", text("class.answer.yes")], ["no", text("class.answer.no")]];
  const words = text("class.asks", { city, team: number(team), round: number(round) });
  return choice(words, options, draft.answers[city] ?? "", (chosen) => {
    if (chosen) draft.answers[city] = chosen;
    else delete draft.answers[city];
    moved();
  }, { "data-answer": city });
}

// Cities that could become partners: abroad, and none with which there is an agreement or a talk already.
function proposalFields(world, state, draft, moved) {
  const living = state.results.partners.filter(({ stage }) => stage !== "ended").map(({ partner }) => partner);
  const own = world.cities.find(({ key }) => key === state.me.city);
  const free = world.cities
    .filter(({ key, country }) => country !== own?.country && !living.includes(key) && !draft.proposals.includes(key))
    .sort((one, other) => one.key.localeCompare(other.key));
  const codes = [...new Set(free.map(({ country }) => country))];
  const grouped = codes
    .map((code) => ({ group: world.countries[code] ?? code, options: free.filter(({ country }) => country === code).map(({ key, name }) => [key, name]) }))
    .sort((one, other) => one.group.localeCompare(other.group));
  const pick = draft.proposals.length < world.most_proposals && own
    ? choice(text("class.propose_to"), [["", text("class.choose_city")], ...grouped], "", (city) => {
      if (city) draft.proposals.push(city);
      moved();
    }, { name: "proposal" })
    : null;
  return [
    element("ul", { class: "proposed" }, draft.proposals.map((city) => element("li", {}, city, " ",
      button(text("class.withdraw"), () => {
        draft.proposals.splice(draft.proposals.indexOf(city), 1);
        moved();
      }, { class: "quiet", "aria-label": text("class.withdraw_of", { city }) })))),
    pick,
  ];
}
