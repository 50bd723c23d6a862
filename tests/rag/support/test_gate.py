"""The gate's verdicts: certainties first, then the judgement of the claim and its parts, with reasons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import SupportModelError
from rag.support.gate import CheckRequest, Gate, SupportVerdict
from rag.support.opposition import Opposed
from rag.support.support_model import Thresholds
from tests.conftest import Outcome

POOLING = "A simple average pooling baseline consistently outperforms gisting in longer contexts."
ENCODER = "Encoder-decoder architectures achieve 47% lower first-token latency than decoder-only models."
TRUE, UNSURE, AGAINST, SILENT = (0.9, 0.05, 0.05), (0.5, 0.1, 0.4), (0.05, 0.9, 0.05), (0.1, 0.1, 0.8)


class Scripted:
    """Chances by claim; what is not named is supported. Counts its calls and keeps what it was asked."""

    thresholds = Thresholds(supported=0.6, weak=0.4, contradicted=0.6)

    def __init__(self, chances: Mapping[str, tuple[float, float, float]] | None = None) -> None:
        self.chances = chances or {}
        self.asked: list[tuple[str, str, str]] = []
        self.n_calls = 0

    def judge(
        self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        self.n_calls += 1
        self.asked += [(*pair, title) for pair, title in zip(pairs, titles or [], strict=True)]
        return np.array([self.chances.get(claim, TRUE) for claim, _ in pairs], np.float32)


def check(
    claim: str, evidence: str, titles: Sequence[str] = (), **chances: tuple[float, float, float]
) -> SupportVerdict:
    return Gate(Scripted({claim: chances.get("whole", TRUE)})).check(claim, [evidence], titles)


@pytest.mark.parametrize(
    ("chances", "status", "label", "reason"),
    [
        (TRUE, "supported", "supported", None),
        (UNSURE, "weak", "not enough information", "may not say quite this"),
        (AGAINST, "unsupported", "contradicted", "contradicts it"),
        (SILENT, "unsupported", "not enough information", "does not say this"),
    ],
)
def test_the_judgement_decides_where_nothing_is_certain(
    chances: tuple[float, float, float], status: str, label: str, reason: str | None
) -> None:
    verdict = check("Pooling beats gisting.", POOLING, whole=chances)
    assert (verdict.status, verdict.label) == (status, label)
    assert verdict.support == pytest.approx(chances[0])
    assert verdict.reasons == () if reason is None else reason in verdict.reasons[0]


def test_a_number_that_is_not_there_refuses_whatever_the_judgement_says() -> None:
    verdict = check("They have 74% lower latency.", ENCODER)
    assert (verdict.status, verdict.label, verdict.is_certain) == ("unsupported", "contradicted", True)
    assert verdict.reasons == ("the cited sentence says 47%, not 74%",)
    assert verdict.support < 0.1
    assert check("They have 74% lower latency.", POOLING).label == "not enough information"


def test_a_part_that_is_not_supported_is_named() -> None:
    claim = "Pooling beats gisting, and it halves the training time."
    model = Scripted({"It halves the training time.": SILENT})
    verdict = Gate(model).check(claim, [POOLING])
    assert verdict.status == "unsupported"
    assert verdict.reasons == ("a part of it is not supported: “It halves the training time.”",)
    assert model.n_calls == 2


def test_the_parts_of_a_claim_that_does_not_pass_are_not_judged() -> None:
    claim = "Pooling beats gisting, and it halves the training time."
    model = Scripted({claim: SILENT})
    assert Gate(model).check(claim, [POOLING]).status == "unsupported"
    assert [asked for asked, *_ in model.asked] == [claim]


def test_a_part_that_is_contradicted_is_named() -> None:
    claim = "Pooling is simple, but it loses to gisting."
    verdict = Gate(Scripted({"It loses to gisting.": AGAINST})).check(claim, [POOLING])
    assert (verdict.status, verdict.label) == ("unsupported", "contradicted")
    assert "It loses to gisting." in verdict.reasons[0]


def test_a_name_that_neither_evidence_nor_title_has_leaves_a_claim_weak() -> None:
    claim = "GistPool outperforms gisting."
    assert check(claim, POOLING).status == "supported"
    assert check(claim, POOLING, ["Getting to the Gist with GistPool"]).status == "supported"
    verdict = check(claim, POOLING, ["Long Context Compression"])
    assert verdict.status == "weak"
    assert verdict.reasons[0].startswith("GistPool is named neither")


def test_sentences_are_judged_together_with_their_title_in_one_batch() -> None:
    model = Scripted()
    gate = Gate(model)
    requests = [
        CheckRequest("Pooling helps.", (POOLING, ENCODER), ("On Pooling",)),
        CheckRequest("B.", ("B and C.",)),
    ]
    assert [verdict.status for verdict in gate.check_all(requests)] == ["supported", "supported"]
    assert model.asked == [("Pooling helps.", f"{POOLING} {ENCODER}", "On Pooling"), ("B.", "B and C.", "")]
    assert model.n_calls == 1
    gate.check_all(requests)
    assert model.n_calls == 1  # known


class Opposing:
    """Finds what it was told to, whatever is asked; keeps that."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.asked: list[str] = []

    def find_all(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> list[tuple[Opposed, ...]]:
        listed = list(pairs)
        self.asked += [claim for claim, _ in listed]
        return [(Opposed(self.reason),) for _ in listed]


def test_a_comparison_turned_round_refuses_what_is_nearly_verbatim() -> None:
    claim = "Average pooling baseline outperforms gisting in longer contexts."
    verdict = Gate(Scripted(), Opposing("the other way round")).check(claim, [POOLING])
    assert (verdict.status, verdict.label, verdict.reasons) == (
        "unsupported",
        "contradicted",
        ("the other way round",),
    )


def test_it_only_lessens_the_support_of_what_is_worded_freely() -> None:
    claim, opposing = "The mean of tokens outperforms gisting.", Opposing("the other way round")
    verdict = Gate(Scripted(), opposing).check(claim, [POOLING])
    assert (verdict.status, verdict.reasons) == ("weak", ("the other way round",))
    assert 0.4 < verdict.support < 0.5
    surer = Gate(Scripted({claim: (0.99, 0.005, 0.005)}), opposing).check(claim, [POOLING])
    assert surer.status == "supported"
    doubtful = Gate(Scripted({claim: (0.6, 0.1, 0.3)}), opposing).check(claim, [POOLING])
    assert (doubtful.status, doubtful.label) == ("unsupported", "contradicted")


def test_what_is_refused_is_not_asked_for_opposition() -> None:
    opposing = Opposing("x")
    Gate(Scripted({"Pooling sleeps.": SILENT}), opposing).check("Pooling sleeps.", [POOLING])
    assert opposing.asked == []


REFUSED = [
    ("Average pooling consistently underperforms gisting in longer contexts.", POOLING),
    ("Gisting consistently outperforms a simple average pooling baseline in longer contexts.", POOLING),
    (
        "Encoder-decoder architectures achieve 47% higher first-token latency than decoder-only models.",
        ENCODER,
    ),
]


@pytest.mark.parametrize(("claim", "evidence"), REFUSED)
def test_the_shipped_gate_refuses_near_copies_turned_round(
    claim: str, evidence: str, shipped_gate: Gate
) -> None:
    assert shipped_gate.check(claim, [evidence]).status == "unsupported"


@pytest.mark.parametrize("evidence", [[], [""], [" ", "..."]])
def test_nothing_supports_nothing(evidence: list[str]) -> None:
    verdict = Gate(Scripted()).check("Pooling helps.", evidence)
    assert (verdict.support, verdict.status) == (0.0, "unsupported")
    assert verdict.reasons == ("nothing is cited for it",)


def test_evidence_of_something_else_altogether_supports_nothing() -> None:
    verdict = check("Pooling beats gisting.", "Cats sleep all day.")
    assert (verdict.status, verdict.reasons) == ("unsupported", ("little of it is in the cited sentence",))


@pytest.mark.parametrize("claim", ["", "?!", "…", "\n"])
def test_a_claim_without_words_says_nothing(claim: str) -> None:
    verdict = Gate(Scripted()).check(claim, [POOLING])
    assert (verdict.support, verdict.status, verdict.reasons) == (0.0, "unsupported", ("it says nothing",))


@pytest.mark.parametrize("problem", ["missing", "found on first use"])
def test_without_its_model_the_gate_supports_nothing_and_says_why(problem: str) -> None:
    class Broken(Scripted):
        def judge(self, pairs, titles=None):  # type: ignore[no-untyped-def]
            raise SupportModelError("x.npz is damaged; install it again")

    error = SupportModelError("x.npz is damaged; install it again")
    gate = Gate(error if problem == "missing" else Broken())
    verdict = gate.check("Pooling beats gisting.", [POOLING])
    assert (verdict.status, verdict.label) == ("unsupported", "not enough information")
    assert verdict.reasons == ("not checked: x.npz is damaged; install it again",)
    assert gate.problem == "x.npz is damaged; install it again"
    assert "47%, not 74%" in gate.check("It has 74% lower latency.", [ENCODER]).reasons[0]


def test_a_missing_named_model_leaves_claims_unchecked(config: Config, tmp_path: Path) -> None:
    gate = Gate.load(replace(config, support_model=str(tmp_path)))
    (reason,) = gate.check("Pooling beats gisting.", [POOLING]).reasons
    assert reason.startswith("not checked: RAG_SUPPORT_MODEL names")
    assert "\n" not in reason


ODD = [
    "Pooling",
    "word " * 300,
    "Le regroupement moyen dépasse le résumé.",
    "平均池化优于摘要。",
    "| a | 1 |\n|---|---|\n| b | 2 |",
    r"\textbf{Pooling} reaches $\mathcal{O}(n^{2})$ at $p \leq 0.05$.",
    "1 2 3 4.5 6%",
    "a" * 5000,
    "\x00 \ufffd \u202e",
]


@pytest.mark.parametrize("claim", ODD, ids=range(len(ODD)))
def test_any_text_gets_a_true_status(claim: str, shipped_gate: Gate) -> None:
    for evidence in (POOLING, claim):
        verdict = shipped_gate.check(claim, [evidence])
        assert 0 <= verdict.support <= 1
        assert verdict.status in ("supported", "weak", "unsupported")
    assert shipped_gate.check(claim, ["Cats sleep."]).status != "supported"


def test_a_batch_gives_what_single_checks_give(shipped_gate: Gate) -> None:
    requests = [CheckRequest(claim, (POOLING,)) for claim in [*ODD[:4], "Pooling beats gisting."]]
    together = Gate(shipped_gate._model).check_all(requests)
    for request, verdict in zip(requests, together, strict=True):
        alone = Gate(shipped_gate._model).check(request.claim, request.evidence)
        assert alone.support == pytest.approx(verdict.support, abs=0.02)


def test_written_claims_are_told_apart(shared_dir: Path, shipped_gate: Gate) -> None:
    lines = (shared_dir / "train" / "gate" / "pairs_train.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines[::12]]
    verdicts = shipped_gate.check_all(
        [CheckRequest(record["claim"], (record["evidence"],), (record["title"],)) for record in records]
    )
    accepted: dict[str, list[bool]] = {}
    for record, verdict in zip(records, verdicts, strict=True):
        accepted.setdefault(record["label"], []).append(verdict.status == "supported")
    shares = {label: sum(found) / len(found) for label, found in accepted.items()}
    assert shares["SUPPORT"] > 0.8
    assert shares["NEI"] < 0.5
    assert shares["CONTRADICT"] < 0.7


def test_a_thousand_claims_at_once_keep_their_order(rag: object, tmp_path: Path) -> None:
    claims = [f"It has {n} layers." if n % 7 else "" for n in range(1000)]
    pairs = [{"id": n, "claim": claim, "evidence": "It has 12 layers."} for n, claim in enumerate(claims)]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, pairs)))
    outcome: Outcome = rag("check", "--batch", path, "--json")  # type: ignore[operator]
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert [each["id"] for each in found] == list(range(1000))
    assert {each["status"] for each in found if each["id"] != 12} == {"unsupported"}
