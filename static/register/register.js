// The whole of what the frame needs beside tabler.min.js: theme, keys, roles for tables that stack on a phone,
// names of off-canvas panels, dialogs, and closing the account menu's form. Loaded in the head: the theme comes before paint.
(() => {
  const root = document.documentElement;
  const saved = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  const asked = new URLSearchParams(location.search).get("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const known = (theme) => (theme === "dark" || theme === "light" ? theme : null);
  root.setAttribute("data-bs-theme", known(asked) || known(saved) || (dark ? "dark" : "light"));

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-reg-theme]")) {
      button.addEventListener("click", () => {
        const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
        root.setAttribute("data-bs-theme", next);
        try { localStorage.setItem("theme", next); } catch { /* private window */ }
      });
    }
    for (const button of document.querySelectorAll("[data-reg-dialog]")) {
      button.addEventListener("click", () => document.getElementById(button.dataset.regDialog)?.showModal());
    }
    // display: block takes a table's meaning away from screen readers; say it again
    for (const table of document.querySelectorAll(".reg-table--stack")) nameRoles(table);
  });

  // for tables that come into the page later
  window.registerTables = (table) => nameRoles(table);

  function nameRoles(table) {
    table.setAttribute("role", "table");
    const roles = { "thead, tbody, tfoot": "rowgroup", tr: "row", td: "cell", "th[scope=col]": "columnheader", "th[scope=row]": "rowheader", "th[scope=rowgroup]": "rowheader" };
    for (const [selector, role] of Object.entries(roles)) {
      for (const element of table.querySelectorAll(selector)) element.setAttribute("role", role);
    }
  }

  // an off-canvas panel is a dialog only while it is open, and has its name only then
  document.addEventListener("show.bs.offcanvas", (event) => event.target.setAttribute("aria-label", event.target.dataset.regName || ""));
  document.addEventListener("hidden.bs.offcanvas", (event) => event.target.removeAttribute("aria-label"));

  // single keys only outside inputs, none with the browser's own chords
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/") {
      const search = document.getElementById("q");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") {
      const keys = document.getElementById("keys");
      if (keys && !keys.open) { event.preventDefault(); keys.showModal(); }
    }
  });
})();
