"""`python -m eval.parts context`: what a model is shown, in tokens, beside what of the answer is in it.

Two parts: how many papers are shown (rules), and how much of them (compression). A fact is kept where its
pattern is found in what is shown of a gold paper; facts that no gold paper's abstract holds are not counted.
Evidence is kept where half of a gold quote is shown. No model is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from eval.measures.bootstrap import estimate_mean
from eval.parts.readings import QuestionReading, read_set
from eval.parts.sets import QuestionSet, shown_difference, shown_mean, table
from rag.answering.attempts import before_drop
from rag.answering.context import Context, pack_context, worth_showing
from rag.llm.token_count import TokenCounter
from rag.records import RankedPaper

SHARES = (1.0, 0.75, 0.5, 0.35)
WINDOW = 20_000
"""Tokens: more than any context here has, so that nothing is cut for want of room."""
COVERED = 0.5
"""Share of a gold quote's characters that counts as shown."""

Chosen = Callable[[Sequence[RankedPaper]], Sequence[RankedPaper]]


def first(n: int) -> Chosen:
    return lambda papers: papers[:n]


RULES: dict[str, Chosen] = {
    "all twelve": lambda papers: papers,
    "near the best (`share`, shipped)": lambda papers: list(worth_showing(papers)),
    "before the scores drop (`drop`)": before_drop,
    "the first five": first(5),
    "the first": first(1),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """Of one question: the context's tokens and papers, and the shares of facts and gold quotes in it."""

    n_tokens: int
    n_papers: int
    facts: float | None
    quotes: float | None


def measure(sets: list[QuestionSet]) -> str:
    """Two tables for each set."""
    return "\n\n".join(f"{_rules(each)}\n\n{_shares(each)}" for each in sets)


def _rules(questions: QuestionSet) -> str:
    whole = _kept(questions, lambda papers: papers, 1.0)
    rows = [_row(name, _kept(questions, rule, 1.0), whole) for name, rule in RULES.items()]
    return f"{questions.name}: papers shown\n\n{table(('papers', *HEAD), rows)}"


def _shares(questions: QuestionSet) -> str:
    whole = _kept(questions, RULES["near the best (`share`, shipped)"], 1.0)
    rows = [
        _row(f"{share:.0%}", _kept(questions, RULES["near the best (`share`, shipped)"], share), whole)
        for share in SHARES
    ]
    return f"{questions.name}: share of the tokens shown\n\n{table(('share', *HEAD), rows)}"


HEAD = (
    "n", "papers", "tokens", "of all", "facts kept", "facts, change (95%)", "quotes kept", "n with quotes",
)  # fmt: skip


def _row(name: str, kept: Sequence[Kept], whole: Sequence[Kept]) -> list[object]:
    pairs = [(a.facts, b.facts) for a, b in zip(kept, whole, strict=True)]
    facts = [(a, b) for a, b in pairs if a is not None and b is not None]
    quotes = [each.quotes for each in kept if each.quotes is not None]
    n_tokens, all_tokens = (fmean(each.n_tokens for each in side) for side in (kept, whole))
    return [
        name,
        len(facts),
        f"{fmean(each.n_papers for each in kept):.1f}",
        round(n_tokens),
        f"{n_tokens / all_tokens:.2f}",
        shown_mean(estimate_mean([a for a, _ in facts])) if facts else "–",
        shown_difference([a for a, _ in facts], [b for _, b in facts]) if facts else "–",
        f"{fmean(quotes):.3f}" if quotes else "–",
        len(quotes),
    ]


def _kept(questions: QuestionSet, rule: Chosen, share: float) -> list[Kept]:
    counter = TokenCounter.for_model("gpt-4o")
    found = []
    for reading in read_set(questions):
        context = pack_context(rule(reading.papers), WINDOW, counter.count, share=share, cut=False)
        found.append(_of_context(reading, context, questions))
    return found


def _of_context(reading: QuestionReading, context: Context, questions: QuestionSet) -> Kept:
    gold = reading.gold
    ids = {name: questions.gold.ids.get(name, name) for name in gold.gold}
    papers = [questions.gold.papers[paper_id] for paper_id in ids.values()]
    shown = {entry.paper.paper_id: entry.shown_text for entry in context.entries}
    there = [p for p in gold.patterns if any(p.search(f"{x.title}\n{x.abstract}") for x in papers)]
    texts = [shown[paper_id] for paper_id in ids.values() if paper_id in shown]
    quotes = [_covered(quote.quote, shown.get(ids.get(quote.title, ""), "")) for quote in gold.evidence]
    return Kept(
        context.n_tokens,
        len(context.entries),
        fmean(any(p.search(text) for text in texts) for p in there) if there else None,
        fmean(quotes) if quotes else None,
    )


def _covered(quote: str, shown: str) -> bool:
    """Whether half of a quote is shown: by its words, in runs of five."""
    words, text = quote.split(), " ".join(shown.split())
    runs = [" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))]
    return fmean(run in text for run in runs) >= COVERED
