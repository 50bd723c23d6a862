"""The Evaluate tab: a question set asked of this library, its report in place, two runs compared.

Owns the wiring only: measuring is eval/'s, listing and framing ui/evaluate/runs.py's. Runs and question files
are kept in the library's folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.demo import demo_questions_path
from rag.errors import InputError, RagError
from ui.evaluate import runs
from ui.widgets.faults import guarded, reader_line
from ui.widgets.html_region import Updates, region
from ui.widgets.markup import esc
from ui.widgets.worker import JobFinished, Threads, newest, watch

if TYPE_CHECKING:
    from rag.assistant import Assistant

Tell = Callable[[tuple[int, int]], None]


class EvaluateTab:
    """Built inside a gr.Tab; one for all pages, so it keeps nothing of any of them."""

    def __init__(self, assistant: Assistant, threads: Threads) -> None:
        self._assistant = assistant
        self._threads = threads
        self._folder = assistant.config.library
        with gr.Row(elem_id="evaluate", elem_classes="split"):
            with gr.Column(elem_classes="other-side first"):
                self.form = region("measure", ["measure"])
                self.upload = gr.UploadButton(
                    "Add a question file", elem_id="add-questions", file_types=[".jsonl"], size="sm"
                )
                self.note = region("run-note")
                self.list = region("runs", ["report", "compare"])
            with gr.Column(elem_classes="main-side"):
                self.report = region("report", html=runs.render_no_report())
        quick: dict[str, Any] = {"show_progress": "hidden"}
        shown = [self.note, self.list, self.report]
        self.form.measure(guarded(self._measure), None, shown, show_progress="hidden", concurrency_limit=1)
        self.list.report(guarded(self._show), None, shown, **quick)
        self.list.compare(guarded(self._compare), None, shown, **quick)
        self.upload.upload(guarded(self._add), self.upload, [self.form, self.note], **quick)

    def on_select(self, tab: gr.Tab) -> None:
        tab.select(guarded(self._load), None, [self.form, self.list], show_progress="hidden")

    def _load(self) -> Updates:
        return {self.form: self._form(), self.list: runs.render_runs(runs.finished_runs(self._folder))}

    def _form(self, chosen: str = runs.DEMO) -> str:
        return runs.render_form(runs.question_sets(self._folder), chosen, self._assistant.config.has_model)

    def _add(self, uploaded: str) -> Updates:
        """Keep a question file, if it is one."""
        from eval.data.questions import load_questions

        path = Path(uploaded)
        try:
            load_questions(path)
            (self._folder / runs.QUESTIONS).mkdir(exist_ok=True)
            shutil.copyfile(path, self._folder / runs.QUESTIONS / path.name)
        except RagError as error:
            return {self.note: _complaint(reader_line(error))}
        return {self.form: self._form(path.name), self.note: ""}

    def _measure(self, event: gr.EventData) -> Iterator[Updates]:
        work: Callable[[Tell], str] = partial(self._run, event._data["set"], event._data["mode"] == "model")
        try:
            for step in newest(watch(work, self._threads)):
                if isinstance(step, JobFinished):
                    yield {self.note: "", **self._shown(step.result)}
                else:
                    yield {self.note: runs.render_asking(*step)}
        except RagError as error:
            yield {self.note: _complaint(reader_line(error))}

    def _run(self, name: str, llm: bool, tell: Tell) -> str:
        """Measure, and return the run's name."""
        from eval.data.questions import load_questions
        from eval.evaluation import Options, evaluate, manifest_of, run_name

        if name not in runs.question_sets(self._folder):
            raise InputError("that question file is not here any more; add it again")
        path = demo_questions_path() if name == runs.DEMO else self._folder / runs.QUESTIONS / name
        dataset, options = load_questions(path), Options(llm=llm)
        run = f"{Path(name).stem}/{run_name(manifest_of(self._assistant, dataset, options))}"
        evaluate(
            self._assistant,
            dataset,
            self._folder / runs.RUNS / run,
            options,
            lambda done, total: tell((done, total)),
        )
        return run

    def _show(self, event: gr.EventData) -> Updates:
        return {self.note: "", **self._shown(str(event._data["run"]))}

    def _shown(self, name: str) -> Updates:
        folder = runs.run_folder(self._folder, name)
        html = (folder / "report.html").read_text(encoding="utf-8") if folder else ""
        return {
            self.list: runs.render_runs(runs.finished_runs(self._folder), name),
            self.report: runs.render_report(html) if html else "",
        }

    def _compare(self, event: gr.EventData) -> Updates:
        from eval.runs.compare import compare_runs

        ticked = event._data.get("run", [])
        names = [ticked] if isinstance(ticked, str) else ticked
        folders = [folder for name in names if (folder := runs.run_folder(self._folder, str(name)))]
        if len(folders) != 2:
            return {self.note: _complaint("Tick two runs to compare them.")}
        try:
            # The list has the newest first: B is the newer one.
            comparison = compare_runs(folders[1], folders[0])
        except RagError as error:
            return {self.note: _complaint(reader_line(error))}
        return {self.note: "", self.report: runs.render_comparison(comparison)}


def _complaint(words: str) -> str:
    return f'<p class="note error" role="alert">{esc(words)}</p>'
