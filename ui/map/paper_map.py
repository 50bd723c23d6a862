"""The library as a picture: where each paper lies, which group it is in, what the group is about.

Computed once per library state, kept in the library's folder, and read back as long as the state
holds. Drawing it is the page's (ui/map.js); placing is ui/map/projection.py's.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.files import read_json, write_json
from rag.records import Paper
from rag.text.stopwords import STOP_WORDS
from ui.map.projection import group, lay_out
from ui.widgets.readable import readable_line

FILE = "map.json"
AT_MOST = 20_000
"""Papers drawn; of a larger library, a sample."""
MOST_GROUPS = 12
"""As many as the palette keeps apart."""
TERMS = 3
CHANGED = 0.2
"""Share of the papers that may come or go before the map is drawn anew. By hand: below it, moving what a
reader knows costs more than a stale place."""
BESIDE = 5
"""Papers that a new one is put among."""
_WORD = re.compile(r"[a-z][a-z0-9+-]+")
_COMMONPLACE = """
against alone also approach approaches based better best data dataset datasets demonstrate each even
every existing experiment experiments first further give given gives half high higher however improve
improves instead introduce introduces large made make makes many method methods model models much need
needs new novel number often once own performance present presents previous prior propose proposed
proposes recent result results second set sets several show shown shows significant significantly small
state-of-the-art still task tasks then three train trained training two use used uses using various way
ways well which whole within without work
"""
_SAY_NOTHING = STOP_WORDS | {"see", *_COMMONPLACE.split()}
"""In a name of a group they would tell nothing: function words, and what every abstract says."""


@dataclass(frozen=True, slots=True)
class PaperMap:
    """Papers with their places; the lists run alike."""

    state: str
    """Of the library, as ui/library/catalogue.py tells it."""
    n_papers: int
    """In the library; more than are drawn where it was sampled."""
    paper_ids: list[str]
    titles: list[str]
    years: list[int | None]
    places: list[list[float]]
    """0 to 1, to three decimals."""
    groups: list[int]
    """The largest is 0."""
    names: list[str]
    """Of each group, its telling terms."""

    def to_json(self) -> str:
        """As the canvas reads it: titles as they are shown."""
        shown = replace(self, titles=list(map(readable_line, self.titles)))
        return json.dumps(asdict(shown), ensure_ascii=False, separators=(",", ":"))


def draw_map(
    papers: Sequence[Paper],
    vectors: NDArray[np.float32],
    state: str,
    n_papers: int,
    progress: Callable[[float], None] | None = None,
) -> PaperMap:
    """The map of `papers`, all or some of the library's `n_papers`; `vectors` are float32[n, d], unit."""
    n = len(papers)
    groups = group(vectors, n_groups(n)) if n else np.zeros(0, np.int32)
    places = lay_out(vectors, progress) if n else np.zeros((0, 2), np.float32)
    names = name_groups(papers, groups.tolist())
    return _placed(papers, places, groups, names, state, n_papers)


def grown_map(
    old: PaperMap,
    papers: Sequence[Paper],
    vectors: NDArray[np.float32],
    state: str,
    n_papers: int,
) -> PaperMap | None:
    """`old` with the papers of now: those it had keep place and group, a new one goes beside its likest.

    So a few papers that come or go move nothing, and groups keep their names and colours. None where more
    than CHANGED of the papers are new or gone: then a new map tells more.
    """
    place_of = {paper_id: i for i, paper_id in enumerate(old.paper_ids)}
    known = [i for i, paper in enumerate(papers) if paper.paper_id in place_of]
    n_changed = len(papers) - len(known) + len(old.paper_ids) - len(known)
    if not known or n_changed > CHANGED * len(old.paper_ids):
        return None
    places, groups = np.zeros((len(papers), 2)), np.zeros(len(papers), np.int64)
    at = [place_of[papers[i].paper_id] for i in known]
    places[known] = np.array(old.places)[at]
    groups[known] = np.array(old.groups)[at]
    new = sorted(set(range(len(papers))) - set(known))
    for i in new:
        likest = np.array(known)[np.argsort(-(vectors[known] @ vectors[i]), kind="stable")[:BESIDE]]
        places[i] = np.median(places[likest], axis=0)
        groups[i] = np.bincount(groups[likest]).argmax()
    return _placed(papers, places, groups, old.names, state, n_papers)


