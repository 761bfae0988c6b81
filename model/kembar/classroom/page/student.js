// A student's page: take a seat, then, year by year, see what happened and decide.

import { announce, button, choice, element, replace } from "./dom.js";
import { decisionForm } from "./decision.js";
import { chosenLanguage, frame, guessedLanguage, phaseText, refusalText, rememberLanguage, speakLanguage } from "./frame.js";
import { language, number, text } from "./language.js";
import { cityFacts, newsOf, ownFigures, partnerTable, shocksOf } from "./news.js";
import { Refusal, fromAddress, get, listen, post, postUntilAnswered, randomText, seat } from "./session.js";
import { spotlightPanel } from "./spotlight.js";
import { rememberCountries, shortName } from "./words.js";
import { save } from "./download.js";

const page = document.getElementById("page");
const kept = seat("seat");
// Results while the world is being prepared.
const NOTHING_YET = { years: [], series: {}, left_kusd: [], city: null, partners: [], events: [], talks: [], new_head: false };
let drawn = 0; // how often the page was drawn: older drawings stop listening

async function start(code = null) {
  const mine = kept.read();
  await speakLanguage(guessedLanguage());
  document.title = `kembar: ${text("class.title")}`;
  if (mine?.token) await play(mine);
  else join(code ?? fromAddress("code") ?? "");
}

function again(code) {
  return async (chosen) => {
    rememberLanguage(chosen);
    await speakLanguage(chosen);
    const mine = kept.read();
    if (mine?.token) await play(mine);
    else join(code());
  };
}

function join(known, reason = "") {
  drawn += 1;
  const field = element("input", { id: "code", name: "code", type: "text", value: known, autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 24 });
  const shown = frame(page, text("class.title"), { again: again(() => field.value), language: language() });
  const place = element("div");
  const trouble = element("p", { class: "error", role: "alert" }, reason);
  const form = element("form", { class: "card join", onsubmit: look },
    element("h1", {}, text("class.join")),
    element("div", { class: "field" }, element("label", { for: "code" }, text("class.code")), field),
    element("button", { class: "primary", type: "submit" }, text("class.look")),
    trouble, place);
  replace(shown.main, form);
  if (known) form.requestSubmit();

  async function look(event) {
    event.preventDefault();
    try {
      const found = await post("/api/look", { code: field.value });
      if (!chosenLanguage() && found.language !== language()) {
        await speakLanguage(found.language);
        join(field.value);
        return;
      }
      trouble.textContent = "";
      replace(place, seatFields(found, field.value, trouble));
      place.querySelector("input, select")?.focus();
    } catch (error) {
      trouble.textContent = refusalText(error);
    }
  }
}

function seatFields(found, code, trouble) {
  const request = randomText();
  const free = found.names[language()];
  const name = element("input", { id: "pseudonym", name: "pseudonym", type: "text", value: free[0] ?? "", list: "names", maxlength: found.longest, autocomplete: "off" });
  let team = "";
  const teams = [["", text("class.any_team")], ...found.teams.map((one) => [String(one.team), text("class.team_members", { team: number(one.team), city: one.city, members: number(one.members) })])];

  async function take() {
    try {
      const content = { code, pseudonym: name.value.trim(), team: team ? Number(team) : null, request };
      const mine = await postUntilAnswered("/api/join", content, null, () => { trouble.textContent = text("class.lost"); });
      kept.write({ token: mine.token });
      await play(kept.read());
    } catch (error) {
      const isName = error instanceof Refusal && error.code === "bad"; // the code and the team come from the server
      trouble.textContent = isName ? text("class.pseudonym_bad", { longest: number(found.longest) }) : refusalText(error);
    }
  }

  return [
    element("h2", {}, found.title),
    element("div", { class: "field" }, element("label", { for: "pseudonym" }, text("class.pseudonym")), name,
      element("datalist", { id: "names" }, free.map((one) => element("option", { value: one })))),
    element("p", { class: "note" }, text("class.pseudonym_note")),
    choice(text("class.team"), teams, "", (chosen) => { team = chosen; }, { name: "team" }),
    button(text("class.take_seat"), take, { class: "primary", id: "take-seat" }),
  ];
}

// What a reload keeps of a decision that is not saved yet.
const drafts = {
  key: "kembar-class-draft",
  read(round) {
    try {
      const found = JSON.parse(localStorage.getItem(this.key));
      return found?.round === round ? found.draft : null;
    } catch {
      return null;
    }
  },
  write(round, draft) {
    localStorage.setItem(this.key, JSON.stringify({ round, draft }));
  },
  forget() {
    localStorage.removeItem(this.key);
  },
};

