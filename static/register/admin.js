// Names for what Django admin's own scripts put on the page: calendars and clocks are dialogs,
// the search field of a select2 list has a label and says which list it controls.
(() => {
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
