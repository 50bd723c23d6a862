"""Floors under a run's measures: those named on the command line, and a committed baseline.

A floor is `measure=value`, or `measure/type=value` for the questions of one type (`measure/style:lay=value`
and `measure/intent:list=value` for those of one style or intent). Falling short is no
error: it is named, and ends the command with its own exit code.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.runs.summary import GROUPINGS, MEASURES
from rag.errors import InputError

FELL_SHORT = 3
"""Exit code of a run that fell short of a floor."""
BASELINE = (
    "nDCG@10", "R@5", "Success@1", "fact_recall", "citation_precision", "citation_recall", "evidence_recall",
    "quote_fidelity", "abstention_right", "supported",
)  # fmt: skip
"""What a baseline holds: measures where higher is better."""
PAIR_BASELINE = ("auc", "auc_contradict", "auc_rest", "accuracy", "accepted_support")
"""What a baseline of pairs holds."""
TOLERANCE = 0.01
"""How far under its baseline a measure may be: int8 arithmetic rounds differently from one processor to
another, and a question in forty is .025 of a 0-or-1 measure."""
_ALIASES = {"recall": "r", "mrr": "rr"}
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Floor:
    """The least `measure` may be, over all questions or those of `group`: a type, "style:..." or
    "intent:..."."""

    measure: str
    least: float
    group: str | None = None

    @property
    def name(self) -> str:
        return self.measure if self.group is None else f"{self.measure}/{self.group}"


def parse_floor(text: str) -> Floor:
    """`ndcg@10=0.87`, `Recall@5=.9`, `abstained/unanswerable_far=1`. Raises InputError."""
    name, equals, value = text.partition("=")
    measure, slash, kind = name.strip().partition("/")
    try:
        least = float(value)
    except ValueError:
        equals = ""
    if not equals:
        raise InputError(f"--fail-under is {text!r}; write it like ndcg@10=0.87")
    known = {_plain(known): known for known in MEASURES}
    known_name = known.get(_plain(measure))
    if known_name is None:
        near = difflib.get_close_matches(_plain(measure), known, n=1)
        hint = f"did you mean {known[near[0]]!r}?" if near else f"there are {', '.join(MEASURES)}"
        raise InputError(f"--fail-under names {measure!r}, which is not a measure; {hint}")
    if MEASURES[known_name].better == "lower":
        raise InputError(f"--fail-under names {known_name}, where lower is better; a floor cannot hold it")
    return Floor(known_name, least, kind if slash else None)


def shortfalls(summary: Mapping[str, Any], floors: Iterable[Floor]) -> list[str]:
    """What fell short, a line each; a measure the run does not have falls short too."""
    short = []
    for floor in floors:
        values = summary["measures"] if floor.group is None else _group_measures(summary, floor.group)
        if floor.measure not in values:
            short.append(f"{floor.name} was not measured; at least {floor.least:g} is required")
        elif values[floor.measure]["value"] < floor.least - _ROUNDING:
            value = values[floor.measure]["value"]
            short.append(f"{floor.name} is {value:.4f}, under {floor.least:g}")
    return short


def _group_measures(summary: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    grouping, colon, name = group.partition(":")
    if not colon or grouping not in GROUPINGS:
        grouping, name = "type", group
    measures: Mapping[str, Any] = summary[f"by_{grouping}"].get(name, {})
    return measures


def read_baseline(path: Path, dataset_sha256: str) -> list[Floor]:
    """The baseline's measures less its tolerance. Raises InputError where it is of other questions."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        floors = [Floor(name, value - data["tolerance"]) for name, value in data["measures"].items()]
        its_dataset = data["dataset_sha256"]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; --write-baseline makes one") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: is not a baseline; --write-baseline makes one") from error
    if its_dataset != dataset_sha256:
        raise InputError(
            f"{path}: is for other questions than these; make it again with --write-baseline {path}"
        )
    return floors


def baseline_text(summary: Mapping[str, Any], dataset_sha256: str, names: Sequence[str] = BASELINE) -> str:
    """A run's measures as the baseline file that `read_baseline` takes."""
    measures = {
        name: round(summary["measures"][name]["value"], 4) for name in names if name in summary["measures"]
    }
    data = {"dataset_sha256": dataset_sha256, "tolerance": TOLERANCE, "measures": measures}
    return json.dumps(data, indent=2) + "\n"


def _plain(name: str) -> str:
    stem, at, depth = name.lower().partition("@")
    return _ALIASES.get(stem, stem).replace("-", "_") + at + depth
