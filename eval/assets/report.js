"use strict";
// Filters the questions by words, type and kind of failure. The page reads without it.
const field = (id) => document.getElementById(id);
const questions = [...document.querySelectorAll(".question")].map((element) => ({
  element,
  text: element.querySelector("summary").textContent.toLowerCase(),
  type: element.dataset.type,
  misses: element.dataset.misses ? element.dataset.misses.split("|") : [],
}));

function passes(question) {
  const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const type = field("type").value;
  const miss = field("miss").value;
  if (type && question.type !== type) return false;
  if (miss === "any" && !question.misses.length) return false;
  if (miss === "none" && question.misses.length) return false;
  if (miss && miss !== "any" && miss !== "none" && !question.misses.includes(miss)) return false;
  return words.every((word) => question.text.includes(word));
}

function show() {
  let shown = 0;
  for (const question of questions) {
    question.element.hidden = !passes(question);
    shown += !question.element.hidden;
  }
  field("count").textContent = `${shown} of ${questions.length}`;
}

function openShown() {
  const visible = questions.filter((question) => !question.element.hidden);
  const open = visible.some((question) => !question.element.open);
  for (const question of visible) question.element.open = open;
  field("open").textContent = open ? "Close all shown" : "Open all shown";
}

for (const option of field("miss").options) {
  const kind = option.value;
  const n = questions.filter((question) => question.misses.includes(kind)).length;
  if (n) option.textContent += ` (${n})`;
  else if (kind && kind !== "any" && kind !== "none") option.disabled = true;
}
field("filters").addEventListener("input", show);
field("filters").addEventListener("submit", (event) => event.preventDefault());
field("open").addEventListener("click", openShown);
show();
