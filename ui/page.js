/* What the page does by itself: events from rendered controls, lighting evidence, tips, menus, keys.
   Everything else is asked of the server; the map's canvas is map.js's. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const narrow = () => matchMedia("(max-width: 860px)").matches;
  const sheet = (open) => document.documentElement.classList.toggle("sheet-open", open && narrow());
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const raisers = {}; // what raises an event of a region, by the region's id
  let wanted = null; // evidence to light once the server has sent its turn's cards

  // --- Events: a control names its event in data-event, its region raises it ------------------------
  function bind(element, trigger, region, names) {
    raisers[region] = trigger;
    rag.keepFocus(element);
    const raise = (control, extra = {}, byKey = false) => {
      const { event, ...data } = control.dataset;
      if (!names.includes(event)) return;
      if (event === "older") keepPastOpen();
      else closeMenus();
      if (event === "weigh" && !$("#box textarea").value.trim()) return $("#box textarea").focus();
      if (event === "star" && control.hasAttribute("aria-pressed")) data.on = star(data.paper, control);
      if (event === "open" || event === "group") bringUp(element.closest("#groups") ? "#groups" : "#paper", control, byKey);
      // Where there is a keyboard the next word goes to the box; a touch screen would bring its own up.
      if ((event === "submit" || event === "edit") && matchMedia("(pointer: fine)").matches)
        requestAnimationFrame(() => $("#box textarea")?.focus());
      trigger(event, { ...data, ...extra, region });
    };
    element.addEventListener("click", (e) => {
      const cite = e.target.closest("button.cite");
      if (cite) return showEvidence(trigger, cite.dataset.turn, { n: cite.dataset.n, focus: e.detail === 0 });
      const control = e.target.closest("button[data-event]");
      if (!control) return;
      if (control.dataset.event === "show")
        return showEvidence(trigger, control.dataset.turn, { paper: control.dataset.paper, focus: e.detail === 0 });
      raise(control, {}, e.detail === 0);
    });
    let typing = 0;
    element.addEventListener("submit", (e) => {
      e.preventDefault();
      clearTimeout(typing); // what was typed is asked for now, and not once more
      const fields = new FormData(e.target);
      const values = (name) => (fields.getAll(name).length > 1 ? fields.getAll(name) : fields.get(name));
      raise(e.target, Object.fromEntries([...fields.keys()].map((name) => [name, values(name)])));
      if (e.target.matches(".chips form")) e.target.reset();
    });
    element.addEventListener("input", (e) => {
      if (!e.target.matches(".find input")) return;
      clearTimeout(typing);
      typing = setTimeout(() => trigger("find", { words: e.target.value }), 150);
    });
    element.addEventListener("change", (e) => {
      if (e.target.matches("input[data-event], select[data-event]")) raise(e.target, { value: e.target.value, checked: e.target.checked });
    });
  }

  // An event that no control raises: the page came back, say.
  const raise = (region, event, data = {}) => raisers[region]?.(event, data);

  // A paper's star is turned wherever it stands: in its row, on its card, in its panel.
  function star(paper, control) {
    const on = control.getAttribute("aria-pressed") !== "true";
    for (const each of $$(`[data-event=star][data-paper="${CSS.escape(paper)}"]`)) each.setAttribute("aria-pressed", on);
    return on;
  }

  // A paper or a group was opened: its row is marked, where its panel stands below, it is scrolled to, and
  // where it was opened by key, the focus goes to its title.
  function bringUp(panel, control, byKey) {
    const row = control?.closest("tr");
    if (row) {
      $$("tr.here").forEach((other) => other.classList.remove("here"));
      row.classList.add("here");
    }
    if (!narrow() && !byKey) return;
    const before = $("h2[tabindex]", $(panel));
    // It is filled in several steps.
    const filled = new MutationObserver(() => {
      if (narrow()) $(panel).scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
      const title = $("h2[tabindex]", $(panel));
      if (byKey && title && title !== before) title.focus({ preventScroll: narrow() });
    });
    filled.observe($(panel), { childList: true, subtree: true });
    setTimeout(() => filled.disconnect(), 1500);
  }

  // --- Evidence -------------------------------------------------------------------------------------
  function showEvidence(trigger, turn, target) {
    sheet(true);
    if ($("#cards .cards")?.dataset.turn === turn) return light(target);
    wanted = { turn, target };
    trigger("show", { turn });
  }

  function light({ n, paper, focus }) {
    const panel = $("#cards");
    const mark = n && $(`mark[data-n~="${CSS.escape(n)}"]`, panel);
    const card = mark ? mark.closest(".card") : $(`.card[data-paper="${CSS.escape(paper ?? "")}"]`, panel);
    if (!card) return;
    card.open = true;
    $$(".lit", panel).forEach((lit) => lit.classList.remove("lit"));
    (mark || card).classList.add("lit");
    if (focus) $("summary", card).focus({ preventScroll: true });
    // Only the panel moves: the sentence a third of the way down, its card's title in sight if it can be.
    const scroller = $("#evidence");
    const top = (node) => node.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
    const place = Math.max(0, Math.min(top(card) - 64, top(mark || card) - 64));
    const reach = top(mark || card) + 120 - scroller.clientHeight;
    scroller.scrollTo({ top: Math.max(place, reach), behavior: calm() ? "auto" : "smooth" });
  }

  function showSentence(id, focus) {
    const sentence = document.getElementById(id);
    if (!sentence) return;
    sheet(false);
    if (focus) $("button.cite", sentence)?.focus({ preventScroll: true });
    const thread = $("#thread");
    const top = sentence.getBoundingClientRect().top - thread.getBoundingClientRect().top + thread.scrollTop;
    thread.scrollTo({ top: top - 120, behavior: calm() ? "auto" : "smooth" });
    sentence.classList.remove("seen");
    void sentence.offsetWidth; // so that the animation runs again
    sentence.classList.add("seen");
  }

  // A new question leaves the box for the top of the conversation, and its answer grows below it: nothing
  // jumps. While it is made the box offers to stop it, and the bar is out of reach.
  function followThread() {
    let newest = "";
    new MutationObserver(() => {
      const turn = $("#live .turn");
      const asked = turn ? `${turn.dataset.turn} ${$(".question", turn).textContent}` : "";
      const busy = Boolean($(".turn[aria-busy=true]", $("#thread")));
      $("#composer").classList.toggle("busy", busy);
      if (asked && asked !== newest) {
        rag.leaveBox?.($(".question", turn).textContent);
        const thread = $("#thread");
        thread.scrollTo({ top: thread.scrollHeight, behavior: busy && !calm() ? "smooth" : "auto" });
        $("#evidence").scrollTo({ top: 0 });
      }
      newest = asked;
    }).observe($("#live"), { childList: true, subtree: true, attributeFilter: ["data-turn", "aria-busy"] });
    new MutationObserver(() => {
      if (wanted && $("#cards .cards")?.dataset.turn === wanted.turn) {
        light(wanted.target);
        wanted = null;
      }
    }).observe($("#cards"), { childList: true, subtree: true, attributeFilter: ["data-turn"] });
  }

  // --- Tips, menus, keys, theme -----------------------------------------------------------------------
  let tipped = null; // the control whose tip is shown
  function tip(control) {
    tipped = control;
    let box = $("#tip");
    if (!box) {
      box = Object.assign(document.createElement("div"), { id: "tip" });
      box.setAttribute("role", "tooltip");
      ($(".gradio-container") || document.body).append(box);
    }
    box.hidden = !control;
    if (!control) return;
    box.textContent = control.dataset.tip;
    const at = control.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8));
    const above = at.bottom + box.offsetHeight + 12 > innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${above ? at.top - box.offsetHeight - 6 : at.bottom + 6}px`;
  }

  // Copied, and said so where the reader looks.
  async function copy(text, control) {
    try {
      await (navigator.clipboard ? navigator.clipboard.writeText(text) : copyFromField(text, control));
      control.dataset.tip = "Copied";
    } catch {
      control.dataset.tip = "This browser did not allow copying";
    }
    tip(control);
    setTimeout(() => (tip(null), delete control.dataset.tip), 1500);
  }

  // Where the page comes over plain HTTP from another machine, browsers have no clipboard for it.
  function copyFromField(text, control) {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    control.after(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    control.focus({ preventScroll: true });
    if (!copied) throw new Error("not copied");
  }

  function closeMenus(except) {
    $$("details.menu[open]").forEach((menu) => menu !== except && (menu.open = false));
  }

  // The chips are drawn anew when a setting changes, also by what a question says: a menu that is open by then
  // stays open, with what was typed in it. One that its reader closed, or sent, is closed.
  function keepMenu() {
    const chips = $("#chips");
    let open = null;
    const note = () => {
      const menu = $("details.menu[open]", chips);
      open = menu && { text: $("[name=text]", menu).value, name: $("[name=name]", menu).value, focus: document.activeElement?.name };
    };
    for (const each of ["input", "toggle", "focusin"]) chips.addEventListener(each, note, true);
    new MutationObserver(() => {
      const menu = $("details.menu", chips);
      if (!open || !menu || menu.open) return;
      const { text, name, focus } = open;
      menu.open = true;
      $("[name=text]", menu).value = text;
      $("[name=name]", menu).value = name;
      if (focus) $(`[name="${focus}"]`, menu)?.focus();
    }).observe(chips, { childList: true, subtree: true });
  }

  // All past conversations were asked for: the list that comes stands open, at its first new one.
  function keepPastOpen() {
    const n = $$("#bar .past").length;
    const listed = new MutationObserver(() => {
      if ($$("#bar .past").length <= n) return;
      listed.disconnect();
      $("#bar details.menu").open = true;
      $$("#bar .past")[n].focus();
    });
    listed.observe($("#bar"), { childList: true, subtree: true });
    setTimeout(() => listed.disconnect(), 5000);
  }

  function dark(on) {
    document.body.classList.toggle("dark", on);
    document.documentElement.style.colorScheme = on ? "dark" : "light";
  }

  // A menu opens upwards where it would be cut off below.
  document.addEventListener("toggle", (e) => {
    const menu = e.target;
    if (!menu.matches?.("details.menu")) return;
    menu.classList.remove("up");
    const end = menu.closest("#thread")?.getBoundingClientRect().bottom ?? innerHeight;
    if (menu.open) menu.classList.toggle("up", $(".sheet", menu).getBoundingClientRect().bottom > end);
  }, true);
  document.addEventListener("click", (e) => {
    closeMenus(e.target.closest("details.menu"));
    const back = e.target.closest("button.back, mark[data-sentence]");
    if (back) showSentence(back.dataset.sentence, e.detail === 0);
    const goto = e.target.closest("[data-goto]");
    if (goto) $$('#tabs [role="tab"]').find((tab) => tab.textContent.trim() === goto.dataset.goto)?.click();
    const copied = e.target.closest("[data-copy]");
    if (copied) copy(copied.dataset.copy, copied);
    if (e.target.closest("[data-copy-link]")) copy(location.href, e.target.closest("[data-copy-link]"));
    if (e.target.closest("[data-open-sheet]")) sheet(true);
    if (e.target.closest("[data-close-sheet]")) sheet(false);
    if (e.target.closest("[data-theme-toggle]")) {
      const on = !document.body.classList.contains("dark");
      dark(on);
      localStorage.setItem("rag-theme", on ? "dark" : "light");
    }
  });
  // A control that was redrawn while it was pointed at tells nobody that it is left.
  document.addEventListener("mouseover", () => tipped && !tipped.isConnected && tip(null));
  for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(enter, (e) => e.target.closest?.("[data-tip]") && tip(e.target.closest("[data-tip]")));
    document.addEventListener(leave, (e) => e.target.closest?.("[data-tip]") && tip(null));
  }
  document.addEventListener("keydown", (e) => {
    if ((e.key === "Enter" || e.key === " ") && e.target.matches?.("mark[data-sentence]")) {
      e.preventDefault();
      showSentence(e.target.dataset.sentence, true);
    }
    if (e.key !== "Escape") return;
    tip(null);
    const menu = $("details.menu[open]");
    if (menu) {
      menu.open = false;
      return $("summary", menu).focus();
    }
    if (document.documentElement.classList.contains("sheet-open")) return sheet(false);
    $("#composer.busy .stop-button")?.click();
  });

  function download(file) {
    if (!file) return;
    const url = URL.createObjectURL(new Blob([file.text], { type: "text/plain;charset=utf-8" }));
    Object.assign(document.createElement("a"), { href: url, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  const readied = [];
  function whenReady() {
    if (!$("#live") || !$("#cards")) return setTimeout(whenReady, 30);
    const chosen = localStorage.getItem("rag-theme");
    if (chosen) dark(chosen === "dark");
    else document.documentElement.style.colorScheme = document.body.classList.contains("dark") ? "dark" : "light";
    followThread();
    keepMenu();
    const thread = $("#thread");
    const gutter = () => document.documentElement.style.setProperty("--gutter", `${(thread.offsetWidth - thread.clientWidth) / 2}px`);
    new ResizeObserver(gutter).observe(thread);
    for (const [id, role, name] of [["header", "banner"], ["talk", "main", "Conversation"],
      ["evidence", "complementary", "Evidence"], ["list", "main", "Papers"], ["detail", "complementary", "Paper"],
      ["picture", "main", "Map of the papers"], ["map-side", "complementary", "Groups"]]) {
      const part = document.getElementById(id);
      part?.setAttribute("role", role);
      if (name) part?.setAttribute("aria-label", name);
    }
    $("#box .submit-button")?.setAttribute("aria-label", "Send the question");
    $("#box .stop-button")?.setAttribute("aria-label", "Stop the answer");
    readied.forEach((then) => then());
  }
  whenReady();

  Object.assign(window.rag, { bind, bringUp, download, raise, whenReady: (then) => readied.push(then) });
})();
