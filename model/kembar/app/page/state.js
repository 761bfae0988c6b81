// What the reader has chosen: one object, with undo, kept in the address so that a link restores everything.

export const LETTERS = ["A", "B", "C"];
export const UNCERTAINTIES = ["declared", "posterior"];
const REMEMBERED = 100;
const ADDRESS = "s=";

export function emptyVariant() {
  return { policy: null, change: [], event: [] };
}

export const state = {
  language: null,
  view: "what-if",
  seed: 1,
  pairs: 200,
  band: "mean",
  active: 0,
  scope: { target: "all", from: "", until: "" },
  variants: [emptyVariant()],
  parameters: {},
  uncertainties: "declared",
};

const listeners = new Set();
const past = [];
const future = [];
let committed = "";

// The part of the state that undo brings back.
function question() {
  return JSON.stringify({ seed: state.seed, variants: state.variants, active: state.active, parameters: state.parameters, uncertainties: state.uncertainties });
}

export function subscribe(listener) {
  listeners.add(listener);
}

// Tell everybody what changed: "question" asks the model anew, "look" only draws.
export function changed(what) {
  listeners.forEach((listener) => listener(what));
  history.replaceState(null, "", link());
}

// A finished change, which undo can take back.
export function commit() {
  const now = question();
  if (now === committed) return;
  past.push(committed);
  if (past.length > REMEMBERED) past.shift();
  future.length = 0;
  committed = now;
  changed("history");
}

export function begin() {
  committed = question();
}

function travel(from, to) {
  if (!from.length) return;
  to.push(committed);
  committed = from.pop();
  Object.assign(state, JSON.parse(committed));
  changed("question");
  changed("panel");
}

export function undo() {
  travel(past, future);
}

export function redo() {
  travel(future, past);
}

export function canUndo() {
  return past.length > 0;
}

export function canRedo() {
  return future.length > 0;
}

export function link() {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const letters = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.pathname}${location.search}#${ADDRESS}${letters}`;
}

// The state of a link. What is not of the right kind is left out; the server checks every value that it gets.
export function restore(hash, world) {
  if (!hash.startsWith(`#${ADDRESS}`)) return;
  try {
    const letters = atob(hash.slice(1 + ADDRESS.length).replaceAll("-", "+").replaceAll("_", "/"));
    const found = JSON.parse(new TextDecoder().decode(Uint8Array.from(letters, (letter) => letter.charCodeAt(0))));
    for (const [key, value] of Object.entries(state)) {
      if (typeof found[key] === typeof value && typeof value !== "object") state[key] = found[key];
    }
    if (typeof found.language === "string") state.language = found.language;
    if (isTexts(found.scope, ["target", "from", "until"])) state.scope = found.scope;
    if (Array.isArray(found.variants) && found.variants.length) {
      state.variants = found.variants.slice(0, LETTERS.length).map((variant) => sound(variant, world));
    }
    state.active = Math.min(Math.max(0, Math.trunc(state.active) || 0), state.variants.length - 1);
    state.seed = Number.isSafeInteger(state.seed) && state.seed >= 0 ? state.seed : world.seed;
    state.uncertainties = UNCERTAINTIES.includes(state.uncertainties) ? state.uncertainties : UNCERTAINTIES[0];
    state.pairs = Math.min(world.most_pairs, Math.max(1, Math.trunc(state.pairs) || 1));
  } catch {
    history.replaceState(null, "", location.pathname + location.search);
  }
}

function isTexts(found, keys) {
  return found !== null && typeof found === "object" && keys.every((key) => typeof found[key] === "string");
}

function sound(variant, world) {
  const levers = Object.values(world.groups).flat().map(({ key }) => key);
  const list = (name) => (Array.isArray(variant?.[name]) ? variant[name] : []);
  const hasTimes = (item) => item.until === undefined || typeof item.until === "string";
  const change = list("change").filter((item) =>
    isTexts(item, ["parameter", "target", "from", "because"]) && hasTimes(item) && levers.includes(item.parameter) && typeof item.value === "number");
  const event = list("event").filter((item) =>
    isTexts(item, ["kind", "from", "because"]) && hasTimes(item) && world.event_kinds.includes(item.kind) && typeof item.severity === "number"
    && Array.isArray(item.where) && item.where.every((place) => typeof place === "string"));
  return { policy: world.policies.some(({ name }) => name === variant?.policy) ? variant.policy : null, change, event };
}

export function isEmpty(variant) {
  return variant.change.length === 0 && variant.event.length === 0;
}

// The variants that change anything, each with its letter; only these are asked about.
export function askedVariants() {
  return state.variants.map((variant, place) => ({ letter: LETTERS[place], variant })).filter(({ variant }) => !isEmpty(variant));
}
