"""The labelled pairs that were written for this project: eval/fit/data/support_pairs/*.txt.

Owns their form. Each line is a mark, a space and a text: T the title of an invented paper, E evidence as its
abstract would have it, and claims on that evidence, marked by how they were made (MARKS).
"""

from __future__ import annotations

from pathlib import Path

from eval.fit.support_model.data import LABELS, Example, fold_of, paper_key

PAIR_FILES = Path(__file__).parent.parent / "data" / "support_pairs"
MARKS = {
    "p": ("support_para", "SUPPORT"),
    "n": ("support_near", "SUPPORT"),
    "r": ("reversed", "CONTRADICT"),
    "g": ("negated", "CONTRADICT"),
    "d": ("number", "CONTRADICT"),
    "s": ("swapped", "CONTRADICT"),
    "o": ("overclaim", "NEI"),
    "b": ("beyond", "NEI"),
    "m": ("mixed", "NEI"),
}
"""What the marks of claims stand for: kind and label."""
_N_PARTS = 10
"""One of which is never learned from."""


def learned_part(files: str = "*.txt") -> list[Example]:
    """The pairs of the files that may be learned from: nine papers of ten."""
    return [example for example in read_all(files) if fold_of(example.group, _N_PARTS)]


def held_out_part() -> list[Example]:
    """The pairs of the other papers, which nothing is learned from."""
    return [example for example in read_all() if not fold_of(example.group, _N_PARTS)]


def read_all(files: str = "*.txt") -> list[Example]:
    """The pairs of the files, by the files' names and in their order; `field` is the file's name."""
    return [example for path in sorted(PAIR_FILES.glob(files)) for example in read(path)]


def read(path: Path) -> list[Example]:
    """The pairs of a file, in order. Raises ValueError naming the line that is not of the form."""
    found: list[Example] = []
    title = evidence = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        mark, _, text = line.partition(" ")
        text = text.strip()
        if mark == "T" and text:
            title, evidence = text, ""
        elif mark == "E" and text and title:
            evidence = text
        elif mark in MARKS and text and evidence:
            kind, label = MARKS[mark]
            group, place = paper_key(title), LABELS.index(label)
            found.append(Example(evidence, text, place, kind, group, title, path.stem))
        elif line.strip():
            raise ValueError(
                f"{path.name}, line {number}: not a title, evidence under one, or a claim: {line!r}"
            )
    return found
