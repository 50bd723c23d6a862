"""One paper or two? Judging two records of papers, and making one of two that are the same.

Owns the rules, and looks nothing up: whoever stores papers (rag/library/ingest.py) gives as candidates those
that have an id or one of `keys` in common with a new one.

    held = resolve(paper, candidates)        # the paper to store; under a held one's id if it is the same

The rules were fitted on the 220 pairs of tests/fixtures/duplicate_pairs.jsonl. Of 5,897 real papers (saved
pages and SciFact) no two are judged one; SPLADE and SPLADE v2, the nearest twins, share 57% of their runs of
three words, other pairs of the pages at most 27%.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import combinations
from typing import Literal

from rag.papers.identifiers import clean_doi, paper_id, title_key
from rag.records import Paper
from rag.text.folding import fold

Verdict = Literal["same", "different", "doubtful"]

_NEARLY_ALL = 0.9
"""Share of the longer one's three-word runs from which two abstracts are one, whatever the titles say."""
_MUCH = 0.5
_SOME = 0.3
_FEWEST_RUNS = 10
"""Three-word runs that an abstract needs to be compared at all."""
_TELLING = 4
"""Content words from which a title is hardly ever two papers'; one fewer where the authors agree."""
_YEARS_APART = 3
"""Most years from a preprint to its publication."""
_PREPRINT_DOI = re.compile(r"10\.(?:48550|1101|21203|2139|20944|31234|31219|26434|36227|22541|5281|12688)/")
_PREPRINT_VENUE = re.compile(
    r"arxiv|biorxiv|medrxiv|chemrxiv|preprint|\bcorr\b|ssrn|openreview", re.IGNORECASE
)
_VERSION = re.compile(
    r"\bv?\d+(?:d\d+)*(?:st|nd|rd|th)?\b|\b[ivx]{1,4}\b|\+{1,2}(?!\w)"
    r"|\b(?:first|second|third|fourth|fifth|part|extended|revisited|supplement\w*|plus|base|large|small|tiny|mini|lite|xl)\b"
    r"|\b(?:errat|corrig|correction|retract|reply|comment|response|editorial|introduction|preface|overview|letter|review|report|proceeding)\w*\b"
)
"""What sets papers of one title apart: numbers, years, versions, parts, sizes, and papers about papers."""
_MOST_ALIKE = 50
"""Papers of one key that are paired; more share a formula ("Editorial"), not a paper."""
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset(
    ["a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or", "the", "to"]
)


@dataclass(frozen=True, slots=True)
class DuplicateDecision:
    """Whether two records are of one paper, and why, in words for the reader."""

    verdict: Verdict
    reason: str


def resolve(paper: Paper, candidates: Iterable[Paper]) -> Paper:
    """The paper to store: `paper` itself, or merged into the first candidate that is the same paper.

    `candidates` hold the paper stored under its id, if there is one. Under an id that a file gave, the last
    record counts. So it does from the one source of a paper: it is the same record, brought up to date.
    Where two papers come by one id (the DOI of a whole volume, a title like "Editorial"), a digest of its
    text is added to the id of the second. Resolving a record again gives the same paper again.
    """
    is_derived = paper.paper_id == paper_id(paper.title, doi=paper.doi, arxiv_id=paper.arxiv_id)
    for held in candidates:
        has_same_id = held.paper_id == paper.paper_id
        has_same_source = set(held.sources) <= set(paper.sources)
        if has_same_id and not is_derived:
            return paper
        is_same = compare_records(held, paper).verdict == "same"
        if (is_same or _have_one_title(held, paper)) and has_same_id and has_same_source:
            return paper
        if is_same:
            return merge(held, paper)
        if has_same_id:
            paper = replace(paper, paper_id=f"{paper.paper_id}-{_digest(paper)}")
    return paper


def merge(held: Paper, new: Paper) -> Paper:
    """One paper of two records of it.

    It keeps the held one's id, since answers and lists may name it. Title, abstract, year, venue and address
    are those of the published version if only one is published, else of the longer abstract, else the held
    one's, and what that lacks is the other's. Authors are the longer list, DOI a publisher's rather than a
    preprint server's; keywords and sources are those of both.
    """
    best, other = (new, held) if _rank(new) > _rank(held) else (held, new)
    return replace(
        held,
        title=best.title,
        abstract=best.abstract or other.abstract,
        authors=max(best.authors, other.authors, key=lambda names: (len(names), sum(map(len, names)))),
        year=best.year or other.year,
        venue=best.venue or other.venue,
        doi=max(best.doi, other.doi, key=lambda doi: (bool(_publisher_doi(doi)), bool(doi))),
        arxiv_id=best.arxiv_id or other.arxiv_id,
        url=best.url or other.url,
        keywords=tuple(dict.fromkeys((*held.keywords, *new.keywords))),
        sources=tuple(dict.fromkeys((*held.sources, *new.sources))),
    )


def compare_records(one: Paper, other: Paper) -> DuplicateDecision:
    """Whether two records are of the same paper. Symmetric."""
    alike = _Likeness(one, other)
    if alike.shared_id:
        if (
            alike.has_same_title
            or alike.abstracts >= _MUCH
            or alike.titles + max(alike.authors, 0) >= 2 * _SOME
        ):
            return DuplicateDecision("same", f"one {alike.shared_id}")
        return DuplicateDecision("doubtful", f"one {alike.shared_id}, but other titles")
    if alike.has_other_arxiv_id:
        return DuplicateDecision("different", "two arXiv ids")
    if alike.has_same_title:
        return _same_title(alike)
    return _other_title(alike)


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
    title = " ".join(sorted(_content_words(paper.title) - set(_version(paper.title))))
    for kind, text in (("doi", paper.doi), ("arxiv", paper.arxiv_id), ("title", title), ("opening", opening)):
        if text:
            yield blake2b(f"{kind} {text}".encode(), digest_size=8).hexdigest()


