"use strict";
// A cell is sorted by its number where it has one; cells without stand last in both directions.
function compare(a, b, sign) {
  const [x, y] = [a, b].map((cell) => cell.dataset.value);
  if (x !== undefined && y !== undefined) return sign * (Number(x) - Number(y));
  if (x !== undefined || y !== undefined) return x === undefined ? 1 : -1;
  return sign * a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compare(a.cells[column], b.cells[column], falling ? -1 : 1));
      table.tBodies[0].append(...rows);
    });
  });
}
for (const choice of document.querySelectorAll("select[data-table]")) {
  choice.closest(".filter").hidden = false;
  choice.addEventListener("change", () => {
    for (const row of document.getElementById(choice.dataset.table).tBodies[0].rows) {
      row.hidden = choice.value !== "" && row.dataset.setting !== choice.value;
    }
  });
}
// MLflow shows a page as a sandboxed blob: Chromium refuses links to its sections there, and one to a file empties it.
if (location.protocol === "blob:") {
  for (const link of document.querySelectorAll("a[href]")) {
    const target = document.getElementById(link.hash.slice(1));
    if (target === null) {
      link.replaceWith(...link.childNodes);
      continue;
    }
    target.tabIndex = -1;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      target.focus({ preventScroll: true });
      target.scrollIntoView();
    });
  }
}
