"""Where the thresholds of rag/papers/likeness.py come from: `python -m eval.fit.duplicates`.

Fits them on labelled pairs of records (tests/fixtures/duplicate_pairs.jsonl, made up for this) by moving one
at a time, and prints what the shipped and the fitted ones get right, what they do on pairs of papers that
were left out of the fit, and in what range of each threshold the pairs are judged as well as shipped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rag.papers.duplicates import compare_records
from rag.papers.identifiers import clean_doi, paper_id
from rag.papers.likeness import THRESHOLDS, DuplicateThresholds, title_words
from rag.records import Paper

GRID: Mapping[str, tuple[float, ...]] = {
    "nearly_all": (0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
    "much": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "some": (0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
    "fewest_runs": (5, 10, 20, 40),
    "title_words": (1, 2, 3, 4, 5, 6),
    "years": (0, 1, 2, 3, 5, 8),
}
WRONG = 10
"""Papers left apart that weigh as much as one paper lost in another. Chosen by hand: the first shows in
`rag dedup`, the second nowhere."""
_ROUNDS, _N_FOLDS = 2, 5
_PAIRS = Path(__file__).parents[2] / "tests" / "fixtures" / "duplicate_pairs.jsonl"


@dataclass(frozen=True, slots=True)
class RecordPair:
    """Two records, whether they are of one paper, and the group of pairs that share a paper with it."""

    one: Paper
    other: Paper
    is_same: bool
    group: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of pairs of one paper, how many are made one; of pairs of two, how many are."""

    n_same: int
    n_found: int
    n_different: int
    n_wrong: int

    @property
    def gain(self) -> int:
        return self.n_found - WRONG * self.n_wrong

    def __str__(self) -> str:
        return (
            f"{self.n_found} of {self.n_same} pairs of one paper made one, "
            f"{self.n_wrong} of {self.n_different} of two papers"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, default=_PAIRS, help="labelled pairs, a JSON object a line")
    pairs = load_record_pairs(parser.parse_args().pairs)
    print(f"shipped  {THRESHOLDS}\n  {judge_pairs(pairs, THRESHOLDS)}")
    fitted = fit_thresholds(pairs)
    print(f"fitted   {fitted}\n  {judge_pairs(pairs, fitted)}")
    print(f"fitted without the papers it is asked about, {_N_FOLDS} folds\n  {cross_validate(pairs)}")
    print("as good as shipped, all else as shipped:")
    for name, values in plateaus(pairs).items():
        print(f"  {name:12} {asdict(THRESHOLDS)[name]:>5}   {', '.join(f'{value:g}' for value in values)}")


def load_record_pairs(path: Path) -> list[RecordPair]:
    """The pairs of a file with {"same", "a": record, "b": record} in each line."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    groups: dict[str, int] = {}
    pairs = []
    for number, row in enumerate(rows):
        one, other = (_record(row[side], side) for side in "ab")
        names = [title_words(one.title), title_words(other.title)]
        group = min((groups[name] for name in names if name in groups), default=number)
        joined = {groups.get(name, group) for name in names}
        groups |= {name: group for name, of in groups.items() if of in joined}
        groups |= dict.fromkeys(names, group)
        pairs.append((one, other, row["same"], names[0]))
    return [RecordPair(one, other, same, groups[name]) for one, other, same, name in pairs]


def judge_pairs(pairs: Sequence[RecordPair], thresholds: DuplicateThresholds) -> Outcome:
    """How the rules with these thresholds judge the pairs."""
    made_one = [compare_records(pair.one, pair.other, thresholds).verdict == "same" for pair in pairs]
    found = sum(one and pair.is_same for one, pair in zip(made_one, pairs, strict=True))
    n_same = sum(pair.is_same for pair in pairs)
    return Outcome(n_same, found, len(pairs) - n_same, sum(made_one) - found)


def fit_thresholds(pairs: Sequence[RecordPair]) -> DuplicateThresholds:
    """The best thresholds on the grid, moving one at a time from the middle of each; of several that are as
    good, the middle one."""
    best = _with(THRESHOLDS, {name: values[len(values) // 2] for name, values in GRID.items()})
    for _ in range(_ROUNDS):
        for name in GRID:
            values = _best_values(pairs, best, name)
            best = _with(best, {name: values[len(values) // 2]})
    return best


def cross_validate(pairs: Sequence[RecordPair]) -> Outcome:
    """The outcome where each pair is judged by thresholds fitted without its papers."""
    folds = {group: n % _N_FOLDS for n, group in enumerate(sorted({pair.group for pair in pairs}))}
    outcomes = []
    for fold in range(_N_FOLDS):
        fitted = fit_thresholds([pair for pair in pairs if folds[pair.group] != fold])
        outcomes.append(judge_pairs([pair for pair in pairs if folds[pair.group] == fold], fitted))
    return Outcome(
        *(
            sum(asdict(each)[name] for each in outcomes)
            for name in ("n_same", "n_found", "n_different", "n_wrong")
        )
    )


def plateaus(pairs: Sequence[RecordPair]) -> dict[str, list[float]]:
    """The values of each threshold that do as well as the shipped one, the others as shipped."""
    shipped = judge_pairs(pairs, THRESHOLDS).gain
    return {
        name: [
            value for value in values if judge_pairs(pairs, _with(THRESHOLDS, {name: value})).gain >= shipped
        ]
        for name, values in GRID.items()
    }


def _best_values(pairs: Sequence[RecordPair], start: DuplicateThresholds, name: str) -> list[float]:
    gains = {value: judge_pairs(pairs, _with(start, {name: value})).gain for value in GRID[name]}
    return [value for value, gain in gains.items() if gain == max(gains.values())]


def _with(thresholds: DuplicateThresholds, values: Mapping[str, float]) -> DuplicateThresholds:
    return replace(thresholds, **dict(_typed(values)))


def _typed(values: Mapping[str, float]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        yield name, type(asdict(THRESHOLDS)[name])(value)


def _record(fields: Mapping[str, Any], source: str) -> Paper:
    title, doi, arxiv_id = fields["title"], fields.get("doi", ""), fields.get("arxiv_id", "")
    return Paper(
        paper_id(title, doi=doi, arxiv_id=arxiv_id),
        title,
        fields.get("abstract", ""),
        tuple(fields.get("authors", ())),
        fields.get("year"),
        fields.get("venue", ""),
        clean_doi(doi),
        arxiv_id,
        sources=(source,),
    )


if __name__ == "__main__":
    main()
