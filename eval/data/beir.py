"""BEIR folders (corpus.jsonl, queries.jsonl, qrels) as a Dataset.

Owns that form. The corpus itself is ingested as any JSONL of papers is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eval.data.questions import Dataset, GoldQuestion, sha256
from rag.errors import InputError
from rag.files import read_json_lines, refuse_duplicate_ids


def load_beir(folder: Path) -> Dataset:
    """The judged queries of a BEIR folder (queries.jsonl with qrels.tsv or qrels/test.tsv). As BEIR does, a
    query without a relevant document is left out."""
    queries, qrels_path = folder / "queries.jsonl", folder / "qrels.tsv"
    if not qrels_path.exists():
        qrels_path = folder / "qrels" / "test.tsv"
    qrels = _read_qrels(qrels_path)
    questions = []
    for query_id, text in read_json_lines(queries, _query, '{"_id": "1", "text": "..."}', needed=True):
        relevant = tuple(paper for paper, grade in qrels.get(query_id, {}).items() if grade > 0)
        if relevant:
            questions.append(GoldQuestion(query_id, "query", text, relevant, 1))
    refuse_duplicate_ids(queries, [question.id for question in questions])
    if not questions:
        raise InputError(f"{qrels_path}: judges no query of {queries.name} as having a relevant document")
    kept = {question.id: qrels[question.id] for question in questions}
    digest = sha256(queries.read_bytes() + qrels_path.read_bytes())
    return Dataset(folder.resolve().name, tuple(questions), digest, kept, folder)


def _query(record: dict[str, Any]) -> tuple[str, str]:
    query_id, text = record.get("_id"), record.get("text")
    if not isinstance(query_id, str) or not isinstance(text, str) or not text.strip():
        raise ValueError("a query needs an _id and a text, both text and not empty")
    return query_id, text


def _read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """`query-id corpus-id score` (BEIR) or `query-id 0 corpus-id score` (TREC) lines; a header is skipped."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; a BEIR folder has qrels.tsv or qrels/test.tsv"
        ) from error
    qrels: dict[str, dict[str, int]] = {}
    for n, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or (n == 1 and not fields[-1].lstrip("-").isdigit()):
            continue
        if len(fields) not in (3, 4) or not fields[-1].lstrip("-").isdigit():
            raise InputError(f"{path}:{n}: a judgement is `query-id corpus-id score`, not {line!r}")
        qrels.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])
    return qrels
