"""A claim weighed: the sentences of a library for it, against it, and with conditions, side by side.

Takes what a search with the claim found, has the nearest sentences judged, and sorts them by the side they
take (rag/answering/stances.py). Draws no conclusion: how many sentences a side has is not how right it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, short_name
from rag.answering.plans.headings import Rarity
from rag.answering.plans.relevance import coverage
from rag.answering.plans.stance import Direction
from rag.answering.stances import (
    Stance,
    StanceCandidate,
    load_head,
    stance_chances,
    stance_features,
    stance_of,
)
from rag.answering.timings import Clock
from rag.records import Answer, Filters, RankedPaper, RetrievedPaper
from rag.support.gate import CheckRequest
from rag.text.citation_marks import OWN

SEARCHED = 40
"""Papers whose sentences are looked at."""
OF_EACH = 3
"""Sentences of a paper that are judged: those that the claim fits best."""
JUDGED = 48
"""Sentences that are judged; some 20 ms each on one core."""
LISTED = 10
"""Papers named as retrieved."""
SHOWN = 12
"""Sentences shown under one heading, the likeliest first."""
OPEN = 6
"""Sentences shown whose side cannot be told."""
HEADINGS: dict[Stance, Direction] = {"supports": "For", "contradicts": "Against", "qualifies": "Depends"}
NO_SIDE = "Nothing found that plainly speaks for it or against it; these sentences are near the matter:"
SIDE_OPEN = "Near the matter, side not told:"

_FRAME = re.compile(
    r"^(?:(?:what|which papers?|who) (?:speaks?|argues?|is|are) (?:for|against)"
    r"|who (?:dis)?agrees (?:that|with)"
    r"|(?:what is|is there|are there|show me)(?: the| any)? (?:evidence|support|studies|papers)"
    r" (?:for|against|that|of|whether|on)(?: the claim that)?|is it true that"
    r"|do (?:papers|studies) (?:dis)?agree (?:that|on whether))\s+",
    re.I,
)
_AUXILIARY = re.compile(r"^(?:do|does|did|is|are|was|were|can|could|should|will|would|has|have)\s+", re.I)


class ClaimJudge(Protocol):
    """What of rag.support.gate.Gate is needed here."""

    def chances(self, requests: Sequence[CheckRequest]) -> NDArray[np.float32]: ...
    def opposed(self, requests: Sequence[CheckRequest]) -> list[bool]: ...


class ClaimSearcher(Protocol):
    """What a claim is weighed with. `rag.Assistant` is one."""

    @property
    def gate(self) -> ClaimJudge: ...

    def rarity(self, word: str) -> float: ...

    def search(
        self,
        query: str,
        *,
        top: int | None = None,
        filters: Filters | None = None,
        n_read: int = 0,
        llm: bool = True,
    ) -> list[RankedPaper]: ...


@dataclass(frozen=True, slots=True)
class StanceSentence:
    """A sentence that takes a side, and how likely it takes this one."""

    found: StanceCandidate
    stance: Stance
    chance: float


def weigh(text: str, searcher: ClaimSearcher, filters: Filters | None = None) -> Answer:
    """See `Assistant.weigh`."""
    clock = Clock()
    claim = claim_of(text)
    with clock("retrieve"):
        papers = searcher.search(claim, top=SEARCHED, filters=filters, n_read=SEARCHED, llm=False)
    with clock("judge"):
        found = weigh_claim(claim, papers, searcher.rarity, searcher.gate)
    written = compose_sides(found)
    reason = None if found else f"Nothing found for it or against it in the {len(papers)} nearest papers."
    return Answer(
        question=text,
        mode="extractive",
        answer=reason or written.text,
        abstained=not found,
        reason=reason,
        sentences=written.sentences,
        citations=written.citations,
        retrieved=tuple(
            RetrievedPaper(each.paper.paper_id, each.paper.title, each.score) for each in papers[:LISTED]
        ),
        timings_ms=clock.timings_ms(),
        searched_for=(claim,),
        intent="stance",
        sections=written.sections,
    )


def claim_of(text: str) -> str:
    """What a question of yes or no asks about, as a claim; of a statement its words. Marks are left out.

    Only the frame of a question goes: what judges reads "dropout prevent overfitting" as it does
    "prevents"."""
    claim = _FRAME.sub("", " ".join(OWN.sub("", text).split()))
    if claim.endswith("?"):
        claim = _AUXILIARY.sub("", claim.rstrip(" ?"))
    return f"{claim[:1].upper()}{claim[1:]}"


def candidates_of(
    claim: str, papers: Iterable[RankedPaper], rarity: Rarity, most: int = JUDGED
) -> list[StanceCandidate]:
    """The sentences nearest to the claim, nearest first; each text once, and not the claim itself."""
    own = _same(claim)
    found: dict[str, StanceCandidate] = {}
    for ranked in papers:
        for evidence in sorted(ranked.evidence, key=lambda each: -each.late)[:OF_EACH]:
            text = _same(evidence.sentence.text)
            if text != own:
                found.setdefault(text, StanceCandidate(ranked.paper, evidence, ranked.confidence))

    def nearness(each: StanceCandidate) -> float:
        text = each.evidence.sentence.text
        covered = coverage(claim, text, rarity) + coverage(claim, f"{each.paper.title}. {text}", rarity)
        return each.evidence.late + 0.3 * covered

    return sorted(found.values(), key=nearness, reverse=True)[:most]


def weigh_claim(
    claim: str, papers: Sequence[RankedPaper], rarity: Rarity, judge: ClaimJudge
) -> list[StanceSentence]:
    """The sentences of the papers that take a side on the claim, likeliest first; of a paper one a side.

    papers: what a search with the claim found, their sentences read. Raises SetupError where the judgement's
    files cannot be used.
    """
    candidates = candidates_of(claim, papers, rarity)
    if not candidates:
        return []
    head = load_head()
    chances = stance_chances(head, features_of(claim, candidates, rarity, judge))
    found = [
        StanceSentence(each, *stance_of(head, row, each.evidence.sentence.text))
        for each, row in zip(candidates, chances.tolist(), strict=True)
    ]
    return list(_one_a_side(sorted(found, key=lambda each: -each.chance)))


def features_of(
    claim: str, candidates: Sequence[StanceCandidate], rarity: Rarity, judge: ClaimJudge
) -> NDArray[np.float32]:
    """The candidates judged: float32[n, len(rag.answering.stances.NAMES)]."""
    requests = [
        CheckRequest(claim, (each.evidence.sentence.text,), (each.paper.title,)) for each in candidates
    ]
    return stance_features(claim, candidates, judge.chances(requests), judge.opposed(requests), rarity)


def compose_sides(found: Sequence[StanceSentence]) -> AnswerText:
    """The sentences under For, Against and Depends, as far as there are any; before them, without heading,
    those whose side cannot be told."""
    sides = {stance: [each for each in found if each.stance == stance][:SHOWN] for stance in HEADINGS}
    unsided = [each for each in found if each.stance == "open"][:OPEN]
    groups = [LineGroup(HEADINGS[stance], tuple(map(_line, side))) for stance, side in sides.items()]
    before = (SIDE_OPEN if any(sides.values()) else NO_SIDE) if unsided else None
    written = compose([LineGroup(None, tuple(map(_line, unsided))), *groups], before=before)
    chances = [each.chance for each in (*unsided, *(each for side in sides.values() for each in side))]
    sentences = (
        replace(each, support=chance) for each, chance in zip(written.sentences, chances, strict=True)
    )
    return replace(written, sentences=tuple(sentences))


def _line(each: StanceSentence) -> AnswerLine:
    paper = each.found.paper
    return AnswerLine(paper, short_name(paper.title), (each.found.evidence,))


def _one_a_side(found: Iterable[StanceSentence]) -> Iterator[StanceSentence]:
    seen: set[tuple[str, Stance]] = set()
    for each in found:
        key = (each.found.paper.paper_id, each.stance)
        if each.stance != "none" and key not in seen:
            seen.add(key)
            yield each


def _same(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
