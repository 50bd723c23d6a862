"""The learned judgement's arithmetic, on a network of the same shape with few and random weights."""

from __future__ import annotations

import json
import shutil
from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest

from rag.config import Config
from rag.encoder.weights import ensure
from rag.errors import SupportModelError
from rag.support.support_graph import SupportFiles, write_support_graph
from rag.support.support_model import MAX_CLAIM, MAX_EVIDENCE, SUPPORTED, SupportModel, pack
from rag.support.weight_difference import Floats

WIDTH, WIDE, N_WORDS = 24, 8, 30522
CALIBRATION = {"scale": 1.5, "supported": 0.2, "contradicted": -0.1, "not_enough": 0.0}
THRESHOLDS = {"supported": 0.5, "weak": 0.3, "contradicted": 0.6}
PAIRS = [
    ("A beats B.", "B is beaten by A."),
    (
        "The drug halves the risk in mice.",
        "In mice, the drug cut the risk by half, whereas in rats it did not.",
    ),
    ("It rains.", "The method is trained on images and evaluated on speech."),
    ("Twelve of them did.", "All of them did."),
    ("Ice is cold.", "Fire is hot. " * 40),
]


def _weights() -> dict[str, Floats]:
    """Random weights under which the chances differ from pair to pair by tenths."""
    rng = np.random.default_rng(5)

    def made(*shape: int) -> Floats:
        return rng.normal(scale=0.4 if len(shape) > 1 else 0.1, size=shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": made(N_WORDS, WIDTH),
        "embeddings.position_embeddings.weight": made(512, WIDTH),
        "embeddings.token_type_embeddings.weight": made(2, WIDTH),
    }
    shapes = [("attention.self.query", WIDTH, WIDTH), ("attention.self.key", WIDTH, WIDTH)]
    shapes += [("attention.self.value", WIDTH, WIDTH), ("attention.output.dense", WIDTH, WIDTH)]
    shapes += [("intermediate.dense", WIDE, WIDTH), ("output.dense", WIDTH, WIDE)]
    shapes = [
        (f"encoder.layer.{index}.{name}", out, into) for index in range(6) for name, out, into in shapes
    ]
    shapes += [("head.dense", WIDTH, 3 * WIDTH), ("head.out", 3, WIDTH)]
    shapes += [("head.token", WIDE, 4 * WIDTH), ("head.pool", 3, 2 * WIDE)]
    for name, n_out, n_in in shapes:
        found |= {f"{name}.weight": made(n_out, n_in), f"{name}.bias": made(n_out)}
    norms = [f"encoder.layer.{index}.{name}" for index in range(6) for name in ("attention.output", "output")]
    for name in ("embeddings", *norms):
        found |= {f"{name}.LayerNorm.weight": 1 + made(WIDTH), f"{name}.LayerNorm.bias": made(WIDTH)}
    return found


WEIGHTS = _weights()


@pytest.fixture
def files(config: Config, tmp_path: Path) -> SupportFiles:
    graph, about = tmp_path / "tiny.onnx", tmp_path / "about.json"
    write_support_graph(WEIGHTS, graph)
    about.write_text(json.dumps({"calibration": CALIBRATION, "thresholds": THRESHOLDS}), "utf-8")
    return SupportFiles(graph, ensure(config).tokenizer, about)


@pytest.fixture
def model(files: SupportFiles) -> SupportModel:
    return SupportModel(files, n_threads=1)


def test_the_graph_computes_the_network_that_is_written_here(
    files: SupportFiles, model: SupportModel
) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(files.tokenizer))
    tokenizer.no_padding()
    claim, evidence = PAIRS[1]
    parts = [tokenizer.encode(text, add_special_tokens=False).ids for text in ("On mice", evidence, claim)]
    ids, claim_at = pack(*parts)
    logits = _network(WEIGHTS, ids, claim_at)
    powers = np.exp(1.5 * logits + [0.2, -0.1, 0.0])
    assert model.judge([PAIRS[1]], ["On mice"])[0] == pytest.approx(powers / powers.sum(), abs=1e-3)


def test_neither_order_nor_company_changes_a_chance(model: SupportModel) -> None:
    together = model.judge(PAIRS)
    assert model.judge(PAIRS[::-1])[::-1] == pytest.approx(together, abs=1e-5)
    alone = np.concatenate([model.judge([pair]) for pair in PAIRS])
    assert alone == pytest.approx(together, abs=1e-5)
    assert np.array_equal(model.judge(PAIRS), together)
    assert np.ptp(together, axis=0).max() > 0.05


def test_every_row_is_a_distribution_and_a_title_matters(model: SupportModel) -> None:
    found = model.judge(PAIRS)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(np.ones(len(PAIRS)), abs=1e-5)
    titled = model.judge(PAIRS, ["A study of B"] * len(PAIRS))
    assert np.abs(titled - found).max() > 1e-3


