// One agreement's two lives, side by side: without and with a variant, under the same luck.

import { announce, button, element, replace } from "./dom.js";
import { number, text } from "./language.js";
import { lifeOf } from "./life.js";
import { twins } from "./source.js";
import { LETTERS, state } from "./state.js";
import { fileOf, policyFileName } from "./variants.js";

export async function openTwins(world, agreement, fate, side) {
  const body = element("div", { class: "twins" }, element("p", {}, text("app.loading")));
  const close = button(text("app.close"), () => dialog.close(), { class: "primary" });
  const dialog = element("dialog", { "aria-label": agreement, onclose: () => dialog.remove() },
    element("h2", {}, agreement), body, close);
  document.body.append(dialog);
  dialog.showModal();
  try {
    const found = await twins({ seed: state.seed, variant: fileOf(side.variant), agreement, fate, uncertainties: state.uncertainties });
    const policy = side.variant.policy ?? policyFileName(side.variant, LETTERS.indexOf(side.letter));
    const future = { replicate: number(found.replicate + 1) };
    const note = state.uncertainties === "posterior"
      ? element("p", { class: "note" }, text("app.twins_drawn", future))
      : element("p", { class: "note" }, text("app.twins_note", future), " ",
        element("code", {}, `kembar run ${world.name} --seed ${found.run_seed} --policy ${policy}`),
        side.variant.policy ? null : ` ${text("app.twins_file", { file: policy })}`);
    replace(body, note,
      element("div", { class: "columns" },
        element("section", {}, element("h3", {}, text("app.baseline")), lifeOf(found.without)),
        element("section", {}, element("h3", { class: `style-${side.letter}` }, side.label), lifeOf(found.with))));
    announce(agreement);
  } catch (error) {
    replace(body, element("p", { class: "error", role: "alert" }, error.message));
  }
}
