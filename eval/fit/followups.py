"""Where rag/retrieval/followups.npz comes from: `python -m eval.fit.followups [--write]`.

Fits the softmax of rag/retrieval/followups.py on eval/fit/data/followups.jsonl, and prints how it does in
fields it has not seen (whole fields held out).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from eval.fit.intent import frame_terms
from eval.fit.softmax import confusion_table, fit_softmax, held_out, macro_f1
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.files import read_json_lines
from rag.retrieval.followups import CLASSES, WEIGHTS, followup_features, leans_on_turn

DATA = Path(__file__).parent / "data" / "followups.jsonl"
FORM = '{"history": [["user", "..."], ["assistant", "..."]], "question": "...", "refers": "answer"}'
RIDGE = 0.5
FEWEST_FIELDS = 3
"""Fields a run of words must occur in to be a feature; with 5, macro-F1 is lower by .02."""
N_FOLDS = 6
LEAST_NEW = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Thresholds tried for a question that leans on the turn before by its words."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write rag/retrieval/{WEIGHTS}")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = read_json_lines(DATA, dict, FORM, needed=True)
    fields = [row["field"] for row in rows]
    labels = np.array([CLASSES.index(row["refers"] or "new") for row in rows])
    questions = [row["question"] for row in rows]
    turns = [(_last(row, "user"), _last(row, "assistant")) for row in rows]
    names = frame_terms(questions, fields, FEWEST_FIELDS)
    terms = {term: place for place, term in enumerate(names)}
    encoder = Encoder.load(Config.from_env())
    vectors = [encoded.vector for encoded in encoder.encode_queries(questions)]
    asked_vectors = [encoded.vector for encoded in encoder.encode_queries([asked for asked, _ in turns])]
    features = np.stack(
        [
            followup_features(question, vector, asked, asked_vector, answer, terms)
            for question, vector, (asked, answer), asked_vector in zip(
                questions, vectors, turns, asked_vectors, strict=True
            )
        ]
    )
    found = held_out(features, labels, len(CLASSES), RIDGE, fields, N_FOLDS)
    said = found.argmax(axis=1)
    follows, leans = found[:, 0] < 0.5, labels > 0
    mean, each = macro_f1(labels, said, len(CLASSES))
    print(f"n = {len(rows)}, {len(terms)} runs of words, {N_FOLDS} folds by field")
    print(
        f"follows or not: {np.mean(follows == leans):.3f} right, missed {np.sum(~follows & leans)}"
        f" of {np.sum(leans)}, wrongly tied {np.sum(follows & ~leans)} of {np.sum(~leans)}"
    )
    leaning = np.array([leans_on_turn(question) for question in questions])
    for least in LEAST_NEW:
        tied = found[leaning, 0] < least
        missed, wrong = np.sum(~tied & leans[leaning]), np.sum(tied & ~leans[leaning])
        print(f"leaning, new from {least}: missed {missed} of {np.sum(leans[leaning])}, wrongly tied {wrong}")
    print(f"to what: accuracy {np.mean(said == labels):.3f}, macro-F1 {mean:.3f}")
    print("  ".join(f"{name} {score:.2f}" for name, score in zip(CLASSES, each, strict=True)))
    print(confusion_table([CLASSES[i] for i in labels], [CLASSES[i] for i in said], CLASSES))
    if args.write:
        weights = fit_softmax(features, labels, len(CLASSES), RIDGE)
        path = Path("rag") / "retrieval" / WEIGHTS
        np.savez_compressed(path, terms=np.array(names), weights=weights.astype(np.float16))
        print(f"{path}: {path.stat().st_size:,} bytes")


def _last(row: dict[str, Any], role: str) -> str:
    return next((text for who, text in reversed(row["history"]) if who == role), "")


if __name__ == "__main__":
    main()
