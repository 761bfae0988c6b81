// A variant as the content of a policy file, which is what the server takes and what a download holds.

import { text } from "./language.js";
import { policyAbout, policyTitle, variantTitle } from "./words.js";

export function fileOf(variant) {
  return {
    title: variantTitle(variant),
    about: variant.policy ? policyAbout(variant.policy) : text("app.variant_about"),
    change: variant.change,
    event: variant.event,
  };
}

// What a variant is called when it is saved as a policy file.
export function policyFileName(variant, place) {
  return `${variant.policy ?? `variant-${place + 1}`}.toml`;
}

// The title of a stored variant: that of the ready policy with the same content, in the reader's language, or its own.
export function storedTitle(world, file) {
  const content = ({ change, event }) => JSON.stringify([change, event]);
  const ready = world.policies.find((policy) => content(policy) === content(file));
  return ready ? policyTitle(ready.name) : file.title;
}
