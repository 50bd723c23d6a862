"""Which sentences of the papers shown to a model are worth their tokens: context at a share of its length.

After TCRA-LLM and semantic compression, with the sentence scores that every question has anyway: no model is
asked. A sentence is worth the chance that it holds the answer, given that its paper does, times what the
ranking says of the paper. What the gate may check a claim against stays whole (rag/answering/context.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from rag.answering.plans.choosing import shares
from rag.records import Evidence, RankedPaper, Sentence

RANK_WEIGHT = 0.5
"""How much worth falls with the ranking's sum, by exp: of half the tokens, .3 to .8 keep as many facts."""
LENGTH_WEIGHT = 0.3
"""Worth is divided by a sentence's tokens to this power. Both compared on questions_dev and questions_train,
where the shares kept are within .01 of each other for all that was tried near these (docs/parts.md)."""


def keep_sentences(
    papers: Sequence[RankedPaper], share: float, count: Callable[[str], int]
) -> Mapping[str, tuple[Sentence, ...]]:
    """By paper id, the sentences worth most within `share` (0 to 1) of the tokens of all, in the abstract's
    order. Every paper keeps its title and its best sentence while they fit, the best paper always.

    Papers whose sentences were not read keep all of them, and are not counted.
    """
    read = [paper for paper in papers if paper.evidence]
    sizes = {id(e): count(e.sentence.text) for paper in read for e in paper.evidence}
    titles = {paper.paper.paper_id: count(paper.paper.title) for paper in read}
    room = share * (sum(sizes.values()) + sum(titles.values()))
    ordered = _by_worth(read, sizes)
    first = {paper.paper.paper_id: place for place, (paper, _) in reversed(list(enumerate(ordered)))}
    best = [ordered[first[paper.paper.paper_id]] for paper in read]
    kept: dict[str, list[Evidence]] = {}
    used = 0
    for paper, evidence in [*best, *ordered]:
        paper_id = paper.paper.paper_id
        size = sizes[id(evidence)] + (0 if paper_id in kept else titles[paper_id])
        if evidence not in kept.get(paper_id, ()) and (used + size <= room or not kept):
            kept.setdefault(paper_id, []).append(evidence)
            used += size
    return {
        paper_id: tuple(sorted((e.sentence for e in chosen), key=lambda sentence: sentence.start))
        for paper_id, chosen in kept.items()
    }


def _by_worth(papers: Sequence[RankedPaper], sizes: Mapping[int, int]) -> list[tuple[RankedPaper, Evidence]]:
    """Every sentence with its paper, the worthiest first; equals as the ranking has them."""
    worth = [
        (
            math.exp(RANK_WEIGHT * (paper.score - papers[0].score))
            * chance
            / max(1, sizes[id(evidence)]) ** LENGTH_WEIGHT,
            paper,
            evidence,
        )
        for paper in papers
        for evidence, chance in zip(paper.evidence, shares(paper.evidence), strict=True)
    ]
    return [(paper, evidence) for _, paper, evidence in sorted(worth, key=lambda each: -each[0])]
