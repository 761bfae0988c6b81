// Messages and numbers in the reader's language; the ways of writing numbers are those of the reports.

const spoken = { language: "en", thousands: ",", decimals: ".", texts: {}, languages: {} };
const MINUS = "\u2212";

export function speak(description) {
  Object.assign(spoken, description);
  document.documentElement.lang = spoken.language;
}

export function language() {
  return spoken.language;
}

export function languages() {
  return Object.entries(spoken.languages);
}

export function has(key) {
  return key in spoken.texts;
}

export function text(key, values = {}) {
  const message = spoken.texts[key];
  if (message === undefined) throw new Error(`there is no message ${key}`);
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function number(value, digits = 0, signed = false) {
  if (value === null || value === undefined) return text("app.none");
  const [whole, part] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, spoken.thousands);
  const shown = part ? grouped + spoken.decimals + part : grouped;
  const sign = !/[1-9]/.test(shown) ? "" : value < 0 ? MINUS : signed ? "+" : "";
  return sign + shown;
}

export function significant(value, digits = 3, signed = false) {
  if (value === null || value === undefined) return text("app.none");
  if (value === 0) return number(0);
  const exponent = Number(Math.abs(value).toExponential().split("e")[1]);
  return number(value, Math.max(0, digits - 1 - exponent), signed);
}

const MOST_DECIMALS = 4;
const DIGITS_OF_HALF = 2; // significant, of half the width of an interval

// Decimals that its estimate and both its ends are written with; those of the estimate where the interval has no width.
export function decimalsOfInterval(estimate, low, high) {
  const half = (high - low) / 2 || Math.abs(estimate);
  const exponent = half === 0 ? DIGITS_OF_HALF : Number(half.toExponential().split("e")[1]);
  return Math.min(MOST_DECIMALS, Math.max(0, DIGITS_OF_HALF - 1 - exponent));
}

export function percent(share, digits = 0, signed = false) {
  return share === null || share === undefined ? text("app.none") : number(100 * share, digits, signed) + "%";
}

// A percentage with as many decimals as two significant digits need.
export function finePercent(share, signed = false) {
  if (share === null || share === undefined) return text("app.none");
  const size = Math.abs(100 * share);
  const digits = size === 0 || size >= 10 ? 0 : Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(size))));
  const shown = percent(share, digits, signed);
  return digits === 0 ? shown : shown.replace(new RegExp(`(\\${spoken.decimals}\\d*?)0+%$`), "$1%").replace(`${spoken.decimals}%`, "%");
}

const SIZES = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"], [1e3, "thousand"]];

function scaled(amount, signed) {
  for (const [size, word] of SIZES) {
    if (Math.abs(amount) >= size) {
      const part = amount / size;
      return `${number(part, Math.abs(part) >= 100 ? 0 : Math.abs(part) >= 10 ? 1 : 2, signed)} ${text(`app.size.${word}`)}`;
    }
  }
  return number(amount, 0, signed);
}

export function dollars(kusd, signed = false) {
  return kusd === null || kusd === undefined ? text("app.none") : `US$ ${scaled(kusd * 1e3, signed)}`;
}

export function rupiah(kusd, rate, signed = false) {
  return kusd === null || kusd === undefined ? text("app.none") : `Rp ${scaled(kusd * 1e3 * rate, signed)}`;
}

// A quarter such as 2027Q3, short.
export function quarter(date) {
  const [year, part] = date.split("Q");
  return part ? text("app.quarter", { year, quarter: part }) : year;
}

export function ofUnit(value, unit, signed = false) {
  if (value === null || value === undefined) return text("app.none");
  if (unit === "1") return number(100 * value, 1, signed) + "%";
  const shown = unit === "count" ? number(value, 1, signed) : significant(value, 3, signed);
  return unit === "count" ? shown : `${shown} ${unitName(unit)}`;
}

export function unitName(unit) {
  const key = `app.unit.${unit.replace(/[^a-z]/g, "_")}`;
  return has(key) ? text(key) : unit;
}
