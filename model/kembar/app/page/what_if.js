// What if: levers on one side, the answer on the other.

import { announce, button, choice, element, replace } from "./dom.js";
import { number, text } from "./language.js";
import { leverPanel, pairsField, seedField } from "./levers.js";
import { save } from "./download.js";
import { resultPanel } from "./results.js";
import { ask, isStatic, policyFile, staticPage } from "./source.js";
import { UNCERTAINTIES, askedVariants, begin, canRedo, canUndo, changed, commit, emptyVariant, link, redo, state, subscribe, undo } from "./state.js";
import { storedPanel } from "./stored.js";
import { fileOf, policyFileName } from "./variants.js";
import { variantTitle } from "./words.js";

const PAUSE = 40; // [ms] between moves of a slider that are asked about

export function whatIf(world) {
  const results = resultPanel(world);
  const bar = element("div", { class: "bar", role: "toolbar", "aria-label": text("app.actions") });
  const node = element("div", { class: "what-if" });
  if (isStatic) {
    const panel = storedPanel(world, (answer, asked) => results.show(answer, asked));
    replace(node, panel.node, results.node);
    panel.refresh();
    return { node };
  }
  const panel = leverPanel(world);
  let last = null;
  let running = null;
  let timer = null;

  function question() {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE);
  }

  async function run() {
    running?.abort();
    const control = new AbortController();
    running = control;
    const asked = askedVariants().map(({ letter, variant }) => ({ letter, variant: structuredClone(variant), title: variantTitle(variant) }));
    const started = performance.now();
    try {
      await ask({ seed: state.seed, pairs: state.pairs, variants: asked.map(({ variant }) => fileOf(variant)), parameters: state.parameters, uncertainties: state.uncertainties }, (answer) => {
        if (answer.waiting) results.wait(text("app.compiling"));
        if (!answer.pairs) return;
        if (answer.pairs === 1) node.dataset.firstAnswer = String(performance.now() - started);
        if (answer.pairs === answer.wanted) node.dataset.lastAnswer = String(performance.now() - started);
        last = { answer, asked };
        results.show(answer, asked);
        if (answer.pairs === answer.wanted) announce(text("app.pairs_done", { pairs: number(answer.pairs) }));
      }, control.signal);
    } catch (error) {
      if (!control.signal.aborted) results.fail(error.message);
    }
  }

  function drawBar() {
    const downloads = choice(text("app.download"), [
      ["", text("app.download_choose")], ["policy", text("app.download_policy")], ["csv", text("app.download_csv")], ["page", text("app.download_page")],
    ], "", (kind) => download(kind), { id: "download" });
    replace(bar,
      button(text("app.undo"), undo, { disabled: !canUndo() }),
      button(text("app.redo"), redo, { disabled: !canRedo() }),
      button(text("app.reset"), () => {
        state.variants = [emptyVariant()];
        state.active = 0;
        state.parameters = {};
        state.uncertainties = UNCERTAINTIES[0];
        commit();
        changed("question");
        changed("panel");
      }),
      button(text("app.copy_link"), copyLink),
      downloads,
      options,
    );
  }

  // Made once: it stays open while the rest of the bar changes.
  function optionFields() {
    return element("div", { class: "bar" },
      choice(text("app.band_shows"), [["mean", text("app.band.choose_mean")], ["spread", text("app.band.choose_spread")]], state.band, (band) => {
        state.band = band;
        changed("look");
      }),
      choice(text("app.uncertainties"), UNCERTAINTIES.map((name) => [name, text(`app.uncertainties_${name}`)]), state.uncertainties, (chosen) => {
        state.uncertainties = chosen;
        commit();
        changed("question");
      }, { name: "uncertainties" }),
      pairsField(world),
      seedField(),
    );
  }

  async function copyLink(event) {
    const address = new URL(link(), location.href).href;
    try {
      await navigator.clipboard.writeText(address);
      event.target.textContent = text("app.copied");
    } catch {
      event.target.textContent = text("app.copy_by_hand");
    }
    announce(event.target.textContent);
    setTimeout(drawBar, 2000);
  }

  async function download(kind) {
    const variant = state.variants[state.active];
    try {
      if (kind === "policy") save(policyFileName(variant, state.active), await policyFile(fileOf(variant)), "application/toml");
      if (kind === "page") save("kembar.html", await staticPage({ seed: state.seed, pairs: state.pairs, language: state.language, uncertainties: state.uncertainties, variants: askedVariants().map((asked) => fileOf(asked.variant)) }), "text/html");
      if (kind === "csv" && last) node.querySelector('[data-figure="active"] button').click();
    } catch (error) {
      results.fail(error.message);
    }
    drawBar();
  }

  subscribe((what) => {
    if (!node.isConnected) return;
    if (what === "question") {
      panel.refreshSettings();
      refreshOptions();
      drawBar();
      question();
    }
    if (what === "panel") panel.refresh();
    if (what === "history") drawBar();
    if (what === "look" && last) results.show(last.answer, last.asked);
  });

  const options = element("details", { class: "options" }, element("summary", {}, text("app.options")), optionFields());
  const refreshOptions = () => {
    options.querySelector('[name="seed"]').value = state.seed;
    options.querySelector('[name="uncertainties"]').value = state.uncertainties;
    options.querySelector('[name="pairs"]').value = String(state.pairs);
  };
  begin();
  drawBar();
  replace(node, panel.node, element("div", { class: "main-column" }, bar, results.node));
  run();
  return { node };
}