async function play(mine) {
  drawn += 1;
  const ours = drawn;
  let world;
  try {
    world = await get("/api/world", mine.token);
  } catch (error) {
    if (error instanceof Refusal && ["token", "gone", "role"].includes(error.code)) return leave(refusalText(error));
    join("", refusalText(error));
    return;
  }
  if (!chosenLanguage() && world.language !== language()) await speakLanguage(world.language);
  rememberCountries(world);
  const shown = frame(page, text("class.title"), { again: again(() => ""), language: language() });
  const heading = element("h1", {});
  const phase = element("p", { class: "phase" });
  const spotlight = spotlightPanel(world);
  const news = element("section", { class: "card", "aria-label": text("class.news") });
  const figures = ownFigures();
  const facts = element("div");
  const partners = element("div");
  const saved = element("p", { class: "saved", role: "status" });
  const draft = { levers: {}, priorities: {}, proposals: [], answers: {} };
  let state = null;
  let round = -1;
  let seq = 0;
  let isOwn = false; // whether this reader has moved anything that is not saved
  let isSending = false;

  const form = decisionForm(world, draft, () => {
    isOwn = true;
    drafts.write(state.round, draft);
    form.refresh(state);
    tellSaved();
  });
  const send = button(text("class.save"), saveDecision, { class: "primary", id: "save" });
  const decide = element("section", { class: "card decide", "aria-label": text("class.decide") },
    element("h2", {}, text("class.decide")), form.node, element("div", { class: "bar" }, send), saved);
  const debrief = element("section", { class: "card", hidden: true });
  replace(shown.main,
    element("div", { class: "play" },
      element("div", { class: "column" }, element("div", { class: "card" }, heading, phase, facts), debrief, spotlight.node, news, decide),
      element("div", { class: "column" }, figures.node,
        element("section", { class: "card" }, element("h2", {}, text("class.partners")), partners))));

  function take(found) {
    Object.assign(draft, structuredClone({ levers: {}, priorities: {}, proposals: [], answers: {}, ...found }));
  }

  function hear(answer) {
    const found = { ...answer, results: answer.results ?? NOTHING_YET };
    state = found;
    seq = Math.max(seq, found.me.last_seq);
    if (found.round !== round) {
      round = found.round;
      const unsaved = drafts.read(round);
      isOwn = unsaved !== null;
      take(unsaved ?? found.decision);
      if (!isOwn) drafts.forget();
      announce(phaseText(found));
    } else if (!isOwn) take(found.decision);
    shown.clock(found);
    shown.subtitle(text("class.seat_line", { name: found.me.pseudonym, team: number(found.me.team) }));
    heading.textContent = text("class.mayor_of", { city: found.me.city });
    phase.textContent = [phaseText(found), found.computing ? text("class.computing") : "", found.members.length > 1 ? text("class.with", { names: found.members.filter((name) => name !== found.me.pseudonym).join(", ") }) : ""].filter(Boolean).join(" ");
    spotlight.show(found, found.me.team);
    replace(news, element("h2", {}, text("class.news")), newsOf(found), element("ul", { class: "shocks" }, shocksOf(found)));
    replace(facts, cityFacts(found.results));
    replace(partners, partnerTable(found.results));
    figures.show(found.results);
    form.refresh(found);
    showDebrief(found);
    tellSaved();
  }

  function tellSaved() {
    const isOpen = state.phase === "open" && !state.late;
    decide.hidden = state.phase === "lobby" || state.phase === "ended";
    send.disabled = !isOpen || isSending || !isOwn;
    if (isSending) saved.textContent = text("class.sending");
    else if (isOwn) saved.textContent = isOpen ? text("class.unsaved") : text("class.too_late");
    else if (state.saved) saved.textContent = state.saved.seat === state.me.seat ? text("class.saved") : text("class.saved_by_other");
    else saved.textContent = text("class.nothing_saved");
  }

  async function saveDecision() {
    isSending = true;
    seq += 1;
    const sent = structuredClone(draft);
    tellSaved();
    try {
      await postUntilAnswered("/api/decision", { round, seq, decision: sent }, mine.token, () => shown.trouble(text("class.lost")));
      shown.trouble(null);
      isOwn = JSON.stringify(sent) !== JSON.stringify(draft);
      if (!isOwn) drafts.forget();
      state = { ...state, saved: { seat: state.me.seat } };
    } catch (error) {
      if (error instanceof Refusal && error.code === "order") seq = error.state?.last_seq ?? seq;
      shown.trouble(refusalText(error));
    }
    isSending = false;
    tellSaved();
    announce(saved.textContent);
  }

  function showDebrief(found) {
    debrief.hidden = found.phase !== "ended" || !found.debrief;
    if (debrief.hidden) return;
    const { state: made, done, total } = found.debrief;
    replace(debrief, element("h2", {}, text("class.debrief")), element("p", {}, text("class.debrief_note")),
      made === "ready"
        ? button(text("class.debrief_get"), async () => {
          const name = `kembar-${shortName(found.me.city)}.html`;
          try {
            save(name, await get(`/api/debrief?language=${language()}`, mine.token), "text/html");
          } catch (error) {
            shown.trouble(refusalText(error));
          }
        }, { class: "primary", id: "debrief" })
        : element("p", { role: "status" }, text(made === "failed" ? "class.debrief_failed" : "class.debrief_making", { done: number(done), total: number(total) })));
  }

  listen("/api/state", mine.token, {
    hear,
    ended: () => ours !== drawn,
    lost(error) {
      if (error instanceof Refusal && ["token", "gone", "role"].includes(error.code)) leave(refusalText(error));
      else if (!isSending) shown.trouble(error ? refusalText(error) : null);
    },
  });
}

function leave(reason) {
  kept.forget();
  drafts.forget();
  join("", reason);
}

start().catch((error) => replace(page, element("p", { class: "error", role: "alert" }, error.message)));
