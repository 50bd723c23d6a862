"""Near duplicates and views that differ: what several papers of one answer should not be, and should.

After DiverseSumm (Huang et al. 2024): what sources repeat is said once, what they say differently is kept. A
preprint and its published version often stand side by side in a library; two papers on one subject are not
near duplicates, however alike their findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from rag.papers.likeness import abstract_overlap
from rag.records import Paper

NEAR_DUPLICATE = 0.6
"""Share of the shorter abstract's runs of three words. Of 5,897 real papers no two that differ share more
than .57 (SPLADE and its second version), all other pairs at most .27 (rag/papers/duplicates.py)."""


def near_duplicates(one: Paper, other: Paper) -> bool:
    """Whether two papers say nearly the same in the same words."""
    return one is other or abstract_overlap(one, other) >= NEAR_DUPLICATE


def repetition(papers: Sequence[Paper]) -> float:
    """How much the papers of one answer repeat each other: the mean overlap of two. 0 for fewer than two."""
    overlaps = [abstract_overlap(one, other) for one, other in combinations(papers, 2)]
    return fmean(overlaps) if overlaps else 0.0
