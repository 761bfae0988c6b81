// A variant as the content of a policy file, which is what the server takes and what a download holds.

import { text } from "./language.js";
import { policyAbout, variantTitle } from "./words.js";

export function fileOf(variant) {
  return {
    title: variantTitle(variant),
    about: variant.policy ? policyAbout(variant.policy) : text("app.variant_about"),
    change: variant.change,
    event: variant.event,
  };
}
