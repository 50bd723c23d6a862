"""The pairs written for this project: whole, of the form they should have, and parted by paper."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from eval.fit.support_model import data, pair_files

PAIRS = pair_files.read_all()
FORM = """T Salt and frogs
E Frogs left ponds with more salt than ponds with less.
p Less salt kept frogs in ponds better than more salt did.
r Frogs left ponds with less salt than ponds with more.

T Second paper
E Another finding was reported in it, too.
o It always holds.
"""


def test_a_file_is_read_as_its_marks_say(tmp_path: Path) -> None:
    path = tmp_path / "ecology.txt"
    path.write_text(FORM, "utf-8")
    first, second, third = pair_files.read(path)
    assert (first.title, first.kind, first.label, first.field) == (
        "Salt and frogs",
        "support_para",
        0,
        "ecology",
    )
    assert (second.evidence, second.label) == (first.evidence, 1)
    assert (third.claim, third.label, third.group) == ("It always holds.", 2, data.paper_key("Second paper"))


@pytest.mark.parametrize("line", ["x What is this?", "p", "E", "nothing"])
def test_a_line_of_no_known_form_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"T Title\nE Evidence of it.\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=r"bad\.txt, line 3"):
        pair_files.read(path)


def test_a_claim_needs_evidence_under_its_own_title(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("T Title\nE Evidence of it.\nT Another\np A claim.\n", "utf-8")
    with pytest.raises(ValueError, match="line 4"):
        pair_files.read(path)


def test_no_paper_is_both_learned_from_and_kept_apart() -> None:
    learned, apart = pair_files.learned_part(), pair_files.held_out_part()
    assert not {pair.group for pair in learned} & {pair.group for pair in apart}
    assert len(learned) + len(apart) == len(PAIRS)
    assert 0.07 < len(apart) / len(PAIRS) < 0.13


def test_every_kind_is_there_and_no_pair_twice() -> None:
    assert {pair.kind for pair in PAIRS} == {kind for kind, _ in pair_files.MARKS.values()}
    assert max(Counter((pair.evidence, pair.claim) for pair in PAIRS).values()) == 1
    assert 0.3 < sum(pair.label == 0 for pair in PAIRS) / len(PAIRS) < 0.5


def test_they_are_about_papers_of_their_own(shared_dir: Path) -> None:
    known = {example.group for example in data.labelled_examples(shared_dir)}
    known |= {example.group for example in data.own_pairs()}
    assert not {pair.group for pair in PAIRS} & known
