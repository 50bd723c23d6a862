"""`rag chat`: ask and follow up in the terminal; what is piped in is asked line by line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.live_answer import last, watch
from rag.commands.model import add_model_arguments, with_model_arguments
from rag.commands.terminal import Terminal, plain, render_answer, terminal
from rag.config import Config
from rag.errors import ConfigError, InputError, LibraryError, RagError
from rag.records import Answer, Filters, Mode

if TYPE_CHECKING:
    from rag.assistant import Assistant

HELP = """\
Type a question, or a follow-up to the last one. Commands:
  /papers       the papers the last answer looked at, best first
  /mode [llm|extractive]   who writes: the model, or the papers' own sentences
  /save FILE    the conversation; the ending says how: .md .html .bib .ris .csv
  /new          forget the conversation
  /help         this list
  /quit         leave (or Ctrl-D)"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_arguments(parser)
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    """Answer until the input ends. A failed question is reported, and the conversation goes on."""
    from rag.assistant import Assistant

    with Assistant.open(config=with_model_arguments(config, args)) as assistant:
        mode: Mode = "llm" if config.has_model and not args.no_llm else "extractive"
        chat = Chat(assistant, mode, filters_from(args), terminal())
        if sys.stdin.isatty():
            print(
                f"{assistant.library.n_papers} papers, mode {mode}. /help lists the commands.",
                file=sys.stderr,
            )
        for line in _lines():
            if line == "/quit":
                break
            try:
                chat.take(line)
            except LibraryError:
                raise
            except RagError as error:
                print(f"rag: {error}", file=sys.stderr)
            except KeyboardInterrupt:
                print("\n(stopped)", file=sys.stderr)
    return 0


def _lines() -> Iterator[str]:
    """What is typed, without space around it; empty lines are passed over."""
    prompt = ""
    if sys.stdin.isatty():
        import readline  # noqa: F401 - gives input() its line editing

        prompt = "\n> "
    while True:
        try:
            line = input(prompt).strip()
        except EOFError:
            return
        except UnicodeDecodeError as error:
            raise InputError("the input is not UTF-8 text; check the terminal's encoding") from error
        if line:
            yield line


@dataclass
class Chat:
    """One conversation: its answers so far, and how the next is written."""

    assistant: Assistant
    mode: Mode
    filters: Filters | None
    screen: Terminal
    answers: list[Answer] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Do what a line says. Raises RagError."""
        if not line.startswith("/"):
            self.ask(line)
            return
        command, _, rest = line.partition(" ")
        actions = {
            "/help": lambda: print(HELP),
            "/papers": self.show_papers,
            "/mode": lambda: self.switch(rest.strip()),
            "/save": lambda: self.save(rest.strip()),
            "/new": self.answers.clear,
        }
        if command not in actions:
            raise InputError(f"there is no command {command}; /help lists them")
        actions[command]()

    def ask(self, question: str) -> None:
        turns = [turn for a in self.answers for turn in (("user", a.question), ("assistant", a.answer))]
        events = self.assistant.stream(question, history=turns, filters=self.filters, llm=self.mode == "llm")
        answer = watch(events) if self.mode == "llm" else last(events)
        self.answers.append(answer)
        if len(self.answers) > 1 and answer.searched_for and answer.searched_for[0] != question:
            print(
                self.screen.dim(self.screen.wrap(f"searched for: {answer.searched_for[0]}")), file=sys.stderr
            )
        print(render_answer(answer, self.screen), end="\n\n", flush=True)

    def show_papers(self) -> None:
        if not self.answers:
            raise InputError("no question has been asked yet; type one")
        for place, paper in enumerate(self.answers[-1].retrieved, start=1):
            print(self.screen.wrap(f"{plain(paper.title)} ({plain(paper.paper_id)})", f"{place:>2}. "))

    def switch(self, wanted: str) -> None:
        """Change who writes, or say who does."""
        if wanted == "llm" and not self.assistant.config.has_model:
            raise ConfigError(
                "no language model is set up; set OPENAI_API_KEY or OPENAI_BASE_URL and start again"
            )
        if wanted not in ("", "llm", "extractive"):
            raise InputError(f"there is no mode {wanted!r}; choose llm or extractive")
        if wanted:
            self.mode = "llm" if wanted == "llm" else "extractive"
        print(f"mode: {self.mode}")

    def save(self, path: str) -> None:
        from rag.export import ANSWER_FORMATS, SUFFIXES, export_answers

        formats = {SUFFIXES[format]: format for format in ANSWER_FORMATS}
        format = formats.get(Path(path).suffix.lstrip(".").lower())
        if format is None:
            raise InputError(f"/save needs a file that ends in one of: {', '.join(formats)}")
        if not self.answers:
            raise InputError("no question has been asked yet, so there is nothing to save")
        cited = {
            c.paper_id: self.assistant.library.paper(c.paper_id) for a in self.answers for c in a.citations
        }
        papers = [paper for paper in cited.values() if paper]
        try:
            Path(path).write_text(export_answers(self.answers, format, papers), "utf-8", newline="")
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}; give another file") from error
        print(f"saved {path}")
