"""`python -m eval.parts reranking`: the order of a model in blocks, beside a sliding window and our own.

No model is asked. A scripted one knows what is relevant and errs: of the papers it is shown, each trades
places in its judgement with a random one of them with a given chance, anew in every call. A model's own
mistakes repeat; so a second one errs about the same papers in all calls. Real models lie between the two.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean

from eval.data.questions import GoldQuestion
from eval.measures.retrieval import score_retrieval
from eval.parts.sets import QuestionSet, shown_difference, table
from rag.config import Config
from rag.llm.prompts import load_prompt
from rag.llm.token_count import TokenCounter
from rag.retrieval.block_ranking import N_ORDERED
from rag.retrieval.model_ranking import TOKENS_A_NUMBER, fill_prompt, order_by_blocks, order_by_windows
from rag.retrieval.ranking import LISTING, rank
from rag.retrieval.understanding import understand

ERRORS = (0.0, 0.1, 0.2, 0.3)
COUNTED = 20
"""Questions of a set whose prompts are counted in tokens."""

Order = Callable[[Sequence[str], "ScriptedOrder"], list[int]]


@dataclass(slots=True)
class ScriptedOrder:
    """A model that knows the grades and errs with a given chance; counts what it is asked."""

    grades: dict[str, int]
    error: float
    seed: int
    repeats: bool = False
    asked: list[Sequence[str]] = field(default_factory=list)

    def __call__(self, papers: Sequence[str]) -> tuple[int, ...]:
        chance = random.Random(f"{self.seed} {len(self.asked)}")
        self.asked.append(papers)
        judged = [self.grades.get(paper, 0) for paper in papers]
        for place, paper in enumerate(papers):
            own = random.Random(f"{self.seed} {paper}") if self.repeats else chance
            if own.random() < self.error:
                other = own.randrange(len(papers))
                judged[place], judged[other] = judged[other], judged[place]
        return tuple(sorted(range(len(papers)), key=lambda place: -judged[place]))


def blocks(papers: Sequence[str], ask: ScriptedOrder, n_rounds: int) -> list[int]:
    return order_by_blocks(papers, ask, n_rounds=n_rounds, at_once=1)[0]


def windows(papers: Sequence[str], ask: ScriptedOrder) -> list[int]:
    return order_by_windows(papers, ask)[0]


COMPARED = ("sliding window", "blocks, 7 rounds (`--rerank llm`)")
"""What is also tried with a model whose mistakes repeat."""
WAYS: dict[str, Order] = {
    "sliding window": windows,
    "blocks, 3 rounds": partial(blocks, n_rounds=3),
    "blocks, 5 rounds": partial(blocks, n_rounds=5),
    "blocks, 7 rounds (`--rerank llm`)": partial(blocks, n_rounds=7),
}


def measure(sets: list[QuestionSet]) -> str:
    """A table for each set."""
    return "\n\n".join(_of_set(each) for each in sets)


def _of_set(questions: QuestionSet) -> str:
    ranked = {q.id: ranked_papers(questions, q, N_ORDERED) for q in questions.questions}
    ours = ndcg(questions, ranked)
    rows = []
    for name, order in WAYS.items():
        for repeats in (False, True) if name in COMPARED else (False,):
            cells, asked = [], {}
            for error in ERRORS:
                run = {}
                for number, (id, papers) in enumerate(ranked.items()):
                    script = ScriptedOrder(dict(questions.gold.qrels[id]), error, number, repeats)
                    run[id] = [papers[place] for place in order(papers, script)]
                    asked[id] = script.asked
                values = ndcg(questions, run)
                cells.append(f"{fmean(values):.3f}, {shown_difference(values, ours)}")
            n_calls = max(map(len, asked.values()))
            depth = n_calls if order is windows else 1
            cost = [n_calls, depth, n_tokens(questions, asked)] if not repeats else ["", "", ""]
            rows.append([name, "the same in all calls" if repeats else "anew", *cost, *cells])
    head = ["way", "mistakes", "calls", "one after the other", "tokens", *(f"errs {e:.0%}" for e in ERRORS)]
    title = f"{questions.name}, n={len(ours)}: nDCG@10 of our order {fmean(ours):.3f}; beside it:"
    return f"{title}\n\n{table(head, rows)}"


def ranked_papers(questions: QuestionSet, question: GoldQuestion, top: int) -> list[str]:
    """Paper ids as the shipped path ranks them, but that a comparison's sides are not searched."""
    assistant = questions.assistant
    asked = understand(question.question, assistant.minilm, question.history)
    ranking = rank(
        assistant.library,
        assistant.encoder,
        asked.search_text,
        weights=LISTING if asked.intent == "list" else None,
        encoded=asked.encoded,
        top=top,
    )
    return [each.paper_id for each in ranking.ranked[:top]]


def ndcg(questions: QuestionSet, run: dict[str, list[str]]) -> list[float]:
    """nDCG@10 of each question, in the order of the run."""
    scores = score_retrieval(run, {id: questions.gold.qrels[id] for id in run})
    return [scores[id]["nDCG@10"] for id in run]


def n_tokens(questions: QuestionSet, asked: dict[str, list[Sequence[str]]]) -> int:
    """Tokens of prompts and replies of a question, at the mean."""
    counter = TokenCounter.for_model("gpt-4o")
    prompt = load_prompt("rank_papers", Config.from_env().prompts)
    texts = {q.id: q.question for q in questions.questions}
    counted = []
    for id, calls in list(asked.items())[:COUNTED]:
        ids = {paper for call in calls for paper in call}
        papers = {p: questions.assistant.library.paper(p) for p in ids}
        shown = {p: f"{paper.title}. {paper.abstract}" for p, paper in papers.items() if paper}
        sent = [fill_prompt(prompt, texts[id], [shown[p] for p in call]) for call in calls]
        counted.append(sum(map(counter.count, sent)) + TOKENS_A_NUMBER * sum(map(len, calls)))
    return round(fmean(counted))
