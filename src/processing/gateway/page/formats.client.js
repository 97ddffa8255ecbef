/** An element of the page. Text is always text: nothing of a venue's is ever read as markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("--")) made.style.setProperty(name, value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(
    ...children.filter((child) => child !== undefined && child !== null).map((child) => child instanceof Node ? child : String(child)),
  );
  return made;
}

export function card(title, ...children) {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}

/** Numbers with their names, brought up to date in place: `update([[name, value, kind]])`. */
export function figures() {
  const node = element("dl", { class: "grid" });
  const known = new Map();
  return {
    node,
    update(wanted) {
      for (const [name, value, kind = ""] of wanted) {
        let place = known.get(name);
        if (place === undefined) {
          place = element("dd", {});
          known.set(name, place);
          node.append(element("div", { class: "card" }, element("dt", {}, name), place));
        }
        if (place.textContent !== value) place.textContent = value;
        place.className = kind;
      }
    },
  };
}

/** 1,234 · 12.3k · 4.5M */
export function count(value) {
  if (value === null || value === undefined) return "";
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (Math.abs(value) >= 1e5) return `${(value / 1e3).toFixed(0)}k`;
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** So many digits stand behind the point in the longest of them. */
export function decimalsOf(values) {
  return Math.max(0, ...values.filter((value) => typeof value === "number").map((value) => (price(value).split(".")[1] ?? "").length));
}

/** A price as digits, never as a power of ten; with so many behind the point at least, so that a column of them lines up. */
export function price(value, decimals = 0) {
  if (value === null || value === undefined) return "–";
  const text = String(value);
  const digits = text.includes("e") ? value.toFixed(12).replace(/\.?0+$/, "") : text;
  return (digits.split(".")[1] ?? "").length >= decimals ? digits : value.toFixed(decimals);
}

export function bytes(value) {
  if (value === null || value === undefined) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; value >= 1_000 && unit < units.length - 1; unit++) value /= 1_000;
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds < 1) return `${Math.round(1_000 * seconds)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}

export function clock(time) {
  return time === null || time === undefined ? "" : time.slice(11, 23);
}

/** A link's address for a path: its symbol may hold anything. */
export function pathLink(path, text = readable(path)) {
  return element("a", { href: `#/${path.split("/").map(encodeURIComponent).join("/")}` }, text);
}

/** As a person spells it. */
export function readable(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
