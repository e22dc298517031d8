// What the customer page does beside htmx: a panel that fails says so, an open value counts down and closes,
// Esc leaves an edit, j and k walk the hits of a search, a number is copied. All of it works without, by links.
(() => {
  document.addEventListener("htmx:afterSwap", () => {
    for (const table of document.querySelectorAll(".reg-table--stack:not([role])")) window.registerTables?.(table);
    document.querySelector(".is-editing [autofocus]")?.focus();
    hideEmptyStrip();
  });

  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      const panel = event.target.closest?.("[data-panel], .stf-panel");
      const words = document.getElementById("panel-failing");
      if (!panel || !words) return;
      panel.removeAttribute("aria-busy");
      for (const child of [...panel.children].slice(1)) child.remove();
      panel.append(words.content.cloneNode(true));
    });
  }

  function hideEmptyStrip() {
    const strip = document.getElementById("alerts");
    if (strip) strip.hidden = !strip.querySelector("li:not(.stf-alert-place)");
  }

  document.addEventListener("click", (event) => {
    const again = event.target.closest("[data-panel-again]");
    if (again) window.htmx?.trigger(again.closest("[data-panel]"), "panel-again");
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      const cancel = event.target.closest?.("form")?.querySelector("[data-cancel]");
      if (cancel) { event.preventDefault(); cancel.click(); }
      return;
    }
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const act = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (act) { event.preventDefault(); act.click(); return; }
    walk(event);
  });

  function walk(event) {
    const links = [...document.querySelectorAll(".stf-hits a")];
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!links.length || !step) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at + step))].focus();
  }

  setInterval(() => {
    for (const left of document.querySelectorAll("[data-seconds]")) {
      left.textContent = String(Math.max(0, Number(left.textContent) - 1));
    }
  }, 1000);

  hideEmptyStrip();
})();
