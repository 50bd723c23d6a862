/* Where the focus stays when a region of the page is drawn anew. */
(() => {
  "use strict";

  // A region is drawn anew as a whole: the control that had the focus has it again, with what was typed in it
  // and its menu open, or the one in its place has it.
  function keepFocus(region) {
    let held = null, place = 0, sent = false;
    const controls = () => [...region.querySelectorAll("button, input, select, summary, a[href]")];
    const seen = (each) => each.offsetParent !== null;
    const named = (each) => JSON.stringify([each.tagName, each.name, each.getAttribute("aria-label"), { ...each.dataset }]);
    const worded = (each) => JSON.stringify([each.tagName, each.dataset.event, each.textContent]);
    region.addEventListener("focusin", (e) => ([held, place, sent] = [e.target, controls().filter(seen).indexOf(e.target), false]));
    region.addEventListener("submit", () => (sent = true));
    region.addEventListener("focusout", () => setTimeout(() => {
      if (held?.isConnected && held !== document.activeElement) held = null; // it was left, not redrawn
    }));
    new MutationObserver(() => {
      if (!held || held.isConnected || document.activeElement !== document.body) return;
      const all = controls(), old = held;
      const again = all.find((each) => named(each) === named(old) && worded(each) === worded(old))
        ?? all.find((each) => named(each) === named(old)) ?? all.find((each) => worded(each) === worded(old));
      if (again && !sent) {
        if (old.closest("details")?.open) again.closest("details").open = true;
        if (again.matches("input:not([type=checkbox])")) again.value = old.value;
      }
      const there = all.filter(seen);
      const inPlace = again?.closest("details")?.querySelector("summary") ?? there[Math.min(Math.max(place, 0), there.length - 1)];
      (again && seen(again) ? again : inPlace)?.focus({ preventScroll: true });
    }).observe(region, { childList: true, subtree: true });
  }

  window.rag = { keepFocus };
})();
