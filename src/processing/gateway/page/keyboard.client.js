/** `/` searches, Escape leads back, arrows go through the paths, Enter (a link's own) opens one. */
export function listenToKeys(search) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null) return;
    const isTyping = document.activeElement === search;
    const links = [...document.querySelectorAll("#paths tbody a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "/" && !isTyping) {
      search.focus();
      search.select();
    } else if (event.key === "Escape") {
      if (isTyping && search.value !== "") {
        search.value = "";
        search.dispatchEvent(new Event("input"));
      } else if (isTyping) search.blur();
      else location.hash = "#/";
    } else if (event.key === "ArrowDown" && links.length > 0 && (isTyping || at >= 0)) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] ?? search).focus();
    else if (event.key === "Enter" && isTyping) links[0]?.click();
    else return;
    event.preventDefault();
  });
}
