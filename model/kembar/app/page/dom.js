// Elements made by hand: text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function element(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

// New children in the place of the old ones; the focus stays on the control in the same place.
export function replace(node, ...children) {
  const controls = () => [...node.querySelectorAll("button, select, input, summary")];
  const focused = controls().indexOf(document.activeElement);
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  if (focused >= 0 && !node.contains(document.activeElement)) controls()[Math.min(focused, controls().length - 1)]?.focus();
  return node;
}

let lastNumber = 0;

export function newId(word) {
  lastNumber += 1;
  return `${word}-${lastNumber}`;
}

export function choice(label, options, chosen, onchange, properties = {}) {
  const id = properties.id ?? newId("choice");
  const made = options.map((option) => {
    if (option.group) {
      return element("optgroup", { label: option.group }, option.options.map(optionOf));
    }
    return optionOf(option);
  });
  const select = element("select", { ...properties, id, onchange: () => onchange(select.value) }, made);
  select.value = chosen;
  return element("div", { class: "field" }, element("label", { for: id }, label), select);
}

function optionOf([value, text]) {
  return element("option", { value }, text);
}

export function button(text, onclick, properties = {}) {
  return element("button", { type: "button", onclick, ...properties }, text);
}

// Words for a screen reader when something changed elsewhere on the page.
export function announce(text) {
  const place = document.getElementById("announcements");
  if (place && place.textContent !== text) place.textContent = text;
}
