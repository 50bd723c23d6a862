"""Where rag/retrieval/sentence_roles.npz comes from: `python -m eval.fit.sentence_roles ../shared [--write]`.

Fits the softmax of rag/retrieval/sentence_roles.py on the labelled abstracts of train/csabstruct (its train
and dev parts), and prints how it does on the test part. Encoding takes minutes; `--cache` keeps sentences'
vectors between runs.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.fit.softmax import Rows, confusion_table, fit_softmax, macro_f1
from rag.config import Config
from rag.encoder.late_interaction import pack_bits, spans_to_blocks
from rag.encoder.minilm import Encoder
from rag.files import read_json_lines
from rag.retrieval.sentence_roles import (
    FOLLOWS,
    LEARNED,
    WEIGHTS,
    cues_of,
    dense_features,
    in_order,
    mean_bits,
)

FORM = '{"sentences": ["..."], "labels": ["background"]}'
RIDGE = 4.0
FEWEST = 15
"""Sentences a run of words must occur in to be a feature."""
SMOOTHING = 0.5
"""Added to the counts of one role after another."""

Abstracts = Sequence[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with train/csabstruct")
    parser.add_argument("--cache", type=Path, help="a folder for the sentences' vectors")
    parser.add_argument("--write", action="store_true", help=f"write rag/retrieval/{WEIGHTS}")
    args = parser.parse_args()
    parts = {name: _load(args.shared, name) for name in ("train", "dev", "test")}
    vectors = {name: _vectors(part, args.cache, name) for name, part in parts.items()}
    known, unseen = [*parts["train"], *parts["dev"]], parts["test"]
    terms = frequent_cues(known)
    features = _features(known, np.concatenate([vectors["train"], vectors["dev"]]), terms)
    weights = fit_softmax(features, _labels(known), len(LEARNED), RIDGE)
    order = order_of_roles(known)
    logits = _features(unseen, vectors["test"], terms) @ weights[:-1] + weights[-1]
    said = np.concatenate([in_order(part, order).argmax(axis=1) for part in _split(logits, unseen)])
    truth = _labels(unseen)
    for name, found in (("each sentence alone", logits.argmax(axis=1)), ("in order", said)):
        mean, each = macro_f1(truth, found, len(LEARNED))
        print(f"{name}: accuracy {np.mean(found == truth):.3f}, macro-F1 {mean:.3f} (n = {len(truth)})")
        print("  ".join(f"{role} {score:.2f}" for role, score in zip(LEARNED, each, strict=True)))
    print(confusion_table([LEARNED[i] for i in truth], [LEARNED[i] for i in said], LEARNED))
    if args.write:
        _write(weights, terms, order)


def frequent_cues(abstracts: Abstracts) -> dict[str, int]:
    """The runs of words in at least FEWEST sentences, with their places."""
    counts = Counter(cue for abstract in abstracts for text in abstract["sentences"] for cue in cues_of(text))
    return {cue: i for i, cue in enumerate(sorted(cue for cue, n in counts.items() if n >= FEWEST))}


def order_of_roles(abstracts: Abstracts) -> Rows:
    """Log odds of each role after another, against the role at large, times FOLLOWS; the last row is for the
    first sentence. float32[6, 5]"""
    counts = np.full((len(LEARNED) + 1, len(LEARNED)), SMOOTHING)
    for abstract in abstracts:
        before = len(LEARNED)
        for label in abstract["labels"]:
            counts[before, LEARNED.index(label)] += 1
            before = LEARNED.index(label)
    share = counts.sum(axis=0) / counts.sum()
    return np.asarray(FOLLOWS * np.log(counts / counts.sum(axis=1, keepdims=True) / share), np.float32)


def _load(shared: Path, name: str) -> list[dict[str, Any]]:
    return read_json_lines(shared / "train" / "csabstruct" / f"{name}.jsonl", dict, FORM, needed=True)


def _labels(abstracts: Abstracts) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([LEARNED.index(label) for abstract in abstracts for label in abstract["labels"]])


def _vectors(abstracts: Abstracts, cache: Path | None, name: str) -> Rows:
    """Each sentence's mean bits, encoded in its abstract's context."""
    path = cache / f"{name}.npy" if cache else None
    if path and path.exists():
        return np.asarray(np.load(path), np.float32)
    encoder = Encoder.load(Config.from_env())
    found = []
    texts = [" ".join(abstract["sentences"]) for abstract in abstracts]
    for abstract, encoded in zip(abstracts, encoder.encode_passages(texts), strict=True):
        ends = np.cumsum([len(text) + 1 for text in abstract["sentences"]]).tolist()
        spans = list(zip([0, *ends[:-1]], ends, strict=True))
        blocks = spans_to_blocks(pack_bits(encoded.tokens), encoded.offsets, spans)
        found += [mean_bits(block) for block in blocks]
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.array(found, np.float32))
    return np.array(found, np.float32)


def _split(rows: Rows, abstracts: Abstracts) -> list[Rows]:
    return np.split(rows, np.cumsum([len(abstract["sentences"]) for abstract in abstracts])[:-1])


def _features(abstracts: Abstracts, vectors: Rows, terms: dict[str, int]) -> Rows:
    """Dense features, then one column a run of words. float32[n, 3 * 384 + 14 + n_terms]"""
    parts = zip(abstracts, _split(vectors, abstracts), strict=True)
    dense = np.concatenate([dense_features(abstract["sentences"], part) for abstract, part in parts])
    cues = np.zeros((len(dense), len(terms)), np.float32)
    texts = [text for abstract in abstracts for text in abstract["sentences"]]
    for row, text in enumerate(texts):
        cues[row, [terms[cue] for cue in cues_of(text) if cue in terms]] = 1
    return np.hstack([dense, cues])


def _write(weights: Rows, terms: dict[str, int], order: Rows) -> None:
    path = Path("rag") / "retrieval" / WEIGHTS
    n_dense = len(weights) - 1 - len(terms)
    np.savez_compressed(
        path,
        terms=np.array("\n".join(terms)),
        dense=weights[:n_dense].astype(np.float16),
        cues=weights[n_dense:-1].astype(np.float16),
        bias=weights[-1].astype(np.float16),
        order=order.astype(np.float16),
    )
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
