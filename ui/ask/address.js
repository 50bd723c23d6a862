/* Where the page is: its address names the conversation and the tab, so that back, forward, a reload, a
   bookmark and a copied link lead there. And what it does when it was away: look again. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const KEY = "rag-settings", DRAFT = "rag-draft", RELOADED = "rag-reloaded";
  const tabs = () => $$('#tabs [role="tab"]');
  const nameOf = (tab) => tab.textContent.trim().toLowerCase();
  const here = () => Object.fromEntries(new URLSearchParams(location.search));

  // What the server is told when the page is opened: the address, and how this window last asked.
  function arrival() {
    let settings = null;
    try {
      settings = JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      sessionStorage.removeItem(KEY);
    }
    return { c: here().c ?? "", settings };
  }

  function go(changes, replace = false) {
    const next = { ...here(), ...changes };
    if (next.tab === "ask") next.tab = "";
    const query = new URLSearchParams(Object.entries(next).filter(([, value]) => value)).toString();
    if (query === new URLSearchParams(location.search).toString()) return;
    history[replace ? "replaceState" : "pushState"](null, "", query ? `?${query}` : location.pathname);
  }

  function showTab() {
    const wanted = here().tab || "ask";
    const tab = tabs().find((each) => nameOf(each) === wanted);
    if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
  }

  function followAddress() {
    let greeted = false, shown = null;
    const name = document.title;
    const bar = () => $("#bar .bar");
    new MutationObserver(() => {
      if (bar()?.dataset.forgotten !== undefined) return loadAgain();
      if (!bar() || bar().dataset.conversation === shown) return;
      shown = bar().dataset.conversation;
      // An address that names a conversation which is not there any more is put right, not gone back to.
      go({ c: shown }, !greeted);
      document.title = [$("#bar .past.here span")?.textContent, name].filter(Boolean).join(" · ");
      greeted = true;
    }).observe($("#bar"), { childList: true, subtree: true, attributeFilter: ["data-conversation"] });
    new MutationObserver(() => {
      const settings = $("#chips .chips")?.dataset.settings;
      if (settings && greeted) sessionStorage.setItem(KEY, settings);
    }).observe($("#chips"), { childList: true, subtree: true, attributeFilter: ["data-settings"] });
    addEventListener("popstate", () => {
      const wanted = here().c ?? "";
      if (bar() && bar().dataset.conversation !== wanted)
        rag.raise("bar", wanted ? "reopen" : "new", wanted ? { id: wanted } : {});
      showTab();
    });
    $("#tabs").addEventListener("click", (e) => {
      const tab = e.target.closest('[role="tab"]');
      if (tab) go({ tab: nameOf(tab) });
    });
    showTab();
  }

  // The server was started anew, or has let go of this page: its address has the way back. Not twice at once.
  function loadAgain() {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < 10000) return;
    sessionStorage.setItem(RELOADED, Date.now());
    location.reload();
  }

  // A question that is being typed outlives a reload, and that another one is edited or asked meanwhile.
  function keepDraft() {
    const box = $("#box textarea");
    if (!box) return setTimeout(keepDraft, 50);
    const isEditing = () => Boolean($("#editing .editing"));
    const fill = (text) => {
      box.value = text;
      box.dispatchEvent(new Event("input", { bubbles: true })); // or Gradio would not know
    };
    const words = (text) => text.trim().split(/\s+/).join(" ");
    $("#box").addEventListener("input", (e) => isEditing() || sessionStorage.setItem(DRAFT, e.target.value));
    // What was asked leaves the box to the draft, if it is not the draft itself.
    rag.leaveBox = (question) => {
      if (words(box.value) !== words(question)) return;
      const draft = sessionStorage.getItem(DRAFT) ?? "";
      fill(words(draft) === words(question) ? "" : draft);
    };
    let edited = false;
    new MutationObserver(() => {
      const draft = sessionStorage.getItem(DRAFT);
      if (edited && !isEditing() && draft && !box.value) fill(draft);
      edited = isEditing();
    }).observe($("#editing"), { childList: true, subtree: true });
    if (sessionStorage.getItem(DRAFT) && !box.value) fill(sessionStorage.getItem(DRAFT));
  }

  // An answer is made whether or not a page looks at it. Where nothing has been heard of one for a while the
  // page asks anew: its connection may have been cut, or the answer begun in another window.
  function lookAgain() {
    let heard = Date.now(), wait = 2000, hidden = 0;
    const busy = () => $('#thread .turn[aria-busy="true"]');
    new MutationObserver(() => ((heard = Date.now()), (wait = busy() ? wait : 2000)))
      .observe($("#live"), { childList: true, subtree: true, characterData: true });
    // Next questions come a moment after their answer.
    let answering = false;
    new MutationObserver(() => {
      if (answering && !busy()) setTimeout(() => busy() || rag.raise("live", "sync"), 1200);
      answering = Boolean(busy());
    }).observe($("#live"), { childList: true, subtree: true, attributeFilter: ["aria-busy"] });
    setInterval(() => {
      if (!busy() || document.hidden || !navigator.onLine || Date.now() - heard < wait) return;
      heard = Date.now();
      wait = Math.min(2 * wait, 30000);
      rag.raise("live", "follow");
    }, 500);
    addEventListener("online", () => ((wait = 2000), rag.raise("live", busy() ? "follow" : "sync")));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) hidden = Date.now();
      else if (Date.now() - hidden > 500) rag.raise("live", busy() ? "follow" : "sync");
    });
  }

  rag.arrival = arrival;
  rag.whenReady(() => {
    followAddress();
    keepDraft();
    lookAgain();
  });
})();
