// The page: its head, its three views, and the language.

import { assumptions } from "./assumptions.js";
import { button, choice, element, replace } from "./dom.js";
import { explore } from "./explore.js";
import { languages, speak, text } from "./language.js";
import { describeLanguage, describeWorld, isStatic, storedPoints } from "./source.js";
import { changed, restore, state } from "./state.js";
import { whatIf } from "./what_if.js";
import { rememberCountries, worldAbout, worldTitle } from "./words.js";

const VIEWS = { "what-if": whatIf, explore, assumptions };
const page = document.getElementById("page");

async function start() {
  const world = await describeWorld();
  rememberCountries(world);
  state.seed = world.seed;
  restore(location.hash, world);
  if (isStatic) state.seed = storedPoints().seed;
  state.language ??= new URLSearchParams(location.search).get("lang") ?? world.language;
  await show(world);
}

async function show(world) {
  try {
    speak(await describeLanguage(state.language));
  } catch {
    state.language = world.language;
    speak(await describeLanguage(state.language));
  }
  document.title = `kembar: ${worldTitle(world)}`;
  if (!(state.view in VIEWS)) state.view = "what-if";
  const made = {};
  const main = element("main", { id: "main", tabindex: "-1" });
  const tabs = element("nav", { "aria-label": text("app.views") });

  function open(view) {
    state.view = view;
    const isBack = view in made;
    made[view] ??= VIEWS[view](world);
    replace(main, element("h1", { class: "hidden" }, text(`app.view.${view}`)), made[view].node);
    if (isBack) made[view].shown?.(); // what was chosen elsewhere meanwhile counts here too
    replace(tabs, Object.keys(VIEWS).map((name) => button(text(`app.view.${name}`), () => {
      open(name);
      changed("view");
    }, { class: "view", "aria-current": name === view ? "page" : null })));
  }

  replace(page,
    element("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, text("app.skip")),
    element("header", {},
      element("div", { class: "brand" }, element("span", { class: "name" }, "kembar"), element("span", { class: "world" }, worldTitle(world))),
      tabs,
      choice(text("app.language"), languages(), state.language, (language) => {
        state.language = language;
        changed("language");
        show(world);
      }, { id: "language" })),
    main,
    element("footer", {}, element("p", {}, worldAbout(world)), element("p", {}, text("app.many_futures")), element("p", {}, `kembar ${world.version}`)),
    element("div", { id: "announcements", class: "hidden", role: "status", "aria-live": "polite" }));
  open(state.view);
}

start().catch((error) => replace(page, element("p", { class: "error", role: "alert" }, error.message)));
