"""One paper or two? Comparing two records of papers, and making one of two that are the same.

Owns the rules, and looks nothing up: rag/library/ingest.py gives as candidates the stored
papers that have an id or one of `keys` in common with a new one.

    stored = resolve(paper, candidates)     # the paper to store; under a stored one's id if it is the same

The rules were fitted on the 220 pairs of tests/fixtures/duplicate_pairs.jsonl. Of 5,897 real papers (saved
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

from rag.papers.identifiers import clean_doi, paper_id, title_id, title_key
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
_SERIES = re.compile(
    r"\b(?:errat|corrig|correction|retract|reply|replies|comment|editorial|introduction|preface|letter|report|proceeding)\w*\b"
)
"""Titles that come again with another text: "Annual report of ...", "Reply to ..."."""
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
    if match.paper_id in ids and _has_same_source(match, paper):
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
    address are those of the published version if only one is published, else of the longer abstract,
    else the stored one's, and what that lacks is the other's. Authors are the longer list, DOI a publisher's rather than a
    preprint server's; keywords and sources are those of both.
    """
    best, other = (new, stored) if _rank(new) > _rank(stored) else (stored, new)
    return replace(
        stored,
        title=best.title,
        abstract=best.abstract or other.abstract,
        authors=max(best.authors, other.authors, key=lambda names: (len(names), sum(map(len, names)))),
        year=best.year or other.year,
        venue=best.venue or other.venue,
        doi=max(best.doi, other.doi, key=lambda doi: (bool(_publisher_doi(doi)), bool(doi))),
        arxiv_id=best.arxiv_id or other.arxiv_id,
        url=best.url or other.url,
        keywords=tuple(dict.fromkeys((*stored.keywords, *new.keywords))),
        sources=tuple(dict.fromkeys((*stored.sources, *new.sources))),
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
    if alike.abstracts >= _MUCH and not alike.is_another_issue:
        return DuplicateDecision("same", "one title, one abstract")
    if alike.authors == 0:
        return DuplicateDecision("different", "one title, other authors")
    if not alike.is_near_in_time or alike.is_common_title:
        return DuplicateDecision("doubtful", "one title, but a common one, or years apart")
    if alike.has_series_title and alike.has_other_year and alike.abstracts < _SOME:
        return DuplicateDecision("doubtful", "one title of a series, other years")
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
        years = [paper.year for paper in (one, other) if paper.year]
        self.has_other_year = len(set(years)) > 1
        self.is_near_in_time = not years or max(years) - min(years) <= _YEARS_APART
        runs = [_runs(paper.abstract) for paper in (one, other)]
        can_tell = min(map(len, runs)) >= _FEWEST_RUNS
        self.abstracts = _share(*runs) if can_tell else -1
        self.whole_abstracts = len(runs[0] & runs[1]) / max(map(len, runs)) if can_tell else -1
        words = [set(_WORD.findall(fold(paper.abstract))) for paper in (one, other)]
        self.texts = self.abstracts if can_tell else _share(*words)
        self.authors = _share(_surnames(one.authors), _surnames(other.authors))
        self.is_common_title = self.n_title_words < _TELLING - (self.authors >= _MUCH)
        # A common title over a formula ("This issue is about ..."), but in another year, or by others.
        self.is_another_issue = self.is_common_title and (
            (self.authors == 0 and self.has_other_year)
            or ((self.authors == 0 or self.has_other_year) and self.whole_abstracts < _NEARLY_ALL)
        )
        self.has_series_title = bool(_SERIES.search(fold(one.title)))
        self.has_other_version = _version(one.title) != _version(other.title)
        self.shared_id = "DOI" if dois[0] and dois[0] == dois[1] else ""
        self.shared_id = self.shared_id or (
            "arXiv id" if arxiv_ids[0] and arxiv_ids[0] == arxiv_ids[1] else ""
        )
        self.has_other_doi = bool(dois[0] and dois[1] and dois[0] != dois[1])
        self.has_other_arxiv_id = bool(arxiv_ids[0] and arxiv_ids[1] and arxiv_ids[0] != arxiv_ids[1])


def _is_derived(paper: Paper) -> bool:
    """The id was made from the record, not given by a file."""
    return paper.paper_id == paper_id(paper.title, doi=paper.doi, arxiv_id=paper.arxiv_id)


def _is_one(stored: Paper, paper: Paper, ids: Sequence[str]) -> bool:
    """Whether a record is of a stored paper; `ids` are the record's possible ones."""
    if compare_records(stored, paper).verdict == "same":
        return True
    if stored.paper_id not in ids or not _have_one_title(stored, paper):
        return False
    if (stored.authors, stored.year, stored.abstract) == (paper.authors, paper.year, paper.abstract):
        return True
    return _has_same_source(stored, paper) and _is_revision(_Likeness(stored, paper))


def _is_revision(alike: _Likeness) -> bool:
    """Whether two records of one title and one source are of one paper, the second with new text."""
    if alike.has_other_doi or alike.has_other_arxiv_id or alike.authors == 0:
        return False
    if alike.texts >= _SOME:
        return not alike.is_another_issue
    return not (alike.has_other_year or (alike.has_abstracts and alike.is_common_title))


def _closeness(stored: Paper, paper: Paper) -> tuple[bool, float]:
    return stored.abstract == paper.abstract, _Likeness(stored, paper).texts


def _has_same_source(stored: Paper, paper: Paper) -> bool:
    return set(stored.sources) <= set(paper.sources)


def _under(paper: Paper, its_id: str) -> Paper:
    return paper if paper.paper_id == its_id else replace(paper, paper_id=its_id)


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


def _version(title: str) -> list[str]:
    return sorted(_VERSION.findall(fold(title)))
