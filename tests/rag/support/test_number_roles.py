"""Which numbers of a claim the evidence gives of something else."""

from __future__ import annotations

import pytest

from rag.support.number_check import read_numbers, unsupported_numbers

RATES = "Pruning cuts memory by 40%, keeps 97% of the accuracy and makes decoding 25% faster than before."
TWO = "MIXER scores 61.4 on TREC-7 and LONER scores 58.9 on TREC-7."
DEALT = "The tagger reaches an F1 of 81.2, 77.5, and 90.3 on Tweets, Letters, and News, respectively."
SHARE = "It beats the baseline on five of the six tasks."

MISPLACED = [
    ("Pruning cuts memory by 25% and makes decoding 40% faster.", RATES, "25%", "40%"),
    ("Decoding is 40% faster.", RATES, "40%", "25%"),
    ("MIXER scores 58.9 on TREC-7.", TWO, "58.9", "61.4"),
    ("On News the tagger reaches 77.5.", DEALT, "77.5", "90.3"),
]
IN_PLACE = [
    ("Pruning makes decoding 25% faster and saves 40% of memory.", RATES),
    ("Decoding gets a quarter faster, memory shrinks by 40%.", RATES),
    ("LONER scores 58.9 on TREC-7.", TWO),
    ("The tagger reaches 77.5 on Letters and 90.3 on News.", DEALT),
    ("It gains 8% and 51% on the two.", "It gains 8% and 51% on the two sets."),
    ("Founded in 1998, it has 40 members.", "It has 40 members and was founded in 1998."),
]
OTHER_SHARES = [
    ("It beats the baseline on all six tasks.", SHARE),
    ("It beats the baseline on all tasks.", SHARE),
    ("It beats the baseline on every task.", SHARE),
    ("It beats the baseline on four of the six tasks.", SHARE),
    ("All eight measures help.", "All but one of eight measures help."),
]
SAME_SHARES = [
    ("It beats the baseline on 5 out of 6 tasks.", SHARE),
    ("It is not ahead on one of the six tasks.", SHARE),
    ("It does not win on all six tasks.".replace("on all", "on not all"), SHARE),
    ("All models were trained on six tasks.", SHARE),
    ("On all six tasks it is faster.", "On all six tasks it is faster, on five of them smaller."),
]


@pytest.mark.parametrize(("claim", "evidence", "claimed", "found"), MISPLACED)
def test_a_number_of_something_else_is_a_mismatch(
    claim: str, evidence: str, claimed: str, found: str
) -> None:
    mismatches = unsupported_numbers(read_numbers(claim), [read_numbers(evidence)])
    assert (claimed, found, True) in [(m.claimed, m.found, m.is_misplaced) for m in mismatches]


@pytest.mark.parametrize(("claim", "evidence"), IN_PLACE)
def test_a_number_in_its_place_is_none(claim: str, evidence: str) -> None:
    assert unsupported_numbers(read_numbers(claim), [read_numbers(evidence)]) == []


@pytest.mark.parametrize(("claim", "evidence"), OTHER_SHARES)
def test_another_part_of_a_whole_is_a_mismatch(claim: str, evidence: str) -> None:
    assert unsupported_numbers(read_numbers(claim), [read_numbers(evidence)])


@pytest.mark.parametrize(("claim", "evidence"), SAME_SHARES)
def test_the_same_part_in_other_words_is_none(claim: str, evidence: str) -> None:
    assert unsupported_numbers(read_numbers(claim), [read_numbers(evidence)]) == []


def test_a_change_the_other_way_round_is_a_mismatch() -> None:
    evidence = [read_numbers("Latency falls from 21 to 8.5 seconds.")]
    (found,) = unsupported_numbers(read_numbers("Latency goes from 8.5 to 21 seconds."), evidence)
    assert found.found == "from 21 to 8.5"
    assert unsupported_numbers(read_numbers("It went from 21 seconds to 8.5."), evidence) == []


def test_numbers_of_different_sentences_do_not_share_a_row() -> None:
    texts = ["Memory falls by 40%.", "Decoding is 25% faster."]
    evidence = [read_numbers(text) for text in texts]
    (mismatch, *_) = unsupported_numbers(read_numbers("Decoding is 40% faster."), evidence)
    assert (mismatch.claimed, mismatch.found) == ("40%", "25%")
