"""One paper or two? Comparing two records of papers, and making one of two that are the same.

Owns the rules, and looks nothing up: rag/library/ingest.py gives as candidates the stored
papers that have an id or one of `keys` in common with a new one.

    stored = resolve(paper, candidates)     # the paper to store; under a stored one's id if it is the same

The thresholds of rag/papers/likeness.py were fitted on the 220 pairs of tests/fixtures/duplicate_pairs.jsonl
(`python -m eval.fit.duplicates`). Of 5,897 real papers (saved
pages and SciFact) no two are judged one; the nearest two, SPLADE and SPLADE v2, share 57% of their
runs of three words, other pairs of the pages at most 27%.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import combinations
from typing import Literal

from rag.papers.identifiers import paper_id, title_id, title_key
from rag.papers.likeness import (
    THRESHOLDS,
    DuplicateThresholds,
    Likeness,
    have_one_title,
    publisher_doi,
    title_words,
)
from rag.records import Paper
from rag.text.folding import fold

Verdict = Literal["same", "different", "doubtful"]

_PREPRINT_VENUE = re.compile(
    r"arxiv|biorxiv|medrxiv|chemrxiv|preprint|\bcorr\b|ssrn|openreview", re.IGNORECASE
)
_MOST_ALIKE = 50
"""Papers of one key that are paired; more share a formula ("Editorial"), not a paper. Chosen by hand."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class DuplicateDecision:
    """Whether two records are of one paper, and why, in words for the reader."""

    verdict: Verdict
    reason: str


def resolve(paper: Paper, candidates: Iterable[Paper]) -> Paper:
    """The paper to store: `paper`, perhaps under another id, or merged into the candidate that is the same.

    `candidates` include the papers stored under any of `possible_ids(paper)`. Under an id that a file gave,
    the last record counts. Otherwise a record replaces another only where it is the same paper: from the
    only source of that paper it brings it up to date, from another source the two are merged. A paper that
    is new takes the first of its possible ids that no other paper has. Resolving a record again gives the
    same paper again.
    """
    ids, stored = possible_ids(paper), {each.paper_id: each for each in candidates}
    if not _is_derived(paper) and paper.paper_id in stored:
        return paper
    matches = [each for each in stored.values() if _is_one(each, paper, ids)]
    if not matches:
        return _under(paper, next((each for each in ids if each not in stored), ids[-1]))
    match = max(matches, key=lambda each: (each.paper_id in ids, *_closeness(each, paper)))
    if _has_one_name(match, paper, ids) and _has_same_source(match, paper):
        return _under(paper, match.paper_id)
    return merge(match, paper)


def possible_ids(paper: Paper) -> tuple[str, ...]:
    """The ids that a paper may be stored under, in the order of preference.

    Just its own where a file gave it. Where it comes from a DOI, an arXiv id or a title, which two papers
    may share (the DOI of a whole volume, a title like "Editorial"), the others take in what sets papers of
    one title apart: authors and year, then the text. They depend on the record alone.
    """
    if not _is_derived(paper):
        return (paper.paper_id,)
    signed = (
        [title_id(paper.title, paper.authors, paper.year)] if paper.paper_id == title_id(paper.title) else []
    )
    text = f"{title_key(paper.title)} {fold(paper.abstract)}".encode(errors="surrogatepass")
    # Three bytes first: libraries that were made before have such ids.
    digests = (f"{paper.paper_id}-{blake2b(text, digest_size=n).hexdigest()}" for n in (3, 8))
    return tuple(dict.fromkeys((paper.paper_id, *signed, *digests)))


def merge(stored: Paper, new: Paper) -> Paper:
    """One paper of two records of it.

    It keeps the stored one's id, since answers and lists may name it. Title, abstract, year, venue and
    address are those of the published version if only one is published, else of the longer abstract, else
    the stored one's, and what that lacks is the other's. Authors are the longer list, DOI a publisher's
    rather than a preprint server's; keywords and sources are those of both.
    """
    best, other = (new, stored) if _rank(new) > _rank(stored) else (stored, new)
    return replace(
        stored,
        title=best.title,
        abstract=best.abstract or other.abstract,
        authors=max(best.authors, other.authors, key=lambda names: (len(names), sum(map(len, names)))),
        year=best.year or other.year,
        venue=best.venue or other.venue,
        doi=max(best.doi, other.doi, key=lambda doi: (bool(publisher_doi(doi)), bool(doi))),
        arxiv_id=best.arxiv_id or other.arxiv_id,
        url=best.url or other.url,
        keywords=tuple(dict.fromkeys((*stored.keywords, *new.keywords))),
        sources=tuple(dict.fromkeys((*stored.sources, *new.sources))),
    )


def compare_records(
    one: Paper, other: Paper, thresholds: DuplicateThresholds = THRESHOLDS
) -> DuplicateDecision:
    """Whether two records are of the same paper. Symmetric."""
    alike = Likeness(one, other, thresholds)
    if alike.shared_id:
        if (
            alike.has_same_title
            or alike.abstracts >= thresholds.much
            or alike.titles + max(alike.authors, 0) >= 2 * thresholds.some
        ):
            return DuplicateDecision("same", f"one {alike.shared_id}")
        return DuplicateDecision("doubtful", f"one {alike.shared_id}, but other titles")
    if alike.has_other_arxiv_id:
        return DuplicateDecision("different", "two arXiv ids")
    if alike.has_same_title:
        return _same_title(alike, thresholds)
    return _other_title(alike, thresholds)


