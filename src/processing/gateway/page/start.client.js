import { showOverview } from "./overview.client.js";
import { showPath } from "./path_page.client.js";

const main = document.getElementById("main");
const search = document.getElementById("search");
const state = document.getElementById("state");
let life = new AbortController();
let refresh = () => {};

/** How the recorder fares, in the corner of every page. */
function told(status, error) {
  state.className = `state ${status?.ready ? "good" : "bad"}`;
  state.textContent = status === undefined
    ? `no answer${error === undefined ? "" : ` (${error.message})`}`
    : status.ready
    ? "recording"
    : "not ready";
}

function show() {
  life.abort();
  life = new AbortController();
  const context = { search: () => search.value, told, signal: life.signal };
  const path = location.hash.slice(2).split("/").map(decoded).join("/");
  refresh = () => {};
  scrollTo(0, 0);
  if (path.split("/").length === 3) showPath(main, path, context);
  else refresh = showOverview(main, context);
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
  else refresh();
});
addEventListener("hashchange", show);
show();
