// The way to the session's server: a token that a reload keeps, posts that are repeated until they are answered, and
// a state that is asked for again and again.

const PAUSE = 1500; // [ms] between two questions for the state
const RETRY = 2000; // [ms] after a lost connection

export class Refusal extends Error {
  constructor(found) {
    super((found.errors ?? []).join("\n"));
    this.code = found.code ?? "mistake";
    this.state = found.state ?? null;
  }
}

// What a browser keeps of its seat, or of its console: {token, …}; a reload finds it here.
export function seat(name) {
  const key = `kembar-class-${name}`;
  return {
    read() {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    write(content) {
      localStorage.setItem(key, JSON.stringify(content));
    },
    forget() {
      localStorage.removeItem(key);
    },
  };
}

// What the address carries behind its #, which no server sees; it is taken out of the address at once.
export function fromAddress(name) {
  const found = new URLSearchParams(location.hash.slice(1)).get(name);
  if (found !== null) history.replaceState(null, "", location.pathname + location.search);
  return found;
}

export function randomText() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function headers(token) {
  return { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
}

async function answerOf(response) {
  const kind = response.headers.get("content-type") ?? "";
  const content = kind.includes("json") ? await response.json() : await response.text();
  if (!response.ok) throw new Refusal(typeof content === "string" ? {} : content);
  return content;
}

export async function get(path, token = null) {
  return answerOf(await fetch(path, { headers: headers(token) }));
}

export async function post(path, content, token = null) {
  return answerOf(await fetch(path, { method: "POST", headers: headers(token), body: JSON.stringify(content) }));
}

// A post that is sent again until the server answers; `lost` hears of every attempt that found no server.
export async function postUntilAnswered(path, content, token, lost) {
  for (;;) {
    try {
      return await post(path, content, token);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      lost();
      await new Promise((done) => setTimeout(done, RETRY));
    }
  }
}

// Ask for the state until `ended` says that nobody listens; `hear` gets each new one, `lost` what went wrong.
export async function listen(path, token, { hear, lost, ended }) {
  let version = "";
  while (!ended()) {
    try {
      const found = await get(`${path}?since=${encodeURIComponent(version)}`, token);
      lost(null);
      if (!found.unchanged) {
        version = found.version;
        hear(found);
      }
    } catch (error) {
      lost(error);
      if (error instanceof Refusal && ["token", "gone", "role", "host"].includes(error.code)) return;
    }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}
