"""Where the thresholds of rag/support/number_roles.py come from: `python -m eval.fit.numbers ../shared`.

Takes the true claims written on abstracts that have a number with a rival in their evidence, and makes false
ones by putting the rival in its place, or by exchanging the two. Prints how many of each a floor and a gain
refuse, and how often the rules on numbers as shipped refuse claims of each kind.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.support.number_check import read_numbers, unsupported_numbers
from rag.support.number_roles import rivals, weigh
from rag.support.quantities import Quantity, quantities

FLOORS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
GAINS = (0.1, 0.2, 0.4, 0.6, 0.8)
Weights = list[tuple[float, float]]
"""For and against each rival of a claim's numbers."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with train/")
    args = parser.parse_args()
    lines = (args.shared / "train" / "gate" / "pairs_train.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    true, exchanged = _weighed([record for record in records if record["label"] == "SUPPORT"])
    print(f"refused of {len(true)} true claims, and of {len(exchanged)} with a number exchanged:")
    print("floor  " + "".join(f"gain {gain:<8}" for gain in GAINS))
    for floor in FLOORS:
        cells = [(_refused(true, floor, gain), _refused(exchanged, floor, gain)) for gain in GAINS]
        print(f"{floor:<7}" + "".join(f"{ours:>3} {theirs:<9}" for ours, theirs in cells))
    print("\nrefused by all rules on numbers, as shipped:")
    n = Counter(record["kind"] for record in records)
    refused = Counter(
        record["kind"] for record in records if _mismatched(record["claim"], record["evidence"])
    )
    for kind in sorted(n):
        print(f"  {kind:14} {refused[kind]:4} of {n[kind]:5} ({refused[kind] / n[kind]:.3f})")


def _weighed(records: Sequence[dict[str, str]]) -> tuple[list[Weights], list[Weights]]:
    true, exchanged = [], []
    for record in records:
        evidence = quantities(record["evidence"])
        if weights := list(_weights(record["claim"], evidence)):
            true.append(weights)
            exchanged += [
                list(_weights(claim, evidence)) for claim in set(_exchanged(record["claim"], evidence))
            ]
    return true, exchanged


def _weights(claim: str, evidence: Sequence[Quantity]) -> Iterator[tuple[float, float]]:
    numbers = quantities(claim)
    for number in numbers:
        for rival in rivals(number, evidence):
            yield weigh(number, rival, numbers, evidence)


def _exchanged(claim: str, evidence: Sequence[Quantity]) -> Iterator[str]:
    """The claim with a number's rival in its place, and, where the claim has that too, the other way."""
    for number in quantities(claim):
        for rival in rivals(number, evidence):
            ours, theirs = number.text, rival.text
            if claim.count(ours) == 1 and claim.count(theirs) <= 1:
                yield claim.replace(ours, "\0").replace(theirs, ours).replace("\0", theirs)


def _refused(claims: Sequence[Weights], floor: float, gain: float) -> int:
    return sum(
        any(more > floor and more - less > gain * (more + less) for more, less in weights)
        for weights in claims
    )


def _mismatched(claim: str, evidence: str) -> bool:
    return bool(unsupported_numbers(read_numbers(claim), [read_numbers(evidence)]))


if __name__ == "__main__":
    main()
