"""What is evaluated on: questions with their gold, and which papers of a library that gold names.

Owns the question form (README, "Evaluation") and its rules. BEIR folders become the same records in
`eval.data.beir`; claim/evidence pairs are `eval.measures.support_gate`'s.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.files import read_json_lines, refuse_duplicate_ids
from rag.papers.identifiers import title_key
from rag.records import History, Paper, as_history

Qrels = Mapping[str, Mapping[str, int]]
"""question id -> paper id -> grade; questions without a relevant paper are left out, as TREC does."""

UNANSWERABLE = "unanswerable"
"""Types that begin so are questions the library cannot answer: to abstain is right."""
FORM = '{"id": "q1", "type": "fact", "question": "...", "gold": ["title of a paper"]}'
_QUESTION_KEYS = (
    "id", "type", "question", "history", "gold", "gold_required",
    "evidence", "nuggets", "nugget_patterns", "answer", "held_out", "style", "intent",
)  # fmt: skip


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """A verbatim piece of a gold paper's abstract that supports the answer."""

    title: str
    quote: str


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """One question with its gold. `gold` are titles (or paper ids); `gold_required` is how many of them an
    answer needs; `patterns` are regular expressions, one a fact the answer should state. `type` is any word;
    ours are fact, numeric, method, definition, why, yesno, list, compare, followup, unanswerable_near and
    unanswerable_far."""

    id: str
    type: str
    question: str
    gold: tuple[str, ...] = ()
    gold_required: int = 0
    evidence: tuple[GoldQuote, ...] = ()
    nuggets: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    answer: str = ""
    history: History = ()
    held_out: str = ""
    """The sentence a known-item question was made from: it must not be in the library searched."""
    style: str = ""
    """How it is worded ("plain", "lay", "keyword", ...); reported as `type` is. "" where not given."""
    intent: str = ""
    """What kind of answer it asks for; reported as `type` is. "" where not given."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the line that have no meaning here; they pass through to scores.jsonl."""

    @property
    def answerable(self) -> bool:
        return not self.type.startswith(UNANSWERABLE)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions and, where the set judges papers by id, its qrels. `sha256` is of the files' bytes."""

    name: str
    questions: tuple[GoldQuestion, ...]
    sha256: str
    qrels: Qrels | None = None
    source: Path | None = None

    def head(self, n: int | None) -> Dataset:
        """The first `n` questions; a part has its own hash, so that it is never compared with the whole."""
        if n is None or n >= len(self.questions):
            return self
        return replace(self, questions=self.questions[:n], sha256=sha256(f"{self.sha256}:{n}".encode()))


@dataclass(frozen=True, slots=True)
class Gold:
    """Gold as paper ids of one library. A gold paper the library lacks stays in `qrels`, under its title:
    nothing can find it, and so it counts against recall. `missing` names them all."""

    qrels: Qrels
    missing: tuple[str, ...]
    papers: Mapping[str, Paper]
    """By id: the gold ones, and those cited, for quotes to be checked against."""
    ids: Mapping[str, str]
    """Gold name -> paper id."""


def load_questions(path: Path) -> Dataset:
    """The questions of a JSONL file, in order. Raises InputError naming the bad lines."""
    questions = read_json_lines(path, _question, FORM, needed=True)
    refuse_duplicate_ids(path, [question.id for question in questions])
    return Dataset(path.stem, tuple(questions), sha256(path.read_bytes()), source=path)


def resolve_gold(dataset: Dataset, papers: Iterable[Paper]) -> Gold:
    """Gold titles (or ids) as ids of `papers`, of which only the gold ones are kept. Raises InputError where
    not one of them is there."""
    names = dict.fromkeys(name for question in dataset.questions for name in question.gold)
    gold_keys = {title_key(name) for name in names} if dataset.qrels is None else set()
    kept: dict[str, Paper] = {}
    by_title: dict[str, str] = {}
    for paper in papers:
        key = title_key(paper.title) if gold_keys else ""
        if paper.paper_id in names or key in gold_keys:
            kept[paper.paper_id] = paper
            by_title[key] = min(paper.paper_id, by_title.get(key, paper.paper_id))
    paper_ids = {
        name: name if name in kept else by_title.get(title_key(name)) if gold_keys else None for name in names
    }
    missing = tuple(name for name, paper_id in paper_ids.items() if paper_id is None)
    if names and len(missing) == len(names):
        raise InputError(
            f"this library holds none of the {len(names)} gold papers of {dataset.name} "
            f"(the first is {missing[0]!r}); ingest them, or name the library that has them with --library"
        )
    ids = {name: paper_id or name for name, paper_id in paper_ids.items()}
    qrels = dataset.qrels or {
        question.id: {ids[name]: 1 for name in question.gold}
        for question in dataset.questions
        if question.gold
    }
    return Gold(qrels, missing, kept, ids)


def _question(record: dict[str, Any]) -> GoldQuestion:
    """One line's object as a GoldQuestion; every rule of the form is here."""
    question_id, text = record.get("id"), record.get("question")
    if not isinstance(question_id, str) or not isinstance(text, str) or not question_id or not text.strip():
        raise ValueError("a question needs an id and a question, both text and not empty")
    gold = _texts(record, "gold")
    kind, style, intent = (_label(record, key) for key in ("type", "style", "intent"))
    kind = kind or "question"
    if bool(gold) == kind.startswith(UNANSWERABLE):
        raise ValueError(
            f"question {question_id!r} of type {kind!r} has {len(gold)} gold papers; "
            f"name at least one, or give a type that begins with {UNANSWERABLE}" + _misspelt(record)
        )
    required = record.get("gold_required", len(gold))
    if not isinstance(required, int) or not (0 < required <= len(gold) or required == len(gold) == 0):
        raise ValueError(f"gold_required is a number from 1 to {len(gold)}, not {required!r}")
    try:
        history = as_history(record.get("history"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"history: {error}") from error
    return GoldQuestion(
        id=question_id,
        type=kind,
        question=text,
        gold=gold,
        gold_required=required,
        evidence=_evidence(record),
        nuggets=_texts(record, "nuggets"),
        patterns=tuple(_pattern(text) for text in _texts(record, "nugget_patterns")),
        answer=str(record.get("answer") or ""),
        history=history,
        held_out=str(record.get("held_out") or ""),
        style=style,
        intent=intent,
        extra={key: value for key, value in record.items() if key not in _QUESTION_KEYS},
    )


def _label(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key) or ""
    if not isinstance(value, str):
        raise ValueError(f"{key} is text, not {value!r}")
    return value


def _misspelt(record: Mapping[str, Any]) -> str:
    """Which unknown key of the line may be a known one, misspelt; as the end of a message."""
    for key in record.keys() - set(_QUESTION_KEYS):
        if near := difflib.get_close_matches(key, _QUESTION_KEYS, n=1, cutoff=0.8):
            return f" (did you mean {near[0]!r} by {key!r}?)"
    return ""


def _texts(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = record.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise ValueError(f"{key} is a list of texts, not {values!r}")
    return tuple(values)


def _evidence(record: Mapping[str, Any]) -> tuple[GoldQuote, ...]:
    entries = record.get("evidence", [])
    try:
        return tuple(GoldQuote(title=entry["title"], quote=entry["quote"]) for entry in entries)
    except (TypeError, KeyError) as error:
        raise ValueError(f'evidence is a list of {{"title", "quote"}}, not {entries!r}') from error


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"nugget_patterns: {text!r} is not a regular expression: {error}") from error
