"""Where rag/retrieval/intent.npz comes from: `python -m eval.fit.intent [--shared ../shared] [--write]`.

Fits the softmax of rag/retrieval/intent.py on eval/fit/data/intents.jsonl. Prints how it does in fields it
has not seen (whole fields held out) with the confusion matrix, and on the questions of ../shared, which it
never sees: their types say the intent in part.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from eval.fit.softmax import confusion_table, fit_softmax, held_out, macro_f1
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.files import read_json_lines
from rag.retrieval.intent import INTENTS, WEIGHTS, index_terms, intent_probabilities, to_matrix
from rag.text.word_grams import word_grams

DATA = Path(__file__).parent / "data" / "intents.jsonl"
FORM = '{"question": "What is ...?", "intent": "definition", "field": "ecology"}'
RIDGE = 0.5
"""From 0.3 to 1 the likelihood in unseen fields is best; 3 is worse."""
FEWEST_FIELDS = 4
"""Fields a run of words must occur in to be a feature: what is asked, and not about what. With 6, macro-F1 is
lower by .005."""
N_FOLDS = 5
GENERAL = "general"
"""Questions of no field, among them nearly all "meta" and "other": spread over the folds."""
TYPES = {
    "fact": {"fact"},
    "numeric": {"fact"},
    "method": {"fact"},
    "why": {"fact"},
    "yesno": {"stance", "fact"},
    "definition": {"definition"},
    "list": {"list"},
    "compare": {"compare"},
}
"""Types of the questions in ../shared/eval, and the intents that are right for them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, help="the folder with eval/questions_dev.jsonl, to test on")
    parser.add_argument("--write", action="store_true", help=f"write rag/retrieval/{WEIGHTS}")
    args = parser.parse_args()
    encoder = Encoder.load(Config.from_env())
    if args.shared:
        _test(encoder, args.shared / "eval")
        return
    rows = read_json_lines(DATA, dict, FORM, needed=True)
    questions = [str(row["question"]) for row in rows]
    labels = np.array([INTENTS.index(row["intent"]) for row in rows])
    terms = index_terms(frame_terms(questions, [row["field"] for row in rows], FEWEST_FIELDS))
    vectors = np.stack([encoded.vector for encoded in encoder.encode_queries(questions)])
    features = to_matrix(questions, vectors, terms)
    groups = [f"{GENERAL} {i % 10}" if r["field"] == GENERAL else str(r["field"]) for i, r in enumerate(rows)]
    found = held_out(features, labels, len(INTENTS), RIDGE, groups, N_FOLDS)
    said = found.argmax(axis=1)
    mean, each = macro_f1(labels, said, len(INTENTS))
    print(f"n = {len(rows)}, {len(terms)} runs of words, {N_FOLDS} folds by field")
    print(f"accuracy {np.mean(said == labels):.3f}, macro-F1 {mean:.3f}")
    print("  ".join(f"{name} {score:.2f}" for name, score in zip(INTENTS, each, strict=True)))
    print(confusion_table([INTENTS[i] for i in labels], [INTENTS[i] for i in said], INTENTS))
    if args.write:
        weights = fit_softmax(features, labels, len(INTENTS), RIDGE)
        path = Path("rag") / "retrieval" / WEIGHTS
        np.savez_compressed(path, terms=np.array(list(terms)), weights=weights.astype(np.float16))
        print(f"{path}: {path.stat().st_size:,} bytes")


def frame_terms(texts: Iterable[str], fields: Sequence[str], fewest: int) -> list[str]:
    """The runs of words that occur in texts of at least `fewest` fields, in order of the alphabet."""
    seen: dict[str, set[str]] = defaultdict(set)
    for text, field in zip(texts, fields, strict=True):
        for gram in word_grams(text):
            seen[gram].add(field)
    return sorted(gram for gram, where in seen.items() if len(where) >= fewest)


def _test(encoder: Encoder, folder: Path) -> None:
    """The shipped head on questions written by others, by type."""
    for name in ("questions_dev.jsonl", "questions_train.jsonl"):
        rows = [r for r in read_json_lines(folder / name, dict, FORM) if r["type"] in TYPES]
        vectors = [encoded.vector for encoded in encoder.encode_queries([r["question"] for r in rows])]
        right: dict[str, list[bool]] = defaultdict(list)
        for row, vector in zip(rows, vectors, strict=True):
            chances = intent_probabilities(row["question"], vector)
            right[row["type"]].append(max(chances, key=lambda each: chances[each]) in TYPES[row["type"]])
        print(f"{name}: {np.mean([*chain(*right.values())]):.3f} right (n = {len(rows)})")
        print("  ".join(f"{kind} {np.mean(each):.2f} ({len(each)})" for kind, each in right.items()))


if __name__ == "__main__":
    main()
