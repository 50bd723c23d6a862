"""Labelled claims on one paper put together in twos, as answers are that list several things.

True where both are. True ones of the nearest other paper are held against the evidence, too.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence

from eval.fit.support_model.data import Example
from eval.fit.support_model.edits import NEI, SUPPORT
from eval.fit.support_model.nearest import nearest_of_others

_ARTICLE = re.compile(r"\b(?:the|a|an) ", re.I)
_JOINTS = ("; ", "; ", ", ", ", and ", " and ", ". ", ", while ", ": ")
_LEADS = ("Yes: ", "No: ", "Because ", "Yes, ")


def make(pairs: Sequence[Example], n_papers: int, seed: int) -> list[Example]:
    """Claims on `n_papers` papers of the pairs, each of two claims: both true, or one of them not, or both
    true of the nearest other paper."""
    rng = random.Random(seed)
    papers = _by_paper(pairs, rng)
    texts = [" ".join(claims[0].evidence for claims in paper) for paper in papers]
    owners = [paper[0][0].group for paper in papers]
    nearest = nearest_of_others(texts[:n_papers], owners[:n_papers], texts, owners)
    found = []
    for paper, place in zip(papers, nearest, strict=False):
        first, evidence = paper[0][0], " ".join(dict.fromkeys(claims[0].evidence for claims in paper))
        made = [*_of_two(paper, rng), *([_true_of(papers[place], rng)] if place >= 0 else [])]
        found += [
            Example(evidence, claim, label, kind, first.group, first.title, "joined")
            for claim, label, kind in made
        ]
    return found


def join(phrases: Sequence[str], rng: random.Random) -> str:
    """The phrases as one claim: with one kind of joint or several, one time in three without articles."""
    joint = rng.choice(_JOINTS)
    text = phrases[0].rstrip(".")
    for phrase in phrases[1:]:
        text += (joint if rng.random() < 0.7 else rng.choice(_JOINTS)) + phrase.rstrip(".")
    if rng.random() < 0.35:
        text = _ARTICLE.sub("", text)
    if rng.random() < 0.06:
        text = rng.choice(_LEADS) + text
    return text[:1].upper() + text[1:] + "."


def _by_paper(pairs: Sequence[Example], rng: random.Random) -> list[list[list[Example]]]:
    """For each paper, mixed: the claims on one or two of its texts of evidence, in the order of the file."""
    papers: dict[str, dict[str, list[Example]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        papers[pair.group][pair.evidence].append(pair)
    found = []
    for texts in papers.values():
        chosen = sorted(rng.sample(range(len(texts)), min(len(texts), rng.choice((1, 2)))))
        found.append([list(texts.values())[place] for place in chosen])
    rng.shuffle(found)
    return found


def _of_two(paper: Sequence[Sequence[Example]], rng: random.Random) -> list[tuple[str, int, str]]:
    """Two true claims together, and a true and a false one, in either order; nothing where there are not so
    many."""
    true = [[claim.claim for claim in claims if claim.label == SUPPORT] for claims in paper]
    false = [claim for claims in paper for claim in claims if claim.label != SUPPORT]
    found = []
    both = rng.sample(true[0], 1) + rng.sample(true[1], 1) if len(true) == 2 and all(true) else []
    if not both and len(every := [text for texts in true for text in texts]) > 1:
        both = rng.sample(every, 2)
    if both:
        found.append((join(both, rng), SUPPORT, "joined"))
    if both and false:
        wrong = rng.choice(false)
        parts = [rng.choice(both), wrong.claim]
        rng.shuffle(parts)
        found.append((join(parts, rng), wrong.label, "joined_mixed"))
    return found


def _true_of(paper: Sequence[Sequence[Example]], rng: random.Random) -> tuple[str, int, str]:
    true = [claim.claim for claims in paper for claim in claims if claim.label == SUPPORT]
    chosen = rng.sample(true, min(len(true), 2)) or [paper[0][0].claim]
    return join(chosen, rng), NEI, "joined_near"
