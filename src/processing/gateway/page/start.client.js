import { listenToKeys } from "./keyboard.client.js";
import { showOverview } from "./overview.client.js";
import { showPath } from "./path_page.client.js";

const main = document.getElementById("main");
const search = document.getElementById("search");
const state = document.getElementById("state");
let life = new AbortController();
let searched = () => {};

/** How the recorder fares, in the corner of every page. What is shown of one that does not answer is old, and looks it. */
function told(status, error) {
  main.classList.toggle("old", status === undefined);
  state.className = `state ${status?.ready ? "good" : "bad"}`;
  state.textContent = status === undefined ? "no answer" : status.ready ? "recording" : "not ready";
  state.title = error === undefined ? "" : `${error.message}; asked again every two seconds`;
}

function show() {
  life.abort();
  life = new AbortController();
  const context = { search: () => search.value, told, signal: life.signal };
  const path = location.hash.slice(2).split("/").map(decoded).join("/");
  searched = () => {};
  scrollTo(0, 0);
  document.title = path.split("/").length === 3 ? `${path} · Argus` : "Argus";
  if (path.split("/").length === 3) showPath(main, path, context);
  else searched = showOverview(main, context);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

search.addEventListener("input", () => {
  if (location.hash.length > 2) location.hash = "#/";
  else searched();
});
addEventListener("hashchange", show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show); // charts have the colours they were drawn with
listenToKeys(search);
show();