@pytest.mark.parametrize("pair", [("", "Some evidence."), ("A claim.", ""), ("", ""), (" \n", "\t")])
def test_without_a_word_nothing_is_known(model: SupportModel, pair: tuple[str, str]) -> None:
    assert model.judge([pair, PAIRS[0]])[0].tolist() == [0, 0, 1]


def test_no_pairs_are_no_rows(model: SupportModel) -> None:
    assert model.judge([]).shape == (0, 3)


def test_of_a_long_claim_the_least_supported_window_counts_of_long_evidence_the_best(
    model: SupportModel,
) -> None:
    words = [f"word{number % 7}" for number in range(300)]  # two pieces each
    short = "It rises."

    def windows(n_pieces: int) -> list[str]:
        n = n_pieces // 2
        return [" ".join(words[at : at + n]) for at in range(0, len(words) - n // 2, n // 2)]

    claims = model.judge([(window, short) for window in windows(MAX_CLAIM)])[:, SUPPORTED]
    evidence = model.judge([(short, window) for window in windows(MAX_EVIDENCE)])[:, SUPPORTED]
    found = model.judge([(" ".join(words), short), (short, " ".join(words))])[:, SUPPORTED]
    assert found == pytest.approx([claims.min(), evidence.max()], abs=1e-5)
    assert np.ptp(claims) > 1e-4


@pytest.mark.parametrize("claim", ["7", "$x^{2}$ & \\alpha", "| a | b |", "Ça ne marche pas", "模型", "\x00"])
def test_any_text_gets_chances(model: SupportModel, claim: str) -> None:
    assert np.isfinite(model.judge([(claim, "The evidence is short.")])).all()


def test_a_damaged_graph_is_called_by_its_name(files: SupportFiles) -> None:
    files.graph.write_bytes(files.graph.read_bytes()[:1000])
    with pytest.raises(SupportModelError, match="rm -r"):
        SupportModel(files).judge(PAIRS)


def test_a_missing_tokenizer_or_calibration_is_called_by_its_name(files: SupportFiles) -> None:
    files.about.write_text("{", "utf-8")
    with pytest.raises(SupportModelError, match="rm -r"):
        SupportModel(files).judge(PAIRS)
    shutil.rmtree(files.about.parent)
    with pytest.raises(SupportModelError, match="rm -r"):
        SupportModel(files).judge(PAIRS)


def _network(w: dict[str, Floats], ids: list[int], claim_at: int) -> Floats:
    """float[3]: the logits, by the book (Devlin et al., 2019), for one pair."""
    n, kinds = len(ids), (np.arange(len(ids)) >= claim_at).astype(int)
    words = w["embeddings.word_embeddings.weight"][ids]
    hidden = words + w["embeddings.position_embeddings.weight"][:n]
    hidden = _norm(w, "embeddings", hidden + w["embeddings.token_type_embeddings.weight"][kinds])
    middle = hidden
    for index in range(6):
        at = f"encoder.layer.{index}"
        query, key, value = (_dense(w, f"{at}.attention.self.{x}", hidden) for x in ("query", "key", "value"))
        heads = []
        for head in range(12):
            span = slice(head * WIDTH // 12, (head + 1) * WIDTH // 12)
            scores = np.exp(query[:, span] @ key[:, span].T / sqrt(WIDTH / 12))
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, span])
        attended = _dense(w, f"{at}.attention.output.dense", np.concatenate(heads, axis=1))
        hidden = _norm(w, f"{at}.attention.output", attended + hidden)
        wide = _dense(w, f"{at}.intermediate.dense", hidden)
        hidden = _norm(w, f"{at}.output", _dense(w, f"{at}.output.dense", _gelu(wide)) + hidden)
        middle = hidden if index == 2 else middle
    features = np.concatenate([hidden[0], hidden[claim_at:].mean(axis=0), hidden[claim_at:].max(axis=0)])
    whole = _dense(w, "head.out", np.tanh(_dense(w, "head.dense", features)))
    unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    shares = np.exp(12 * unit @ unit[:claim_at].T)
    shares /= shares.sum(axis=1, keepdims=True)
    there = shares @ middle[:claim_at]
    parts = [hidden, shares @ hidden[:claim_at], middle - there, middle * there]
    compared = _gelu(_dense(w, "head.token", np.concatenate(parts, axis=1)))[claim_at:]
    return whole + _dense(w, "head.pool", np.concatenate([compared.mean(axis=0), compared.max(axis=0)]))


def _gelu(x: Floats) -> Floats:
    found: Floats = x * (1 + np.vectorize(erf)(x / sqrt(2))) / 2
    return found


def _dense(w: dict[str, Floats], at: str, x: Floats) -> Floats:
    found: Floats = x @ w[f"{at}.weight"].T + w[f"{at}.bias"]
    return found


def _norm(w: dict[str, Floats], at: str, x: Floats) -> Floats:
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    found: Floats = (x - x.mean(axis=-1, keepdims=True)) / spread
    return found * w[f"{at}.LayerNorm.weight"] + w[f"{at}.LayerNorm.bias"]
