// The teacher's console: set a session up, lead it year by year, show things to all, and hand out the debriefs.

import { announce, button, choice, element, newId, replace } from "./dom.js";
import { save } from "./download.js";
import { chosenLanguage, frame, guessedLanguage, phaseText, refusalText, rememberLanguage, speakLanguage } from "./frame.js";
import { language, number, text } from "./language.js";
import { shocksOf } from "./news.js";
import { qrCode } from "./qr.js";
import { Refusal, fromAddress, get, listen, postUntilAnswered, randomText, seat } from "./session.js";
import { choicesTable, teamName, teamsFigure } from "./spotlight.js";
import { rememberCountries, shortName, worldTitle } from "./words.js";

const CHARTS = ["active", "points", "spent_kusd", "left_kusd"];
const SHOWN = ["choices", "active", "points", "money", "events"];
const SECONDS = [["", null], ["60", 60], ["120", 120], ["180", 180], ["300", 300], ["600", 600]];
const SEVERITY = 0.8;
const MOST_ROUNDS = 30;
const page = document.getElementById("page");
const kept = seat("console");
let drawn = 0;

async function start() {
  const token = fromAddress("token");
  if (token) kept.write({ token });
  const mine = kept.read();
  await speakLanguage(guessedLanguage());
  document.title = `kembar: ${text("class.console")}`;
  if (!mine?.token) {
    const shown = frame(page, text("class.console"), { again, language: language() });
    replace(shown.main, element("p", { class: "error", role: "alert" }, text("class.no_token")));
    return;
  }
  try {
    await lead(mine.token);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === "gone") throw error;
    kept.forget(); // a token of another class
    await start();
  }
}

async function again(chosen) {
  rememberLanguage(chosen);
  await speakLanguage(chosen);
  await start();
}

