/* The map's canvas: points that are moved and zoomed, with a tip for the one pointed at. What lies where
   comes from ui/map/paper_map.py as JSON; the papers lit are those that the evidence panel shows as cited. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  function map(element, props, watch, trigger, opened) {
    const canvas = $("canvas", element);
    const note = Object.assign(document.createElement("div"), { id: "map-tip", hidden: true });
    note.setAttribute("role", "status");
    const key = Object.assign(document.createElement("div"), { id: "map-lit", hidden: true });
    key.append(document.createElement("i"), "cited in the answer");
    element.append(note, key);
    let data = null, zoom = 1, shift = [0, 0], group = -1, here = -1, drag = null, lit = new Set();
    let size = [0, 0], middles = [], years = [-Infinity, Infinity];
    const fingers = new Map(); // pointers on the canvas, by id
    const tools = Object.assign(document.createElement("div"), { id: "map-zoom" });
    for (const [words, drawn, act] of [
      ["Zoom in", "+", () => scale(1.5, size[0] / 2, size[1] / 2)],
      ["Zoom out", "−", () => scale(1 / 1.5, size[0] / 2, size[1] / 2)],
      ["Show the whole map", "Reset", () => reset()],
    ]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: drawn, onclick: act });
      button.setAttribute("aria-label", words);
      button.title = words;
      tools.append(button);
    }
    element.append(tools);
    const inYears = (i) => {
      const year = data.years[i];
      return years[0] === -Infinity && years[1] === Infinity ? true : Boolean(year) && year >= years[0] && year <= years[1];
    };

    const onCanvas = ([x, y]) => [
      (x * 0.92 + 0.04) * size[0] * zoom + shift[0],
      (y * 0.9 + 0.05) * size[1] * zoom + shift[1],
    ];
    const at = (i) => onCanvas(data.places[i]);
    const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

    function draw() {
      const [w, h] = (size = [canvas.clientWidth, canvas.clientHeight]);
      if (!data || !w) return;
      const dense = devicePixelRatio || 1;
      Object.assign(canvas, { width: w * dense, height: h * dense });
      canvas.dataset.view = [zoom, ...shift].map((part) => Number(part.toFixed(2))).join(" ");
      const pen = canvas.getContext("2d");
      pen.scale(dense, dense);
      lit = new Set($$("#cards .card.cited").map((card) => card.dataset.paper));
      const radius = Math.max(1.6, Math.min(5, 90 / Math.sqrt(data.places.length))) * Math.sqrt(zoom);
      const colours = data.names.map((_, g) => colour(`--g${g}`));
      data.places.forEach((_, i) => {
        const [x, y] = at(i);
        if (x < -9 || y < -9 || x > w + 9 || y > h + 9) return;
        const g = data.groups[i];
        pen.globalAlpha = (group >= 0 && g !== group) || !inYears(i) ? 0.12 : lit.size && !lit.has(data.paper_ids[i]) ? 0.5 : 0.88;
        pen.fillStyle = colours[g];
        pen.beginPath();
        pen.arc(x, y, i === here ? radius + 2 : radius, 0, 7);
        pen.fill();
      });
      pen.globalAlpha = 1;
      data.paper_ids.forEach((id, i) => (lit.has(id) || i === here) && ring(pen, at(i), radius, i === here));
      key.hidden = !data.paper_ids.some((id) => lit.has(id));
      names(pen);
    }

    function open(i, byKey = false) {
      rag.bringUp("#groups", null, byKey);
      trigger(opened, { paper: data.paper_ids[i], region: "groups" });
    }

    function ring(pen, [x, y], radius, pointed) {
      pen.strokeStyle = colour(pointed ? "--ink" : "--accent");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(x, y, radius + 4, 0, 7);
      pen.stroke();
      if (pointed) return;
      pen.fillStyle = colour("--lamp");
      pen.beginPath();
      pen.arc(x, y, radius + 1, 0, 7);
      pen.fill();
    }

    // A group's name stands at its middle; one that would cover another is left out.
    function names(pen) {
      const taken = [];
      const dots = data.paper_ids.map((id, i) => (lit.has(id) ? at(i) : null)).filter(Boolean);
      pen.font = "600 13px " + colour("--sans");
      pen.textAlign = "center";
      data.names.forEach((name, g) => {
        if (!middles[g] || (group >= 0 && g !== group)) return;
        const [left, middle] = onCanvas(middles[g]);
        if (left < 0 || middle < 0 || left > size[0] || middle > size[1]) return;
        const words = name.split(", ").slice(0, 2).join(", ");
        const half = pen.measureText(words).width / 2 + 6;
        const x = Math.max(half, Math.min(left, size[0] - half));
        // Off the cited dots, if there is room a little higher or lower.
        const free = (y) => !dots.some(([dx, dy]) => Math.abs(dx - x) < half + 8 && Math.abs(dy - y + 4) < 18);
        const y = [0, -26, 26, -52, 52].map((by) => middle + by).find(free) ?? middle;
        if (taken.some((other) => Math.abs(other[0] - x) < other[2] + half && Math.abs(other[1] - y) < 20)) return;
        taken.push([x, y, half]);
        pen.lineWidth = 4;
        pen.lineJoin = "round";
        pen.strokeStyle = colour("--paper");
        pen.strokeText(words, x, y);
        pen.fillStyle = colour("--ink");
        pen.fillText(words, x, y);
      });
    }

    function point(i) {
      if (i === here) return;
      here = i;
      note.hidden = i < 0;
      canvas.style.cursor = i < 0 ? "grab" : "pointer";
      if (i >= 0) {
        const [x, y] = at(i);
        note.textContent = data.titles[i];
        note.append(Object.assign(document.createElement("small"), { textContent: data.years[i] || "" }));
        note.style.left = `${Math.max(8, Math.min(x + 12, size[0] - note.offsetWidth - 8))}px`;
        note.style.top = `${y + note.offsetHeight + 24 > size[1] ? y - note.offsetHeight - 12 : y + 12}px`;
      }
      draw();
    }

    // The nearest point within `reach` of (x, y), among those that `admits` lets pass; -1 if none.
    function nearest(x, y, reach, admits = () => true) {
      let best = -1, least = reach * reach;
      data?.places.forEach((_, i) => {
        const [px, py] = at(i);
        const gap = (px - x) ** 2 + (py - y) ** 2;
        if (gap < least && admits(px - x, py - y, i)) [best, least] = [i, gap];
      });
      return best;
    }

    // The drawing always covers the canvas, so that no gesture can leave it blank.
    const clamp = () => (shift = shift.map((by, axis) => Math.min(0, Math.max(size[axis] * (1 - zoom), by))));

    function scale(by, x, y) {
      const next = Math.max(1, Math.min(30, zoom * by));
      shift = [x - ((x - shift[0]) * next) / zoom, y - ((y - shift[1]) * next) / zoom];
      zoom = next;
      clamp();
      canvas.style.touchAction = zoom > 1 ? "none" : "pan-x pan-y"; // whole, it lets a finger scroll the page
      draw();
    }

    function reset() {
      [zoom, shift] = [1, [0, 0]];
      scale(1, 0, 0);
    }

    function frame(e) {
      const [x, y] = [Math.min(drag.at[0], e.offsetX), Math.min(drag.at[1], e.offsetY)];
      const [w, h] = [Math.abs(e.offsetX - drag.at[0]), Math.abs(e.offsetY - drag.at[1])];
      draw();
      const pen = canvas.getContext("2d");
      pen.strokeStyle = colour("--accent");
      pen.setLineDash([5, 4]);
      pen.lineWidth = 1.5;
      pen.strokeRect(x, y, w, h);
      return data.paper_ids.filter((_, i) => {
        const [px, py] = at(i);
        return px >= x && px <= x + w && py >= y && py <= y + h && inYears(i);
      });
    }

    const spread = () => {
      const [a, b] = [...fingers.values()];
      return { apart: Math.hypot(a[0] - b[0], a[1] - b[1]) || 1, at: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
    };

    canvas.addEventListener("pointerdown", (e) => {
      fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
      if (fingers.size === 2) return (drag = { pinch: spread(), moved: true });
      drag = { x: e.clientX, y: e.clientY, at: [e.offsetX, e.offsetY], shift: [...shift], moved: false, frames: e.shiftKey };
      if (e.pointerType === "mouse" || zoom > 1) canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointermove", (e) => {
      if (fingers.has(e.pointerId)) fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
      if (!drag) return point(nearest(e.offsetX, e.offsetY, 14));
      if (drag.pinch) {
        if (fingers.size < 2) return;
        const now = spread();
        scale(now.apart / drag.pinch.apart, ...now.at);
        drag.pinch = now;
        return;
      }
      const [dx, dy] = [e.clientX - drag.x, e.clientY - drag.y];
      if (Math.hypot(dx, dy) > 4) drag.moved = true;
      if (!drag.moved) return;
      if (drag.frames) frame(e);
      else if (zoom > 1) {
        shift = [drag.shift[0] + dx, drag.shift[1] + dy];
        clamp();
        draw();
      }
    });
    const lift = (e) => {
      fingers.delete(e.pointerId);
      const was = drag;
      if (!fingers.size || !was?.pinch) drag = null;
      return was;
    };
    canvas.addEventListener("pointerup", (e) => {
      const framed = drag?.frames && drag.moved ? frame(e) : [];
      const was = lift(e);
      if (framed.length) {
        rag.raise("groups", "picked", { papers: framed });
        return draw();
      }
      const hit = was && !was.moved ? nearest(e.offsetX, e.offsetY, e.pointerType === "touch" ? 24 : 14) : -1;
      if (hit >= 0) open(hit);
    });
    canvas.addEventListener("pointercancel", lift); // the browser scrolls the page with this finger
    canvas.addEventListener("pointerleave", () => point(-1));
    canvas.addEventListener("wheel", (e) => {
      // Whole, it lets the wheel scroll the page; zoomed, or with Ctrl, the wheel zooms.
      if (e.deltaY > 0 && zoom === 1) return;
      e.preventDefault();
      scale(Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY);
    }, { passive: false });
    canvas.addEventListener("keydown", (e) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      if (way && data) {
        e.preventDefault();
        const [x, y] = here < 0 ? size.map((side) => side / 2) : at(here);
        const ahead = (dx, dy, i) => i !== here && dx * way[0] + dy * way[1] > 0.5 * Math.hypot(dx, dy);
        const next = nearest(x, y, 1e5, here < 0 ? undefined : ahead);
        if (next >= 0) point(next);
      } else if (e.key === "Enter" && here >= 0) open(here, true);
      else if (e.key === "+" || e.key === "=") scale(1.4, ...size.map((side) => side / 2));
      else if (e.key === "-") scale(1 / 1.4, ...size.map((side) => side / 2));
      else if (e.key === "0") reset();
      else if (e.key === "Escape") point(-1);
    });
    document.addEventListener("click", (e) => {
      const chosen = e.target.closest('[data-event="group"], [data-event="overview"]');
      if (!chosen) return;
      group = chosen.dataset.group === undefined ? -1 : Number(chosen.dataset.group);
      if (chosen.dataset.event === "overview") years = [-Infinity, Infinity]; // as its sliders then stand
      draw();
    });
    document.addEventListener("input", (e) => {
      if (!e.target.matches("[data-brush]")) return;
      const [from, to] = $$("[data-brush]").map((slider) => Number(slider.value));
      e.target.nextElementSibling.textContent = e.target.value;
      const whole = from <= Number(e.target.min) && to >= Number(e.target.max);
      years = whole ? [-Infinity, Infinity] : [Math.min(from, to), Math.max(from, to)];
      draw();
    });
    const read = () => {
      data = props.value ? JSON.parse(props.value) : null;
      middles = (data?.names ?? []).map((_, g) => {
        const inside = data.places.filter((_, i) => data.groups[i] === g);
        return [0, 1].map((axis) => inside.map((place) => place[axis]).sort((a, b) => a - b)[inside.length >> 1]);
      });
      [zoom, shift, here, group, years] = [1, [0, 0], -1, -1, [-Infinity, Infinity]];
      draw();
    };
    watch("value", read);
    read();
    new ResizeObserver(() => (canvas.clientWidth && scale(1, 0, 0), draw())).observe(canvas); // also when the tab is shown
    new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] }); // light or dark
  }

  window.rag.map = map;
})();
