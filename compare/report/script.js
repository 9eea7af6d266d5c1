// What the page can do beyond being read: tell values at once, sort tables, print whole.
"use strict";

// Values in figures: the titles work without this, but slowly, and not under a finger.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);
for (const title of document.querySelectorAll("figure svg title")) {
  title.parentElement.dataset.tip = title.textContent;
  title.remove();
}
const tell = (event) => {
  const found = event.target.closest?.("[data-tip]");
  tip.hidden = !found;
  if (!found) return;
  tip.textContent = found.dataset.tip;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 12, room))}px`;
  tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 12)}px`;
};
for (const kind of ["pointermove", "pointerdown"]) document.addEventListener(kind, tell);
document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

// Sorting: a click on a heading, another click for the other way round.
const key = (cell) => {
  const number = Number.parseFloat(cell.dataset.value ?? cell.textContent.replaceAll(",", ""));
  return Number.isNaN(number) ? cell.textContent.trim() : number;
};
const compare = (a, b) => {
  if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
  return typeof a === "number" ? -1 : 1; // what has no number comes last
};
const order = (cells, way) => cells
  .map((cell, place) => ({ place, key: key(cell) }))
  .sort((a, b) => way * compare(a.key, b.key) || a.place - b.place)
  .map((entry) => entry.place);
const clickable = (heading, sort) => {
  const button = document.createElement("button");
  button.type = "button";
  button.title = "Sort by this";
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => {
    const up = heading.ariaSort !== "ascending";
    for (const other of heading.closest("table").querySelectorAll("[aria-sort]")) {
      other.removeAttribute("aria-sort");
    }
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    sort(up ? 1 : -1);
  });
};
for (const table of document.querySelectorAll("table.by-row")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((heading, column) => clickable(heading, (way) => {
    const rows = [...body.rows].filter((row) => row.cells.length > column);
    const rest = [...body.rows].filter((row) => row.cells.length <= column);
    const places = order(rows.map((row) => row.cells[column]), way);
    body.append(...places.map((place) => rows[place]), ...rest);
  }));
}
for (const table of document.querySelectorAll("table.numbers")) {
  // An implementation is a column here, and its quantities are rows.
  if (table.tHead.rows[0].cells.length < 3) continue;
  for (const heading of table.querySelectorAll("tbody th[scope=row]")) {
    clickable(heading, (way) => {
      const places = order([...heading.parentElement.cells].slice(1), way);
      for (const row of table.rows) {
        const cells = [...row.cells].slice(1);
        if (cells.length) row.append(...places.map((place) => cells[place]));
      }
    });
  }
}

// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
