// What the customer page does beside htmx: a panel that fails says so, an open value counts down and closes,
// Esc leaves an edit, j and k walk the hits of a search, a number is copied. All of it works without, by links.
(() => {
  document.addEventListener("htmx:afterSwap", () => {
    for (const table of document.querySelectorAll(".reg-table--stack:not([role])")) window.registerTables?.(table);
    hideEmptyStrip();
  });

  // The keyboard keeps its place: into the first field of what a swap opened, back to what opened it when it closes.
  const openers = {}; // by the id of a panel: the link that opened something in it
  const pending = {}; // by the id of a panel that is about to be swapped: who asked

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    const asker = requestConfig?.elt;
    if (!target?.id || !asker) return;
    const isLink = asker.matches("a") && !asker.matches("[data-cancel]");
    if (isLink) openers[target.id] = asker;
    // A panel that loads itself takes the keyboard along only if it was inside.
    if (asker !== target || target.contains(document.activeElement)) pending[target.id] = isLink ? "open" : "close";
  });

  document.addEventListener("htmx:afterSettle", () => {
    for (const [id, asked] of Object.entries(pending)) {
      delete pending[id];
      const panel = document.getElementById(id);
      if (panel) place(panel, asked);
    }
  });

  function place(panel, asked) {
    const form = panel.querySelector(".is-editing form, .stf-contact-form, .stf-permit, .stf-why");
    const field = form && firstField(form);
    if (field) { field.focus(); return; }
    const opened = asked === "close" && panel.querySelector("[data-seconds]")?.closest("dd, .stf-guarded");
    const back = opened || again(panel, openers[panel.id]) || panel.querySelector("h2");
    if (back && !back.matches("a, button, summary")) back.tabIndex = -1;
    back?.focus();
  }

  function firstField(form) {
    const fields = "input:not([type=hidden], [type=radio]), select, textarea";
    return form.querySelector("[aria-invalid=true]") || form.querySelector("[autofocus]") || form.querySelector(fields) || form.querySelector("button");
  }

  // The link itself, its successor after a swap, or the menu that it has gone into.
  function again(panel, link) {
    if (!link) return null;
    const now = link.isConnected ? link : panel.querySelector(`a[href="${CSS.escape(link.getAttribute("href"))}"]`);
    const menu = now?.closest("details:not([open])");
    return menu ? menu.querySelector("summary") : now;
  }

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
    for (const menu of document.querySelectorAll("details.stf-start[open]")) {
      if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      const cancel = event.target.closest?.("form")?.querySelector("[data-cancel]");
      const menu = event.target.closest?.("details.stf-start[open]");
      if (cancel) { event.preventDefault(); cancel.click(); }
      else if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
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
