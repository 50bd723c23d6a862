"""Files into the library, one after the other, told step by step. No Gradio, no HTML.

What was uploaded is kept in the library's folder, so that it can be read again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import InputError, RagError
from rag.records import IngestReport, Progress
from ui.library.table_html import FileResult
from ui.widgets.faults import reader_line
from ui.widgets.worker import JobFinished, Threads, newest, watch

if TYPE_CHECKING:
    from rag.assistant import Assistant

FOLDER = "uploads"


def keep_uploads(library: Path, uploaded: Sequence[str | Path]) -> list[Path]:
    """Copies of the uploaded files in the library's folder; one of the same name from an earlier upload is
    replaced, and of several with one name in this upload each is kept."""
    folder = library / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    kept: list[Path] = []
    for path in map(Path, uploaded):
        names = (f"{path.stem}{f' ({n})' * (n > 1)}{path.suffix}" for n in count(1))
        target = next(each for name in names if (each := folder / name) not in kept)
        kept.append(Path(shutil.copyfile(path, target)))
    return kept


def kept_uploads(library: Path) -> list[str]:
    """The names of the files that can be read again, sorted."""
    folder = library / FOLDER
    return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def kept_upload(library: Path, name: str) -> Path:
    """Where the kept file `name` is. Raises InputError where none is called so: the name comes from a
    browser, and nothing else in the library's folder may be read by it."""
    if name not in kept_uploads(library):
        raise InputError("that file is not kept here any more; add it again")
    return library / FOLDER / name


def read_in(
    assistant: Assistant, paths: Sequence[Path], threads: Threads | None = None
) -> Iterator[tuple[Path, Progress | FileResult]]:
    """Read each file in. For each: how far it has come, a few times a second, and last its result.

    A file that cannot be read is a result too, and the next one follows.
    """
    for path in paths:
        yield path, Progress(0, None, 0.0)

        def work(tell: Callable[[Progress], None], path: Path = path) -> IngestReport:
            return assistant.ingest([path], progress=tell)

        try:
            for step in newest(watch(work, threads)):
                yield path, _result(path, step.result) if isinstance(step, JobFinished) else step
        except RagError as error:
            told = _short(path, str(error)).removeprefix(f"{path.name}: ")
            yield path, FileResult(path.name, error=reader_line(told))


def _result(path: Path, report: IngestReport) -> FileResult:
    reasons = tuple(replace(skip, where=_short(path, skip.where)) for skip in report.reasons)
    return FileResult(path.name, replace(report, reasons=reasons))


def _short(path: Path, text: str) -> str:
    """Where the file lies on this machine is nothing to a reader who uploaded it."""
    return text.replace(f"{path.parent}{os.sep}", "")
