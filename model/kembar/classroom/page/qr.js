// A QR code drawn from its rows of 0 and 1.

import { element, svg } from "./dom.js";

const QUIET = 4; // cells around the code, which readers need

export function qrCode(rows, label) {
  const size = rows.length + 2 * QUIET;
  const drawing = svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, class: "qr" },
    svg("rect", { width: size, height: size, fill: "#fff" }));
  rows.forEach((row, y) => {
    for (const { index, 0: run } of row.matchAll(/1+/g)) {
      drawing.append(svg("rect", { x: index + QUIET, y: y + QUIET, width: run.length, height: 1, fill: "#000", "shape-rendering": "crispEdges" }));
    }
  });
  return element("div", { class: "qr-place" }, drawing);
}
