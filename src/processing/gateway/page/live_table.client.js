import { element } from "./formats.client.js";

/**
 * A table that is brought up to date in place: rows stay the elements they are, so that focus, selection and scrolling survive what changes
 * around them. A column is `{ title, key, kind }`: a `kind` of `more` is left out where the window is narrow; one with a `key` can be sorted by.
 */
export function liveTable(columns, { sorted, sort, empty = "" } = {}) {
  const rows = new Map();
  const heads = columns.map(({ title, key, kind }) =>
    element("th", { class: kind, scope: "col" }, key === undefined ? title : button(title, () => sort(key)))
  );
  const body = element("tbody");
  const none = element("p", { class: "soft none", hidden: true }, empty);
  const node = element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body), none);

  /** `[{ key, cells }]`, in order; a cell is a text or a node, and nodes of a row are made once. */
  function update(wanted) {
    const focused = document.activeElement;
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.node.remove();
      rows.delete(key);
    }
    wanted.forEach(({ key, cells, kind }, i) => {
      let row = rows.get(key);
      if (row === undefined) rows.set(key, row = newRow(columns, cells));
      cells.forEach((cell, column) => setCell(row.cells[column], cell));
      if (row.node.className !== (kind ?? "")) row.node.className = kind ?? "";
      if (body.children[i] !== row.node) body.insertBefore(row.node, body.children[i] ?? null);
    });
    if (sorted !== undefined) {
      heads.forEach((head, i) => columns[i].key === sorted() ? head.setAttribute("aria-sort", "other") : head.removeAttribute("aria-sort"));
    }
    none.hidden = wanted.length > 0 || empty === "";
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  }

  return { node, update };
}

function newRow(columns, cells) {
  const made = cells.map((cell, i) => element("td", { class: columns[i].kind }, cell instanceof Node ? cell : ""));
  return { node: element("tr", {}, ...made), cells: made };
}

function setCell(td, cell) {
  if (cell instanceof Node) return;
  const text = cell === null || cell === undefined ? "" : String(cell);
  if (td.textContent !== text) td.textContent = text;
}

function button(title, run) {
  const made = element("button", { type: "button", class: "plain" }, title);
  made.addEventListener("click", run);
  return made;
}
