"""The first papers of a ranking in the order of a language model (`--rerank`), from many small replies.

Two ways: overlapping blocks asked all at once and put together (rag/retrieval/block_ranking.py), or a window
that slides from the end of the list to its head, one call after the other. A reply that is late, fails or
cannot be read has no vote. Where none can be read, the ranking stays as it was, and a notice says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from rag.config import Config
from rag.errors import ModelError
from rag.library.library import Library
from rag.llm.client import LanguageModel, Message
from rag.llm.limits import Cancellation
from rag.llm.prompts import Prompt, load_prompt, quoted
from rag.papers.passages import passage_text
from rag.retrieval.block_ranking import N_ORDERED, deal_blocks, merge_orders, slide_windows
from rag.retrieval.ranking import Ranking

BLOCK = 20
N_ROUNDS = 7
STEP = 10
"""Of the sliding window, half of a block."""
AT_ONCE = 21
"""Calls side by side: all of a question's."""
WORDS_SHOWN = 120
"""Of a paper's best passage."""
TOKENS_A_NUMBER = 6
NOT_READ = "The model gave no order of the papers that can be read, so they keep the one they had"

_SEPARATORS = re.compile(r"[\s\[\](){}>,;:|*_`.=-]+")

AskOrder = Callable[[Sequence[str]], tuple[int, ...] | None]
"""From texts to their places, the best first; None where there is no vote."""


@dataclass(frozen=True, slots=True)
class ModelRanking:
    """The ranking, how many calls were made and how many had a vote, and a notice for the reader."""

    ranking: Ranking
    n_calls: int
    n_votes: int
    notice: str | None = None


def rank_with_model(
    ranking: Ranking,
    question: str,
    library: Library,
    llm: LanguageModel,
    config: Config,
    cancellation: Cancellation | None = None,
) -> ModelRanking:
    """The first N_ORDERED papers, each by its best passage, in the model's order; then the rest.

    The scores there were are dealt out again in the new order. Papers that are gone meanwhile are left out.
    Raises Cancelled; no other failure of the model is raised.
    """
    head = ranking.ranked[:N_ORDERED]
    read = {c.passage.passage_id: c for c in library.candidates([each.passage_id for each in head])}
    head = tuple(each for each in head if each.passage_id in read)
    texts = [passage_text(read[each.passage_id].paper.title, read[each.passage_id].passage) for each in head]
    prompt = load_prompt("rank_papers", config.prompts)
    failures: list[ModelError] = []

    def ask(shown: Sequence[str]) -> tuple[int, ...] | None:
        message = Message("user", fill_prompt(prompt, question, shown))
        limit = TOKENS_A_NUMBER * len(shown)
        try:
            reply = llm.complete([message], max_tokens=limit, cancellation=cancellation)
        except ModelError as error:
            failures.append(error)
            return None
        return read_order(reply.text, len(shown))

    order, votes = (order_by_windows if config.rerank == "llm-window" else order_by_blocks)(texts, ask)
    if cancellation:
        cancellation.check()
    if votes and not any(votes):
        notice = f"{NOT_READ}: {failures[0]}." if failures else f"{NOT_READ}."
        return ModelRanking(ranking, len(votes), 0, notice)
    moved = (replace(head[i], score=was.score) for i, was in zip(order, head, strict=True))
    changed = replace(ranking, ranked=(*moved, *ranking.ranked[N_ORDERED:]))
    return ModelRanking(changed, len(votes), sum(votes))


def fill_prompt(prompt: Prompt, question: str, texts: Sequence[str]) -> str:
    """The message that asks for the order of papers."""
    papers = "\n".join(
        f"[{number}] <paper>{quoted(' '.join(text.split()[:WORDS_SHOWN]))}</paper>"
        for number, text in enumerate(texts, start=1)
    )
    return prompt.fill(question=quoted(question), papers=papers)


def order_by_blocks(
    texts: Sequence[str], ask: AskOrder, *, n_rounds: int = N_ROUNDS, at_once: int = AT_ONCE
) -> tuple[list[int], list[bool]]:
    """Places in the order of all blocks together, and which calls had a vote."""
    blocks = deal_blocks(len(texts), BLOCK, n_rounds)
    with ThreadPoolExecutor(at_once, thread_name_prefix="order-papers") as pool:
        found = list(pool.map(lambda block: ask([texts[place] for place in block]), blocks))
    orders = [
        [block[i] for i in order] for block, order in zip(blocks, found, strict=True) if order is not None
    ]
    return merge_orders(len(texts), orders), [order is not None for order in found]


def order_by_windows(texts: Sequence[str], ask: AskOrder) -> tuple[list[int], list[bool]]:
    """Places in the order that windows from the end to the head leave, and which calls had a vote."""
    places, votes = list(range(len(texts))), []
    for begin, end in slide_windows(len(texts), BLOCK, STEP):
        window = places[begin:end]
        order = ask([texts[place] for place in window])
        votes.append(order is not None)
        if order is not None:
            rest = [i for i in range(len(window)) if i not in order]
            places[begin:end] = [window[i] for i in (*order, *rest)]
    return places, votes


def read_order(text: str, n: int) -> tuple[int, ...] | None:
    """Places named by a reply that holds numbers from 1 to `n` and nothing else, each at its first mention;
    None where it says anything else, or names fewer than two."""
    words = [word for word in _SEPARATORS.split(text) if word]
    if not all(word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= n for word in words):
        return None
    order = tuple(dict.fromkeys(int(word[:6]) - 1 for word in words))
    return order if len(order) > 1 else None
