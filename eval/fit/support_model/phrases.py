"""Claims joined of phrases that are cut out of abstracts, made by rule, and the same with something false.

"Condensed retrieval; passages are summarised after each hop": answers that were not written as one sentence
have phrases of one to three sentences, and often no title that says whose they are. A false one is the answer
of the nearest other paper, or has one phrase of that paper, or one that an edit made false. The sentences are
CSAbstruct's and SciFact's, as in edits.py, and those written for this project.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.fit.support_model import edits
from eval.fit.support_model.data import Example
from eval.fit.support_model.edits import NEI, SUPPORT
from eval.fit.support_model.joined import join
from eval.fit.support_model.nearest import nearest_of_others
from eval.fit.support_model.synthetic_words import MARKS, SYLLABLES

_CUT = re.compile(
    r"[;:]\s+|\s+[-–—]{1,3}\s+"
    r"|,\s+(?=(?:which|that|where|thus|while|whereas|and|but|because|since|so|with|by|[a-z]+ing)\b)"
    r"|\s+(?=(?:while|whereas|because|although|when|by [a-z]+ing|in order to)\b)"
)
_LEADING = re.compile(r"^(?:and|but|which|that|where|thus|so|while|whereas|because|since|although)\s+", re.I)
_HANGING = re.compile(r"(?:when|with|by|in order|of|to)\b", re.I)
"""How a piece begins that cannot stand without the one before it."""
_FIRST_PERSON = (
    (re.compile(r"\bwe\b", re.I), ("they", "the authors")),
    (re.compile(r"\bour\b", re.I), ("the", "their", "the proposed")),
)
_PROPOSED = re.compile(
    r"\b(?:our|the proposed|this) (?:\w+ )?(?:method|approach|model|framework|system|algorithm|network)\b",
    re.I,
)
_NAMED = re.compile(rf"{_PROPOSED.pattern}|\bwe (?:propose|introduce|present|develop)\b", re.I)
_WE_DO = re.compile(r"\bwe (\w+)", re.I)
_THIRD = {"have": "has", "are": "is", "were": "was", "do": "does"}
_AS_IT_IS = re.compile(
    r"(?:can|could|may|might|will|would|must|cannot|was|had|did|\w+ed|\w+ly|also|then|first)$"
)
_MIN_PHRASE, _MAX_PHRASE = 4, 22
_MOST_ABSTRACTS = 1500
"""Of those with titles, which are biomedicine's."""
_PASSAGES_EACH = 2
"""Of an abstract without a title; these are of computing, as most that the product reads are."""
_SHARE_QUOTED = 0.3
"""Of the passages: those whose sentences begin where their first phrase does."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """One to three sentences of a paper, and the phrases cut out of them, in order."""

    group: str
    title: str
    evidence: str
    phrases: tuple[str, ...]
    name: str = ""
    """What the paper's own method is called in claims, if anything."""


def make(
    shared: Path, taken: set[str], written: Sequence[Example], n_passages: int, seed: int
) -> list[Example]:
    """The claims on `n_passages` passages of papers that are not in `taken`, the same for one seed.

    written: pairs whose evidence is read as well, as it stands.
    """
    rng = random.Random(seed)
    papers = _papers(shared, taken, written, rng)
    passages = [
        passage for group, title, said in papers if (passage := _passage(group, title, said, rng)) is not None
    ]
    evidence, owners = [p.evidence for p in passages], [p.group for p in passages]
    nearest = nearest_of_others(evidence[:n_passages], owners[:n_passages], evidence, owners)
    return [
        example
        for passage, place in zip(passages, nearest, strict=False)
        for example in _claims(passage, passages[place], rng)
        if place >= 0
    ]


def cut_out(sentence: str, rng: random.Random) -> list[str]:
    """One or two phrases of a sentence, in its order, without its opening and mostly without its brackets."""
    text = edits.without_opening(sentence)
    if rng.random() < 0.6:
        text = edits.without_brackets(text)
    pieces = [piece.strip(" ,.") for piece in _CUT.split(text) if piece]
    fitting = [
        _LEADING.sub("", piece)
        for piece in pieces
        if _MIN_PHRASE <= len(piece.split()) <= _MAX_PHRASE and not _HANGING.match(piece)
    ]
    chosen = sorted(rng.sample(range(len(fitting)), min(len(fitting), rng.choice((1, 1, 2)))))
    return [fitting[place] for place in chosen]


