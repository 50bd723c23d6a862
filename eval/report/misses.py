"""What went wrong with a question, in words to filter by.

Owns the kinds of failure and when one applies; nothing here is a measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eval.measures.retrieval import Scores
from eval.runs.summary import Scored

_KINDS: Mapping[str, Callable[[Scores, bool], bool]] = {
    "answered, though the library cannot": lambda s, answerable: not answerable and s.get("abstained") == 0,
    "refused, though the library can": lambda s, answerable: answerable and s.get("abstained") == 1,
    "gold paper not first": lambda s, _: s.get("Success@1", 1) < 1,
    "gold paper not in the first five": lambda s, _: s.get("R@5", 1) < 1,
    "facts missing": lambda s, _: s.get("fact_recall", 1) < 1,
    "other papers cited": lambda s, _: s.get("citation_precision", 1) < 1,
    "gold paper not cited": lambda s, _: s.get("citation_recall", 1) < 1,
    "quote not verbatim": lambda s, _: s.get("quote_fidelity", 1) < 1,
    "unsupported sentence": lambda s, _: s.get("unsupported", 0) > 0,
    "judged unfaithful": lambda s, _: s.get("faithfulness", 1) < 0.5,
    "judged incorrect": lambda s, _: s.get("correctness", 1) < 0.5,
}
KINDS = ("failed", *_KINDS)


def misses(scored: Scored) -> tuple[str, ...]:
    """The kinds that apply, in the order of KINDS; a question that failed has that one alone."""
    if scored.result.error is not None:
        return ("failed",)
    answerable = scored.question.answerable
    return tuple(kind for kind, applies in _KINDS.items() if applies(scored.scores, answerable))
