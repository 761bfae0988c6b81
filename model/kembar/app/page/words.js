// The names of things in the reader's language.

import { finePercent, has, number, percent, quarter, text, unitName } from "./language.js";
import { LETTERS, isEmpty } from "./state.js";

let countries = {};

// Names of countries, for texts that hold their codes.
export function rememberCountries(world) {
  ({ countries } = world);
}

export function countryName(code) {
  return countries[code] ?? code;
}

export function leverTitle(key) {
  return text(`terms.lever.${key}.title`);
}

export function leverAbout(key) {
  return text(`terms.lever.${key}.about`);
}

export function policyTitle(name) {
  const key = `terms.policy.${name.replaceAll("-", "_")}.title`;
  return has(key) ? text(key) : name;
}

export function policyAbout(name) {
  const key = `terms.policy.${name.replaceAll("-", "_")}.about`;
  return has(key) ? text(key) : "";
}

export function outcomeTitle(name) {
  return text(`terms.outcome.${name}.title`);
}

export function outcomeAbout(name) {
  return text(`terms.outcome.${name}.about`);
}

export function variantTitle(variant) {
  if (variant.policy) return policyTitle(variant.policy);
  return isEmpty(variant) ? text("app.variant_empty") : text("app.variant_own");
}

export function variantLabel(place, variant) {
  return `${LETTERS[place]}: ${variantTitle(variant)}`;
}

export function leverValue(lever, value) {
  if (lever.scale === "integer" && lever.range[0] === 0 && lever.range[1] === 1) return text(value ? "app.yes" : "app.no");
  if (lever.unit === "1" && lever.range[1] <= 1) return finePercent(value);
  if (lever.unit === "1") return `${number(value, 2)} ×`;
  const shown = lever.scale === "integer" ? number(value) : number(value, value < 10 && value % 1 ? 2 : value % 1 ? 1 : 0);
  return lever.unit === "count" ? shown : `${shown} ${unitName(lever.unit)}`;
}

export function targetName(target) {
  if (target === "all") return text("app.everyone");
  return countryName(target);
}

function timesOf(item) {
  const from = quarter(item.from.replace("Q1", ""));
  return item.until
    ? text("app.from_until", { from, until: quarter(item.until.replace("Q1", "")) })
    : text("app.from_on", { from });
}

export function settingText(levers, change) {
  const value = leverValue(levers[change.parameter], change.value);
  return `${leverTitle(change.parameter)}: ${value} · ${targetName(change.target)} · ${timesOf(change)}`;
}

export function eventText(event) {
  const places = event.where.map((place) => targetName(place)).join(" – ");
  return `${text(`app.event_kind.${event.kind}`)}: ${percent(event.severity)} · ${places} · ${timesOf(event)}`;
}

// A cause such as money_a, with the name of the side it lies on.
export function causeText(part, cityA, cityB) {
  const side = part.endsWith("_a") ? cityA : part.endsWith("_b") ? cityB : null;
  const factor = side ? part.slice(0, -2) : part;
  const name = text(`terms.cause.${factor}`);
  return side ? `${name} (${shortName(side)})` : name;
}

export function shortName(key) {
  const place = key.lastIndexOf(" (");
  return place > 0 ? key.slice(0, place) : key;
}

// Shipped worlds have a title in every language; the title of a reader's own world stays as it was written.
export function worldTitle(world) {
  const key = `terms.world.${world.name.replaceAll("-", "_")}.title`;
  return has(key) ? text(key) : world.title;
}

export function worldAbout(world) {
  const key = `terms.world.${world.name.replaceAll("-", "_")}.about`;
  return has(key) ? text(key) : world.about;
}