def _same_title(alike: _Likeness) -> DuplicateDecision:
    if alike.has_other_doi:
        verdict: Verdict = "doubtful" if alike.authors != 0 and alike.abstracts >= _SOME else "different"
        return DuplicateDecision(verdict, "one title, two DOIs")
    if alike.abstracts >= _MUCH:
        return DuplicateDecision("same", "one title, one abstract")
    if alike.authors == 0:
        return DuplicateDecision("different", "one title, other authors")
    if not alike.is_near_in_time or alike.n_title_words < _TELLING - (alike.authors >= _MUCH):
        return DuplicateDecision("doubtful", "one title, but a common one, or years apart")
    if alike.authors >= _MUCH:
        return DuplicateDecision("same", "one title, the same authors")
    if alike.abstracts >= _SOME or not alike.has_abstracts:
        return DuplicateDecision("same", "one title, and nothing against it")
    return DuplicateDecision("doubtful", "one title, but other abstracts")


def _other_title(alike: _Likeness) -> DuplicateDecision:
    if alike.abstracts < _MUCH:
        return DuplicateDecision("different", "other titles, other abstracts")
    if alike.has_other_version or alike.authors == 0 or alike.has_other_doi:
        return DuplicateDecision("doubtful", "much of one abstract, but another version, DOI or authors")
    if alike.whole_abstracts >= _NEARLY_ALL:
        return DuplicateDecision("same", "one abstract")
    return DuplicateDecision("doubtful", "other titles, much of one abstract")


class _Likeness:
    """How two records compare, field by field. Shares are 0 to 1; -1 where a record lacks the field."""

    def __init__(self, one: Paper, other: Paper) -> None:
        titles = [_content_words(paper.title) for paper in (one, other)]
        dois = [_publisher_doi(paper.doi) for paper in (one, other)]
        arxiv_ids = [paper.arxiv_id for paper in (one, other)]
        self.has_same_title = _have_one_title(one, other)
        self.titles = _share(*titles)
        self.n_title_words = len(titles[0]) - len(_version(one.title))
        self.has_abstracts = bool(one.abstract and other.abstract)
        runs = [_runs(paper.abstract) for paper in (one, other)]
        can_tell = min(map(len, runs)) >= _FEWEST_RUNS
        self.abstracts = _share(*runs) if can_tell else -1
        self.whole_abstracts = len(runs[0] & runs[1]) / max(map(len, runs)) if can_tell else -1
        self.authors = _share(_surnames(one.authors), _surnames(other.authors))
        self.has_other_version = _version(one.title) != _version(other.title)
        self.shared_id = "DOI" if dois[0] and dois[0] == dois[1] else ""
        self.shared_id = self.shared_id or (
            "arXiv id" if arxiv_ids[0] and arxiv_ids[0] == arxiv_ids[1] else ""
        )
        self.has_other_doi = bool(dois[0] and dois[1] and dois[0] != dois[1])
        self.has_other_arxiv_id = bool(arxiv_ids[0] and arxiv_ids[1] and arxiv_ids[0] != arxiv_ids[1])
        years = [paper.year for paper in (one, other) if paper.year]
        self.is_near_in_time = not years or max(years) - min(years) <= _YEARS_APART


def _have_one_title(one: Paper, other: Paper) -> bool:
    return title_key(one.title) == title_key(other.title)


def _rank(paper: Paper) -> tuple[bool, int]:
    published = bool(_publisher_doi(paper.doi) or (paper.venue and not _PREPRINT_VENUE.search(paper.venue)))
    return published and bool(paper.abstract), len(paper.abstract)


def _publisher_doi(doi: str) -> str:
    doi = clean_doi(doi)
    return "" if _PREPRINT_DOI.match(doi) else doi


def _share(one: set[str] | frozenset[str], other: set[str] | frozenset[str]) -> float:
    """How much of the smaller set is in the larger; -1 where one is empty."""
    return len(one & other) / min(len(one), len(other)) if one and other else -1


def _content_words(title: str) -> set[str]:
    return {word for word in _WORD.findall(fold(title)) if word not in _SMALL}


def _runs(text: str) -> set[str]:
    """Runs of three words."""
    words = _WORD.findall(fold(text))
    return {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}


def _surnames(authors: Iterable[str]) -> set[str]:
    """Folded surnames: the last word of a name, or the first where initials come last ("Møller A")."""
    return {_surname(fold(name)) for name in authors if name.strip()}


def _surname(name: str) -> str:
    words = [word for word in re.split(r"[\s,]+", name.strip()) if word.strip(".")] or [name]
    full = [word for word in words if len(word.replace(".", "")) > 2 or words.index(word) == 0]
    return "".join(_WORD.findall(full[-1])) or full[-1]


def _digest(paper: Paper) -> str:
    return blake2b(f"{title_key(paper.title)} {fold(paper.abstract)}".encode(), digest_size=3).hexdigest()


def _version(title: str) -> list[str]:
    return sorted(_VERSION.findall(fold(title)))
