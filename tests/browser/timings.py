"""The page as one sees it, timed in Chromium: `python -m tests.browser.timings --library DIR --questions
FILE`.

Until the page is usable, and from Enter to the first evidence and to the whole answer, without a model.
What the server alone does is timed by `python -m eval.bench.page`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from eval.bench.page import served, tell
from eval.data.questions import load_questions
from tests.browser.visit import FLAGS
from tests.conftest import find_browser

LOADS, TYPED = 5, 30
"""Pages opened, and questions typed."""
USABLE = "() => document.querySelector('#live .welcome') && document.querySelector('#box textarea')"
WATCH = """(question) => {
  const cards = document.querySelector('#cards'), live = document.querySelector('#live');
  const box = document.querySelector('#box textarea');
  window.timed = null;
  let start = null, evidence = null;
  box.addEventListener('keydown', () => { start = performance.now(); }, { once: true, capture: true });
  const look = () => {
    const asked = live.querySelector('.question')?.textContent === question;
    if (!asked || start === null) return;
    if (evidence === null && cards.querySelector('.card')) evidence = performance.now() - start;
    if (live.querySelector('.turn[aria-busy="false"]')) {
      watching.disconnect();
      const whole = performance.now() - start;
      window.timed = [evidence ?? whole, whole];
    }
  };
  const watching = new MutationObserver(look);
  watching.observe(document.body, { childList: true, subtree: true, attributes: true });
}"""
"""Notes in `window.timed` the milliseconds from Enter to the first evidence and to the whole answer."""


def main(argv: Sequence[str] | None = None) -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m tests.browser.timings", description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True, help="JSON lines, as rag eval takes them")
    args = parser.parse_args(argv)
    questions = [q.question for q in load_questions(args.questions).questions if not q.history]
    with served(args.library) as page, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        usable = []
        for _ in range(LOADS):
            opened = browser.new_context().new_page()
            start = time.perf_counter()
            opened.goto(page.address, wait_until="commit")
            opened.wait_for_function(USABLE)
            usable.append(1000 * (time.perf_counter() - start))
            opened.context.close()
        tell("page usable, new visitor", usable)
        opened = browser.new_context().new_page()
        opened.goto(page.address)
        opened.wait_for_function(USABLE)
        first, whole = list[float](), list[float]()
        for question in questions[:TYPED]:
            opened.fill("#box textarea", question)
            opened.evaluate(WATCH, question)
            opened.press("#box textarea", "Enter")
            opened.wait_for_function("() => window.timed")
            evidence_ms, answer_ms = opened.evaluate("() => window.timed")
            first.append(evidence_ms)
            whole.append(answer_ms)
        tell("Enter to first evidence", first)
        tell("Enter to whole answer", whole)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
