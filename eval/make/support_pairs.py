"""Claim/evidence pairs made from questions: what the support gate must accept, and what it must refuse.

A reference answer is checked against its own evidence; against another question's; against the nearest
sentences of another paper; with one number altered; and with one comparison reversed. Owns the making and
the share accepted; labelled pairs from a file are eval/measures/support_gate.py's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from eval.data.questions import GoldQuestion
from eval.measures.bootstrap import Estimate, estimate_mean
from rag.papers.identifiers import title_key
from rag.records import Paper
from rag.support.gate import CheckRequest
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from rag.encoder.minilm import Encoded, Encoder

KINDS = {
    "own": "an answer against its own evidence",
    "own_sentences": "against the whole sentences its evidence is from",
    "other": "against another question's evidence",
    "nearest_late": "against the nearest sentences of another paper, by late interaction",
    "nearest_dense": "against the nearest sentences of another paper, by sentence vectors",
    "number": "against its own evidence, one number altered",
    "numbered_name": "against its own evidence, a digit in a name altered",
    "reversed": "against its own evidence, one comparison reversed",
    "swapped": "against its own evidence, the two sides of a comparison exchanged",
    "negated": "against its own evidence, a negation put in or taken out",
}
OTHERS = 20
"""Other questions whose evidence each answer is checked against. 100 answers make 2,000 pairs."""
LATE_DEPTH = 200
"""Sentences, nearest by their vectors, among which late interaction looks for its nearest."""
_SEED = 20260101
_DIGITS = re.compile(r"(?P<name>[^\W\d_][\w@.-]*?)?(?P<digits>\d+(?:[.,]\d+)*)")

_OPPOSITES = """
better worse | best worst | more less | fewer more | most least | higher lower | highest lowest
larger smaller | bigger smaller | greater smaller | largest smallest | faster slower | longer shorter
stronger weaker | easier harder | cheaper costlier | superior inferior | above below
outperform underperform | outperforms underperforms | outperformed underperformed
outperforming underperforming | improve degrade | improves degrades | improved degraded | improving degrading
improvement degradation | improvements degradations
increase decrease | increases decreases | increased decreased | increasing decreasing
reduce increase | reduces increases | reduced increased | reducing increasing | reduction increase
cut raise | cuts raises | cutting raising | lowers raises | beat lose_to | beats loses_to | beating losing_to
surpass fall_short_of | surpasses falls_short_of | surpassed fell_short_of | surpassing falling_short_of
rise fall | rises falls | grow shrink | grows shrinks | speedup slowdown | speeds_up slows_down | help hurt
helps hurts | ahead behind
"""
_NEGATIONS = (
    "cannot can | can cannot | without with | not  | is is_not | are are_not | does_not does | do_not do"
)
_BEATS = re.compile(
    r"(?:^|(?<=[,;:.(] )|(?<=that )|(?<=while ))"
    r"(?P<left>(?!and\b|after)(?:(?!\b(?:it|they|this|which|that|them|do|does|not|to|and)\b)[^,;:.()])+?)"
    r"(?P<verb> (?:\w+ly |even |still ){0,2}(?:outperform(?:s|ed)?|beats?|surpass(?:es|ed)?|exceed(?:s|ed)?"
    r"|(?:is|are|was|were) (?:\w+ ){0,2}(?:better|worse|more \w+|faster|slower|superior|larger|smaller)"
    r"(?: \w+)? (?:than|to)) )"
    r"(?P<right>(?!(?:this|it|them)\b)[^,;:.()]+?)"
    r"(?P<rest>(?: (?:by|on|in|at|with|when|for|while)\b|[,;:.()]).*)?$"
)


@dataclass(frozen=True, slots=True)
class MadePair:
    """A claim and texts of evidence; `kind` is one of KINDS, of which only "own" and "own_sentences" are
    supported."""

    kind: str
    id: str
    claim: str
    evidence: tuple[str, ...]


class ScoredSupport(Protocol):
    @property
    def status(self) -> str: ...


class SentenceGate(Protocol):
    def check_all(self, requests: Iterable[CheckRequest]) -> Sequence[ScoredSupport]: ...


def make_pairs(
    questions: Iterable[GoldQuestion], papers: Iterable[Paper], encoder: Encoder
) -> list[MadePair]:
    """Every pair that can be made of the questions with evidence and an answer, the same on every run."""
    usable = [question for question in questions if question.evidence and question.answer]
    pairs = [pair for question in usable for pair in _from_own(question)]
    pairs += _from_others(usable)
    known = list(papers)
    pairs += _from_own_sentences(usable, {title_key(paper.title): paper for paper in known})
    return pairs + list(_from_nearest(usable, known, encoder))


def accepted(pairs: Sequence[MadePair], gate: SentenceGate) -> dict[str, Estimate]:
    """The share of each kind that the gate calls supported. Kind -> share, of those present."""
    shares: dict[str, list[float]] = {}
    verdicts = gate.check_all([CheckRequest(pair.claim, pair.evidence) for pair in pairs])
    for pair, verdict in zip(pairs, verdicts, strict=True):
        shares.setdefault(pair.kind, []).append(float(verdict.status == "supported"))
    return {kind: estimate_mean(shares[kind]) for kind in KINDS if kind in shares}


def altered_numbers(text: str) -> Iterator[tuple[str, str]]:
    """("number" or "numbered_name", the text with one digit of that number changed), for each number."""
    rng = random.Random(f"{_SEED}{text}")
    for match in _DIGITS.finditer(text):
        places = [i for i in range(*match.span("digits")) if text[i].isdigit()]
        place = rng.choice(places)
        # Never a leading zero, and never a number that is spelled like the old one.
        digit = rng.choice([d for d in "123456789" if d != text[place]])
        kind = "numbered_name" if match["name"] else "number"
        yield kind, f"{text[:place]}{digit}{text[place + 1 :]}"


def reversed_comparisons(text: str) -> Iterator[str]:
    """The text with one word of comparison turned into its opposite, for each such word."""
    for ours, theirs in _pairs(_OPPOSITES):
        yield from _exchanged(text, ours, theirs)
        yield from _exchanged(text, theirs, ours)


def negated(text: str) -> Iterator[str]:
    """The text with one negation put in or taken out."""
    for old, new in _pairs(_NEGATIONS):
        yield from _exchanged(text, old, new)


def swapped_sides(text: str) -> Iterator[str]:
    """The text with the sides of a comparison exchanged, where a plain "A beats B" occurs."""
    if match := _BEATS.search(text):
        yield f"{text[: match.start()]}{match['right']}{match['verb']}{match['left']}{match['rest'] or ''}"


def _pairs(table: str) -> list[tuple[str, str]]:
    rows = re.split(r"\s*[|\n]\s*", table.strip())
    return [
        (old.replace("_", " "), new.replace("_", " ")) for old, _, new in (row.partition(" ") for row in rows)
    ]


def _exchanged(text: str, old: str, new: str) -> Iterator[str]:
    for match in re.finditer(rf"(?<![\w-]){old}(?![\w-])", text, re.IGNORECASE):
        word = new.capitalize() if match[0][0].isupper() else new
        yield f"{text[: match.start()]}{word}{text[match.end() :]}"


def _from_own(question: GoldQuestion) -> Iterator[MadePair]:
    evidence = tuple(quote.quote for quote in question.evidence)
    made = [("own", question.answer), *altered_numbers(question.answer)]
    made += [("reversed", claim) for claim in reversed_comparisons(question.answer)]
    made += [("swapped", claim) for claim in swapped_sides(question.answer)]
    made += [("negated", claim) for claim in negated(question.answer)]
    for n, (kind, claim) in enumerate(dict.fromkeys(made)):
        yield MadePair(kind, f"{question.id}/{kind}/{n}", claim, evidence)


def _from_others(questions: Sequence[GoldQuestion]) -> Iterator[MadePair]:
    for question in questions:
        others = [other for other in questions if not set(other.gold) & set(question.gold)]
        rng = random.Random(f"{_SEED}{question.id}")
        for other in rng.sample(others, min(OTHERS, len(others))):
            evidence = tuple(quote.quote for quote in other.evidence)
            yield MadePair("other", f"{question.id}/other/{other.id}", question.answer, evidence)


def _from_own_sentences(questions: Sequence[GoldQuestion], papers: Mapping[str, Paper]) -> Iterator[MadePair]:
    """The sentences of which the quotes are parts; a quote that is not in its paper stands for itself."""
    for question in questions:
        evidence: list[str] = []
        for quote in question.evidence:
            paper = papers.get(title_key(quote.title))
            start = paper.abstract.find(quote.quote) if paper else -1
            if paper is None or start < 0:
                evidence.append(quote.quote)
                continue
            end = start + len(quote.quote)
            evidence += [s.text for s in split_sentences(paper.abstract) if s.start < end and s.end > start]
        sentences = tuple(dict.fromkeys(evidence))
        yield MadePair("own_sentences", f"{question.id}/own_sentences", question.answer, sentences)


def _from_nearest(
    questions: Sequence[GoldQuestion], papers: Sequence[Paper], encoder: Encoder
) -> Iterator[MadePair]:
    """As many sentences of the one other paper with the nearest sentence as the answer has quotes."""
    sentences = [
        (title_key(paper.title), s.text) for paper in papers for s in split_sentences(paper.abstract)
    ]
    owners = np.array([owner for owner, _ in sentences])
    encoded = list(encoder.encode_passages([text for _, text in sentences]))
    vectors = np.stack([sentence.vector for sentence in encoded])
    for question, answer in zip(
        questions, encoder.encode_queries([q.answer for q in questions]), strict=True
    ):
        own = np.isin(owners, [title_key(title) for title in question.gold])
        order = np.argsort(-(vectors @ answer.vector), kind="stable")
        dense = order[~own[order]]
        late = sorted(dense[:LATE_DEPTH], key=lambda i: -_max_sim(answer, encoded[i]))
        for kind, nearest in (("nearest_late", late), ("nearest_dense", dense)):
            of_paper = [i for i in nearest if owners[i] == owners[nearest[0]]][: len(question.evidence)]
            evidence = tuple(sentences[i][1] for i in of_paper)
            yield MadePair(kind, f"{question.id}/{kind}", question.answer, evidence)


def _max_sim(answer: Encoded, sentence: Encoded) -> float:
    return float((answer.tokens @ sentence.tokens.T).max(axis=1).mean())
