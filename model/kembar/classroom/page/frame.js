// What both pages share: head, language, the clock of a round, and messages about the connection.

import { choice, element, replace } from "./dom.js";
import { has, languages, number, speak, text } from "./language.js";
import { Refusal, get } from "./session.js";

const LANGUAGE = "kembar-class-language";
const SECOND = 1000; // [ms]

export async function speakLanguage(code) {
  speak(await get(`/api/messages/${code}`));
}

// What the reader chose is kept; until then a page speaks the language of the class.
export function rememberLanguage(code) {
  localStorage.setItem(LANGUAGE, code);
}

export function chosenLanguage() {
  return localStorage.getItem(LANGUAGE);
}

export function guessedLanguage() {
  return chosenLanguage() ?? (navigator.language?.startsWith("id") ? "id" : "en");
}

// Why something was refused, in the reader's language; the server's own sentence where it says more.
export function refusalText(error) {
  if (!(error instanceof Refusal)) return text("class.lost");
  const key = `class.error.${error.code}`;
  return error.code === "bad" || !has(key) ? error.message : text(key);
}

// The page's frame: `again` draws it anew in another language.
export function frame(page, heading, { again, language }) {
  const main = element("main", { id: "main", tabindex: "-1" });
  const under = element("span", { class: "world" });
  const clock = element("output", { class: "clock", role: "timer" });
  const trouble = element("p", { class: "trouble", role: "alert", hidden: true });
  replace(page,
    element("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, text("app.skip")),
    element("header", {},
      element("div", { class: "brand" }, element("span", { class: "name" }, heading), under),
      clock,
      choice(text("app.language"), languages(), language, again, { id: "language" })),
    trouble,
    main,
    element("footer", {}, element("p", {}, text("class.one_future"))),
    element("div", { id: "announcements", class: "hidden", role: "status", "aria-live": "polite" }));
  return {
    main,
    subtitle(words) {
      under.textContent = words;
    },
    trouble(words) {
      trouble.hidden = !words;
      trouble.textContent = words ?? "";
    },
    clock: clockOf(clock),
  };
}

// Shows the time left of a round by the server's clock; `read()` stops when its page is drawn anew.
function clockOf(node) {
  let deadline = null;
  let ahead = 0; // the server's clock less ours [s]
  let left = null;
  function draw() {
    const seconds = deadline === null ? left : Math.max(0, deadline - (Date.now() / SECOND + ahead));
    node.hidden = seconds === null;
    if (seconds === null) return;
    const whole = Math.ceil(seconds);
    const shown = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    node.textContent = seconds === 0 ? text("class.time_up") : text("class.time_left", { time: shown });
    node.classList.toggle("hurry", seconds < 30);
  }
  const ticking = setInterval(() => (node.isConnected ? draw() : clearInterval(ticking)), SECOND / 2);
  return (state) => {
    deadline = state.deadline;
    left = state.left;
    ahead = state.now - Date.now() / SECOND;
    draw();
  };
}

export function phaseText(state) {
  if (state.phase === "lobby") return text("class.phase.lobby");
  if (state.phase === "ended") return text("class.phase.ended");
  const values = { round: number(state.round), rounds: number(state.rounds), year: String(state.year) };
  return text(state.phase === "paused" ? "class.phase.paused" : "class.phase.open", values);
}