def near_duplicates(papers: Iterable[Paper]) -> list[tuple[str, str]]:
    """Ids of the papers that have one of `keys` in common, in pairs, in the papers' order; each pair once."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for paper in papers:
        for key in keys(paper):
            holders[key].append(paper.paper_id)
    return list(
        dict.fromkeys(pair for ids in holders.values() for pair in combinations(ids[:_MOST_ALIKE], 2))
    )


def keys(paper: Paper) -> Iterator[str]:
    """What papers that may be one have in common, each as a short hash: the DOI, the arXiv id, the words of
    the title (versions and order aside), the opening of the abstract."""
    opening = " ".join(_WORD.findall(fold(paper.abstract[:200]))[:10])
    title = title_words(paper.title)
    for kind, text in (("doi", paper.doi), ("arxiv", paper.arxiv_id), ("title", title), ("opening", opening)):
        if text:
            yield blake2b(f"{kind} {text}".encode(), digest_size=8).hexdigest()


def _same_title(alike: Likeness, thresholds: DuplicateThresholds) -> DuplicateDecision:
    if alike.has_other_doi:
        verdict: Verdict = (
            "doubtful" if alike.authors != 0 and alike.abstracts >= thresholds.some else "different"
        )
        return DuplicateDecision(verdict, "one title, two DOIs")
    if alike.abstracts >= thresholds.much and not alike.is_another_issue:
        return DuplicateDecision("same", "one title, one abstract")
    if alike.authors == 0:
        return DuplicateDecision("different", "one title, other authors")
    if not alike.is_near_in_time or alike.is_common_title:
        return DuplicateDecision("doubtful", "one title, but a common one, or years apart")
    if alike.has_series_title and alike.has_other_year and alike.abstracts < thresholds.some:
        return DuplicateDecision("doubtful", "one title of a series, other years")
    if alike.authors >= thresholds.much:
        return DuplicateDecision("same", "one title, the same authors")
    if alike.abstracts >= thresholds.some or not alike.has_abstracts:
        return DuplicateDecision("same", "one title, and nothing against it")
    return DuplicateDecision("doubtful", "one title, but other abstracts")


def _other_title(alike: Likeness, thresholds: DuplicateThresholds) -> DuplicateDecision:
    if alike.abstracts < thresholds.much:
        return DuplicateDecision("different", "other titles, other abstracts")
    if alike.has_other_version or alike.authors == 0 or alike.has_other_doi:
        return DuplicateDecision("doubtful", "much of one abstract, but another version, DOI or authors")
    if alike.whole_abstracts >= thresholds.nearly_all:
        return DuplicateDecision("same", "one abstract")
    return DuplicateDecision("doubtful", "other titles, much of one abstract")


def _is_derived(paper: Paper) -> bool:
    """The id was made from the record, not given by a file."""
    return paper.paper_id == paper_id(paper.title, doi=paper.doi, arxiv_id=paper.arxiv_id)


def _is_one(stored: Paper, paper: Paper, ids: Sequence[str]) -> bool:
    """Whether a record is of a stored paper; `ids` are the record's possible ones."""
    if compare_records(stored, paper).verdict == "same":
        return True
    if not _has_one_name(stored, paper, ids) or not have_one_title(stored, paper):
        return False
    if (stored.authors, stored.year, stored.abstract) == (paper.authors, paper.year, paper.abstract):
        return True
    return _has_same_source(stored, paper) and _is_revision(Likeness(stored, paper))


def _has_one_name(stored: Paper, paper: Paper, ids: Sequence[str]) -> bool:
    """Whether a stored paper is named as a record would be: by one of its ids, or both by one title alone.

    The id of a second paper of a title takes in authors and year as they first were, and is kept when those
    change.
    """
    if stored.paper_id in ids:
        return True
    has_title_only = paper.paper_id == title_id(paper.title) and not (stored.doi or stored.arxiv_id)
    return has_title_only and have_one_title(stored, paper)


def _is_revision(alike: Likeness) -> bool:
    """Whether two records of one title and one source are of one paper, the second with new text."""
    if alike.has_other_doi or alike.has_other_arxiv_id or alike.authors == 0:
        return False
    if alike.texts >= THRESHOLDS.some:
        return not alike.is_another_issue
    return not (alike.has_other_year or (alike.has_abstracts and alike.is_common_title))


def _closeness(stored: Paper, paper: Paper) -> tuple[bool, float]:
    return stored.abstract == paper.abstract, Likeness(stored, paper).texts


def _has_same_source(stored: Paper, paper: Paper) -> bool:
    return set(stored.sources) <= set(paper.sources)


def _under(paper: Paper, its_id: str) -> Paper:
    return paper if paper.paper_id == its_id else replace(paper, paper_id=its_id)


def _rank(paper: Paper) -> tuple[bool, int]:
    published = bool(publisher_doi(paper.doi) or (paper.venue and not _PREPRINT_VENUE.search(paper.venue)))
    return published and bool(paper.abstract), len(paper.abstract)
