"""What the support model learns from: labelled pairs of evidence and claim, as token ids, in folds by paper.

Owns reading the labelled pairs of ../shared (never copied) and turning pairs into batches. The pairs made by
rule are eval/fit/support_model/synthetic.py's and edits.py's.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.support.support_model import pack

LABELS = ("SUPPORT", "CONTRADICT", "NEI")
OWN_PAIRS = Path(__file__).parent.parent / "data" / "support_pairs.jsonl"
LICENSED_SETS = ("snli_dev_test", "counterfactual_nli")
"""General pairs whose licence is stated (scifact's part comes in whole from eval/scifact)."""


@dataclass(frozen=True, slots=True)
class Example:
    """A claim held against evidence. `group` names what must stay in one fold: the paper, or the premise.

    `label` is an index into LABELS; `kind` says how the claim was made ("reversed", "support_para", ...).
    """

    evidence: str
    claim: str
    label: int
    kind: str
    group: str
    title: str = ""
    field: str = ""


def general(shared: Path, sets: Sequence[str] = LICENSED_SETS) -> list[Example]:
    """The general sentence pairs of the named sets, in file order."""
    with gzip.open(shared / "train" / "nli" / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Example(
            evidence=" ".join(record["evidence"].split()),
            claim=" ".join(record["claim"].split()),
            label=LABELS.index(record["label"]),
            kind=record["set"],
            group=record["evidence"],
        )
        for record in records
        if record["set"] in sets
    ]


def written(shared: Path) -> list[Example]:
    """The claims written for this on sentences of abstracts, in file order."""
    return _read_written(shared / "train" / "gate" / "pairs_train.jsonl")


def own_pairs() -> list[Example]:
    """Claims of other fields, evidence and all written for this project. For tests: none is learned from."""
    return _read_written(OWN_PAIRS)


def _read_written(path: Path) -> list[Example]:
    with path.open(encoding="utf-8") as lines:
        return [_written(json.loads(line)) for line in lines]


def _written(record: dict[str, str]) -> Example:
    return Example(
        evidence=record["evidence"],
        claim=record["claim"],
        label=LABELS.index(record["label"]),
        kind=record["kind"],
        group=paper_key(record["title"]),
        title=record["title"],
        field=record["field"],
    )


def scifact(shared: Path) -> list[Example]:
    """SciFact's training claims with their evidence, grouped by paper."""
    titles = {}
    with (shared / "eval" / "scifact" / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            titles[record["_id"]] = record["title"]
    found = []
    with (shared / "eval" / "scifact" / "pairs_train.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            evidence = record["evidence"]
            title = titles.get(record["doc"], "")
            found.append(
                Example(
                    evidence=evidence if isinstance(evidence, str) else " ".join(evidence),
                    claim=record["claim"],
                    label=LABELS.index(record["label"]),
                    kind=f"scifact_{record['label']}",
                    group=paper_key(title) or record["doc"],
                    title=title,
                    field="scifact",
                )
            )
    return found


def labelled_examples(shared: Path) -> list[Example]:
    """The written pairs and SciFact's, in a fixed order."""
    return [*written(shared), *scifact(shared)]


def paper_key(title: str) -> str:
    """A title's letters and digits: what tells papers apart here."""
    return "".join(letter for letter in title.lower() if letter.isalnum())


def fold_of(group: str, n_folds: int) -> int:
    """The fold of a paper, the same in every run and for every data set."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % n_folds


@dataclass(frozen=True, slots=True)
class EncodedPairs:
    """Examples as token ids: evidence (with its title) and claim apart, [CLS] and [SEP] left out."""

    examples: tuple[Example, ...]
    titles: tuple[list[int], ...]
    evidence: tuple[list[int], ...]
    claims: tuple[list[int], ...]
    groups: NDArray[np.int64]
    """int64[n]: examples with one number share their evidence."""


@dataclass(frozen=True, slots=True)
class Batch:
    """ids, segments: int64[b, n]; mask: bool[b, n]; labels, groups, index: int64[b]."""

    ids: NDArray[np.int64]
    segments: NDArray[np.int64]
    mask: NDArray[np.bool_]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    index: NDArray[np.int64]


def encode(examples: Sequence[Example], tokenizer_file: Path) -> EncodedPairs:
    """The examples as token ids of MiniLM's tokenizer."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def ids(texts: list[str]) -> tuple[list[int], ...]:
        return tuple(e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False))

    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(example.evidence, len(numbers)) for example in examples]
    return EncodedPairs(
        tuple(examples),
        ids([example.title for example in examples]),
        ids([example.evidence for example in examples]),
        ids([example.claim for example in examples]),
        np.array(groups, np.int64),
    )


PAD = 0


def batches(
    data: EncodedPairs,
    index: Sequence[int],
    max_tokens: int,
    rng: random.Random | None,
    title_share: float = 1.0,
) -> Iterator[Batch]:
    """Batches of at most `max_tokens` with padding; claims on one sentence share a batch.

    With `rng` in random order, and with titles for `title_share` of the groups; without it by length, titles
    always.
    """
    by_group: dict[int, list[int]] = defaultdict(list)
    for i in index:
        by_group[int(data.groups[i])].append(i)
    groups = list(by_group.values())
    if rng is not None:
        rng.shuffle(groups)
    chunks: list[list[_Packed]] = []
    window = len(groups) if rng is None else _WINDOW
    for start in range(0, len(groups), max(window, 1)):
        packed = []
        for group in groups[start : start + window]:
            with_title = rng is None or rng.random() < title_share
            packed.append([_packed(data, i, with_title) for i in group])
        chunks += _chunks(sorted(packed, key=_width), max_tokens)
    if rng is not None:
        rng.shuffle(chunks)
    for chunk in chunks:
        yield _batch(data, chunk)


_Packed = tuple[int, list[int], int]
"""An example's index, its token ids, and where its claim begins."""
_WINDOW = 400
"""Groups among which those of like length are put together."""


def _width(packed: Sequence[_Packed]) -> int:
    return max(len(ids) for _, ids, _ in packed)


def _chunks(groups: Sequence[list[_Packed]], max_tokens: int) -> Iterator[list[_Packed]]:
    chunk: list[_Packed] = []
    for group in groups:
        if chunk and _width([*chunk, *group]) * (len(chunk) + len(group)) > max_tokens:
            yield chunk
            chunk = []
        chunk = [*chunk, *group]
    if chunk:
        yield chunk


def _packed(data: EncodedPairs, i: int, with_title: bool) -> _Packed:
    return i, *pack(data.titles[i] if with_title else (), data.evidence[i], data.claims[i])


def _batch(data: EncodedPairs, chunk: Sequence[_Packed]) -> Batch:
    # A multiple of eight: few shapes, and the ones the processor likes.
    width = -(-max(len(ids) for _, ids, _ in chunk) // 8) * 8
    ids = np.full((len(chunk), width), PAD, np.int64)
    segments = np.zeros_like(ids)
    mask = np.zeros(ids.shape, np.bool_)
    for row, (_, tokens, claim_at) in enumerate(chunk):
        ids[row, : len(tokens)] = tokens
        segments[row, claim_at : len(tokens)] = 1
        mask[row, : len(tokens)] = True
    index = np.array([i for i, _, _ in chunk], np.int64)
    labels = np.array([data.examples[i].label for i in index], np.int64)
    return Batch(ids, segments, mask, labels, data.groups[index], index)
