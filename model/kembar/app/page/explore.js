// Explore: one possible future, year by year, on a map or as a network; a city's or an agreement's life beside it.

import { network, worldMap } from "./chart_map.js";
import { STAGE_STYLES, strokeOf } from "./chart_frame.js";
import { cityPanel } from "./city.js";
import { announce, button, choice, element, newId, replace, svg } from "./dom.js";
import { number, text } from "./language.js";
import { lifeOf } from "./life.js";
import { agreementLife, cityLife, isStatic, landOutline, replay, storedPoints } from "./source.js";
import { askedVariants, state } from "./state.js";
import { fileOf, storedTitle } from "./variants.js";
import { variantTitle } from "./words.js";

const BEAT = 450; // [ms] of a quarter when played
const LEGEND_WIDTH = 2.4;
const MOST_FUTURES = 100; // offered to choose from
const FACTORS_OF_ZOOM = [1, 1.6, 2.5, 4, 6.5, 10];

export function explore(world) {
  const node = element("div", { class: "explore" });
  const chosen = { run: "", replicate: 0, quarter: 0, form: "map", city: null, tie: null, zoom: 0, at: [115, 5] };
  let run = null;
  let land = null;
  let shape = null;
  let timer = null;
  let loads = 0;

  const notice = element("p", { class: "future banner" }, text("app.one_future"));
  const controls = element("div", { class: "bar" });
  const stageBox = element("section", { class: "card stage", "aria-label": text("app.map") });
  const detail = element("section", { class: "card detail", "aria-label": text("app.detail"), "aria-live": "polite" });
  const charts = element("div", { class: "charts" });
  replace(node, notice, controls, element("div", { class: "explore-columns" }, element("div", { class: "explore-left" }, stageBox, charts), detail));

  function content() {
    if (isStatic) return { place: Number(chosen.run) || 0 };
    const asked = askedVariants().find(({ letter }) => letter === chosen.run);
    return { run: { seed: state.seed, replicate: chosen.replicate, variant: asked ? fileOf(asked.variant) : null } };
  }

  async function load() {
    stop();
    loads += 1;
    const mine = loads;
    replace(stageBox, element("p", { class: "waiting" }, text("app.loading")));
    try {
      land ??= await landOutline();
      const found = await replay(content());
      if (mine !== loads) return; // another run was chosen meanwhile
      run = found;
    } catch (error) {
      if (mine !== loads) return;
      replace(stageBox, element("p", { class: "error", role: "alert" }, error.message));
      return;
    }
    chosen.quarter = Math.min(chosen.quarter, run.years * 4);
    shape = null;
    drawControls();
    drawStage();
    drawDetail();
    stageBox.dataset.seed = run.seed;
  }

  function stageAt(tie) {
    let stage = -1;
    for (const [quarter, code] of tie.stages) {
      if (quarter > chosen.quarter) break;
      stage = code;
    }
    return stage < 0 ? null : run.stages[stage];
  }

  function when() {
    if (chosen.quarter === 0) return text("app.start_of", { year: String(run.start_year) });
    const year = run.start_year + Math.floor((chosen.quarter - 1) / 4);
    return text("app.end_of_quarter", { year: String(year), quarter: String(((chosen.quarter - 1) % 4) + 1) });
  }

  function drawControls() {
    const runs = isStatic
      ? storedPoints().worlds.map((file, place) => [String(place), file ? storedTitle(world, file) : text("app.baseline")])
      : [["", text("app.baseline")], ...askedVariants().map(({ letter, variant }) => [letter, `${letter}: ${variantTitle(variant)}`])];
    if (!runs.some(([value]) => value === chosen.run)) chosen.run = runs[0][0];
    const futures = Array.from({ length: MOST_FUTURES }, (_, place) => [String(place), number(place + 1)]);
    const cities = run.cities.map(([key], row) => [String(row), key]).sort((one, other) => one[1].localeCompare(other[1]));
    const ties = run.agreements.map(({ name }) => [name, name]).sort((one, other) => one[0].localeCompare(other[0]));
    replace(controls,
      choice(text("app.world_of"), runs, chosen.run, (value) => { chosen.run = value; load(); }, { id: "run" }),
      isStatic ? null : choice(text("app.future_number"), futures, String(chosen.replicate), (value) => { chosen.replicate = Number(value); load(); }, { id: "future" }),
      choice(text("app.shape"), [["map", text("app.map")], ["network", text("app.network")]], chosen.form, (value) => { chosen.form = value; shape = null; drawStage(); }, { id: "shape" }),
      choice(text("app.choose_city"), [["", text("app.no_choice")], ...cities], chosen.city === null ? "" : String(chosen.city), (value) => chooseCity(value === "" ? null : Number(value)), { id: "city" }),
      choice(text("app.choose_agreement"), [["", text("app.no_choice")], ...ties], chosen.tie ?? "", (value) => chooseTie(value || null), { id: "agreement" }),
    );
  }

  function chooseCity(row) {
    chosen.city = row;
    chosen.tie = null;
    if (row !== null) chosen.at = [run.cities[row][3], run.cities[row][4]];
    after();
  }

  function chooseTie(name) {
    chosen.tie = name;
    chosen.city = null;
    after();
  }

  function after() {
    drawControls();
    drawPicture();
    drawDetail();
  }

  const picture = element("div", { class: "drawing" });
  const counts = element("ul", { class: "legend", "data-counts": "" });
  const time = element("output", { class: "time" });
  let slider = null;
  let play = null;

  function drawStage() {
    const id = newId("quarter");
    slider = element("input", { type: "range", id, min: 0, max: run.years * 4, step: 1, value: chosen.quarter, oninput: () => move(Number(slider.value)) });
    play = button(timer ? text("app.pause") : text("app.play"), toggle, { class: "primary" });
    const zoomBy = (step) => () => {
      chosen.zoom = Math.min(FACTORS_OF_ZOOM.length - 1, Math.max(0, chosen.zoom + step));
      drawPicture();
    };
    replace(stageBox,
      element("div", { class: "player" }, play,
        button("‹", () => move(chosen.quarter - 4), { "aria-label": text("app.year_back") }),
        button("›", () => move(chosen.quarter + 4), { "aria-label": text("app.year_on") }),
        element("label", { for: id, class: "hidden" }, text("app.time")), slider, time),
      element("div", { class: "picture" }, picture, chosen.form === "map" ? element("div", { class: "zoom" },
        button("+", zoomBy(1), { "aria-label": text("app.zoom_in") }), button("−", zoomBy(-1), { "aria-label": text("app.zoom_out") })) : null),
      counts);
    drawPicture();
  }

  function drawPicture() {
    const ties = run.agreements;
    shape ??= chosen.form === "map" ? worldMap(run, land, ties) : network(run, ties);
    const width = picture.clientWidth || stageBox.clientWidth - 32 || 640;
    replace(picture, shape.draw({
      width, title: `${text("app.map_title")} ${when()}`, stageOf: stageAt, chosen,
      zoom: { factor: FACTORS_OF_ZOOM[chosen.zoom], at: chosen.at }, onCity: chooseCity, onTie: chooseTie,
    }));
    const totals = Object.fromEntries(run.stages.map((stage) => [stage, 0]));
    for (const tie of ties) {
      const stage = stageAt(tie);
      if (stage) totals[stage] += 1;
    }
    replace(counts, run.stages.map((stage) => element("li", { "data-stage": stage, "data-count": totals[stage] },
      svg("svg", { width: 34, height: 12, "aria-hidden": "true" }, svg("line", { x1: 1, x2: 33, y1: 6, y2: 6, ...strokeOf({ ...STAGE_STYLES[stage], width: LEGEND_WIDTH }) })),
      element("span", {}, `${text(`app.stage.${stage}`)}: ${number(totals[stage])}`))));
    time.textContent = when();
    slider.value = chosen.quarter;
    slider.setAttribute("aria-valuetext", when());
  }

  function move(quarter) {
    chosen.quarter = Math.min(run.years * 4, Math.max(0, quarter));
    drawPicture();
    if (chosen.city !== null) showYear?.(yearIndex());
  }

  function yearIndex() {
    return Math.max(0, Math.ceil(chosen.quarter / 4) - 1);
  }

  function toggle() {
    if (timer) {
      stop();
      return;
    }
    if (chosen.quarter >= run.years * 4) chosen.quarter = 0;
    play.textContent = text("app.pause");
    timer = setInterval(() => {
      if (!node.isConnected || chosen.quarter >= run.years * 4) stop();
      else move(chosen.quarter + 1);
    }, BEAT / 2);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    if (play) play.textContent = text("app.play");
  }

  let showYear = null;

  async function drawDetail() {
    showYear = null;
    replace(charts);
    const wanted = [chosen.city, chosen.tie].join();
    try {
      if (chosen.city !== null) {
        const life = await cityLife(content(), run.cities[chosen.city][0]);
        if ([chosen.city, chosen.tie].join() !== wanted) return;
        const panel = cityPanel(run, life, run.agreements.filter(({ a, b }) => a === chosen.city || b === chosen.city), stageAt, when, chooseTie);
        replace(detail, panel.node);
        replace(charts, panel.figures);
        showYear = panel.showYear;
        showYear(yearIndex());
      } else if (chosen.tie) {
        const life = await agreementLife(content(), chosen.tie);
        if ([chosen.city, chosen.tie].join() !== wanted) return;
        replace(detail, element("h2", {}, chosen.tie), lifeOf(life));
        announce(chosen.tie);
      } else {
        replace(detail, element("h2", {}, text("app.detail")), element("p", {}, text("app.choose_something")));
      }
    } catch (error) {
      replace(detail, element("p", { class: "error", role: "alert" }, error.message));
    }
  }

  new ResizeObserver(() => {
    if (run && node.isConnected && picture.clientWidth && picture.firstChild && Number(picture.firstChild.getAttribute("width")) !== picture.clientWidth) drawPicture();
  }).observe(picture);
  load();
  return { node, shown: load };
}