async function lead(token) {
  drawn += 1;
  const ours = drawn;
  let world = await get("/api/world", token);
  if (!chosenLanguage() && world.language !== language()) await speakLanguage(world.language);
  const shown = frame(page, text("class.console"), { again, language: language() });
  let setup = null;
  let state = null;
  rememberCountries(world);
  const phase = element("p", { class: "phase", role: "status" });
  const joinPlace = element("section", { class: "card joining", "aria-label": text("class.joining") });
  const setupPlace = element("section", { class: "card", "aria-label": text("class.setup") });
  const controls = element("div", { class: "bar", role: "toolbar", "aria-label": text("class.controls") });
  const teams = element("div");
  const choices = element("div");
  const shocks = element("section", { class: "card", "aria-label": text("class.shocks") });
  const debriefs = element("section", { class: "card", hidden: true, "aria-label": text("class.debrief") });
  const figures = Object.fromEntries(CHARTS.map((name) => [name, teamsFigure(name)]));
  const ending = element("details", { class: "card ending" }, element("summary", {}, text("class.ending")),
    element("p", { class: "note" }, text("class.ending_note")),
    element("div", { class: "bar" },
      button(text("class.end"), () => confirm("end", () => act({ act: "end", round: state.round })), { id: "end" }),
      button(text("class.delete"), () => confirm("delete", () => act({ act: "delete", confirm: "DELETE" })), { id: "delete" })));
  replace(shown.main, element("div", { class: "console" },
    element("div", { class: "card lead" }, element("h1", {}, worldTitle(world)), phase, controls),
    joinPlace, setupPlace,
    element("section", { class: "card" }, element("h2", {}, text("class.teams")), teams),
    element("section", { class: "card" }, element("h2", {}, text("class.choices")), choices),
    shocks, debriefs,
    element("div", { class: "figures" }, Object.values(figures).map(({ node }) => node)),
    ending));

  async function act(content) {
    try {
      await postUntilAnswered("/api/console/act", content, token, () => shown.trouble(text("class.lost")));
      shown.trouble(null);
    } catch (error) {
      shown.trouble(refusalText(error));
    }
  }

  // Ask before what cannot be taken back.
  function confirm(what, then) {
    const dialog = element("dialog", { "aria-label": text(`class.confirm.${what}`), onclose: () => dialog.remove() },
      element("p", {}, text(`class.confirm.${what}`)),
      element("div", { class: "bar" },
        button(text("class.yes"), () => { dialog.close(); then(); }, { class: "primary", id: "confirm" }),
        button(text("class.no"), () => dialog.close())));
    document.body.append(dialog);
    dialog.showModal();
  }

  async function hear(found) {
    if (setup !== null && found.setup !== setup) world = await get("/api/world", token);
    const isNewSetup = found.setup !== setup || (state?.phase === "lobby") !== (found.phase === "lobby");
    setup = found.setup;
    if (state && state.round !== found.round) announce(phaseText(found));
    state = found;
    shown.clock(found);
    shown.subtitle(text("class.console_line", { mode: text(`class.mode.${found.mode}`), seed: String(found.seed) }));
    phase.textContent = [phaseText(found), found.computing ? text("class.computing") : ""].filter(Boolean).join(" ");
    replace(controls, controlButtons());
    if (isNewSetup) {
      replace(joinPlace, joining(found));
      setupPlace.hidden = found.phase !== "lobby";
      replace(setupPlace, setupForm(found));
      shocks.hidden = found.phase === "ended";
      replace(shocks, shockForm());
    }
    replace(teams, teamsTable());
    replace(choices, choicesOf());
    replace(shocks.querySelector(".shocks"), plannedShocks());
    for (const name of CHARTS) figures[name].show(found.teams.map((team, place) => ({ team: team.team, city: team.city, values: found.series[name]?.[place] ?? [] })), world.start_year);
    showDebriefs();
  }

  function controlButtons() {
    const { phase: now, round } = state;
    if (now === "lobby") return [button(text("class.start"), () => act({ act: "start" }), { class: "primary", id: "start" })];
    if (now === "ended") return [];
    const timer = choice(text("class.timer"), SECONDS.map(([value, seconds]) => [value, seconds === null ? text("class.no_timer") : text("class.minutes", { minutes: number(seconds / 60) })]),
      String(state.seconds ?? ""), (value) => act({ act: "timer", seconds: value ? Number(value) : null }), { name: "timer" });
    return [
      now === "open"
        ? button(text("class.pause"), () => act({ act: "pause", round }), { id: "pause" })
        : button(text("class.resume"), () => act({ act: "resume", round }), { id: "resume", class: "primary" }),
      button(text(round === state.rounds ? "class.last_round" : "class.next"), () => act({ act: "next", round }), { id: "next", class: "primary", disabled: state.computing }),
      timer,
      ...spotlightFields(),
    ];
  }

  function spotlightFields() {
    const { spotlight } = state;
    const show = (chart, team) => act({ act: "spotlight", spotlight: chart ? { chart, team } : null });
    const chart = choice(text("class.spotlight"), [["", text("class.spotlight_off")], ...SHOWN.map((name) => [name, text(`class.chart.${name}`)])], spotlight?.chart ?? "",
      (name) => show(name, name === "events" ? state.teams[0].team : null), { name: "spotlight" });
    const team = spotlight && choice(text("class.team"), [["", text("class.all_teams")], ...state.teams.map((one) => [String(one.team), teamName(one)])], String(spotlight.team ?? ""),
      (chosen) => show(spotlight.chart, chosen ? Number(chosen) : null), { name: "spotlight-team" });
    return [chart, team];
  }

  function joining({ join, lan }) {
    const code = join.code.replace(/^(.{5})-?(.{5})$/, "$1-$2");
    return [
      element("h2", {}, text("class.joining")),
      element("div", { class: "join-ways" },
        qrCode(join.qr, text("class.qr", { link: join.link })),
        element("dl", {},
          element("dt", {}, text("class.address")), element("dd", { class: "large" }, join.address),
          element("dt", {}, text("class.code")), element("dd", { class: "large", id: "session-code" }, code))),
      element("p", { class: "note" }, text(lan ? "class.lan_note" : "class.loopback_note")),
    ];
  }

  // Everything about the session that can be chosen before it starts.
  function setupForm(found) {
    const chosen = { mode: found.mode, rounds: found.rounds, seconds: found.seconds, cities: found.teams.map(({ city }) => city) };
    const list = element("ol", { class: "team-cities" });
    const cities = [...world.cities].sort((one, other) => one.key.localeCompare(other.key)).map(({ key }) => [key, key]);
    const rounds = newId("rounds");
    function draw() {
      replace(list, chosen.cities.map((city, place) => element("li", {},
        choice(text("class.city_of", { team: number(place + 1) }), cities, city, (key) => { chosen.cities[place] = key; }, { "data-team": place + 1 }),
        chosen.cities.length > 1 ? button(text("class.fewer"), () => { chosen.cities.splice(place, 1); draw(); }, { class: "quiet", "aria-label": text("class.fewer_of", { team: number(place + 1) }) }) : null)));
    }
    draw();
    return [
      element("h2", {}, text("class.setup")),
      element("div", { class: "bar" },
        choice(text("class.mode_head"), ["parallel", "shared"].map((mode) => [mode, text(`class.mode.${mode}`)]), chosen.mode, (mode) => { chosen.mode = mode; }, { name: "mode" }),
        element("div", { class: "field" }, element("label", { for: rounds }, text("class.rounds")),
          element("input", { id: rounds, name: "rounds", type: "number", min: 1, max: world.rounds_most ?? MOST_ROUNDS, value: chosen.rounds, onchange: ({ target }) => { chosen.rounds = Number(target.value); } })),
        choice(text("class.timer"), SECONDS.map(([value, seconds]) => [value, seconds === null ? text("class.no_timer") : text("class.minutes", { minutes: number(seconds / 60) })]),
          String(chosen.seconds ?? ""), (value) => { chosen.seconds = value ? Number(value) : null; }, { name: "seconds" })),
      element("p", { class: "note" }, text("class.mode_note")),
      list,
      element("div", { class: "bar" },
        button(text("class.more_teams"), () => { chosen.cities.push(chosen.cities[chosen.cities.length - 1]); draw(); }, { id: "more-teams" }),
        button(text("class.set_up"), () => act({ act: "setup", ...chosen }), { class: "primary", id: "set-up" })),
    ];
  }

  function teamsTable() {
    const columns = ["team", "members", "saved", "active", "points", "spent"];
    const head = element("tr", {}, columns.map((name) => element("th", { scope: "col" }, text(`class.column.${name}`))));
    const rows = state.teams.map((team) => element("tr", { "data-team": team.team },
      element("th", { scope: "row" }, teamName(team), team.new_head ? ` (${text("class.new_head_short")})` : ""),
      element("td", {}, memberList(team)),
      element("td", { "data-saved": String(team.saved) }, text(team.saved ? "app.yes" : "app.no")),
      element("td", {}, number(team.active)),
      element("td", {}, number(team.points, 1)),
      element("td", {}, number(team.spent_kusd))));
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("class.teams") },
      element("table", {}, element("thead", {}, head), element("tbody", {}, rows)));
  }

  function memberList(team) {
    return element("ul", { class: "members" }, team.members.map((member) => element("li", {}, member.pseudonym, " ",
      button(text("class.manage"), () => manage(member, team), { class: "quiet", "aria-label": text("class.manage_of", { name: member.pseudonym }) }))));
  }

  // Move a student to another team, or free the seat.
  function manage(member, team) {
    const dialog = element("dialog", { "aria-label": member.pseudonym, onclose: () => dialog.remove() },
      element("h2", {}, member.pseudonym),
      choice(text("class.move_to"), state.teams.map((one) => [String(one.team), teamName(one)]), String(team.team), (chosen) => {
        dialog.close();
        act({ act: "move", seat: member.seat, team: Number(chosen) });
      }, { name: "move" }),
      element("div", { class: "bar" },
        button(text("class.remove"), () => { dialog.close(); act({ act: "remove", seat: member.seat }); }, { id: "remove" }),
        button(text("app.close"), () => dialog.close(), { class: "primary" })));
    document.body.append(dialog);
    dialog.showModal();
  }

  function choicesOf() {
    if (state.phase === "lobby") return text("class.no_choices");
    return [
      element("h3", {}, text("class.choices_now")), choicesTable(state.choices, world.levers, state.teams.length, text("class.choices_now")),
      ...(state.choices_before?.length ? [element("h3", {}, text("class.choices_before")), choicesTable(state.choices_before, world.levers, state.teams.length, text("class.choices_before"))] : []),
    ];
  }

  function shockForm() {
    const wanted = { kind: world.event_kinds[0], where: "all", other: "", years: 2, severity: SEVERITY };
    const codes = [...new Set(world.cities.map(({ country }) => country))].map((code) => [code, world.countries[code] ?? code]).sort((one, other) => one[1].localeCompare(other[1]));
    const places = element("div", { class: "bar" });
    const years = newId("years");
    const severity = newId("severity");
    function draw() {
      const isFreeze = wanted.kind === "freeze";
      if (isFreeze && wanted.where === "all") wanted.where = codes[0][0];
      if (isFreeze && (!wanted.other || wanted.other === wanted.where)) wanted.other = codes.find(([code]) => code !== wanted.where)?.[0] ?? "";
      replace(places,
        choice(text("class.where"), isFreeze ? codes : [["all", text("app.everyone")], ...codes], wanted.where, (where) => { wanted.where = where; draw(); }, { name: "where" }),
        isFreeze ? choice(text("class.and"), codes.filter(([code]) => code !== wanted.where), wanted.other, (other) => { wanted.other = other; }, { name: "other" }) : null);
    }
    draw();
    return [
      element("h2", {}, text("class.shocks")), element("p", { class: "note" }, text("class.shocks_note")),
      element("div", { class: "bar" },
        choice(text("class.kind"), world.event_kinds.map((kind) => [kind, text(`app.event_kind.${kind}`)]), wanted.kind, (kind) => { wanted.kind = kind; draw(); }, { name: "kind" }),
        places,
        element("div", { class: "field" }, element("label", { for: severity }, text("class.severity")),
          element("input", { id: severity, name: "severity", type: "number", min: 0, max: 100, step: 5, value: 100 * wanted.severity, onchange: ({ target }) => { wanted.severity = Number(target.value) / 100; } })),
        element("div", { class: "field" }, element("label", { for: years }, text("class.for_years")),
          element("input", { id: years, name: "years", type: "number", min: 1, max: world.rounds, value: wanted.years, onchange: ({ target }) => { wanted.years = Number(target.value); } })),
        button(text("class.send_shock"), () => act({ act: "shock", kind: wanted.kind, severity: wanted.severity, years: wanted.years, request: randomText(), where: wanted.kind === "freeze" ? [wanted.where, wanted.other] : [wanted.where] }), { id: "shock" })),
      element("ul", { class: "shocks" }),
    ];
  }

  function plannedShocks() {
    const words = shocksOf(state);
    return state.shocks.map((shock, place) => {
      if (shock.from_round > state.round) words[place].append(" ", button(text("class.cancel"), () => act({ act: "cancel_shock", number: shock.number }), { class: "quiet", "aria-label": text("class.cancel_of", { number: number(shock.number) }) }));
      return words[place];
    });
  }

  function showDebriefs() {
    debriefs.hidden = state.phase !== "ended" || !state.debrief;
    if (debriefs.hidden) return;
    const { state: made, done, total } = state.debrief;
    const fetched = async (path, name) => {
      try {
        save(name, await get(`${path}?language=${language()}`, token), "text/html");
      } catch (error) {
        shown.trouble(refusalText(error));
      }
    };
    replace(debriefs, element("h2", {}, text("class.debrief")),
      made === "ready"
        ? element("div", { class: "bar" },
          button(text("class.debrief_class"), () => fetched("/api/console/debrief", "kembar-class.html"), { class: "primary", id: "debrief-class" }),
          state.teams.map((team) => button(teamName(team), () => fetched(`/api/console/debrief/${team.team}`, `kembar-${shortName(team.city)}-${team.team}.html`), { "data-debrief": team.team })))
        : element("p", { role: "status" }, text(made === "failed" ? "class.debrief_failed" : "class.debrief_making", { done: number(done), total: number(total) })));
  }

  listen("/api/console/state", token, {
    hear,
    ended: () => ours !== drawn,
    lost(error) {
      shown.trouble(error ? refusalText(error) : null);
      if (error instanceof Refusal && error.code === "gone") replace(shown.main, element("p", { class: "card" }, text("class.error.gone")));
    },
  });
}

start().catch((error) => replace(page, element("p", { class: "error", role: "alert" }, error.message)));
