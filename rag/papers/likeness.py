"""How alike two records of papers are, field by field: what tells one paper from two.

Owns the features and their thresholds. What follows from them is rag/papers/duplicates.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rag.papers.identifiers import clean_doi, title_key
from rag.records import Paper
from rag.text.folding import fold
from rag.text.stopwords import TITLE_WORDS

_PREPRINT_DOI = re.compile(r"10\.(?:48550|1101|21203|2139|20944|31234|31219|26434|36227|22541|5281|12688)/")
_VERSION = re.compile(
    r"\bv?\d+(?:d\d+)*(?:st|nd|rd|th)?\b|\b[ivx]{1,4}\b|\+{1,2}(?!\w)"
    r"|\b(?:first|second|third|fourth|fifth|part|extended|revisited|supplement\w*|plus|base|large|small|tiny|mini"
    r"|lite|xl)\b"
    r"|\b(?:errat|corrig|correction|retract|reply|comment|response|editorial|introduction|preface|overview|letter"
    r"|review|report|proceeding)\w*\b"
)
"""What sets papers of one title apart: numbers, years, versions, parts, sizes, and papers about papers."""
_SERIES = re.compile(
    r"\b(?:errat|corrig|correction|retract|reply|replies|comment|editorial|introduction|preface|letter|report"
    r"|proceeding)\w*\b"
)
"""Titles that come again with another text: "Annual report of ...", "Reply to ..."."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class DuplicateThresholds:
    """From where on records count as alike. `python -m eval.fit.duplicates` fits them again, and shows in
    what range of each the labelled pairs are judged as well."""

    nearly_all: float = 0.9
    """Share of the longer abstract's three-word runs from which two are one, whatever the titles say."""
    much: float = 0.5
    """Share of the shorter abstract's runs, or of the shorter list of authors, that counts as agreement."""
    some: float = 0.3
    """The same share, where all else agrees."""
    fewest_runs: int = 10
    """Three-word runs that an abstract needs to be compared at all."""
    title_words: int = 4
    """Content words from which a title is hardly ever two papers'; one fewer where the authors agree."""
    years: int = 3
    """Most years from a preprint to its publication."""


THRESHOLDS = DuplicateThresholds()


class Likeness:
    """How two records compare, field by field. Shares are 0 to 1; -1 where a record lacks the field."""

    def __init__(self, one: Paper, other: Paper, thresholds: DuplicateThresholds = THRESHOLDS) -> None:
        titles = [_content_words(paper.title) for paper in (one, other)]
        dois = [publisher_doi(paper.doi) for paper in (one, other)]
        arxiv_ids = [paper.arxiv_id for paper in (one, other)]
        self.has_same_title = have_one_title(one, other)
        self.titles = _share(*titles)
        self.has_abstracts = bool(one.abstract and other.abstract)
        years = [paper.year for paper in (one, other) if paper.year]
        self.has_other_year = len(set(years)) > 1
        self.is_near_in_time = not years or max(years) - min(years) <= thresholds.years
        runs = [_runs(paper.abstract) for paper in (one, other)]
        is_long = min(map(len, runs)) >= thresholds.fewest_runs
        self.abstracts = _share(*runs) if is_long else -1
        self.whole_abstracts = len(runs[0] & runs[1]) / max(map(len, runs)) if is_long else -1
        words = [_words(paper.abstract) for paper in (one, other)]
        self.texts = self.abstracts if is_long else _share(*words)
        self.authors = _share(_surnames(one.authors), _surnames(other.authors))
        n_title_words = len(titles[0]) - len(versions_in(one.title))
        self.is_common_title = n_title_words < thresholds.title_words - (self.authors >= thresholds.much)
        # A common title over a formula ("This issue is about ..."), but in another year, or by others.
        self.is_another_issue = self.is_common_title and (
            (self.authors == 0 and self.has_other_year)
            or ((self.authors == 0 or self.has_other_year) and self.whole_abstracts < thresholds.nearly_all)
        )
        self.has_series_title = bool(_SERIES.search(fold(one.title)))
        self.has_other_version = versions_in(one.title) != versions_in(other.title)
        self.shared_id = "DOI" if dois[0] and dois[0] == dois[1] else ""
        self.shared_id = self.shared_id or (
            "arXiv id" if arxiv_ids[0] and arxiv_ids[0] == arxiv_ids[1] else ""
        )
        self.has_other_doi = bool(dois[0] and dois[1] and dois[0] != dois[1])
        self.has_other_arxiv_id = bool(arxiv_ids[0] and arxiv_ids[1] and arxiv_ids[0] != arxiv_ids[1])


def have_one_title(one: Paper, other: Paper) -> bool:
    """Whether two titles are spelled alike once folded."""
    return title_key(one.title) == title_key(other.title)


def title_words(title: str) -> str:
    """A title's content words, versions and order aside: equal for titles that may be of one paper."""
    return " ".join(sorted(_content_words(title) - set(versions_in(title))))


def versions_in(title: str) -> list[str]:
    """The words of a title that set papers of one title apart, sorted."""
    return sorted(_VERSION.findall(fold(title)))


def publisher_doi(doi: str) -> str:
    """A DOI that a publisher gave; "" for a preprint server's."""
    doi = clean_doi(doi)
    return "" if _PREPRINT_DOI.match(doi) else doi


def _share(one: set[str] | frozenset[str], other: set[str] | frozenset[str]) -> float:
    """How much of the smaller set is in the larger; -1 where one is empty."""
    return len(one & other) / min(len(one), len(other)) if one and other else -1


def _content_words(title: str) -> set[str]:
    return {word for word in _WORD.findall(fold(title)) if word not in TITLE_WORDS}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(fold(text)))


def abstract_overlap(one: Paper, other: Paper) -> float:
    """The share of the shorter abstract's runs of three words that the other has. 0 to 1; 1 for equal texts,
    0 where one is too short to be compared."""
    runs = [_kept_runs(paper.abstract) for paper in (one, other)]
    if min(map(len, runs)) < THRESHOLDS.fewest_runs:
        return float(one.abstract.casefold().split() == other.abstract.casefold().split() != [])
    return _share(*runs)


@lru_cache(maxsize=512)  # the best papers of a question are compared with each other
def _kept_runs(text: str) -> frozenset[str]:
    return frozenset(_runs(text))


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
