/** The recorder this page came from. */
const KEPT = "argus.token";

let token = sessionStorage.getItem(KEPT) ?? "";

/** Rejects with the status; 401 asks for the token first, once. */
export async function ask(path, options = {}) {
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) {
    await askForToken();
    return await ask(path, options);
  }
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

export async function json(path, options) {
  return await (await ask(path, options)).json();
}

/** Events of a path, as objects. */
export async function lines(path, options) {
  const text = await (await ask(path, options)).text();
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/**
 * Messages of some paths until the signal aborts; a lost connection is begun anew, each time from the current values. `again` is called
 * before those: what was between is not told.
 */
export function follow(paths, heard, signal, again = () => {}) {
  const protocols = token === "" ? ["argus.v1"] : ["argus.v1", `argus.token.${base64Url(token)}`];
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/stream`, protocols);
  socket.onopen = () => socket.send(JSON.stringify({ op: "subscribe", paths }));
  socket.onmessage = ({ data }) => heard(JSON.parse(data));
  socket.onclose = () => {
    setTimeout(() => {
      if (signal.aborted) return;
      again();
      follow(paths, heard, signal, again);
    }, 2_000);
  };
  signal.addEventListener("abort", () => socket.close());
}

let asking;

function askForToken() {
  const door = document.getElementById("door");
  asking ??= new Promise((resolve) => {
    door.addEventListener("close", () => {
      token = document.getElementById("token").value;
      sessionStorage.setItem(KEPT, token);
      asking = undefined;
      resolve();
    }, { once: true });
    door.showModal();
  });
  return asking;
}

function base64Url(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
