"""Answers and rankings as a terminal shows them: pure functions, records in, text out.

What comes from papers and models is shown as text: control characters, which could drive the
terminal, are removed. Colour is put on whole lines, so that wrapping counts only visible characters. Wrapped
by the standard library: rich has no hanging indent, and importing it costs 40 ms of processor time a command.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.records import Answer, AnswerSentence, Citation, RankedPaper, RetrievedPaper
from rag.text.authors import authors_line

WIDEST = 80
"""Columns: longer lines are hard to read however wide the terminal is."""
NEAREST = 3
"""Papers named when the library does not say."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where the text goes: its width in columns, and whether it shows colour."""

    width: int = WIDEST
    colour: bool = False

    def bold(self, text: str) -> str:
        return self._ink("1", text)

    def dim(self, text: str) -> str:
        return self._ink("2", text)

    def warn(self, text: str) -> str:
        return self._ink("33", text)

    def _ink(self, code: str, text: str) -> str:
        if not self.colour:
            return text
        return "\n".join(f"\x1b[{code}m{line}\x1b[0m" for line in text.split("\n"))

    def wrap(self, text: str, first: str = "", rest: str | None = None) -> str:
        """The text in lines this wide. `first` begins the first; `rest`, or as wide a blank, the others."""
        later = " " * len(first) if rest is None else rest
        return textwrap.fill(
            plain(text),
            max(self.width, 40),
            initial_indent=first,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )


def terminal() -> Terminal:
    """This process's stdout. No colour unless it is a terminal that wants it (NO_COLOR, TERM=dumb)."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Terminal(min(shutil.get_terminal_size().columns, WIDEST), colour)


def plain(text: str) -> str:
    """One line of printable characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def render_answer(answer: Answer, term: Terminal) -> str:
    """The answer, what the gate doubts in it, and its sources; or why there is none, and what is nearest."""
    blocks = [_body(answer.answer, term)]
    if answer.abstained and answer.reason and answer.reason != answer.answer:
        blocks.append(term.wrap(answer.reason))
    blocks.append("\n".join(_doubt(each, term) for each in answer.sentences if each.status != "supported"))
    blocks.append(_sources(answer, term))
    if answer.abstained:
        blocks.append(
            _nearest([each for each in answer.retrieved[:NEAREST] if each.title not in answer.answer], term)
        )
    if answer.notice and answer.notice not in answer.answer:
        blocks.append(term.warn(term.wrap(answer.notice, "note: ", "  ")))
    return "\n\n".join(filter(None, blocks))


def render_ranking(ranked: Sequence[RankedPaper], term: Terminal) -> str:
    """A block a paper, best first: title, byline, and the sentence that matches the query best."""
    if not ranked:
        return "No paper matches."
    digits = len(str(len(ranked)))
    return "\n\n".join(_result(f"{i:>{digits}}. ", each, term) for i, each in enumerate(ranked, start=1))


def _body(text: str, term: Terminal) -> str:
    lines = []
    for line in text.split("\n"):
        bullet = "- " if line.startswith(("- ", "* ")) else ""
        lines.append(term.wrap(line[len(bullet) :], bullet))
    return "\n".join(lines)


def _doubt(sentence: AnswerSentence, term: Terminal) -> str:
    """A line for a sentence that its sources support weakly or not at all."""
    why = f" ({'; '.join(sentence.reasons)})" if sentence.reasons else ""
    return term.warn(term.wrap(f"{sentence.status}: “{plain(sentence.text)}”{why}", "! ", "  "))


def _sources(answer: Answer, term: Terminal) -> str:
    """A block a cited paper, in the order of its first number."""
    papers: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        papers.setdefault(citation.paper_id, []).append(citation)
    shown = plain(answer.answer)
    return "\n".join(_source(citations, shown, term) for citations in papers.values())


def _source(citations: list[Citation], shown: str, term: Terminal) -> str:
    """A cited paper: its numbers and title, byline, address, and the quotes not seen in the answer itself."""
    paper = citations[0]
    indent = " " * 4
    lines = [term.bold(term.wrap(paper.title, "".join(f"[{each.n}]" for each in citations) + " ", indent))]
    lines += [
        term.dim(each) for each in _about(paper.authors, paper.year, paper.venue, paper.url, indent, term)
    ]
    for each in citations:
        if plain(each.quote) not in shown:
            number = f"[{each.n}] " if len(citations) > 1 else ""
            lines.append(term.wrap(f"{number}“{plain(each.quote)}”", indent))
    return "\n".join(lines)


def _result(number: str, ranked: RankedPaper, term: Terminal) -> str:
    paper = ranked.paper
    indent = " " * len(number)
    lines = [term.bold(term.wrap(paper.title, number, indent))]
    lines += [
        term.dim(each) for each in _about(paper.authors, paper.year, paper.venue, paper.url, indent, term)
    ]
    lines += [term.wrap(each.sentence.text, indent) for each in ranked.evidence[:1]]
    lines.append(term.dim(f"{indent}{plain(paper.paper_id)} · score {ranked.score:.2f}"))
    return "\n".join(lines)


def _about(
    authors: tuple[str, ...], year: int | None, venue: str, url: str, indent: str, term: Terminal
) -> Iterable[str]:
    """The byline and the address, where there are any."""
    byline = " · ".join(filter(None, [authors_line(authors, 3), str(year or ""), venue]))
    if byline:
        yield term.wrap(byline, indent)
    if url:
        yield f"{indent}{plain(url)}"


def _nearest(papers: Sequence[RetrievedPaper], term: Terminal) -> str:
    if not papers:
        return ""
    return "\n".join(["The nearest papers:", *(term.wrap(each.title, "- ") for each in papers)])
