// Saving what is shown: tables as CSV, drawings as PNG, variants as files.

import { svg } from "./dom.js";

const SHARPNESS = 2; // pixels of a PNG for one of the screen
const FRAME = 16;
const HEAD = 34;
const LINE = 22;

export function save(name, content, kind) {
  const address = URL.createObjectURL(new Blob([content], { type: kind }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// A cell that a spreadsheet takes as text or number, never as a formula.
function csvCell(cell) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  const words = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}

export function saveCsv(name, { head, rows }) {
  const lines = [head, ...rows].map((row) => row.map(csvCell).join(","));
  save(`kembar-${name}.csv`, `\ufeff${lines.join("\r\n")}\r\n`, "text/csv");
}

export async function savePng(name, heading, drawing, legend) {
  const width = drawing.clientWidth || Number(drawing.getAttribute("width"));
  const height = drawing.clientHeight || Number(drawing.getAttribute("height"));
  const entries = [...legend.children];
  const whole = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    width: width + 2 * FRAME,
    height: height + HEAD + entries.length * LINE + 2 * FRAME,
    "font-family": drawing.getAttribute("font-family"),
    fill: "#2a3140",
  });
  whole.append(svg("rect", { width: "100%", height: "100%", fill: "#fff" }));
  whole.append(svg("text", { x: FRAME, y: FRAME + 14, "font-size": 17, "font-weight": 700 }, heading));
  const copy = drawing.cloneNode(true);
  copy.setAttribute("x", FRAME);
  copy.setAttribute("y", FRAME + HEAD - 8);
  whole.append(copy);
  entries.forEach((entry, place) => {
    const sample = entry.querySelector("svg").cloneNode(true);
    const y = FRAME + HEAD + height + place * LINE;
    sample.setAttribute("x", FRAME);
    sample.setAttribute("y", y);
    whole.append(sample, svg("text", { x: FRAME + 44, y: y + 11, "font-size": 12.5 }, entry.textContent));
  });
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(whole))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SHARPNESS * Number(whole.getAttribute("width"));
  canvas.height = SHARPNESS * Number(whole.getAttribute("height"));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(`kembar-${name}.png`, blob, "image/png"), "image/png");
}
