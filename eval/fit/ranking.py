"""Where the fusion weights of rag/retrieval/ranking.py come from: `python -m eval.fit.ranking ../shared`.

Searches questions_dev, questions_train and SciFact's queries with each weight taken away, halved, by half
larger, and doubled, the others as shipped, and prints the change of mean nDCG@10 on each set. A weight is on
a plateau where halving it and adding half moves no set by .01. SciFact is another field than the questions:
a change that helps one and harms the other is not taken.

The libraries are made in `--libraries` and kept there for the next run (some minutes the first time).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from eval.data.beir import load_beir
from eval.data.questions import Qrels, load_questions, resolve_gold
from eval.measures.retrieval import score_retrieval
from rag.config import Config
from rag.encoder.minilm import Encoded, Encoder
from rag.library.library import Library
from rag.readers import read_paths
from rag.retrieval.ranking import FusionWeights, rank

FACTORS = (0.0, 0.5, 1.5, 2.0)
NEAR = (0.5, 1.5)
"""The factors within which a weight should be on a plateau."""
PLATEAU = 0.01
_MEASURE = "nDCG@10"


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Queries of one set with what is relevant to each, and the library they are put to."""

    name: str
    queries: Mapping[str, Encoded]
    texts: Mapping[str, str]
    qrels: Qrels
    library: Library


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with corpus/ and eval/")
    parser.add_argument("--libraries", type=Path, required=True, help="where the libraries are, or are made")
    parser.add_argument("--most", type=int, help="only so many queries of each set")
    args = parser.parse_args()
    config = Config.from_env()
    encoder = Encoder.load(config)
    sets = list(query_sets(args.shared, args.libraries, config, encoder, args.most))
    shipped = {each.name: mean_ndcg(each, encoder, FusionWeights()) for each in sets}
    print("weight     factor " + "".join(f"{each.name:>17}" for each in sets))
    print(f"{'shipped':<18}" + "".join(f"{shipped[each.name]:>17.4f}" for each in sets))
    off_plateau = []
    for name, factor, weights in variants(FusionWeights()):
        changes = [mean_ndcg(each, encoder, weights) - shipped[each.name] for each in sets]
        print(f"{name:<10} {factor:>6g} " + "".join(f"{change:>+17.4f}" for change in changes), flush=True)
        if factor in NEAR and max(map(abs, changes)) >= PLATEAU:
            off_plateau.append(f"{name} x {factor:g}")
    print(
        "on a plateau" if not off_plateau else f"moves a set by {PLATEAU} or more: {', '.join(off_plateau)}"
    )


def query_sets(
    shared: Path, libraries: Path, config: Config, encoder: Encoder, most: int | None = None
) -> Iterator[QuerySet]:
    """The sets that are there, each with its library, which is made first where it is missing."""
    pages = _library(libraries / "pages", [shared / "corpus"], config, encoder)
    for name in ("questions_dev", "questions_train"):
        dataset = load_questions(shared / "eval" / f"{name}.jsonl")
        gold = resolve_gold(dataset, pages.papers())
        texts = {
            question.id: question.question for question in dataset.questions if question.id in gold.qrels
        }
        yield _query_set(name, texts, gold.qrels, pages, encoder, most)
    folder = shared / "eval" / "scifact"
    dataset = load_beir(folder)
    texts = {question.id: question.question for question in dataset.questions}
    scifact = _library(libraries / "scifact", [folder / "corpus.jsonl"], config, encoder)
    yield _query_set("SciFact", texts, dataset.qrels or {}, scifact, encoder, most)


def variants(shipped: FusionWeights) -> Iterator[tuple[str, float, FusionWeights]]:
    """(name, factor, weights) with one weight multiplied at a time; a weight of 0 has no variants."""
    for name, value in asdict(shipped).items():
        for factor in FACTORS if value else ():
            yield name, factor, replace(shipped, **{name: value * factor})


def mean_ndcg(queries: QuerySet, encoder: Encoder, weights: FusionWeights) -> float:
    """Mean nDCG@10 over the queries; one without a result counts 0."""
    run = {id: _ranking(queries, id, encoder, weights) for id in queries.queries}
    scores = score_retrieval(run, queries.qrels)
    return sum(values[_MEASURE] for values in scores.values()) / len(scores)


def _ranking(queries: QuerySet, id: str, encoder: Encoder, weights: FusionWeights) -> Sequence[str]:
    ranking = rank(queries.library, encoder, queries.texts[id], weights=weights, encoded=queries.queries[id])
    return [each.paper_id for each in ranking.ranked[:10]]


def _query_set(
    name: str, texts: Mapping[str, str], qrels: Qrels, library: Library, encoder: Encoder, most: int | None
) -> QuerySet:
    ids = list(texts)[:most]
    return QuerySet(
        name,
        {id: encoder.encode_query(texts[id]) for id in ids},
        {id: texts[id] for id in ids},
        {id: qrels[id] for id in ids},
        library,
    )


def _library(folder: Path, paths: Sequence[Path], config: Config, encoder: Encoder) -> Library:
    library = Library.open(folder, replace(config, library=folder), create=True)
    if not library.n_papers:
        library.add(read_paths(paths), encoder)
    return library


if __name__ == "__main__":
    main()
