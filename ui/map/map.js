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
    let size = [0, 0], middles = [];

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
      const pen = canvas.getContext("2d");
      pen.scale(dense, dense);
      lit = new Set($$("#cards .card.cited").map((card) => card.dataset.paper));
      const radius = Math.max(1.6, Math.min(5, 90 / Math.sqrt(data.places.length))) * Math.sqrt(zoom);
      const colours = data.names.map((_, g) => colour(`--g${g}`));
      data.places.forEach((_, i) => {
        const [x, y] = at(i);
        if (x < -9 || y < -9 || x > w + 9 || y > h + 9) return;
        const g = data.groups[i];
        pen.globalAlpha = group >= 0 && g !== group ? 0.12 : lit.size && !lit.has(data.paper_ids[i]) ? 0.5 : 0.88;
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

    function open(i) {
      rag.bringUp("#groups");
      trigger(opened, { paper: data.paper_ids[i] });
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
      pen.font = "600 13px " + colour("--sans");
      pen.textAlign = "center";
      data.names.forEach((name, g) => {
        if (!middles[g] || (group >= 0 && g !== group)) return;
        const [left, y] = onCanvas(middles[g]);
        const words = name.split(", ").slice(0, 2).join(", ");
        const half = pen.measureText(words).width / 2 + 6;
        const x = Math.max(half, Math.min(left, size[0] - half));
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

    function scale(by, x, y) {
      const next = Math.max(1, Math.min(30, zoom * by));
      shift = [x - ((x - shift[0]) * next) / zoom, y - ((y - shift[1]) * next) / zoom];
      zoom = next;
      if (zoom === 1) shift = [0, 0];
      draw();
    }

    canvas.addEventListener("pointerdown", (e) => {
      drag = { x: e.clientX, y: e.clientY, shift: [...shift], moved: false };
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointermove", (e) => {
      if (!drag) return point(nearest(e.offsetX, e.offsetY, 14));
      const [dx, dy] = [e.clientX - drag.x, e.clientY - drag.y];
      if (Math.hypot(dx, dy) > 4) drag.moved = true;
      if (drag.moved && zoom > 1) {
        shift = [drag.shift[0] + dx, drag.shift[1] + dy];
        draw();
      }
    });
    canvas.addEventListener("pointerup", (e) => {
      const hit = drag && !drag.moved ? nearest(e.offsetX, e.offsetY, 14) : -1;
      drag = null;
      if (hit >= 0) open(hit);
    });
    canvas.addEventListener("pointerleave", () => point(-1));
    canvas.addEventListener("wheel", (e) => {
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
      } else if (e.key === "Enter" && here >= 0) open(here);
      else if (e.key === "+" || e.key === "=") scale(1.4, ...size.map((side) => side / 2));
      else if (e.key === "-") scale(1 / 1.4, ...size.map((side) => side / 2));
      else if (e.key === "Escape") point(-1);
    });
    document.addEventListener("click", (e) => {
      const chosen = e.target.closest('[data-event="group"], [data-event="overview"]');
      if (!chosen) return;
      group = chosen.dataset.group === undefined ? -1 : Number(chosen.dataset.group);
      draw();
    });
    const read = () => {
      data = props.value ? JSON.parse(props.value) : null;
      middles = (data?.names ?? []).map((_, g) => {
        const inside = data.places.filter((_, i) => data.groups[i] === g);
        return [0, 1].map((axis) => inside.map((place) => place[axis]).sort((a, b) => a - b)[inside.length >> 1]);
      });
      [zoom, shift, here, group] = [1, [0, 0], -1, -1];
      draw();
    };
    watch("value", read);
    read();
    new ResizeObserver(draw).observe(canvas); // also when the tab is shown
    new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] }); // light or dark
  }

  window.rag.map = map;
})();
