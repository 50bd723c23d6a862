"""An evaluation from end to end: a set asked of an assistant, in a folder that holds all of it.

The one path that the command line, the chat page and the benchmark share.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.data.questions import Dataset, Gold, resolve_gold
from eval.report.questions import Report, write_report
from eval.runs.provenance import answer_settings, make_manifest, search_settings
from eval.runs.run_folder import Result, RunManifest, read_manifest
from eval.runs.runner import Answerer, Progress, asking, run_questions, searching
from eval.runs.summary import score_questions

if TYPE_CHECKING:
    from rag.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Options:
    """How questions are asked. `llm`: whether a model writes (None: if one is configured)."""

    llm: bool | None = None
    judge: bool = False
    workers: int = 1


def evaluate(
    assistant: Assistant,
    dataset: Dataset,
    folder: Path,
    options: Options = Options(),
    progress: Progress = lambda done, total: None,
) -> Report:
    """Run the set into `folder`, or continue what is there, and report. A set judged by paper ids (BEIR) is
    searched; questions are asked. Raises InputError where the library or the folder is not for this set."""
    gold = resolve_gold(dataset, assistant.library.papers())
    results = run_questions(
        dataset.questions,
        _answerer(assistant, dataset, options),
        folder,
        manifest_of(assistant, dataset, options),
        workers=options.workers,
        progress=progress,
    )
    gold = _with_cited(gold, results, assistant)
    return write_report(folder, read_manifest(folder), score_questions(dataset, results, gold), gold)


def manifest_of(assistant: Assistant, dataset: Dataset, options: Options) -> RunManifest:
    if dataset.qrels is not None:
        return make_manifest(dataset, assistant, search_settings())
    return make_manifest(dataset, assistant, answer_settings(assistant, llm=options.llm, judge=options.judge))


def run_name(manifest: RunManifest) -> str:
    """A folder name for each combination of code, data and settings: the same again continues its folder."""
    made_by: dict[str, Any] = asdict(manifest)
    del made_by["state"], made_by["code"]["commit"]
    digest = hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()
    return f"{manifest.settings['mode']}-{digest[:8]}"


def _answerer(assistant: Assistant, dataset: Dataset, options: Options) -> Answerer:
    if dataset.qrels is not None:
        return searching(assistant)
    answerer = asking(assistant, llm=options.llm)
    if not options.judge:
        return answerer
    from eval.runs.llm_judge import Judge, judging

    return judging(answerer, Judge.open(assistant.config))


def _with_cited(gold: Gold, results: list[Result], assistant: Assistant) -> Gold:
    """Gold with the papers that answers cite, so that quotes can be checked against them."""
    cited = {citation.paper_id for result in results if result.answer for citation in result.answer.citations}
    records = {paper_id: assistant.library.paper(paper_id) for paper_id in cited.difference(gold.papers)}
    papers = {paper_id: paper for paper_id, paper in records.items() if paper is not None}
    return replace(gold, papers={**gold.papers, **papers})
