"""Headings for groups of papers, from their own words: phrases that several of them use and the rest do not.

A phrase is a run of words of a title without function words; it heads the papers whose title or abstract has
it. What all papers share, or the question already says, tells them apart no more (the idea of c-TF-IDF;
Grootendorst, BERTopic, 2022). No list of subjects: any field's papers group by what they say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.records import Paper
from rag.text.latex import readable
from rag.text.stopwords import STOP_WORDS

Rarity = Callable[[str], float]
"""How rare a word is in the library, as inverse document frequency."""

LONGEST = 3
"""Words of a phrase."""
MOST_GROUPS = 3
LEAST_RARITY = 2.2
"""Mean inverse document frequency of a phrase's words: a phrase in more papers than one in nine is no
heading."""
LEAST_IN_ABSTRACT = 3.5
"""The same for a phrase that no title has; each of its words must be as rare as a title's phrase is."""
_WORD = re.compile(r"[^\W_](?:[\w'’-]*[^\W_])?")
_NOUN_PHRASE = re.compile(
    r"""\b(?:of|for|in|with|via|by|on|through|from|and|the|an?|into|between)\s
        ((?:[^\W\d_][\w-]*\s){1,2}[^\W\d_][\w-]*[^\W_])
        (?=[,.;:)]|\s(?:of|for|in|with|via|by|on|through|from|and|or|to|that|which|is|are|was|were|as)\b)""",
    re.X,
)
_NO_NOUN = re.compile(r"\w(?:ly|ed)\b|\b(?:state-of-the-art|novel|new|existing|recent|current)\b", re.I)
"""An adverb or a participle, as far as their endings tell."""
_BREAK = re.compile(
    r"[:;,.?!()/]|\s[-–—]\s|\b(?:without|via|towards?|using|through|between|across|against|beyond|based|within)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class PaperGroup:
    """Papers, as indices, under a phrase of theirs; None over those that share none."""

    heading: str | None
    members: tuple[int, ...]


def group_papers(papers: Sequence[Paper], question: str, rarity: Rarity) -> list[PaperGroup]:
    """The papers in groups, each headed by a phrase that all its papers use; those left over come last.

    Order within a group, and of the groups by their first paper, is the papers' own.
    """
    texts = [stems_in_order(f"{paper.title}. {paper.abstract}") for paper in papers]
    asked = set(stems_in_order(question))
    candidates: dict[tuple[str, ...], str] = {}
    for paper in papers:
        for key, phrase in title_phrases(readable(paper.title)):
            candidates.setdefault(key, phrase)
    of_titles = set(candidates)
    for paper in papers:
        for key, phrase in abstract_phrases(readable(paper.abstract)):
            candidates.setdefault(key, phrase)
    worth: dict[tuple[str, ...], float] = {}
    members: dict[tuple[str, ...], list[int]] = {}
    for key, phrase in candidates.items():
        holding = [i for i, text in enumerate(texts) if _holds(text, key)]
        rare = [rarity(word) for word in phrase.split()]
        novel = [stem for stem in key if stem not in asked]
        if len(holding) < 2 or len(holding) > max(2, len(papers) - 2):
            continue
        if 2 * len(novel) < len(key) or (key[-1] in asked and len(key) < LONGEST):
            continue
        if len(phrase.split()) == 1 and "-" not in phrase.strip("-"):
            continue  # one plain word of a title is as often a verb or an adjective
        mean = sum(rare) / len(rare)
        if key not in of_titles and (mean < LEAST_IN_ABSTRACT or min(rare) < LEAST_RARITY):
            continue
        if mean < LEAST_RARITY or min(rare) < LEAST_RARITY / 2:
            continue
        worth[key] = mean * (1 + 0.5 * (len(key) > 1)) * math.log(1 + len(holding))
        members[key] = holding
    return _choose(len(papers), candidates, worth, members)


def _choose(
    n: int,
    phrases: dict[tuple[str, ...], str],
    worth: dict[tuple[str, ...], float],
    members: dict[tuple[str, ...], list[int]],
) -> list[PaperGroup]:
    """Phrases taken greedily, each for the papers that no phrase before it took."""
    free = set(range(n))
    groups: list[PaperGroup] = []
    while len(groups) < MOST_GROUPS:
        gains = {
            key: worth[key] * len(free.intersection(members[key])) / len(members[key])
            for key in worth
            if len(free.intersection(members[key])) >= 2
        }
        if not gains:
            break
        best = max(gains, key=lambda key: (gains[key], key))
        taken = tuple(sorted(free.intersection(members[best])))
        groups.append(PaperGroup(phrases[best], taken))
        free.difference_update(taken)
    groups.sort(key=lambda group: group.members[0])
    if free:
        groups.append(PaperGroup(None, tuple(sorted(free))))
    return groups


def title_phrases(title: str) -> list[tuple[tuple[str, ...], str]]:
    """Runs of one to LONGEST words of a title, no function word or number in them, each with its stems."""
    found: list[str] = []
    for piece in _BREAK.split(title):
        run: list[str] = []
        for word in [*_WORD.findall(piece), ""]:
            if word and word.lower() not in STOP_WORDS and not word.isdigit() and len(word) > 1:
                run.append(word)
                continue
            found += [
                " ".join(run[start : start + length])
                for length in range(LONGEST, 0, -1)
                for start in range(len(run) - length + 1)
            ]
            run = []
    return [(tuple(stems_in_order(phrase)), phrase) for phrase in found]


def abstract_phrases(abstract: str) -> list[tuple[tuple[str, ...], str]]:
    """Runs of two or three words of an abstract that stand where a noun phrase does: behind a preposition or
    an article, before a function word or a stop."""
    found = []
    for match in _NOUN_PHRASE.finditer(abstract):
        words = match[1].split()
        plain = all(word.lower() not in STOP_WORDS and not word[0].isdigit() for word in words)
        if plain and not _NO_NOUN.search(match[1]):
            found.append(" ".join(words))
    return [(tuple(stems_in_order(phrase)), phrase) for phrase in found]


def stems_in_order(text: str) -> list[str]:
    """The beginnings of a text's words, in order, function words left out."""
    parts = (part for word in _WORD.findall(text) for part in re.split(r"[-/]", word))
    return [part.lower().removesuffix("s")[:6] for part in parts if part and part.lower() not in STOP_WORDS]


def _holds(text: Sequence[str], key: Sequence[str]) -> bool:
    n = len(key)
    return any(tuple(text[i : i + n]) == tuple(key) for i in range(len(text) - n + 1))
