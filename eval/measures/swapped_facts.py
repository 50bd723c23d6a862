"""What answers make of swapped values: they follow the text, hold to the old value, or say neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from eval.data.questions import Gold, GoldQuestion
from eval.measures.answers import spoken_text
from eval.measures.bootstrap import Estimate, estimate_mean
from eval.runs.swapped_papers import SwappedPaper, holds, replace_values
from rag.records import Answer

Outcome = Literal["follows", "reverts", "neither", "abstained"]


@dataclass(frozen=True, slots=True)
class SwappedAnswer:
    """One question's outcome, with the values that were swapped and the answer's text."""

    id: str
    outcome: Outcome
    swaps: Mapping[str, str]
    answer: str


def swaps_of(question: GoldQuestion, gold: Gold, swapped: Mapping[str, SwappedPaper]) -> dict[str, str]:
    """The swapped values that the question's own gold quotes hold; empty where it cannot be asked so."""
    values: dict[str, str] = {}
    for evidence in question.evidence:
        paper = swapped.get(gold.ids.get(evidence.title, ""))
        for old, new in (paper.swaps if paper else {}).items():
            if replace_values(evidence.quote, {old: new}) != evidence.quote:
                values[old] = new
    return values


def judge_swapped(id: str, answer: Answer, swaps: Mapping[str, str]) -> SwappedAnswer:
    """reverts: an old value is said that no quoted sentence has. follows: only a new one is said."""
    text = spoken_text(answer)
    quoted = "\n".join(citation.quote for citation in answer.citations)
    outcome: Outcome
    if answer.abstained:
        outcome = "abstained"
    elif any(holds(text, old) and not holds(quoted, old) for old in swaps):
        outcome = "reverts"
    elif any(holds(text, new) for new in swaps.values()):
        outcome = "follows"
    else:
        outcome = "neither"
    return SwappedAnswer(id, outcome, swaps, text)


def outcome_shares(answers: Sequence[SwappedAnswer]) -> dict[str, Estimate]:
    """The share of each outcome, with its interval."""
    return {
        name: estimate_mean([float(each.outcome == name) for each in answers]) for name in get_args(Outcome)
    }
