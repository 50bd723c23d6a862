"""Markdown: a list of papers, or answers with numbered references.

Text from papers and models is shown as text: what Markdown or HTML would act on is escaped, TeX
mathematics and the [n] marks of an answer are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag.export.bibtex import NO_NOTES
from rag.export.text import byline, is_web_address, one_line, remarks, split_math
from rag.records import Answer, Citation, Paper

_ACTIVE = re.compile(r"<[A-Za-z/!?]|\]\s*[(\[:]|`")
"""What Markdown would act on within mathematics too."""
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~]|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))(?=\s|$|[-=])")


def write_papers(papers: Iterable[Paper], notes: Mapping[str, str] = NO_NOTES) -> Iterator[str]:
    """A section a paper: title, authors, year, venue, link, abstract, and the note on it."""
    for paper in papers:
        lines = [f"## {escape(paper.title)}", _source_line(paper), escape(paper.abstract)]
        if note := notes.get(paper.paper_id):
            lines.append(f"**Note:** {escape(note)}")
        yield "\n\n".join(line for line in lines if line) + "\n\n"


def write_answers(answers: Sequence[Answer]) -> str:
    """A section an answer: the question, the answer, what is doubtful in it, and its references."""
    return "\n\n".join(_answer(answer) for answer in answers) + "\n"


def escape(text: str) -> str:
    """The text on one line, so that Markdown shows it unchanged; `$...$` mathematics is left as it is."""
    pieces = [
        piece
        if is_math and piece.startswith("$") and not _ACTIVE.search(piece)
        else _SPECIAL.sub(lambda sign: "\\" + sign[0], piece)
        for piece, is_math in split_math(one_line(text))
    ]
    return _LINE_START.sub(_escape_line_start, "".join(pieces))


def _escape_line_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\{found[2]}" if found[2] else f"{found[1]}{found[3]}\\{found[4]}"


def _answer(answer: Answer) -> str:
    marks = {str(citation.n) for citation in answer.citations}
    blocks = [f"# {escape(answer.question)}"]
    blocks += [_with_marks(paragraph, marks) for paragraph in answer.answer.splitlines() if paragraph.strip()]
    blocks += [f"*{escape(remark)}*" for remark in remarks(answer)]
    if doubts := [_doubt(answer, n) for n, each in enumerate(answer.sentences) if each.status != "supported"]:
        blocks.append("**To be checked**\n\n" + "\n".join(doubts))
    if answer.citations:
        blocks.append("## References")
        blocks += [_reference(citation) for citation in answer.citations]
    return "\n\n".join(blocks)


def _with_marks(text: str, marks: set[str]) -> str:
    """Escaped, but for the [n] that name a citation, and for a list's dash."""
    dash = "- " if text.startswith("- ") else ""
    text = dash + escape(text.removeprefix(dash))
    for mark in marks:
        text = text.replace(f"\\[{mark}\\]", f"[{mark}]")
    return text


def _doubt(answer: Answer, n: int) -> str:
    sentence = answer.sentences[n]
    why = f": {'; '.join(sentence.reasons)}" if sentence.reasons else ""
    return f'- {sentence.status}{escape(why)}: "{escape(sentence.text)}"'


def _reference(citation: Citation) -> str:
    head = f"\\[{citation.n}\\] **{escape(citation.title)}**"
    return "\n\n".join(part for part in (head, _source_line(citation), f"> {escape(citation.quote)}") if part)


def _source_line(paper: Paper | Citation) -> str:
    """Authors, year, venue and link of a paper, what it has of them."""
    known = [byline(paper.authors), str(paper.year or ""), paper.venue]
    parts = [escape(each) for each in known if each]
    if is_web_address(paper.url):
        parts.append(f"<{paper.url}>" if not re.search(r"[<>\s]", paper.url) else escape(paper.url))
    return " · ".join(parts)
