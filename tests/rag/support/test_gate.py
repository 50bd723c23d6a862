"""The gate's verdicts: what is borne, what is refused and why, and the rates on pairs made from questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.data.questions import load_questions
from eval.make.support_pairs import accepted, make_pairs
from rag.encoder.minilm import Encoder
from rag.readers import read_paths
from rag.records import Paper
from rag.support.gate import Gate, SupportVerdict

POOLING = "A simple average pooling baseline consistently outperforms gisting in longer contexts."
ENCODER = (
    "Encoder-decoder architectures achieve 47% lower first-token latency and 4.7x higher throughput than"
    " decoder-only models on edge devices."
)
TOKENS = "The sampling bias cannot be mitigated with more training or data."


@pytest.fixture(scope="module")
def gate(encoder: Encoder) -> Gate:
    return Gate(encoder)


BORNE = [
    (POOLING, POOLING),
    ("Plain average pooling beats gisting on longer contexts.", POOLING),
    ("Gisting is outperformed by average pooling.", POOLING),
    ("Gisting underperforms average pooling.", POOLING),
    ("Encoder-decoders had 4.7 times higher throughput and 47 percent lower latency.", ENCODER),
    ("The bias cannot be removed with more training data.", TOKENS),
    ("No: more data does not mitigate the sampling bias.", TOKENS),
]
REFUSED = [
    ("Plain average pooling falls short of gisting on longer contexts.", POOLING, "outperforms"),
    ("Gisting consistently outperforms average pooling in longer contexts.", POOLING, "other way round"),
    ("Average pooling is outperformed by gisting.", POOLING, "other way round"),
    ("Encoder-decoders have 47% higher first-token latency on edge devices.", ENCODER, "lower"),
    ("Encoder-decoders have 4.7x lower throughput on edge devices.", ENCODER, "higher"),
    ("Encoder-decoders have 74% lower first-token latency on edge devices.", ENCODER, "47%, not 74%"),
    ("The sampling bias can be mitigated with more training or data.", TOKENS, "mitigated"),
    ("Mixtures of experts route each token to two experts.", TOKENS, "little of it"),
]


@pytest.mark.parametrize(("claim", "evidence"), BORNE)
def test_what_the_evidence_says_in_other_words_is_supported(gate: Gate, claim: str, evidence: str) -> None:
    verdict = gate.check(claim, [evidence])
    assert (verdict.status, verdict.reasons) == ("supported", ())


@pytest.mark.parametrize(("claim", "evidence", "why"), REFUSED)
def test_what_it_does_not_say_is_unsupported_and_says_why(
    gate: Gate, claim: str, evidence: str, why: str
) -> None:
    verdict = gate.check(claim, [evidence])
    assert verdict.status == "unsupported"
    assert any(why in reason for reason in verdict.reasons), verdict.reasons


def test_texts_of_evidence_bear_a_claim_together(gate: Gate) -> None:
    claim = "Average pooling outperforms gisting, and the sampling bias cannot be mitigated with more data."
    assert gate.check(claim, [POOLING, TOKENS]).status == "supported"
    assert gate.check(claim, [f"{POOLING} {TOKENS}"]) == gate.check(claim, [POOLING, TOKENS])
    assert gate.check(claim, [POOLING]).support < gate.check(claim, [POOLING, TOKENS]).support


def test_a_name_that_neither_evidence_nor_title_has_leaves_a_claim_weak(gate: Gate) -> None:
    claim = "GistPool: average pooling consistently outperforms gisting in longer contexts."
    assert gate.check(claim, [POOLING]).status == "supported"
    assert gate.check(claim, [POOLING], ["Getting to the Gist with GistPool"]).status == "supported"
    verdict = gate.check(claim, [POOLING], ["Long Context Compression"])
    assert verdict.status == "weak"
    assert verdict.reasons[0].startswith("GistPool is named neither")


def test_names_alone_do_not_bear_what_is_said_of_them(gate: Gate) -> None:
    claim, title = "GistPool and AutoGist speed up protein folding.", ["GistPool", "AutoGist"]
    evidence = "GistPool and AutoGist are trained on protein data."
    verdict = gate.check(claim, [evidence], title)
    assert verdict.status != "supported"
    assert "little of it" in verdict.reasons[0]
    true = "GistPool and AutoGist are both trained on data of proteins."
    assert gate.check(true, [evidence], title).status == "supported"


@pytest.mark.parametrize("evidence", [[], [""], [" ", "..."]])
def test_nothing_bears_nothing(gate: Gate, evidence: list[str]) -> None:
    assert gate.check("Pooling helps.", evidence) == SupportVerdict(
        0.0, "unsupported", ("nothing is cited for it",)
    )


@pytest.mark.parametrize("claim", ["", "?!", "…"])
def test_a_claim_without_words_says_nothing(gate: Gate, claim: str) -> None:
    assert gate.check(claim, [POOLING]) == SupportVerdict(0.0, "unsupported", ("it says nothing",))


@pytest.mark.parametrize("claim", ["It is what it is.", "word " * 3000, "1 2 3", "é ü 你好", "a" * 5000])
def test_any_text_gets_a_verdict(gate: Gate, claim: str) -> None:
    assert 0 <= gate.check(claim, [POOLING, claim]).support <= 1


def test_a_batch_gives_what_single_checks_give(encoder: Encoder, gate: Gate) -> None:
    pairs = [(claim, [evidence]) for claim, evidence, *_ in [*BORNE, *REFUSED]]
    for alone, together in zip(
        [gate.check(*pair) for pair in pairs], Gate(encoder).check_all(pairs), strict=True
    ):
        # What else is in a batch shifts int8's last digits.
        assert together.support == pytest.approx(alone.support, abs=0.02)
        assert (together.status, together.reasons) == (alone.status, alone.reasons)


def test_the_best_sentence_is_the_one_that_bears_the_claim(gate: Gate) -> None:
    index, verdict = gate.best_sentence("Pooling the average beats gisting.", [TOKENS, ENCODER, POOLING])
    assert (index, verdict.status) == (2, "supported")


def test_a_text_is_encoded_once(encoder: Encoder) -> None:
    class Counting(Encoder):
        n = 0

        def encode_passages(self, texts):  # type: ignore[no-untyped-def]
            self.n += len(texts)
            return encoder.encode_passages(texts)

    counting = Counting(encoder._weights)
    gate = Gate(counting)
    for _ in range(3):
        gate.check(POOLING, [TOKENS, TOKENS, ENCODER])
    assert counting.n == 3


def test_the_rates_on_pairs_made_from_questions_hold(gate: Gate, encoder: Encoder, shared_dir: Path) -> None:
    questions = load_questions(shared_dir / "eval" / "questions_dev.jsonl").questions[::3]
    found = read_paths([next((shared_dir / "corpus").glob("002_*.txt"))])
    papers = [paper for paper in found if isinstance(paper, Paper)]
    pairs = make_pairs(questions, papers, encoder)
    rates = {kind: share.value for kind, share in accepted(pairs, gate).items()}
    assert rates["own"] >= 0.94
    assert rates["other"] <= 0.01
    assert rates["number"] <= 0.02
    assert rates["reversed"] <= 0.3
    assert max(rates["nearest_late"], rates["nearest_dense"]) <= 0.05