def _placed(
    papers: Sequence[Paper],
    places: NDArray[np.floating],
    groups: NDArray[np.integer],
    names: list[str],
    state: str,
    n_papers: int,
) -> PaperMap:
    return PaperMap(
        state,
        n_papers,
        [paper.paper_id for paper in papers],
        [paper.title for paper in papers],
        [paper.year for paper in papers],
        [[round(float(x), 3), round(float(y), 3)] for x, y in places],
        groups.tolist(),
        names,
    )


def n_groups(n_papers: int) -> int:
    """How many groups are worth naming: 8 for 122 papers, 12 from 400 on."""
    return int(max(1, min(MOST_GROUPS, round(n_papers**0.42), n_papers)))


def sample(n_papers: int, at_most: int = AT_MOST, seed: int = 7) -> list[int]:
    """Places of the papers to draw, ascending: all, or a sample that is the same each time."""
    if n_papers <= at_most:
        return list(range(n_papers))
    return sorted(np.random.default_rng(seed).choice(n_papers, at_most, replace=False).tolist())


def name_groups(papers: Sequence[Paper], groups: Sequence[int]) -> list[str]:
    """For each group the terms that most tell it from the rest, like "dense retrieval, hard negatives".

    A term scores p log(p / q), where p and q are the shares of the group's and of all papers that hold
    it: the term's part of the divergence between the group and the whole. In a title it counts twice.
    """
    inside = [Counter[str]() for _ in range(max(groups, default=-1) + 1)]
    for paper, g in zip(papers, groups, strict=True):
        inside[g].update(_terms(f"{paper.title}. {paper.abstract}"))
        inside[g].update(_terms(paper.title))
    whole = sum(inside, Counter[str]())
    sizes = Counter(groups)
    return [_name(found, whole, sizes[g], len(papers)) for g, found in enumerate(inside)]


def _name(found: Counter[str], whole: Counter[str], n_inside: int, n_all: int) -> str:
    least = 1 if n_inside < 4 else max(2, n_inside // 20)
    scores = {
        term: (1 + 0.5 * term.count(" ")) * n / n_inside * log(n / n_inside / (whole[term] / n_all) + 1e-9)
        for term, n in found.items()
        if n >= least
    }
    chosen: list[str] = []
    for term in sorted(scores, key=lambda t: (-scores[t], t)):
        if not any(_stems(term) & _stems(other) for other in chosen):
            chosen.append(term)
        if len(chosen) == TERMS:
            break
    return ", ".join(chosen) or "papers"


def _stems(term: str) -> set[str]:
    """What two terms that say the same share."""
    return {word.rstrip("s")[:6] for word in re.split("[ -]", term)}


def _terms(text: str) -> set[str]:
    """The words of a text, and its pairs of neighbouring words, once each; none that says nothing."""
    words = [word.strip("-") for word in _WORD.findall(text.lower())]
    kept = [word if len(word) > 2 and word not in _SAY_NOTHING else "" for word in words]
    pairs = {f"{a} {b}" for a, b in pairwise(kept) if a and b}
    return pairs | set(filter(None, kept))


def middle_first(drawn: PaperMap, g: int) -> list[int]:
    """The papers of group `g`, as places in the map's lists, those nearest the group's middle first."""
    inside = [i for i, member in enumerate(drawn.groups) if member == g]
    place = np.array([drawn.places[i] for i in inside]).reshape(-1, 2)
    order = np.argsort(((place - np.median(place, axis=0)) ** 2).sum(axis=1), kind="stable")
    return [inside[i] for i in order]


def kept_map(library: Path) -> PaperMap | None:
    """The map drawn last, for whichever state of the library; None where there is none."""
    try:
        return PaperMap(**read_json(library / FILE))
    except TypeError:
        return None  # none yet, or one that another version left


def keep_map(library: Path, drawn: PaperMap) -> None:
    write_json(library / FILE, asdict(drawn))
