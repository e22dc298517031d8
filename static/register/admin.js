// Names for what Django admin's own scripts put on the page: calendars and clocks are dialogs,
// the search field of a select2 list has a label and says which list it controls.
// And what a form tells while one fills it: how many changes are not saved, which part is in sight.
(() => {
  // a list that opens belongs to the page's main part, not beside every landmark
  const main = document.getElementById("main");
  const select2 = window.django?.jQuery?.fn.select2;
  if (select2 && main) select2.defaults.set("dropdownParent", window.django.jQuery(main));

  // after Django's own, which stands before this in the queue
  window.django?.jQuery?.(() => {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const [label, box] = [select.labels?.[0], select.nextElementSibling?.querySelector("[role=combobox]")];
      if (!label || !box) continue;
      label.id ||= `${select.id}-label`;
      box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`.trim());
      box.querySelector("[role=textbox]")?.setAttribute("aria-labelledby", label.id);
    }
  });

  const form = document.querySelector(".change-form form:has(.submit-row)");
  const state = form?.querySelector("[data-reg-changes]");
  if (state) {
    const value = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.multiple ? [...field.selectedOptions].map((one) => one.value).join() : field.value);
    const fields = () => [...form.elements].filter((field) => field.name && field.type !== "hidden" && field.type !== "submit");
    const before = new Map(fields().map((field) => [field, value(field)]));
    const [shown, text] = [state.firstElementChild, state.firstElementChild.lastElementChild];
    const count = () => {
      const names = new Set(fields().filter((field) => before.get(field) !== value(field)).map((field) => field.name));
      shown.hidden = names.size === 0;
      text.textContent = names.size === 1 ? state.dataset.one : state.dataset.many.replace("#", names.size);
    };
    for (const moment of ["input", "change", "focusin"]) form.addEventListener(moment, count);
  }

  // the calendar writes 01.09.2026, the pages 1.9.2026
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches?.(".vDateField")) return;
    event.target.value = event.target.value.replace(/^0?(\d+)\.0?(\d+)\.(\d{4})$/, "$1.$2.$3");
  });

  const links = new Map([...document.querySelectorAll(".stf-form__nav a")].map((link) => [document.querySelector(link.hash), link]));
  if (links.size) {
    const inSight = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) inSight[entry.isIntersecting ? "add" : "delete"](entry.target);
      const first = [...links.keys()].find((part) => inSight.has(part));
      if (!first) return;
      for (const [part, link] of links) part === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    }, { rootMargin: "-72px 0px -50% 0px" });
    for (const part of links.keys()) if (part) watch.observe(part);
  }

  const name = (text) => (window.gettext ? window.gettext(text) : text);

  window.addEventListener("load", () => {
    for (const box of document.querySelectorAll(".calendarbox, .clockbox")) {
      box.setAttribute("role", "dialog");
      box.setAttribute("aria-label", name(box.classList.contains("clockbox") ? "Choose a Time" : "Choose a Date"));
    }
    const $ = window.django?.jQuery;
    if (!$) return;
    $(document).on("select2:open", (event) => {
      const select = event.target;
      const label = select.labels?.[0]?.textContent.trim() || select.getAttribute("aria-label") || "";
      const field = document.querySelector(".select2-container--open .select2-search__field");
      field?.setAttribute("aria-label", label);
      const list = document.querySelector(".select2-container--open .select2-results__options");
      const box = select.nextElementSibling?.querySelector("[role=combobox]");
      if (list && box) box.setAttribute("aria-controls", list.id);
      field?.focus();
    });
    $(document).on("select2:close", (event) => {
      event.target.nextElementSibling?.querySelector("[role=combobox]")?.removeAttribute("aria-controls");
    });
  });
})();