def _papers(
    shared: Path, taken: set[str], written: Sequence[Example], rng: random.Random
) -> list[tuple[str, str, list[str]]]:
    """Group, title and sentences of the papers, mixed."""
    found, n_titled = [], 0
    abstracts = list(enumerate(edits.abstracts(shared, taken)))
    rng.shuffle(abstracts)
    for number, (title, sentences) in abstracts:
        n_titled += bool(title)
        if not title or n_titled <= _MOST_ABSTRACTS:
            found += [(f"phrases {number}", title, sentences)] * (1 if title else _PASSAGES_EACH)
    said: dict[str, tuple[str, list[str]]] = {}
    for example in written:
        sentences = said.setdefault(example.group, (example.title, []))[1]
        if example.evidence not in sentences:
            sentences.append(example.evidence)
    found += [(group, title, sentences) for group, (title, sentences) in said.items()]
    rng.shuffle(found)
    return found


def _passage(group: str, title: str, sentences: Sequence[str], rng: random.Random) -> _Passage | None:
    """Sentences that follow each other, or any in their order; at times with one that no phrase is of."""
    n = min(rng.choice((1, 1, 2, 2, 3)), len(sentences))
    start = rng.randrange(len(sentences) - n + 1)
    places = list(range(start, start + n))
    if rng.random() < 0.4:
        places = sorted(rng.sample(range(len(sentences)), n))
    found = [cut_out(sentences[place], rng) for place in places]
    phrases = tuple(phrase for of_sentence in found for phrase in of_sentence)
    if not phrases:
        return None
    quoted = rng.random() < _SHARE_QUOTED
    said = [
        _quote(sentences[place], of_sentence[0]) if quoted and of_sentence else sentences[place]
        for place, of_sentence in zip(places, found, strict=True)
    ]
    if n < 3 and places[-1] + 1 < len(sentences) and rng.random() < 0.25:
        said.append(sentences[places[-1] + 1])
    name = ""
    if rng.random() < 0.4 and any(map(_NAMED.search, phrases)):
        name = "".join(rng.sample(SYLLABLES, 2)).capitalize() + rng.choice(MARKS)
        title = f"{name}: {title}" if title and rng.random() < 0.5 else title
    return _Passage(group, title, " ".join(said), phrases, name)


def _quote(sentence: str, phrase: str) -> str:
    """The sentence from a phrase on, as quotes are that leave out how a sentence begins."""
    return sentence[max(0, sentence.find(phrase)) :]


def _claims(passage: _Passage, near: _Passage, rng: random.Random) -> list[Example]:
    """Claims on a passage: true ones, the near paper's, one with a phrase of that, one with an edit."""
    own = _some(passage, rng)
    found = {join([_told(p, passage.name, rng) for p in own], rng): (SUPPORT, "phrases")}
    if len(passage.phrases) > 1 and rng.random() < 0.6:
        again = [_told(p, passage.name, rng) for p in _some(passage, rng)]
        found.setdefault(join(again, rng), (SUPPORT, "phrases"))
    theirs = [_told(p, near.name or passage.name, rng) for p in _some(near, rng)]
    found.setdefault(join(theirs, rng), (NEI, "phrases_near"))
    if len(own) > 1:
        mixed = [_told(p, passage.name, rng) for p in own]
        mixed[rng.randrange(len(mixed))] = _told(rng.choice(near.phrases), passage.name, rng)
        found.setdefault(join(mixed, rng), (NEI, "phrases_mixed"))
    ways = [(n, way) for n, phrase in enumerate(own) for way in edits.falsified(phrase, rng)]
    if ways and rng.random() < 0.7:
        place, (phrase, label, kind) = rng.choice(ways)
        changed = [_told(p, passage.name, rng) for p in (*own[:place], phrase, *own[place + 1 :])]
        found.setdefault(join(changed, rng), (label, f"phrases_{kind}"))
    return [
        Example(passage.evidence, claim, label, kind, passage.group, passage.title, "phrases")
        for claim, (label, kind) in found.items()
    ]


def _some(passage: _Passage, rng: random.Random) -> list[str]:
    n = min(len(passage.phrases), rng.choice((1, 2, 2, 3)))
    chosen = sorted(rng.sample(range(len(passage.phrases)), n))
    if rng.random() < 0.2:
        rng.shuffle(chosen)
    return [passage.phrases[place] for place in chosen]


def _told(phrase: str, name: str, rng: random.Random) -> str:
    """A phrase in the third person, some words replaced by others that mean the same."""
    text = edits.reworded(phrase, rng)
    if name:
        text = _WE_DO.sub(lambda found: f"{name} {_third_person(found[1])}", _PROPOSED.sub(name, text))
    for pattern, others in _FIRST_PERSON:
        text = pattern.sub(rng.choice(others), text)
    return text


def _third_person(verb: str) -> str:
    if verb in _THIRD or _AS_IT_IS.match(verb):
        return _THIRD.get(verb, verb)
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou"):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "ch", "sh")) else "s")
