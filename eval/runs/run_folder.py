"""A run's folder: what made it, one result a question, and whether it is finished.

    run.json        the manifest; `state` says "running" or "finished"
    results.jsonl   one result a line, written as they come, in the questions' order once finished
    timings.jsonl   milliseconds by stage: the only file here that differs between two equal runs
    scores.jsonl    one line a question: id, type, style, intent, question, its measures, and further keys
    summary.json, report.md, report.html

A stopped run is taken up where it was; what does not read back is asked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.files import json_line, write_text
from rag.records import Answer, RetrievedPaper

FORMAT = 1
"""Of the folder; a run of another format is neither resumed nor compared."""


@dataclass(frozen=True, slots=True)
class JudgeScore:
    """What a judge model gave: 0 to 1, or None (unscored) with the reason."""

    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one question. `error` is why there is nothing to score; `answer` is None for a search."""

    id: str
    retrieved: tuple[RetrievedPaper, ...] = ()
    """Best first, as deep as the run asks."""
    answer: Answer | None = None
    error: str | None = None
    verdicts: Mapping[str, JudgeScore] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def ranking(self) -> tuple[str, ...]:
        return tuple(paper.paper_id for paper in self.retrieved)


@dataclass(frozen=True, slots=True)
class RunManifest:
    """What made a run. Two runs with equal manifests have equal results, a model's aside."""

    dataset: Mapping[str, Any]
    """name, kind, sha256, n_questions"""
    library: Mapping[str, Any]
    """fingerprint, n_papers"""
    encoder: str
    """The weights' fingerprint."""
    code: Mapping[str, Any]
    """version, sha256 of the sources, commit (or null)"""
    settings: Mapping[str, Any]
    format: int = FORMAT
    state: str = "running"

    def differences(self, other: RunManifest) -> list[str]:
        """Names of the parts that differ; state and commit do not count."""
        mine, theirs = (_identity(manifest) for manifest in (self, other))
        return [name for name in mine if mine[name] != theirs[name]]


def read_manifest(folder: Path) -> RunManifest:
    """Raises InputError where the folder holds no run, or one of another format."""
    path = folder / "run.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{folder}: is not a run folder (no run.json); name one that `rag eval --output` wrote"
        ) from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: does not read back ({error.msg}); run it again") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        version = data.get("format") if isinstance(data, dict) else None
        raise InputError(f"{folder}: a run of another version (format {version}, not {FORMAT}); run it again")
    try:
        return RunManifest(**data)
    except TypeError as error:
        raise InputError(f"{path}: is not a run's manifest; run it again") from error


def write_manifest(folder: Path, manifest: RunManifest) -> None:
    write_text(folder / "run.json", json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n")


def result_line(result: Result) -> str:
    """One line of results.jsonl, without times."""
    answer = result.answer.to_dict() if result.answer else None
    if answer:
        del answer["timings_ms"], answer["retrieved"]
    row = {
        "id": result.id,
        "retrieved": [asdict(paper) for paper in result.retrieved],
        "answer": answer,
        "error": result.error,
        "verdicts": {name: asdict(verdict) for name, verdict in result.verdicts.items()},
    }
    return json_line(row)


def timing_line(result: Result) -> str:
    timings = {stage: round(ms, 3) for stage, ms in result.timings_ms.items()}
    return json_line({"id": result.id, "timings_ms": timings})


def read_results(folder: Path) -> dict[str, Result]:
    """Results by question id. A line that does not read back, as the last of a killed run, is left out."""
    times = {row["id"]: row["timings_ms"] for row in _rows(folder / "timings.jsonl") if "timings_ms" in row}
    results = {}
    for row in _rows(folder / "results.jsonl"):
        try:
            result = _result(row, times.get(row["id"], {}))
        except (KeyError, TypeError):
            continue
        results[result.id] = result
    return results


def write_results(folder: Path, results: Sequence[Result]) -> None:
    """Both files, in the order given."""
    write_text(folder / "results.jsonl", "".join(map(result_line, results)))
    write_text(folder / "timings.jsonl", "".join(map(timing_line, results)))


def _result(row: Mapping[str, Any], timings_ms: Mapping[str, float]) -> Result:
    retrieved = tuple(RetrievedPaper(**paper) for paper in row["retrieved"])
    answer = row["answer"]
    if answer is not None:
        answer = Answer.from_dict({**answer, "retrieved": row["retrieved"], "timings_ms": dict(timings_ms)})
    verdicts = {name: JudgeScore(**verdict) for name, verdict in row["verdicts"].items()}
    return Result(row["id"], retrieved, answer, row["error"], verdicts, timings_ms)


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and "id" in row:
            yield row


def _identity(manifest: RunManifest) -> dict[str, Any]:
    data = asdict(manifest)
    del data["state"]
    data["code"] = {key: value for key, value in data["code"].items() if key != "commit"}
    return data
