// Where answers come from: the server of this machine, or the numbers embedded in a static page.

const embedded = document.getElementById("embedded");
const stored = embedded ? JSON.parse(embedded.textContent) : null;
const pageName = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
let move = 0;

export const isStatic = stored !== null;

class Refusal extends Error {}

async function json(response) {
  const found = await response.json();
  if (!response.ok) throw new Refusal((found.errors ?? [response.statusText]).join("\n"));
  return found;
}

function post(path, content, signal) {
  return fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content), signal });
}

export async function describeWorld() {
  return isStatic ? stored.world : json(await fetch("/api/world"));
}

export async function describeLanguage(language) {
  return isStatic ? stored.languages[language] : json(await fetch(`/api/messages/${language}`));
}

export async function describeAssumptions() {
  return isStatic ? stored.assumptions : json(await fetch("/api/assumptions"));
}

export async function landOutline() {
  return isStatic ? stored.land : json(await fetch("/api/land"));
}

export function storedPoints() {
  return stored;
}

// Ask about variants; `hear` gets each answer as it narrows. Ends when the signal is aborted.
export async function ask(question, hear, signal) {
  move += 1;
  const response = await post("/api/what-if", { page: pageName, move, ...question }, signal);
  if (!response.ok) await json(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!signal.aborted) hear(JSON.parse(line));
    }
  }
}

export async function replay(content) {
  return isStatic ? stored.replays[content.place] : json(await post("/api/replay", content.run));
}

// Worlds after the first hold only what differs from the first.
function whole(worlds, place, name) {
  return { ...worlds[0][name], ...worlds[place][name] };
}

export async function cityLife(content, city) {
  return isStatic ? whole(stored.cities, content.place, city) : json(await post("/api/city", { ...content.run, city }));
}

export async function agreementLife(content, agreement) {
  return isStatic ? whole(stored.lives, content.place, agreement) : json(await post("/api/life", { ...content.run, agreement }));
}

export async function twins(content) {
  return json(await post("/api/twins", content));
}

export async function policyFile(variant) {
  const response = await post("/api/policy", { variant });
  if (!response.ok) await json(response);
  return response.text();
}

export async function staticPage(content) {
  const response = await post("/api/page", content);
  if (!response.ok) await json(response);
  return response.text();
}
